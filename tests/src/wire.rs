//! A websocket at the level of its frames, as a client would use it that is careless, broken or hostile.
//!
//! Nothing is checked before it is sent. What the server sends is read strictly: it must be whole, unmasked and
//! without extensions.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::wait::SOON;

/// The kinds of frames.
pub mod opcode {
    /// More of a message.
    pub const CONTINUATION: u8 = 0;
    /// Text.
    pub const TEXT: u8 = 1;
    /// Bytes.
    pub const BINARY: u8 = 2;
    /// The end of the connection.
    pub const CLOSE: u8 = 8;
    /// A sign of life is asked for.
    pub const PING: u8 = 9;
    /// A sign of life.
    pub const PONG: u8 = 10;
}

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// In the place of a length: it follows in two bytes.
const LONG: u8 = 126;

/// In the place of a length: it follows in eight bytes.
const LONGER: u8 = 127;

const MASK: [u8; 4] = [0x5a, 0x17, 0xc3, 0x88];

/// A frame, well-formed or not.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The first byte: the end-of-message bit, three reserved bits, the opcode.
    pub head: u8,
    /// Whether it is masked, as a client's frames must be.
    pub masked: bool,
    /// The length that it claims, where that is not its payload's.
    pub claims: Option<u64>,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A whole message or control frame.
    pub fn whole(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { head: 0x80 | opcode, masked: true, claims: None, payload: payload.into() }
    }

    /// A message's part that is not the last.
    pub fn part(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { head: opcode, ..Self::whole(opcode, payload) }
    }

    /// As it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mask_bit = if self.masked { 0x80 } else { 0 };
        let mut bytes = vec![self.head];
        let length = self.claims.unwrap_or(self.payload.len() as u64);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < LONG => bytes.push(mask_bit | short),
            (_, Ok(long)) => {
                bytes.push(mask_bit | LONG);
                bytes.extend(long.to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit | LONGER);
                bytes.extend(length.to_be_bytes());
            }
        }
        if self.masked {
            bytes.extend(MASK);
            bytes.extend(self.payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        } else {
            bytes.extend(&self.payload);
        }
        bytes
    }
}

/// What the server said.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A message.
    Message(Value),
    /// A control frame that asks for a sign of life.
    Ping(Vec<u8>),
    /// The answer to one.
    Pong(Vec<u8>),
    /// The server closes the socket.
    Closed(u16, String),
    /// The connection is over without a word.
    Gone,
}

/// What the server answered to a handshake that it refused.
#[derive(Debug)]
pub struct Refused {
    /// The status line and the headers.
    pub head: String,
}

/// A socket.
pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
    /// The answer to the handshake, in lower case.
    pub head: String,
    /// The last message, as it came.
    pub raw: String,
}

impl Wire {
    /// A socket that speaks `graphql-transport-ws`.
    pub async fn open(address: SocketAddr) -> Self {
        Self::offer(address, &[("Sec-WebSocket-Protocol", "graphql-transport-ws")]).await.unwrap()
    }

    /// Shakes hands with these headers besides those that it takes.
    pub async fn offer(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Self, Refused> {
        let mut wire = Self::connect(address).await;
        let mut request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        );
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        wire.write(format!("{request}\r\n").as_bytes()).await.expect("the server takes the handshake");
        let head = timeout(SOON, wire.read_head()).await.expect("the server answers the handshake");
        if !head.starts_with("HTTP/1.1 101") {
            return Err(Refused { head });
        }
        let accepted = format!("sec-websocket-accept: {}", derive_accept_key(KEY.as_bytes()));
        assert!(head.to_lowercase().contains(&accepted.to_lowercase()), "the handshake is wrong: {head}");
        wire.head = head.to_lowercase();
        Ok(wire)
    }

    /// A bare connection with a small window, so that a server soon notices a client that does not read.
    pub async fn connect(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16_384).unwrap();
        let stream = socket.connect(address).await.expect("the server accepts connections");
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new(), head: String::new(), raw: String::new() }
    }

    async fn read_head(&mut self) -> String {
        loop {
            if let Some(end) = self.unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                return String::from_utf8(head).expect("the head of an answer is text");
            }
            assert!(self.fill().await, "the connection ended in the handshake");
        }
    }

    /// Sends bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends a frame; a server that has closed the socket may not take it.
    pub async fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        self.write(&frame.bytes()).await
    }

    /// Sends a message of the protocol.
    pub async fn say(&mut self, message: &Value) {
        let frame = Frame::whole(opcode::TEXT, message.to_string());
        self.frame(&frame).await.expect("the socket is open");
    }

    /// Says that nothing more comes.
    pub async fn end(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// The next thing that the server says.
    pub async fn hear(&mut self) -> Heard {
        timeout(SOON, self.next()).await.expect("the server says something")
    }

    /// The next message or the close; control pings are answered on the way.
    pub async fn message(&mut self) -> Heard {
        loop {
            match self.hear().await {
                Heard::Ping(payload) => {
                    let _ = self.frame(&Frame::whole(opcode::PONG, payload)).await;
                }
                Heard::Pong(_) => {}
                heard => return heard,
            }
        }
    }

    /// Reads past everything until the connection is over, within a limit; the code and reason of the close.
    pub async fn closed(&mut self, limit: Duration) -> Option<(u16, String)> {
        let read = async {
            loop {
                match self.next().await {
                    Heard::Closed(code, reason) => return Some((code, reason)),
                    Heard::Gone => return None,
                    _ => {}
                }
            }
        };
        timeout(limit, read).await.unwrap_or_else(|_| panic!("still open after {} s", limit.as_secs()))
    }

    async fn next(&mut self) -> Heard {
        loop {
            if let Some((heard, payload)) = parse(&self.unread) {
                if let Heard::Message(_) = heard {
                    self.raw = String::from_utf8_lossy(&self.unread[payload.clone()]).into_owned();
                }
                self.unread.drain(..payload.end);
                return heard;
            }
            if !self.fill().await {
                return Heard::Gone;
            }
        }
    }

    /// Reads more; whether there was any.
    async fn fill(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.unread).await, Ok(1..))
    }
}

/// The first frame of what was read, and where its payload is, once it is there as a whole.
fn parse(bytes: &[u8]) -> Option<(Heard, Range<usize>)> {
    let (first, short) = (*bytes.first()?, *bytes.get(1)?);
    assert!(first & 0xf0 == 0x80, "the server sends fragments or extensions: {first:#x}");
    assert!(short & 0x80 == 0, "the server masks its frames");
    let (length, start) = match short {
        LONG => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        LONGER => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = bytes.get(start..start + length)?;
    let text = || String::from_utf8(payload.to_vec()).expect("the server sends UTF-8");
    let heard = match first & 0x0f {
        opcode::TEXT => Heard::Message(serde_json::from_str(&text()).expect("a message is JSON")),
        opcode::PING => Heard::Ping(payload.to_vec()),
        opcode::PONG => Heard::Pong(payload.to_vec()),
        opcode::CLOSE if length < 2 => Heard::Closed(1005, String::new()),
        opcode::CLOSE => {
            let reason = String::from_utf8(payload[2..].to_vec()).expect("a reason is UTF-8");
            Heard::Closed(u16::from_be_bytes([payload[0], payload[1]]), reason)
        }
        other => panic!("the server sends frames of kind {other}"),
    };
    Some((heard, start..start + length))
}
