use std::future::Future;
use std::time::{Duration, Instant};

use domain::delivery::{DeliveryId, Notice, NoticeContent, SendError};
use domain::secret::Secret;
use domain::webhook::{Post, Reach, WebhookSecret, WebhookSender, WebhookUrl};
use integrations::webhook::HttpWebhooks;
use time::macros::datetime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that does the same with each connection; returns its port.
async fn serve<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket));
        }
    });
    port
}

/// Reads a request to the end of its body.
async fn read(socket: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4_096];
    loop {
        let count = socket.read(&mut bytes).await.unwrap();
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() >= length.parse().unwrap() {
            return text;
        }
    }
}

async fn answering(status: &'static str) -> u16 {
    serve(move |mut socket| async move {
        read(&mut socket).await;
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        // A client that has what it wants may be gone.
        let _ = socket.write_all(answer.as_bytes()).await;
    })
    .await
}

fn post(url: &str) -> Post {
    Post {
        url: WebhookUrl::parse(url, Reach::Anywhere).unwrap(),
        secret: WebhookSecret(Secret([7; 32])),
        at: datetime!(2026-11-22 20:00 UTC),
        notice: Notice {
            id: DeliveryId(uuid::Uuid::from_u128(42)),
            text: "This is a test.".into(),
            at: datetime!(2026-11-22 20:00 UTC),
            content: NoticeContent::Test,
        },
    }
}

async fn send(port: u16) -> Result<(), SendError> {
    HttpWebhooks::new(Reach::Anywhere)
        .unwrap()
        .post(&post(&format!("http://127.0.0.1:{port}/hook?a=b")))
        .await
}

fn text(sent: Result<(), SendError>) -> String {
    sent.unwrap_err().to_string()
}

#[tokio::test]
async fn what_is_posted_is_signed_json() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let port = serve(move |mut socket| {
        let told = told.clone();
        async move {
            told.send(read(&mut socket).await).unwrap();
            let _ = socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    })
    .await;
    assert_eq!(send(port).await, Ok(()));
    let request = heard.recv().await.unwrap();
    assert!(request.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{request}");
    for line in [
        "content-type: application/json\r\n",
        "tickgraph-id: 00000000-0000-0000-0000-00000000002a\r\n",
        "idempotency-key: 00000000-0000-0000-0000-00000000002a\r\n",
        "tickgraph-timestamp: 1795377600\r\n",
        "tickgraph-signature: t=1795377600,v1=",
    ] {
        assert!(request.contains(line), "{line} in {request}");
    }
    let expected = r#"{"id":"00000000-0000-0000-0000-00000000002a","type":"test","text":"This is a test.","at":"2026-11-22T20:00:00Z"}"#;
    assert!(request.ends_with(expected), "{request}");
    assert!(!request.contains("whsec_"), "the secret is not sent");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = serve(|_| async { panic!("the redirect was followed") }).await;
    let port = serve(move |mut socket| async move {
        read(&mut socket).await;
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{elsewhere}/\r\ncontent-length: 0\r\n\r\n"
        );
        let _ = socket.write_all(answer.as_bytes()).await;
    })
    .await;
    assert!(text(send(port).await).contains("(307), which is not followed"));
}

#[tokio::test]
async fn faults_are_passing_and_gone_is_final() {
    let fault = answering("500 Internal Server Error").await;
    assert_eq!(send(fault).await, Err(SendError::Passing("the receiver answered with 500".into())));
    let gone = answering("410 Gone").await;
    assert!(matches!(send(gone).await, Err(SendError::Final(_))));
}

#[tokio::test]
async fn a_connection_that_is_closed_early_or_never_made_is_passing() {
    let port = serve(|mut socket| async move {
        read(&mut socket).await;
    })
    .await;
    assert!(text(send(port).await).contains("closed the connection"));
    let nonsense = serve(|mut socket| async move {
        read(&mut socket).await;
        let _ = socket.write_all(b"220 mail.example.com ESMTP\r\n").await;
    })
    .await;
    assert!(text(send(nonsense).await).contains("without a proper answer"));
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    assert!(text(send(port).await).contains("does not accept connections"));
}

#[tokio::test]
async fn a_receiver_that_hangs_costs_ten_seconds_whatever_it_sends() {
    let silent = serve(|socket| async move {
        let _held = socket;
        std::future::pending::<()>().await;
    })
    .await;
    // Headers without end, one by one.
    let endless = serve(|mut socket| async move {
        read(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while socket.write_all(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let begun = Instant::now();
    let (one, other) = tokio::join!(send(silent), send(endless));
    assert!(begun.elapsed() < Duration::from_secs(13), "{:?}", begun.elapsed());
    for sent in [one, other] {
        assert!(text(sent).contains("within 10 seconds"));
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    let port = serve(|mut socket| async move {
        read(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n").await;
        while socket.write_all(&[b'x'; 4_096]).await.is_ok() {}
    })
    .await;
    let begun = Instant::now();
    assert_eq!(send(port).await, Ok(()));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn private_addresses_are_refused_at_the_connection() {
    let port = serve(|_| async { panic!("it was connected") }).await;
    let webhooks = HttpWebhooks::new(Reach::Public).unwrap();
    // `localhost` stands for a name that led elsewhere when it was checked.
    for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"] {
        let sent = webhooks.post(&post(&format!("http://{host}:{port}/"))).await;
        assert!(text(sent).contains("private network"), "{host}");
    }
    let sent = webhooks.post(&post("https://does-not-exist.invalid/")).await;
    assert!(text(sent).contains("cannot be resolved"));
}
