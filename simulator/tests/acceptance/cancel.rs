//! What was never asked for cannot be taken back; what was, can be once.

use simulator::Simulator;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::raw::{introduced, message, message_id, next_error, read};
use crate::support::{start, start_with, until, within};

/// A field of bytes.
fn bytes(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag << 3 | 2, u8::try_from(value.len()).unwrap()], value].concat()
}

/// The contract of this symbol at `SMART`, as the second field.
fn contract(symbol: &str) -> Vec<u8> {
    bytes(2, &[bytes(2, symbol.as_bytes()), bytes(3, b"STK"), bytes(8, b"SMART")].concat())
}

/// The bytes of the error that comes next, whatever comes before it.
async fn next_refusal(socket: &mut TcpStream) -> String {
    let refusal = async {
        loop {
            let payload = read(socket).await.unwrap();
            if message_id(&payload) == 204 {
                return String::from_utf8_lossy(&payload).into_owned();
            }
        }
    };
    within(refusal).await
}

fn in_use(simulator: &Simulator) -> usize {
    simulator.gateway.tick_by_tick_streams_in_use() + simulator.gateway.depth_instruments_in_use()
}

#[tokio::test]
async fn an_unknown_stream_cannot_be_cancelled() {
    let simulator = start().await;
    let mut socket = introduced(&simulator, 1).await;
    // By their ids on the wire: level 1, depth, scanner, history, bars of five seconds, tick by tick.
    for (id, code) in [(202, 300), (211, 310), (223, 365), (225, 366), (251, 300), (298, 300)] {
        socket.write_all(&message(id, &[8, 99])).await.unwrap();
        assert_eq!(next_error(&mut socket).await, code, "{id}");
    }
}

#[tokio::test]
async fn a_stream_is_cancelled_once_and_its_id_is_free_again() {
    let simulator = start().await;
    let mut socket = introduced(&simulator, 1).await;
    let ask = |id, rest: Vec<u8>| message(id, &[vec![8, 7], contract("AAPL"), rest].concat());
    let cases = [
        // A tape of quotes.
        (ask(297, bytes(3, b"BidAsk")), 298, 300, 299),
        // Three rows of the book of all exchanges.
        (ask(210, vec![0x18, 3, 0x20, 1]), 211, 310, 213),
    ];
    for (open, cancel, unknown, data) in cases {
        for _ in 0..2 {
            socket.write_all(&open).await.unwrap();
            assert_eq!(message_id(&read(&mut socket).await.unwrap()), data);
            // The same id again is refused, and the stream lives on.
            socket.write_all(&open).await.unwrap();
            assert!(next_refusal(&mut socket).await.contains("Duplicate ticker ID"));
            socket.write_all(&message(cancel, &[8, 7])).await.unwrap();
            until("the stream is closed", || in_use(&simulator) == 0).await;
            socket.write_all(&message(cancel, &[8, 7])).await.unwrap();
            next_refusal(&mut socket).await;
            socket.write_all(&message(cancel, &[8, 7])).await.unwrap();
            assert_eq!(next_error(&mut socket).await, unknown);
        }
    }
}

#[tokio::test]
async fn a_type_that_does_not_exist_is_refused() {
    let simulator = start().await;
    let mut socket = introduced(&simulator, 1).await;
    let ask = |kind: &[u8]| message(297, &[vec![8, 7], contract("AAPL"), bytes(3, kind)].concat());
    for kind in [&b"Trades"[..], b"", b"last"] {
        socket.write_all(&ask(kind)).await.unwrap();
        assert_eq!(next_error(&mut socket).await, 321, "{kind:?}");
    }
    // Nor is there a stream of no contract, or of one that is not UTF-8.
    socket.write_all(&message(297, &[vec![8, 7], bytes(3, b"Last")].concat())).await.unwrap();
    assert_eq!(next_error(&mut socket).await, 200);
    socket.write_all(&ask(&[0xff])).await.unwrap();
    assert_eq!(next_error(&mut socket).await, 320);
}

#[tokio::test]
async fn one_client_follows_only_so_many_books() {
    let simulator = start_with(|options| options.messages_per_second = 100).await;
    let mut socket = introduced(&simulator, 1).await;
    for id in 1..=51 {
        let body = [vec![8, id], contract("AAPL"), vec![0x18, 1, 0x20, 1]].concat();
        socket.write_all(&message(210, &body)).await.unwrap();
    }
    let refused = next_refusal(&mut socket).await;
    assert!(refused.contains("Max number (3)"), "{refused}");
}
