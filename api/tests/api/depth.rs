//! Depth, asked for and followed.

use domain::bus::{Message, Topic};
use domain::decimal::Quantity;
use domain::depth::{Depth, DepthLevel, DepthValues};
use domain::quote::{FeedState, Stamp};
use serde_json::{Value, json};

use crate::market::{NOW, heartbeat, id_of, price};
use crate::support::socket::Socket;
use crate::support::{Node, instrument};

fn depth(sequence: u64, best: &str) -> Message {
    let level = |at: &str, exchange: &str| DepthLevel {
        price: price(at),
        size: Quantity::new("100".parse().unwrap()),
        exchange: Some(exchange.into()),
    };
    Message::Depth(Depth {
        instrument: instrument("AAPL").id,
        values: DepthValues {
            bids: vec![level(best, "ARCA"), level("109.99", "BATS"), level("109.98", "ARCA")],
            asks: vec![level("110.70", "EDGX")],
        },
        received_at: Some(NOW - time::Duration::milliseconds(1_500)),
        stamp: Stamp { epoch: 3, sequence },
        state: FeedState::Live,
        reason: None,
    })
}

fn code(response: &Value) -> &Value {
    &response["errors"][0]["extensions"]["code"]
}

#[tokio::test]
async fn depth_is_followed_as_a_whole() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    node.bus.tell(heartbeat());
    let mut socket = Socket::open(&node.address, &token).await;
    let follow = "subscription($id: ID!, $levels: Int) { depth(instrument: $id, levels: $levels, maxHz: 50) { __typename \
        ... on Depth { bids { price size exchange } asks { price } state reason sequence } ... on StreamGap { afterSequence } } }";
    socket.subscribe("d", follow, json!({ "id": aapl, "levels": 2 })).await;
    let mut first = socket.next("d").await["data"]["depth"].take();
    while first["reason"] != "waiting for the depth" {
        first = socket.next("d").await["data"]["depth"].take();
    }
    assert_eq!((&first["state"], &first["bids"]), (&json!("RECOVERING"), &json!([])));
    node.bus.tell(depth(1, "110.50"));
    let expected = json!({ "__typename": "Depth", "sequence": "1", "state": "LIVE", "reason": null, "asks": [{ "price": "110.70" }],
        "bids": [{ "price": "110.50", "size": "100", "exchange": "ARCA" }, { "price": "109.99", "size": "100", "exchange": "BATS" }] });
    assert_eq!(socket.next("d").await["data"]["depth"], expected);
    node.bus.tell(depth(3, "110.60"));
    let gap = json!({ "__typename": "StreamGap", "afterSequence": "1" });
    assert_eq!(socket.next("d").await["data"]["depth"], gap);
    assert_eq!(socket.next("d").await["data"]["depth"]["bids"][0]["price"], "110.60");
    node.bus.breaks();
    assert_eq!(socket.next("d").await["data"]["depth"]["state"], "STALE");
    assert_eq!(node.bus.listeners(Topic::Depth(instrument("AAPL").id)), 1);
}

#[tokio::test]
async fn the_book_is_asked_for_without_taking_a_line() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    let query = "query($id: ID!, $levels: Int) { depth(instrument: $id, levels: $levels) { bids { price } asks { price } ageMs sequence } }";
    let unknown = node.data(&token, query, json!({ "id": aapl })).await;
    assert_eq!(unknown, json!({ "depth": null }));
    node.bus.tell(depth(7, "110.50"));
    let known = node.data(&token, query, json!({ "id": aapl, "levels": 1 })).await;
    let expected = json!({ "bids": [{ "price": "110.50" }], "asks": [{ "price": "110.70" }], "ageMs": 1500, "sequence": "7" });
    assert_eq!(known["depth"], expected);
    for bad in [0, 51, -3] {
        let response = node.ask(Some(&token), query, json!({ "id": aapl, "levels": bad })).await;
        assert_eq!(code(&response), "INVALID", "{bad}: {response}");
    }
    assert_eq!(node.bus.listeners(Topic::Depth(instrument("AAPL").id)), 0);
}

#[tokio::test]
async fn a_shared_book_is_the_same_as_one_of_ones_own() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    node.bus.tell(heartbeat());
    node.bus.tell(depth(1, "110.50"));
    let mut sockets = Vec::new();
    // A directive that changes nothing keeps a subscription from being shared.
    for directive in ["", "@include(if: true)"] {
        let document = format!(
            "subscription($id: ID!) {{ depth(instrument: $id, levels: 2, maxHz: 50) {directive} {{ __typename \
             ... on Depth {{ bids {{ price size exchange }} asks {{ exchange p: price }} state reason epoch sequence instrument {{ symbol }} }} \
             ... on StreamGap {{ afterSequence reason }} }} }}"
        );
        let mut socket = Socket::open(&node.address, &token).await;
        socket.subscribe("d", &document, json!({ "id": aapl })).await;
        while socket.next("d").await["data"]["depth"]["state"] != "LIVE" {}
        sockets.push(socket);
    }
    for (sequence, best) in [(2, "110.51"), (5, "110.52")] {
        node.bus.tell(depth(sequence, best));
        // A jump in the sequence is a gap before the value.
        for _ in 0..if sequence == 5 { 2 } else { 1 } {
            let (shared, alone) = (sockets[0].next("d").await, sockets[1].next("d").await);
            assert_eq!(shared.to_string(), alone.to_string());
        }
    }
}
