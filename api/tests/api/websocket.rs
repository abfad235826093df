//! `graphql-transport-ws`: its close codes, its messages, and streams that survive what happens.

use std::time::Duration;

use domain::RefusalCode;
use domain::bus::{Message, Topic};
use domain::market_data::LineKind;
use domain::quote::FeedRefusal;
use futures::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as RawFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::market::{NOW, heartbeat, id_of, quote};
use crate::support::socket::Socket;
use crate::support::{Node, PASSWORD, instrument};

const PROTOCOL: &str = "graphql-transport-ws";
const SYSTEM: &str = "subscription { system { setUpNeeded } }";
const QUOTES: &str = "subscription($ids: [ID!]!, $hz: Float) { quotes(instruments: $ids, maxHz: $hz) { __typename \
    ... on Quote { instrument { symbol } last { price } state reason sequence } ... on StreamGap { afterSequence reason } } }";

#[tokio::test]
async fn what_breaks_the_protocol_is_closed_with_its_code() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let init = json!({ "type": "connection_init", "payload": { "accessToken": token } });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": SYSTEM } });
    let cases: [(&[Value], u16); 10] = [
        (&[json!("not an object")], 4400),
        (&[json!({ "type": "start" })], 4400),
        (&[init.clone(), json!({ "type": "subscribe", "payload": { "query": SYSTEM } })], 4400),
        (std::slice::from_ref(&subscribe), 4401),
        (&[json!({ "type": "connection_init" })], 4403),
        (&[json!({ "type": "connection_init", "payload": { "accessToken": "forged" } })], 4403),
        (&[json!({ "type": "connection_init", "payload": { "accessToken": 1 } })], 4403),
        (&[init.clone(), subscribe.clone(), subscribe.clone()], 4409),
        (&[init.clone(), init.clone()], 4429),
        (&[init, json!({ "type": "ping", "payload": { "accessToken": "forged" } })], 4403),
    ];
    for (messages, code) in cases {
        let mut socket = Socket::connect(&node.address, PROTOCOL).await;
        for message in messages {
            socket.send(message).await;
        }
        assert_eq!(socket.closed().await.0, code, "{messages:?}");
    }
    for frame in [Frame::text("{"), Frame::binary(vec![1, 2, 3])] {
        let mut socket = Socket::connect(&node.address, PROTOCOL).await;
        socket.0.send(frame).await.unwrap();
        assert_eq!(socket.closed().await.0, 4400);
    }
    let mut socket = Socket::connect(&node.address, "").await;
    assert_eq!(socket.closed().await.0, 4406);
    assert!(Socket::connect_from(&node.address, PROTOCOL, Some("https://evil.example.com")).await.is_err());
    assert!(Socket::connect_from(&node.address, PROTOCOL, Some("https://charts.example.com")).await.is_ok());
}

#[tokio::test]
async fn a_subscription_is_begun_and_ended_without_a_word_too_many() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    socket.subscribe("a", SYSTEM, json!({})).await;
    assert_eq!(socket.next("a").await, json!({ "data": { "system": { "setUpNeeded": false } } }));
    socket.send(&json!({ "type": "complete", "id": "a" })).await;
    socket.send(&json!({ "type": "complete", "id": "unknown" })).await;
    socket.send(&json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "payload": { "n": 1 } }),
        "no reply to complete"
    );
    socket.send(&json!({ "type": "ping" })).await;
    assert_eq!(socket.receive().await, json!({ "type": "pong" }));
    socket.subscribe("a", SYSTEM, json!({})).await;
    socket.next("a").await;
    socket.subscribe("b", "{ viewer { username } }", json!({})).await;
    let viewer = socket.next("b").await;
    assert_eq!(viewer["data"], json!({ "viewer": { "username": "ann" } }));
    assert_eq!(viewer["extensions"]["cost"]["requested"], 2, "{viewer}");
    assert_eq!(socket.receive().await, json!({ "type": "complete", "id": "b" }));
    for wrong in [
        "{ nonsense }",
        "{",
        "subscription { system { nonsense } }",
        "subscription { a: system { version } b: system { version } }",
    ] {
        socket.subscribe("b", wrong, json!({})).await;
        let answer = socket.receive().await;
        assert_eq!((answer["type"].as_str(), answer["id"].as_str()), (Some("error"), Some("b")), "{answer}");
        assert!(answer["payload"][0]["message"].is_string(), "{answer}");
    }
    let log_in = format!(
        "mutation {{ sessionCreate(input: {{ username: \"ann\", password: \"{PASSWORD}\" }}) {{ session {{ accessToken }} }} }}"
    );
    socket.subscribe("b", &log_in, json!({})).await;
    assert_eq!(
        socket.next("b").await["errors"][0]["extensions"]["code"],
        "FORBIDDEN",
        "no cookie can be set here"
    );
}

