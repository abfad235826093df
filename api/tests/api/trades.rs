//! Trades, asked for and followed.

use std::sync::atomic::Ordering;

use domain::RefusalCode;
use domain::bus::{Message, Topic};
use domain::decimal::Quantity;
use domain::desk::DeskQuestion;
use domain::market_data::LineKind;
use domain::quote::{FeedRefusal, FeedState, Stamp, StreamGap};
use domain::trade::{Trade, TradeSide, TradeValues};
use serde_json::{Value, json};

use crate::market::{NOW, heartbeat, id_of, price};
use crate::support::socket::Socket;
use crate::support::{Node, instrument};

const FOLLOW: &str = "subscription($id: ID!) { trades(instrument: $id) { __typename \
    ... on Trade { price size exchange conditions side unreported pastLimit sourceAt receivedAt state epoch sequence instrument { symbol } } \
    ... on StreamGap { afterSequence reason } } }";

fn values(at: &str) -> TradeValues {
    TradeValues {
        price: price(at),
        size: Quantity::new("100".parse().unwrap()),
        exchange: Some("ARCA".into()),
        conditions: None,
        unreported: false,
        past_limit: false,
        source_at: Some(NOW),
    }
}

pub fn trade(sequence: u64, at: &str) -> Message {
    Message::Trade(Trade {
        instrument: instrument("AAPL").id,
        values: values(at),
        side: Some(TradeSide::Buy),
        received_at: NOW,
        stamp: Stamp { epoch: 3, sequence },
        state: FeedState::Live,
    })
}

/// A socket that follows the trades of `AAPL`, once the node listens.
async fn follow(node: &Node, token: &str) -> (Socket, Value) {
    let aapl = id_of(node, token, "AAPL").await;
    node.bus.tell(heartbeat());
    let mut socket = Socket::open(&node.address, token).await;
    socket.subscribe("t", FOLLOW, json!({ "id": aapl })).await;
    let topic = Topic::Trades(instrument("AAPL").id);
    while node.bus.listeners(topic) == 0 {
        tokio::task::yield_now().await;
    }
    (socket, aapl)
}

#[tokio::test]
async fn prints_are_told_as_they_were_published() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let (mut socket, aapl) = follow(&node, &token).await;
    node.bus.tell(trade(1, "110.345"));
    let expected = json!({ "__typename": "Trade", "price": "110.345", "size": "100", "exchange": "ARCA", "conditions": null,
        "side": "BUY", "unreported": false, "pastLimit": false, "sourceAt": "2026-11-22T20:00:00Z",
        "receivedAt": "2026-11-22T20:00:00Z", "state": "LIVE", "epoch": "3", "sequence": "1", "instrument": { "symbol": "AAPL" } });
    assert_eq!(socket.next("t").await["data"]["trades"], expected);
    node.bus.tell(trade(3, "110.35"));
    let gap = json!({ "__typename": "StreamGap", "afterSequence": "1", "reason": "messages were lost on the way from the desk" });
    assert_eq!(socket.next("t").await["data"]["trades"], gap);
    assert_eq!(socket.next("t").await["data"]["trades"]["sequence"], "3");
    let lost = StreamGap {
        instrument: instrument("AAPL").id,
        after: Some(Stamp { epoch: 3, sequence: 3 }),
        at: NOW,
        reason: "the gateway has gone silent".into(),
    };
    node.bus.tell(Message::Gap(LineKind::Trades, lost));
    assert_eq!(socket.next("t").await["data"]["trades"]["reason"], "the gateway has gone silent");
    let refusal = FeedRefusal {
        instrument: instrument("AAPL").id,
        code: RefusalCode::InstrumentDelisted,
        message: "the instrument was delisted".into(),
        at: NOW,
    };
    node.bus.tell(Message::Refused(LineKind::Trades, refusal));
    let refused = socket.next("t").await;
    assert_eq!(
        refused["errors"][0]["extensions"],
        json!({ "code": "INSTRUMENT_DELISTED", "instrument": aapl })
    );
    node.bus.tell(trade(4, "110.36"));
    assert_eq!(socket.next("t").await["data"]["trades"]["sequence"], "4", "a print ends the refusal");
}

#[tokio::test]
async fn the_latest_trades_are_asked_of_the_desk_within_bounds() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    *node.desk.ticks.lock().unwrap() =
        vec![values("1.10"), TradeValues { unreported: true, ..values("1.11") }];
    let query = "query($id: ID!, $last: Int) { trades(instrument: $id, last: $last) { price unreported side state receivedAt epoch sequence } }";
    let known = node.data(&token, query, json!({ "id": aapl, "last": 2 })).await;
    let row = |price: &str, unreported: bool| {
        json!({ "price": price, "unreported": unreported, "side": null, "state": null,
            "receivedAt": "2026-11-22T20:00:00Z", "epoch": null, "sequence": null })
    };
    assert_eq!(known["trades"], json!([row("1.10", false), row("1.11", true)]));
    let asked = node.desk.asked.lock().unwrap().last().cloned();
    assert_eq!(asked, Some(DeskQuestion::Ticks { instrument: instrument("AAPL").id, count: 2 }));
    node.data(&token, query, json!({ "id": aapl })).await;
    let asked = node.desk.asked.lock().unwrap().last().cloned();
    assert_eq!(asked, Some(DeskQuestion::Ticks { instrument: instrument("AAPL").id, count: 100 }));
    for bad in [0, -1, 1_001] {
        let response = node.ask(Some(&token), query, json!({ "id": aapl, "last": bad })).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "RANGE_INVALID", "{bad}: {response}");
        assert_eq!(response["data"], json!({ "trades": null }));
    }
    let euro = id_of(&node, &token, "EUR.USD").await;
    let response = node.ask(Some(&token), query, json!({ "id": euro })).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "INVALID", "{response}");
    assert!(response["errors"][0]["message"].as_str().unwrap().contains("follow its quotes"), "{response}");
    let mut socket = Socket::open(&node.address, &token).await;
    socket.subscribe("t", FOLLOW, json!({ "id": euro })).await;
    let refused = socket.receive().await;
    assert_eq!(refused["payload"]["errors"][0]["extensions"]["code"], "INVALID", "{refused}");
    node.desk.away.store(true, Ordering::SeqCst);
    let response = node.ask(Some(&token), query, json!({ "id": aapl })).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "UNAVAILABLE");
}
