//! A mail server on this machine: it takes every letter, and keeps what it got.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A mail server. It ends with this value.
pub struct Mailbox {
    address: SocketAddr,
    letters: UnboundedReceiver<Letter>,
    server: JoinHandle<()>,
}

/// A letter that it got.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// To whom, as the envelope says.
    pub to: String,
    /// Its headers, one a line.
    pub head: String,
    /// What it says.
    pub body: String,
}

impl Mailbox {
    /// One on a free port.
    pub async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (told, letters) = unbounded_channel();
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let told = told.clone();
                // Whoever breaks off sends no letter.
                tokio::spawn(async move { converse(socket, told).await.ok() });
            }
        });
        Self { address, letters, server }
    }

    /// What `SMTP_URL` has to be.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The next letter that it got and did not tell of yet.
    pub async fn next(&mut self, limit: Duration) -> Letter {
        let letter = timeout(limit, self.letters.recv()).await;
        letter.unwrap_or_else(|_| panic!("no letter within {} s", limit.as_secs())).unwrap()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// As much of SMTP as takes a letter.
async fn converse(mut socket: TcpStream, told: UnboundedSender<Letter>) -> std::io::Result<()> {
    let (read, mut write) = socket.split();
    let mut lines = BufReader::new(read).lines();
    let mut letter = Letter::default();
    write.write_all(b"220 mailbox.test\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let command = line.to_ascii_uppercase();
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "QUIT" => return write.write_all(b"221 bye\r\n").await,
            "RCPT" => {
                line.trim_end_matches('>').rsplit('<').next().unwrap_or_default().clone_into(&mut letter.to);
                "250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
                (letter.head, letter.body) = (head.to_owned(), body.to_owned());
                // The test may have ended.
                let _ = told.send(std::mem::take(&mut letter));
                "250 taken\r\n"
            }
            _ => "250 ok\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
