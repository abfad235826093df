//! Instruments, quotes, bars and the system page, asked for over HTTP.

use std::sync::atomic::Ordering;

use domain::bar::{Bar, BarQuery, BarSize};
use domain::bus::Message;
use domain::decimal::{Price, Quantity};
use domain::desk::{DeskQuestion, DeskStatus, LineCount, LineCounts};
use domain::market_data::{ConnectionState, ConnectionStatus};
use domain::quote::{FeedState, Quote, QuoteLevel, QuoteValues, Stamp};
use domain::world::{ConnectionId, Environment};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::support::{Node, instrument};

pub const NOW: OffsetDateTime = datetime!(2026-11-22 20:00 UTC);

pub fn price(text: &str) -> Price {
    Price::new(text.parse().unwrap())
}

pub fn quote(symbol: &str, sequence: u64, last: &str) -> Message {
    let size = Quantity::new("100".parse().unwrap());
    Message::Quote(Quote {
        instrument: instrument(symbol).id,
        values: QuoteValues {
            last: Some(QuoteLevel { price: price(last), size }),
            previous_close: Some(price("100.00")),
            volume: Quantity::new("12345678901".parse().unwrap()),
            ..QuoteValues::default()
        },
        received_at: Some(NOW - time::Duration::milliseconds(1_500)),
        stamp: Stamp { epoch: 3, sequence },
        state: FeedState::Live,
        reason: None,
    })
}

pub fn heartbeat() -> Message {
    Message::Desk(DeskStatus {
        desk: Uuid::from_u128(3),
        epoch: 3,
        leading_since: NOW,
        at: NOW,
        connections: vec![ConnectionStatus {
            id: ConnectionId::new("ib"),
            environment: Some(Environment::Simulated),
            state: ConnectionState::Connected,
            message: None,
            since: NOW,
        }],
        lines: LineCounts {
            quotes: LineCount { used: 2, limit: 100 },
            trades: LineCount { used: 1, limit: 5 },
            depth: LineCount { used: 3, limit: 3 },
        },
    })
}

/// The opaque id of an instrument that was searched for.
pub async fn id_of(node: &Node, token: &str, symbol: &str) -> Value {
    let query = "query($search: String!) { instruments(search: $search) { nodes { id } } }";
    node.data(token, query, json!({ "search": symbol })).await["instruments"]["nodes"][0]["id"].clone()
}

