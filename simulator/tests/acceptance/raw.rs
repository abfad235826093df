//! What no proper client does: garbage, lies and laziness on the socket.

use simulator::Simulator;
use simulator::gateway::GatewayOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{connect, start, start_with, until, within};

async fn open(simulator: &Simulator) -> TcpStream {
    TcpStream::connect(simulator.gateway.address()).await.unwrap()
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend_from_slice(payload);
    bytes
}

pub fn message(id: i32, body: &[u8]) -> Vec<u8> {
    frame(&[&id.to_be_bytes(), body].concat())
}

/// A socket that is through with the handshake.
pub async fn introduced(simulator: &Simulator, client_id: u8) -> TcpStream {
    let mut socket = open(simulator).await;
    let hello = [b"API\0".to_vec(), frame(b"v213..226")].concat();
    socket.write_all(&hello).await.unwrap();
    let text = String::from_utf8(read(&mut socket).await.unwrap()).unwrap();
    assert!(text.starts_with("226\0") && text.ends_with(" US/Eastern\0"), "{text:?}");
    socket.write_all(&message(271, &[8, client_id])).await.unwrap();
    for id in [215, 209, 204, 204, 204] {
        assert_eq!(message_id(&read(&mut socket).await.unwrap()), id);
    }
    socket
}

/// The next frame; `None` where the socket is closed.
pub async fn read(socket: &mut TcpStream) -> Option<Vec<u8>> {
    within(async {
        let length = socket.read_u32().await.ok()?;
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        socket.read_exact(&mut payload).await.ok()?;
        Some(payload)
    })
    .await
}

pub fn message_id(payload: &[u8]) -> i32 {
    i32::from_be_bytes(*payload.first_chunk().unwrap())
}

/// The code of the error that comes next. (Field 3 is the code: tag 0x18, then a varint.)
pub async fn next_error(socket: &mut TcpStream) -> i32 {
    let payload = read(socket).await.expect("the socket is open");
    assert_eq!(message_id(&payload), 204, "an error");
    let at = payload.iter().position(|byte| *byte == 0x18).unwrap() + 1;
    let bits = payload[at..].iter().scan(true, |more, byte| {
        let this = more.then_some(i32::from(byte & 0x7f));
        *more = byte & 0x80 != 0;
        this
    });
    bits.enumerate().fold(0, |code, (place, bits)| code | bits << (7 * place))
}

#[tokio::test]
async fn strangers_are_shown_the_door() {
    let simulator = start().await;
    let api = |payload: &[u8]| [b"API\0".to_vec(), frame(payload)].concat();
    let cases = [
        ("no prefix", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("too old", api(b"v100..156")),
        ("between the dialects", api(b"v179..212")),
        ("too new", api(b"v300..310")),
        ("nonsense", api(b"hello")),
        ("not text", api(&[0xff, 0xfe])),
        ("an empty frame", [b"API\0".to_vec(), vec![0; 4]].concat()),
        ("an endless frame", [b"API\0".to_vec(), vec![0xff; 8]].concat()),
    ];
    for (what, bytes) in cases {
        let mut socket = open(&simulator).await;
        socket.write_all(&bytes).await.unwrap();
        assert_eq!(read(&mut socket).await, None, "{what}");
    }
    connect(&simulator, 1).await;
}

#[tokio::test]
async fn garbage_is_refused_and_the_session_lives_on() {
    let simulator = start().await;
    let mut socket = introduced(&simulator, 9).await;
    let cases = [
        ("an unknown message", message(999, &[]), 320),
        ("a message in the text dialect", message(49, b"1\0"), 320),
        ("a field that ends too soon", message(201, &[0x12, 0x7f, 1]), 320),
        ("random bytes", message(220, &[0xff; 40]), 320),
        ("a request without fields", message(209, &[]), 321),
        ("an unknown symbol", message(201, &[8, 1]), 200),
    ];
    for (what, bytes, code) in cases {
        socket.write_all(&bytes).await.unwrap();
        assert_eq!(next_error(&mut socket).await, code, "{what}");
    }
    socket.write_all(&message(249, &[])).await.unwrap();
    assert_eq!(message_id(&read(&mut socket).await.unwrap()), 249);
}

#[tokio::test]
async fn frames_without_sense_end_the_session_alone() {
    let simulator = start().await;
    let other = connect(&simulator, 1).await;
    for bytes in [vec![0; 4], frame(&[1, 2]), vec![0x01, 0, 0, 0]] {
        let mut socket = introduced(&simulator, 9).await;
        socket.write_all(&bytes).await.unwrap();
        assert_eq!(read(&mut socket).await, None, "{bytes:?}");
        until("it is gone", || simulator.gateway.connected_clients() == 1).await;
    }
    within(other.server_time()).await.unwrap();
}

#[tokio::test]
async fn requests_in_pieces_and_in_heaps_are_understood() {
    let simulator = start().await;
    let mut socket = introduced(&simulator, 9).await;
    for byte in message(249, &[]) {
        socket.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(message_id(&read(&mut socket).await.unwrap()), 249);
    socket.write_all(&message(249, &[]).repeat(10)).await.unwrap();
    for _ in 0..10 {
        assert_eq!(message_id(&read(&mut socket).await.unwrap()), 249);
    }
}

#[tokio::test]
async fn a_lazy_client_is_dropped_and_holds_up_nobody() {
    let limit = |options: &mut GatewayOptions| {
        options.messages_per_second = usize::MAX;
        options.backlog = 200 << 10;
    };
    let simulator = start_with(limit).await;
    let other = connect(&simulator, 1).await;
    let mut lazy = introduced(&simulator, 9).await;
    // Asks for a day of minutes, over and over, and never reads an answer.
    let bars = |request: u8| {
        let contract = [&[0x12, 4][..], b"AAPL", &[0x1a, 3], b"STK"].concat();
        let length = u8::try_from(contract.len()).unwrap();
        let body = [
            &[0x08, request, 0x12, length],
            contract.as_slice(),
            &[0x22, 5],
            b"1 min",
            &[0x2a, 3],
            b"1 D",
            &[0x3a, 6],
            b"TRADES",
            &[0x40, 2],
        ];
        message(220, &body.concat())
    };
    let punish = async {
        for request in (1..100).cycle() {
            if simulator.gateway.connected_clients() == 1 {
                return;
            }
            // It fails once the socket is closed.
            lazy.write_all(&bars(request)).await.ok();
            other.server_time().await.unwrap();
        }
    };
    within(punish).await;
    within(other.server_time()).await.unwrap();
}