#[tokio::test]
async fn quotes_flow_and_what_goes_wrong_is_said() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let (aapl, msft) = (id_of(&node, &token, "AAPL").await, id_of(&node, &token, "MSFT").await);
    node.bus.tell(heartbeat());
    node.bus.tell(quote("AAPL", 1, "110.50"));
    let mut socket = Socket::open(&node.address, &token).await;
    socket.subscribe("q", QUOTES, json!({ "ids": [aapl, msft, aapl], "hz": 50 })).await;
    let (mut first, mut second) = (socket.next("q").await, socket.next("q").await);
    if first["data"]["quotes"]["instrument"]["symbol"] == "MSFT" {
        std::mem::swap(&mut first, &mut second);
    }
    assert_eq!(first["data"]["quotes"]["last"], json!({ "price": "110.50" }));
    assert_eq!(second["data"]["quotes"]["state"], "RECOVERING");
    node.bus.tell(quote("AAPL", 3, "110.60"));
    let gap = json!({ "__typename": "StreamGap", "afterSequence": "1", "reason": "messages were lost on the way from the desk" });
    assert_eq!(socket.next("q").await["data"]["quotes"], gap);
    assert_eq!(socket.next("q").await["data"]["quotes"]["sequence"], "3");
    node.bus.tell(Message::Refused(
        LineKind::Quotes,
        FeedRefusal {
            instrument: instrument("MSFT").id,
            code: RefusalCode::MarketDataNotSubscribed,
            message: "the account has no market data for this".into(),
            at: NOW,
        },
    ));
    let refused = socket.next("q").await;
    assert_eq!(
        refused["errors"][0]["extensions"],
        json!({ "code": "MARKET_DATA_NOT_SUBSCRIBED", "instrument": msft })
    );
    node.bus.tell(quote("AAPL", 4, "110.70"));
    assert_eq!(socket.next("q").await["data"]["quotes"]["sequence"], "4", "the other instrument goes on");
    node.bus.breaks();
    let mut stale = socket.next("q").await;
    while stale["data"]["quotes"]["instrument"]["symbol"] != "AAPL" {
        stale = socket.next("q").await;
    }
    assert_eq!(stale["data"]["quotes"]["state"], "STALE");
    assert_eq!(stale["data"]["quotes"]["reason"], "the message bus is not available");
    assert_eq!(node.bus.listeners(Topic::Quotes(instrument("AAPL").id)), 1);
}

#[tokio::test]
async fn the_arguments_of_a_subscription_are_bounded() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    let mut socket = Socket::open(&node.address, &token).await;
    let unknown = json!("SW5zdHJ1bWVudDowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMmE");
    let cases = [
        (json!({ "ids": [] }), "LIMIT_REACHED"),
        (json!({ "ids": vec![aapl.clone(); 201] }), "LIMIT_REACHED"),
        (json!({ "ids": ["AAPL"] }), "BAD_ID"),
        (json!({ "ids": [aapl, unknown] }), "NOT_FOUND"),
        (json!({ "ids": [aapl], "hz": 0 }), "INVALID"),
        (json!({ "ids": [aapl], "hz": 51 }), "INVALID"),
    ];
    for (number, (variables, code)) in cases.into_iter().enumerate() {
        let id = number.to_string();
        socket.subscribe(&id, QUOTES, variables).await;
        assert_eq!(socket.next(&id).await["errors"][0]["extensions"]["code"], code);
        assert_eq!(socket.receive().await, json!({ "type": "complete", "id": id }));
    }
    for number in 0..100 {
        socket.subscribe(&format!("s{number}"), SYSTEM, json!({})).await;
        socket.next(&format!("s{number}")).await;
    }
    socket.subscribe("one too many", SYSTEM, json!({})).await;
    let refused = socket.receive().await;
    assert_eq!(
        (refused["type"].as_str(), &refused["payload"][0]["extensions"]["code"]),
        (Some("error"), &json!("LIMIT"))
    );
}

