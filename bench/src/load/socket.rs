//! One subscriber: the handshake by hand, and then nothing but reading.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, ready};

use anyhow::{Context, bail};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

use super::frame::{self, Kind};
use super::tally::{Seen, Tally};
use super::{Plan, micros};

/// The bytes that a stalled reader's kernel keeps for it at most.
const STALLED_BUFFER: u32 = 4 * 1_024;

/// What all sockets share: the tally, and a place to read into, so that a socket has none of its own.
pub struct Shared {
    /// What has arrived.
    pub tally: Tally,
    scratch: Vec<u8>,
}

impl Shared {
    /// Nothing has arrived yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { tally: Tally::new()?, scratch: vec![0; 256 * 1_024] })
    }
}

/// A subscriber.
pub struct Socket {
    stream: TcpStream,
    /// The beginning of a frame whose end has not arrived.
    rest: Vec<u8>,
    seen: Seen,
}

/// How a socket treats what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Takes all at once.
    Reads,
    /// Never takes anything after it has subscribed.
    Stalls,
}

impl Socket {
    /// Connects and subscribes.
    pub async fn open(plan: &Plan, habit: Habit) -> anyhow::Result<Self> {
        let stream = connect(plan.address, habit).await.context("a socket could not connect")?;
        let mut socket = Self { stream, rest: Vec::new(), seen: Seen::nothing(plan.instruments) };
        socket.shake_hands(plan).await?;
        let init = match &plan.token {
            Some(token) => json!({ "type": "connection_init", "payload": { "accessToken": token } }),
            None => json!({ "type": "connection_init" }),
        };
        socket.send(&init).await?;
        let answer = socket.receive().await?;
        if !answer.contains("connection_ack") {
            bail!("not acknowledged: {answer}");
        }
        let payload = json!({ "query": plan.query, "variables": plan.variables });
        socket.send(&json!({ "type": "subscribe", "id": "1", "payload": payload })).await?;
        Ok(socket)
    }

    async fn shake_hands(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
            plan.address
        );
        self.stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        let end = loop {
            if let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") {
                break end + 4;
            }
            if self.stream.read_buf(&mut answer).await? == 0 {
                bail!("the server ended the handshake: {}", String::from_utf8_lossy(&answer));
            }
        };
        if !answer.starts_with(b"HTTP/1.1 101") {
            bail!("the server refuses websockets: {}", String::from_utf8_lossy(&answer));
        }
        self.rest = answer.split_off(end);
        Ok(())
    }

    async fn send(&mut self, message: &serde_json::Value) -> io::Result<()> {
        self.stream.write_all(&frame::text(&message.to_string())).await
    }

    /// The next message, while there is no traffic yet.
    async fn receive(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(frame) = frame::next(&self.rest, 0) {
                let text = String::from_utf8_lossy(&self.rest[frame.payload.clone()]).into_owned();
                self.rest.drain(..frame.payload.end);
                return Ok(text);
            }
            if self.stream.read_buf(&mut self.rest).await? == 0 {
                bail!("the server ended a connection");
            }
        }
    }

    /// Reads until the server ends it; returns why it did.
    pub async fn read(mut self, shared: &Mutex<Shared>) -> String {
        loop {
            match poll_fn(|context| self.poll_read(context, shared)).await {
                Ok(None) => {}
                Ok(Some(ending)) => return ending,
                Err(error) => return error.to_string(),
            }
        }
    }

    /// Reads what is there into the shared scratch and takes every whole message.
    fn poll_read(
        &mut self,
        context: &mut std::task::Context<'_>,
        shared: &Mutex<Shared>,
    ) -> Poll<io::Result<Option<String>>> {
        let mut shared = lock(shared);
        let Shared { tally, scratch } = &mut *shared;
        scratch[..self.rest.len()].copy_from_slice(&self.rest);
        let mut buffer = ReadBuf::new(scratch);
        buffer.set_filled(self.rest.len());
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        let arrived = buffer.filled();
        if arrived.len() == self.rest.len() {
            return Poll::Ready(Ok(Some("the server ended the connection".into())));
        }
        let (now, mut at) = (micros(), 0);
        while let Some(frame) = frame::next(arrived, at) {
            at = frame.payload.end;
            let payload = &arrived[frame.payload];
            match frame.kind {
                Kind::Text if payload.ends_with(br#""ping"}"#) => {
                    self.stream.try_write(&frame::text(r#"{"type":"pong"}"#))?;
                }
                Kind::Text => tally.take(payload, now, &mut self.seen),
                Kind::Ping => drop(self.stream.try_write(&frame::pong(payload))?),
                Kind::Close => return Poll::Ready(Ok(Some(closing(payload)))),
                Kind::Other => {}
            }
        }
        self.rest.clear();
        self.rest.extend_from_slice(&arrived[at..]);
        Poll::Ready(Ok(None))
    }
}

/// The code and the words of a close frame.
fn closing(payload: &[u8]) -> String {
    match payload {
        [high, low, words @ ..] => {
            format!("{} {}", u16::from_be_bytes([*high, *low]), String::from_utf8_lossy(words))
        }
        _ => "closed without a code".into(),
    }
}

async fn connect(address: SocketAddr, habit: Habit) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if habit == Habit::Stalls {
        socket.set_recv_buffer_size(STALLED_BUFFER)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whatever a panicking holder left is still a count.
pub fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a socket and, where it is a reader, reads on in a task of its own. One that stalls is returned, to be held.
pub async fn start(
    plan: Arc<Plan>,
    habit: Habit,
    shared: Arc<Mutex<Shared>>,
) -> anyhow::Result<Option<Socket>> {
    let socket = Socket::open(&plan, habit).await?;
    if habit == Habit::Stalls {
        return Ok(Some(socket));
    }
    tokio::spawn(async move {
        let ending = socket.read(&shared).await;
        lock(&shared).tally.closed(ending);
    });
    Ok(None)
}
