//! What somebody gets who does not read as fast as it comes, through a real socket.

use std::time::Duration;

use domain::bus::{Message, Topic};
use domain::trade::Trade;
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::market::{heartbeat, id_of};
use crate::support::socket::Socket;
use crate::support::{Node, instrument};
use crate::trades::trade;

const TRADES: &str = "subscription($id: ID!) { trades(instrument: $id) { __typename ... on Trade { sequence conditions } \
    ... on StreamGap { afterSequence reason } } }";

/// The same selection, kept from being shared, and so executed for its subscriber alone.
const ALONE: &str = "subscription($id: ID!) { trades(instrument: $id) @include(if: true) { __typename ... on Trade { sequence conditions } \
    ... on StreamGap { afterSequence reason } } }";

/// How many trades are printed: far more than sockets and queues hold.
const PRINTS: u64 = 8_000;

/// How many are printed before the fast reader must have read them.
const CHUNK: u64 = 100;

/// A print that takes much room.
fn large(sequence: u64) -> Message {
    let Message::Trade(mut print) = trade(sequence, "110.25") else { unreachable!("a trade") };
    print.values.conditions = Some("c".repeat(2_048));
    Message::Trade(Trade { ..print })
}

async fn sequence_of_next(socket: &mut Socket) -> u64 {
    let event = socket.next("t").await["data"]["trades"].take();
    event["sequence"].as_str().expect("a trade").parse().unwrap()
}

/// Reads to the last print: returns the sequences, and the gaps with the number of trades before each.
async fn read_to_the_end(socket: &mut Socket) -> (Vec<u64>, Vec<(usize, Value)>) {
    let (mut sequences, mut gaps) = (Vec::new(), Vec::new());
    while sequences.last() != Some(&PRINTS) {
        let event = socket.next("t").await["data"]["trades"].take();
        match event["sequence"].as_str() {
            Some(sequence) => sequences.push(sequence.parse().unwrap()),
            None => gaps.push((sequences.len(), event)),
        }
    }
    (sequences, gaps)
}

async fn a_slow_reader_gets_a_gap(document: &str) {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    node.bus.tell(heartbeat());
    let mut slow = Socket::open_narrow(&node.address, &token).await;
    let mut fast = Socket::open(&node.address, &token).await;
    for socket in [&mut slow, &mut fast] {
        socket.subscribe("t", document, json!({ "id": aapl })).await;
    }
    while node.bus.listeners(Topic::Trades(instrument("AAPL").id)) == 0 {
        tokio::task::yield_now().await;
    }
    // Until both have heard one, they may not both have begun.
    let (mut sequence, mut begun) = (0, [false; 2]);
    while begun != [true; 2] {
        sequence += 1;
        node.bus.tell(large(sequence));
        for (socket, begun) in [&mut slow, &mut fast].into_iter().zip(&mut begun) {
            let heard = tokio::time::timeout(Duration::from_millis(200), socket.0.next()).await;
            *begun |= heard.is_ok();
        }
    }
    let first = sequence + 1;
    while sequence < PRINTS {
        // The desk lives.
        node.bus.tell(heartbeat());
        let from = sequence + 1;
        sequence = (sequence + CHUNK).min(PRINTS);
        (from..=sequence).for_each(|sequence| node.bus.tell(large(sequence)));
        let mut read = from;
        while read <= sequence {
            let next = sequence_of_next(&mut fast).await;
            // What was begun with may still come.
            if next >= first {
                assert_eq!(next, read, "whoever reads gets every trade, and no gap");
                read += 1;
            }
        }
    }
    let (sequences, gaps) = read_to_the_end(&mut slow).await;
    assert!(!gaps.is_empty(), "the slow reader was told of what it missed");
    for (at, gap) in &gaps {
        let (before, after) = (sequences[at - 1], sequences[*at]);
        assert_eq!(gap["afterSequence"], before.to_string());
        let reason =
            format!("your connection did not read fast enough: {} trades were left out", after - before - 1);
        assert_eq!(gap["reason"], reason);
    }
    let holes = sequences.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
    assert_eq!(holes, gaps.len(), "nothing is missing without a gap");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_of_shared_trades_is_told_what_it_missed_and_nobody_else_is() {
    a_slow_reader_gets_a_gap(TRADES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_of_trades_for_itself_alone_is_told_the_same() {
    a_slow_reader_gets_a_gap(ALONE).await;
}