fn code(response: &Value) -> &str {
    response["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

#[tokio::test]
async fn instruments_are_searched_for_page_by_page() {
    let node = Node::start().await;
    let token = node.log_in().await;
    node.desk.also.lock().unwrap().insert("AA".into(), vec!["AAPL".into(), "AAL".into()]);
    let query = "query($after: String) { instruments(search: \" AA \", first: 2, after: $after) { \
        edges { cursor node { symbol assetClass priceIncrement environment connection } } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let first = node.data(&token, query, json!({})).await["instruments"].clone();
    assert_eq!(
        first["edges"][1]["node"],
        json!({ "symbol": "AAPL", "assetClass": "STOCK", "priceIncrement": "0.01",
        "environment": "SIMULATED", "connection": "ib" })
    );
    let after = &first["pageInfo"]["endCursor"];
    assert_eq!(
        first["pageInfo"],
        json!({ "hasNextPage": true, "hasPreviousPage": false, "endCursor": after })
    );
    let second = node.data(&token, query, json!({ "after": after })).await["instruments"].clone();
    assert_eq!(second["edges"][0]["node"]["symbol"], "AAL");
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    let none = node
        .data(
            &token,
            "{ instruments(search: \"NOTHING\") { nodes { id } pageInfo { endCursor } } }",
            json!({}),
        )
        .await;
    assert_eq!(none["instruments"], json!({ "nodes": [], "pageInfo": { "endCursor": null } }));
    for bad in [
        "search: \"\"",
        "search: \"A\", first: 0",
        "search: \"A\", first: 101",
        "search: \"A\", after: \"x\"",
    ] {
        let response = node
            .ask(Some(&token), &format!("{{ instruments({bad}) {{ nodes {{ id }} }} }}"), json!({}))
            .await;
        assert_eq!((code(&response), &response["data"]["instruments"]), ("INVALID", &Value::Null), "{bad}");
    }
    node.desk.away.store(true, Ordering::SeqCst);
    let response = node
        .ask(Some(&token), "{ instruments(search: \"A\") { nodes { id } } viewer { username } }", json!({}))
        .await;
    assert_eq!((code(&response), &response["data"]["viewer"]["username"]), ("UNAVAILABLE", &json!("ann")));
}

#[tokio::test]
async fn the_latest_quote_is_told_with_its_age() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    let query = "query($id: ID!) { quote(instrument: $id) { instrument { symbol } bid { price } last { price size } volume change changePercent ageMs epoch sequence receivedAt } instrument(id: $id) { quote { sequence } } }";
    let unknown = node.data(&token, query, json!({ "id": aapl })).await;
    assert_eq!(unknown, json!({ "quote": null, "instrument": { "quote": null } }));
    node.bus.tell(heartbeat());
    node.bus.tell(quote("AAPL", 7, "110.50"));
    let known = node.data(&token, query, json!({ "id": aapl })).await;
    let expected = json!({ "instrument": { "symbol": "AAPL" }, "bid": null, "last": { "price": "110.50", "size": "100" },
        "volume": "12345678901", "change": "10.50", "changePercent": "10.5", "ageMs": 1500, "epoch": "3", "sequence": "7",
        "receivedAt": "2026-11-22T19:59:58.5Z" });
    assert_eq!(known["instrument"]["quote"]["sequence"], "7");
    let mut got = known["quote"].clone();
    let percent = got["changePercent"].as_str().unwrap().trim_end_matches('0').to_owned();
    got["changePercent"] = json!(percent);
    assert_eq!(got, expected);
    node.bus.breaks();
    let away = node.ask(Some(&token), query, json!({ "id": aapl })).await;
    assert_eq!((code(&away), &away["data"]["quote"]), ("UNAVAILABLE", &Value::Null));
}

#[tokio::test]
async fn bars_are_asked_of_the_desk_within_bounds() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    let bar = Bar {
        time: NOW - time::Duration::minutes(1),
        open: price("1.10"),
        high: price("2"),
        low: price("-1"),
        close: price("1.5"),
        volume: Quantity::new(5.into()),
    };
    node.desk.bars.lock().unwrap().push(bar);
    let query = "query($id: ID!, $size: BarSize!, $from: DateTime, $to: DateTime, $last: Int) { bars(instrument: $id, size: $size, from: $from, to: $to, last: $last) { size source bars { time open low volume } } }";
    let series =
        node.data(&token, query, json!({ "id": aapl, "size": "MIN_1", "last": 10 })).await["bars"].clone();
    let bars = json!([{ "time": "2026-11-22T19:59:00Z", "open": "1.10", "low": "-1", "volume": "5" }]);
    assert_eq!(series, json!({ "size": "MIN_1", "source": "TRADES", "bars": bars }));
    let asked = node.desk.asked.lock().unwrap().last().cloned().unwrap();
    let expected = BarQuery::Last { count: 10, to: NOW };
    assert_eq!(
        asked,
        DeskQuestion::Bars { instrument: instrument("AAPL").id, size: BarSize::Min1, query: expected }
    );
    for bad in [
        json!({}),
        json!({ "last": 0 }),
        json!({ "last": 5001 }),
        json!({ "last": 1, "from": "2026-11-22T00:00:00Z" }),
        json!({ "from": "2026-11-23T00:00:00Z" }),
        json!({ "from": "2020-01-01T00:00:00Z" }),
    ] {
        let mut variables = bad.clone();
        variables["id"] = aapl.clone();
        variables["size"] = json!("SEC_5");
        assert_eq!(code(&node.ask(Some(&token), query, variables).await), "RANGE_INVALID", "{bad}");
    }
    let unknown = json!({ "id": "SW5zdHJ1bWVudDowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMmE", "size": "DAY_1", "last": 1 });
    assert_eq!(code(&node.ask(Some(&token), query, unknown).await), "NOT_FOUND");
    assert_eq!(
        code(&node.ask(Some(&token), query, json!({ "id": "AAPL", "size": "DAY_1", "last": 1 })).await),
        "BAD_ID"
    );
    node.desk.away.store(true, Ordering::SeqCst);
    assert_eq!(
        code(&node.ask(Some(&token), query, json!({ "id": aapl, "size": "DAY_1", "last": 1 })).await),
        "UNAVAILABLE"
    );
}

#[tokio::test]
async fn the_system_tells_details_to_those_who_are_logged_in() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let query = "{ system { version environment time desk { state id epoch ageMs marketDataLinesUsed } connections { id state } database { state } bus { state } } }";
    // The node listens from the start, but it may not have begun yet.
    let mut known = Value::Null;
    for _ in 0..200 {
        node.bus.tell(heartbeat());
        known = node.data(&token, query, json!({})).await["system"].clone();
        if known["desk"]["state"] == "LEADING" {
            break;
        }
    }
    assert_eq!(
        known,
        json!({ "version": "1.2.3", "environment": "SIMULATED", "time": "2026-11-22T20:00:00Z",
        "desk": { "state": "LEADING", "id": Uuid::from_u128(3), "epoch": "3", "ageMs": 0, "marketDataLinesUsed": 2 },
        "connections": [{ "id": "ib", "state": "CONNECTED" }], "database": { "state": "UP" }, "bus": { "state": "UP" } })
    );
    let open = node.ask(None, query, json!({})).await["data"]["system"].clone();
    assert_eq!(
        open["desk"],
        json!({ "state": "LEADING", "id": null, "epoch": null, "ageMs": null, "marketDataLinesUsed": null })
    );
    assert_eq!(open["connections"], json!([]));
}
