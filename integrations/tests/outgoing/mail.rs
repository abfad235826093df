use domain::delivery::SendError;
use domain::mail::{Mail, MailAddress, Mailer};
use integrations::mail::{MailSettingError, SmtpMailer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A mail server that takes one letter, answering RCPT with `receiver`; yields the lines that it was sent.
async fn serve(receiver: &'static str) -> (String, oneshot::Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (told, heard) = oneshot::channel();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut socket = BufReader::new(socket);
        socket.write_all(b"220 test ESMTP\r\n").await.unwrap();
        let (mut lines, mut in_letter) = (Vec::new(), false);
        let mut line = String::new();
        while socket.read_line(&mut line).await.is_ok_and(|count| count > 0) {
            let text = line.trim_end().to_owned();
            line.clear();
            let answer = match text.split([' ', ':']).next().unwrap_or_default() {
                _ if in_letter && text == "." => "250 taken",
                _ if in_letter => "",
                "RCPT" => receiver,
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            in_letter = answer == "354 go on" || (in_letter && answer.is_empty());
            lines.push(text);
            // A client that was refused may be gone.
            if !answer.is_empty() && socket.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        told.send(lines).unwrap();
    });
    (url, heard)
}

fn mail() -> Mail {
    let to = MailAddress::parse("ann@example.com").unwrap();
    Mail::new(to, "ÄPFEL rose to or through 190", "Seen just now.\n.\nBcc: eve@example.com\n".into())
}

#[tokio::test]
async fn a_letter_arrives_at_its_one_receiver() {
    let (url, heard) = serve("250 ok").await;
    let mailer = SmtpMailer::new(&url, "Tickgraph <alerts@example.com>").unwrap();
    assert_eq!(mailer.send(&mail()).await, Ok(()));
    drop(mailer);
    let lines = heard.await.unwrap();
    let receivers: Vec<_> = lines.iter().filter(|line| line.starts_with("RCPT")).collect();
    assert_eq!(receivers, ["RCPT TO:<ann@example.com>"]);
    assert!(lines.iter().any(|line| line.starts_with("MAIL FROM:<alerts@example.com>")), "{lines:?}");
    let end_of_headers = lines.iter().position(String::is_empty).unwrap();
    let headers = &lines[..end_of_headers];
    assert!(headers.iter().any(|line| line.starts_with("Subject: =?utf-8?")), "{headers:?}");
    assert!(!headers.iter().any(|line| line.starts_with("Bcc")), "{headers:?}");
}

#[tokio::test]
async fn a_refusal_is_final_and_a_server_that_is_away_is_not() {
    let answers = [
        ("550 no such user", true),
        ("553 no such name", true),
        ("451 try again", false),
        ("530 authentication required", false),
        ("535 wrong password", false),
        ("554 no service here", false),
    ];
    for (answer, is_final) in answers {
        let (url, _heard) = serve(answer).await;
        let sent = SmtpMailer::new(&url, "alerts@example.com").unwrap().send(&mail()).await;
        let found = sent.unwrap_err();
        assert_eq!(matches!(found, SendError::Final(_)), is_final, "{found:?}");
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", free.local_addr().unwrap());
    drop(free);
    let sent = SmtpMailer::new(&url, "alerts@example.com").unwrap().send(&mail()).await;
    assert!(matches!(sent, Err(SendError::Passing(_))), "{sent:?}");
}

#[test]
fn bad_settings_are_named_and_not_repeated() {
    for url in ["", "mail.example.com", "http://ann:hunter2@mail.example.com"] {
        let error = SmtpMailer::new(url, "alerts@example.com").unwrap_err();
        assert_eq!(error, MailSettingError::Url);
        assert!(!error.to_string().contains("hunter2"));
    }
    for (url, is_clear) in [
        ("smtp://ann:hunter2@mail.example.com", true),
        ("SMTP://ann:hunter2@mail.example.com:587?tls=opportunistic", true),
        ("smtp://ann:hunter2@mail.example.com?tls=opportunistic&tls=required", true),
        ("smtp://ann:hunter2@mail.example.com:587?tls=required", false),
        ("smtps://ann:hunter2@mail.example.com", false),
        ("smtp://mail.example.com", false),
    ] {
        let made = SmtpMailer::new(url, "alerts@example.com");
        assert_eq!(matches!(made, Err(MailSettingError::Clear)), is_clear, "{url}");
        assert_eq!(made.is_err(), is_clear, "{url}");
    }
    let error = SmtpMailer::new("smtps://mail.example.com", "nobody").unwrap_err();
    assert_eq!(error, MailSettingError::From);
}
