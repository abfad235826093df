//! What only its owner gets, and nothing of which is ever left out: somebody who does not read is sent away, told after
//! which event to go on, and gets the rest on coming back.

use std::time::Duration;

use domain::alert::AlertId;
use domain::bus::{Bus, Message, Topic};
use domain::user::UserId;
use serde_json::{Value, json};
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;
use uuid::Uuid;

use crate::support::socket::Socket;
use crate::support::{Node, instrument};

const EVENTS: &str = "subscription($since: Decimal) { alertEvents(since: $since) { number text } }";

/// How many events are stored: far more than sockets hold.
const STORED: u64 = 3_000;

/// How much longer each of their texts is than usual.
const LENGTH: usize = 4_096;

/// How long a test waits for what must come: longer than a client may leave its messages unread.
const PATIENCE: Duration = Duration::from_secs(30);

/// For how long a client at least may leave its messages unread.
const LEFT_ALONE: Duration = Duration::from_secs(9);

fn say(node: &Node, owner: UserId) -> u64 {
    node.stores.say_at_length(owner, AlertId(Uuid::from_u128(1)), instrument("AAPL").id, LENGTH)
}

fn number_of(event: &Value) -> u64 {
    event["data"]["alertEvents"]["number"].as_str().expect("an event").parse().unwrap()
}

/// Waits until so many subscriptions to what this user's alerts say are alive.
async fn listened_to(node: &Node, owner: UserId, by: usize) {
    let mut looks = interval(Duration::from_millis(10));
    let wait = async {
        while node.bus.listeners(Topic::AlertEvents(owner)) != by {
            looks.tick().await;
        }
    };
    timeout(PATIENCE, wait).await.expect("as many subscriptions as there should be");
}

/// A user for whom a great deal is stored; returns the access token.
async fn much_is_stored(node: &Node) -> (String, UserId) {
    let token = node.log_in().await;
    let owner = node.stores.first_user();
    (0..STORED).for_each(|_| _ = say(node, owner));
    (token, owner)
}

/// Somebody who begins these operations and then reads nothing, until the server gives up.
async fn sent_away(node: &Node, token: &str, owner: UserId, operations: &[&str]) -> Socket {
    let mut socket = Socket::open_narrow(&node.address, token).await;
    for id in operations {
        socket.subscribe(id, EVENTS, json!({ "since": "0" })).await;
    }
    listened_to(node, owner, operations.len()).await;
    let begun = Instant::now();
    listened_to(node, owner, 0).await;
    assert!(begun.elapsed() >= LEFT_ALONE, "sent away after {:?}", begun.elapsed());
    socket
}

/// Reads what is left: for each event the operation and the number, then the close.
async fn read_what_is_left(socket: &mut Socket) -> (Vec<(String, u64)>, u16, String) {
    use futures::StreamExt as _;
    let mut events = Vec::new();
    loop {
        match timeout(PATIENCE, socket.0.next()).await.expect("a close in time").expect("a close").unwrap() {
            Frame::Text(text) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                let id = message["id"].as_str().expect("an event").to_owned();
                events.push((id, number_of(&message["payload"])));
            }
            Frame::Close(Some(frame)) => return (events, frame.code.into(), frame.reason.to_string()),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_does_not_read_alerts_is_told_since_when_and_misses_none() {
    let node = Node::start().await;
    let (token, owner) = much_is_stored(&node).await;
    let mut slow = sent_away(&node, &token, owner, &["a"]).await;
    let (events, code, reason) = read_what_is_left(&mut slow).await;
    let last = events.len() as u64;
    let numbers: Vec<u64> = events.into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
    assert!((1..STORED).contains(&last), "{last} of {STORED} fit into the socket");
    let expected = format!("Your side does not read; connect again and resume since {last}");
    assert_eq!((code, reason), (4013, expected));

    // What is said in between is part of the rest.
    let (_, newest) = (say(&node, owner), say(&node, owner));
    let mut back = Socket::open(&node.address, &token).await;
    back.subscribe("b", EVENTS, json!({ "since": last.to_string() })).await;
    for number in last + 1..=newest {
        assert_eq!(number_of(&back.next("b").await), number);
    }
    let number = say(&node, owner);
    node.bus.publish(&[Message::AlertSaid(owner, number)]).await.unwrap();
    assert_eq!(number_of(&back.next("b").await), newest + 1, "nothing comes twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_several_streams_goes_on_with_each() {
    let node = Node::start().await;
    let (token, owner) = much_is_stored(&node).await;
    let mut slow = sent_away(&node, &token, owner, &["a", "b"]).await;
    let (events, code, reason) = read_what_is_left(&mut slow).await;
    for id in ["a", "b"] {
        let numbers = events.iter().filter(|(of, _)| of == id).map(|(_, number)| *number);
        let numbers: Vec<u64> = numbers.collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "of {id}");
    }
    let expected =
        "Your side does not read; connect again and resume each stream since the last number you got";
    assert_eq!((code, reason.as_str()), (4013, expected));
}
