//! A receiver of webhooks on this machine: it answers as the test says, and keeps what it got.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A receiver. It ends with this value.
pub struct Receiver {
    address: SocketAddr,
    status: Arc<AtomicU16>,
    posts: UnboundedReceiver<Post>,
    server: JoinHandle<()>,
}

/// A request that it got.
#[derive(Clone, Debug)]
pub struct Post {
    head: String,
    body: String,
    answered: u16,
}

/// In the place of a status: it does not answer at all.
pub const NO_ANSWER: u16 = 0;

impl Receiver {
    /// One that answers everything with this status.
    pub async fn answering(status: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let status = Arc::new(AtomicU16::new(status));
        let (told, posts) = unbounded_channel();
        let answers = Arc::clone(&status);
        let server = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (told, answers) = (told.clone(), Arc::clone(&answers));
                tokio::spawn(async move {
                    let Some((head, body)) = read(&mut socket).await else { return };
                    let answered = answers.load(Ordering::SeqCst);
                    let _ = told.send(Post { head, body, answered });
                    if answered == NO_ANSWER {
                        return std::future::pending().await;
                    }
                    let answer =
                        format!("HTTP/1.1 {answered} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    // Whoever sent it may be gone by now; that it was sent counts.
                    let _ = socket.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { address, status, posts, server }
    }

    /// From now on it answers with this status.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// What to post to.
    pub fn url(&self) -> String {
        format!("http://{}/hooks/apple", self.address)
    }

    /// The next request that it got and did not tell of yet.
    pub async fn next(&mut self, limit: Duration) -> Post {
        let post = timeout(limit, self.posts.recv()).await;
        post.unwrap_or_else(|_| panic!("nothing was posted within {} s", limit.as_secs())).unwrap()
    }

    /// The requests up to the first that it took.
    pub async fn until_taken(&mut self, limit: Duration) -> Vec<Post> {
        let mut posts = vec![self.next(limit).await];
        while !posts.last().is_some_and(Post::was_taken) {
            posts.push(self.next(limit).await);
        }
        posts
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Post {
    /// Whether the answer was that all is well.
    pub fn was_taken(&self) -> bool {
        (200..300).contains(&self.answered)
    }

    /// A header; its name is in small letters.
    pub fn header(&self, name: &str) -> &str {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = pairs.clone().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head)).1
    }

    /// The request line.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The body as it came.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// What the body says.
    pub fn message(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    /// Whether it is signed with this secret, checked as a receiver does that knows nothing but the documentation.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let signature = self.header("tickgraph-signature");
        let Some((timestamp, digits)) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1="))
        else {
            return false;
        };
        let bytes: Option<Vec<u8>> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{timestamp}.{}", self.body).as_bytes());
        self.header("tickgraph-timestamp") == timestamp
            && bytes.is_some_and(|bytes| mac.verify_slice(&bytes).is_ok())
    }
}

/// The head and the body of a request; nothing where the sender breaks off.
async fn read(socket: &mut TcpStream) -> Option<(String, String)> {
    let (mut request, mut bytes) = (Vec::new(), [0; 4_096]);
    loop {
        let count = socket.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&bytes[..count]);
        let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(request[..end].to_vec()).ok()?;
        let (_, length) = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
        let body = &request[end + 4..];
        if body.len() >= length.parse().ok()? {
            return Some((head, String::from_utf8(body.to_vec()).ok()?));
        }
    }
}