#[tokio::test]
async fn a_token_is_renewed_in_band_and_never_sent_back() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    node.clock.advance(time::Duration::minutes(10));
    let fresh = node.log_in_as("ann", PASSWORD).await["session"]["accessToken"].clone();
    socket.send(&json!({ "type": "ping", "payload": { "accessToken": fresh, "n": 2 } })).await;
    assert_eq!(socket.receive().await, json!({ "type": "pong", "payload": { "n": 2 } }));
    node.stores.add_user("bob");
    let bob = node.log_in_as("bob", PASSWORD).await["session"]["accessToken"].clone();
    socket.send(&json!({ "type": "ping", "payload": { "accessToken": bob } })).await;
    let (code, reason) = socket.closed().await;
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: the access token is another user's"));
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let node = Node::start().await;
    let token = node.log_in().await;
    // Seen from this moment the token has four seconds left; the leeway lets it in, its end is its end.
    node.clock.advance(time::Duration::minutes(15) - time::Duration::seconds(1));
    let mut socket = Socket::open(&node.address, &token).await;
    let (code, reason) = socket.closed().await;
    assert_eq!(
        (code, reason.as_str()),
        (4403, "Forbidden: the access token has expired; renew it with a ping in time")
    );
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_delays_nobody() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut stalled = Socket::open_narrow(&node.address, &token).await;
    let mut other = Socket::open(&node.address, &token).await;
    let ping = json!({ "type": "ping", "payload": { "padding": "x".repeat(60_000) } });
    let floods = async {
        // Each is answered at its full length, and no answer is read.
        while stalled.0.send(Frame::text(ping.to_string())).await.is_ok() {}
    };
    let serves = async {
        for _ in 0..50 {
            other.send(&json!({ "type": "ping" })).await;
            assert_eq!(other.receive().await, json!({ "type": "pong" }));
        }
    };
    let (dropped, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(30), floods), serves);
    assert!(dropped.is_ok(), "the server still waits for a client that does not read");
}

#[tokio::test]
async fn a_frame_that_is_no_text_is_told_and_one_too_large_ends_the_socket() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    let invalid = RawFrame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    socket.0.send(Frame::Frame(invalid)).await.unwrap();
    assert_eq!(socket.closed().await.0, 4400);
    let mut socket = Socket::open(&node.address, &token).await;
    socket.0.send(Frame::text(" ".repeat(70_000))).await.unwrap();
    // The rest of the frame is not read, so that the reason may get lost on its way.
    socket.ended().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    socket.subscribe("a", SYSTEM, json!({})).await;
    socket.next("a").await;
    node.shutdown.cancel();
    assert_eq!(socket.closed().await.0, 1001);
}

#[tokio::test]
async fn a_user_whose_role_does_not_reach_is_told() {
    let node = Node::start().await;
    let token = node.log_in().await;
    node.stores.set_role(domain::user::Role::Viewer);
    let viewer = node.data(&token, "{ viewer { role } watchlists { name } }", json!({})).await;
    assert_eq!(viewer["viewer"]["role"], "VIEWER", "the role is read with each request");
    node.stores.end_all_sessions();
    let mut socket = Socket::connect(&node.address, PROTOCOL).await;
    socket.send(&json!({ "type": "connection_init", "payload": { "accessToken": token } })).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn a_connection_ends_with_its_session_and_when_its_rights_change() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    let mut other = Socket::open(&node.address, &token).await;
    socket.subscribe("a", SYSTEM, json!({})).await;
    socket.next("a").await;
    node.stores.set_role(domain::user::Role::Viewer);
    for socket in [&mut socket, &mut other] {
        let (code, reason) = socket.closed().await;
        assert_eq!((code, reason.as_str()), (4403, "Forbidden: your rights have changed; connect again"));
    }
    let mut socket = Socket::open(&node.address, &token).await;
    node.stores.end_all_sessions();
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn a_flood_of_messages_is_ended() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    for number in 0..2_000 {
        let payload = json!({ "query": SYSTEM });
        let message = json!({ "type": "subscribe", "id": number.to_string(), "payload": payload });
        if socket.0.send(Frame::text(message.to_string())).await.is_err() {
            break;
        }
    }
    assert_eq!(socket.closed().await.0, 1008);
}

#[tokio::test]
async fn what_is_done_on_an_old_connection_is_asked_of_the_rights_of_now() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    node.stores.set_role(domain::user::Role::Viewer);
    socket.subscribe("a", "{ users { nodes { id } } }", json!({})).await;
    assert_eq!(socket.next("a").await["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let mut socket = Socket::open(&node.address, &token).await;
    node.stores.end_all_sessions();
    let list = "mutation { watchlistCreate(input: { name: \"late\" }) { watchlist { id } } }";
    socket.subscribe("b", list, json!({})).await;
    let refused = socket.receive().await;
    assert_eq!(refused["payload"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
}

#[tokio::test]
async fn a_renewal_with_other_rights_ends_the_connection() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    node.stores.set_role(domain::user::Role::Viewer);
    socket.send(&json!({ "type": "ping", "payload": { "accessToken": token } })).await;
    let (code, reason) = socket.closed().await;
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: your rights have changed; connect again"));
}

#[tokio::test]
async fn an_id_as_long_as_a_message_is_none() {
    let node = Node::start().await;
    let token = node.log_in().await;
    for (length, code) in [(256, None), (257, Some(4400))] {
        let mut socket = Socket::open(&node.address, &token).await;
        let id = "x".repeat(length);
        socket.subscribe(&id, SYSTEM, json!({})).await;
        match code {
            None => assert!(socket.next(&id).await["data"].is_object()),
            Some(code) => assert_eq!(socket.closed().await.0, code),
        }
    }
}
