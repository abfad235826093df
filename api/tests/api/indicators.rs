//! Indicators and volume profiles, asked for and followed.

use std::sync::atomic::Ordering;

use api::{Limits, ProtocolOptions};
use domain::bar::{Bar, BarPhase, BarQuery, BarSize, BarUpdate, Series};
use domain::bus::Message;
use domain::decimal::{Price, Quantity};
use domain::desk::DeskQuestion;
use domain::quote::{FeedState, Stamp};
use futures::StreamExt as _;
use serde_json::{Value, json};
use time::Duration;

use crate::market::{NOW, heartbeat, id_of};
use crate::support::socket::Socket;
use crate::support::{Node, PASSWORD, instrument};

const SERIES: &str = "query($id: ID!, $of: [IndicatorInput!]!, $from: DateTime, $last: Int) {
    indicators(instrument: $id, size: MIN_1, indicators: $of, from: $from, last: $last) {
        size times instrument { symbol } indicators { kind name lines { name values } } } }";

const LIVE: &str = "subscription($id: ID!, $of: [IndicatorInput!]!) {
    indicators(instrument: $id, size: MIN_1, indicators: $of, maxHz: 50) {
        ... on IndicatorUpdate { time phase state sequence indicators { name lines { name value } } } ... on StreamGap { reason } } }";

/// A bar so many minutes after NOW, at one price.
fn bar(minute: i64, price: i64) -> Bar {
    let price = Price::new(price.into());
    let time = NOW + Duration::minutes(minute);
    Bar { time, open: price, high: price, low: price, close: price, volume: Quantity::new(10.into()) }
}

fn told(sequence: u64, phase: BarPhase, bar: Bar) -> Message {
    let series = Series { instrument: instrument("AAPL").id, size: BarSize::Min1 };
    Message::Bar(BarUpdate {
        series,
        bar,
        phase,
        stamp: Stamp { epoch: 3, sequence },
        state: FeedState::Live,
    })
}

fn code(response: &Value) -> &str {
    response["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

/// A node that knows 40 bars, the last of which began a minute ago: 1, 2, … 40.
async fn node() -> (Node, String, Value) {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    node.desk.bars.lock().unwrap().extend((1..=40).map(|number| bar(number - 41, number)));
    (node, token, aapl)
}

#[tokio::test]
async fn indicators_are_settled_from_the_first_bar_on() {
    let (node, token, aapl) = node().await;
    let of = json!([{ "kind": "SMA", "length": 4 }, { "kind": "ROC" }, { "kind": "DONCHIAN", "length": 50 }]);
    let answer = node.data(&token, SERIES, json!({ "id": aapl, "of": of, "last": 2 })).await;
    let nothing = json!([null, null]);
    let lines = json!([
        { "kind": "SMA", "name": "SMA 4", "lines": [{ "name": "SMA", "values": [37.5, 38.5] }] },
        { "kind": "ROC", "name": "ROC 10", "lines": [{ "name": "ROC", "values": [(39.0 / 29.0 - 1.0) * 100.0, (40.0 / 30.0 - 1.0) * 100.0] }] },
        { "kind": "DONCHIAN", "name": "Donchian 50", "lines": [
            { "name": "UPPER", "values": nothing }, { "name": "MIDDLE", "values": nothing }, { "name": "LOWER", "values": nothing }] },
    ]);
    let expected = json!({ "size": "MIN_1", "times": ["2026-11-22T19:58:00Z", "2026-11-22T19:59:00Z"],
        "instrument": { "symbol": "AAPL" }, "indicators": lines });
    assert_eq!(answer["indicators"], expected);
    let question =
        |query| DeskQuestion::Bars { instrument: instrument("AAPL").id, size: BarSize::Min1, query };
    let asked = || node.desk.asked.lock().unwrap().last().cloned().unwrap();
    assert_eq!(asked(), question(BarQuery::Last { count: 52, to: NOW }));
    let ranged =
        json!({ "id": aapl, "of": [{ "kind": "SMA", "length": 2 }], "from": "2026-11-22T19:59:00Z" });
    let answer = node.data(&token, SERIES, ranged).await;
    assert_eq!(answer["indicators"]["indicators"][0]["lines"][0]["values"], json!([39.5]));
    assert_eq!(asked(), question(BarQuery::Last { count: 2, to: NOW - Duration::minutes(1) }));
}

#[tokio::test]
async fn what_is_asked_for_is_checked() {
    let (node, token, aapl) = node().await;
    let eleven: Vec<_> = std::iter::repeat_n(json!({ "kind": "RSI" }), 11).collect();
    let cases = [
        (json!([]), "LIMIT_REACHED", "1 to 10"),
        (json!(eleven), "LIMIT_REACHED", "1 to 10"),
        (json!([{ "kind": "RSI", "length": 1 }]), "INVALID", "'length' must be from 2 to 500"),
        (json!([{ "kind": "RSI", "fast": 3 }]), "INVALID", "RSI has no 'fast'"),
        (json!([{ "kind": "MACD", "fast": 30 }]), "INVALID", "'fast' must be less than 'slow'"),
        (json!([{ "kind": "BOLLINGER", "deviations": "0" }]), "INVALID", "'deviations' must be"),
    ];
    for (of, expected, words) in cases {
        for variables in [json!({ "last": 1 }), json!({ "last": 0 })] {
            let variables = json!({ "id": aapl, "of": of, "last": variables["last"] });
            let response = node.ask(Some(&token), SERIES, variables).await;
            assert_eq!((code(&response), &response["data"]["indicators"]), (expected, &Value::Null), "{of}");
            assert!(response["errors"][0]["message"].as_str().unwrap().contains(words), "{response}");
        }
        let mut socket = Socket::open(&node.address, &token).await;
        socket.subscribe("bad", LIVE, json!({ "id": aapl, "of": of })).await;
        let answer = socket.receive().await;
        assert!(answer["payload"].to_string().contains(words), "{answer}");
    }
    let sma = json!([{ "kind": "SMA" }]);
    let response = node.ask(Some(&token), SERIES, json!({ "id": aapl, "of": sma })).await;
    assert_eq!(code(&response), "RANGE_INVALID");
    node.desk.away.store(true, Ordering::SeqCst);
    let response = node.ask(Some(&token), SERIES, json!({ "id": aapl, "of": sma, "last": 1 })).await;
    assert_eq!(code(&response), "UNAVAILABLE");
}

/// Phase, sequence and value of the next event.
async fn next(socket: &mut Socket, id: &str) -> (String, String, Option<f64>) {
    let event = socket.next(id).await["data"]["indicators"].clone();
    let text = |name: &str| event[name].as_str().unwrap_or_else(|| panic!("{event}")).to_owned();
    (text("phase"), text("sequence"), event["indicators"][0]["lines"][0]["value"].as_f64())
}

fn expected(phase: &str, sequence: u64, value: f64) -> (String, String, Option<f64>) {
    (phase.to_owned(), sequence.to_string(), Some(value))
}

#[tokio::test]
async fn the_live_bar_is_followed_corrected_and_begun_again_after_a_gap() {
    let (node, token, aapl) = node().await;
    node.bus.tell(heartbeat());
    let mut socket = Socket::open(&node.address, &token).await;
    let of = json!([{ "kind": "SMA", "length": 3 }]);
    socket.subscribe("live", LIVE, json!({ "id": aapl, "of": of })).await;
    node.bus.tell(told(1, BarPhase::Forming, bar(0, 50)));
    // Until the node has heard the desk, the bar's state changes by itself.
    let mut first = next(&mut socket, "live").await;
    while first.1 != "1" {
        first = next(&mut socket, "live").await;
    }
    assert_eq!(first, expected("FORMING", 1, 43.0), "39, 40 and 50");
    // What closes is told, though the next one has begun.
    node.bus.tell(told(2, BarPhase::Closed, bar(0, 53)));
    let mut heard = next(&mut socket, "live").await;
    while heard.1 == "1" {
        heard = next(&mut socket, "live").await;
    }
    assert_eq!(heard, expected("CLOSED", 2, 44.0));
    node.desk.bars.lock().unwrap().push(bar(0, 53));
    node.bus.tell(told(3, BarPhase::Forming, bar(1, 60)));
    assert_eq!(next(&mut socket, "live").await, expected("FORMING", 3, 51.0), "40, 53 and 60");
    node.bus.tell(told(4, BarPhase::Corrected, bar(0, 56)));
    assert_eq!(next(&mut socket, "live").await, expected("CORRECTED", 4, 45.0));
    node.bus.tell(told(5, BarPhase::Forming, bar(1, 60)));
    assert_eq!(next(&mut socket, "live").await, expected("FORMING", 5, 52.0), "40, 56 and 60");
    // Bars were missed: history knows them.
    node.desk.bars.lock().unwrap().extend([bar(1, 70), bar(2, 80)]);
    node.bus.tell(told(9, BarPhase::Forming, bar(3, 90)));
    let gap = socket.next("live").await["data"]["indicators"]["reason"].clone();
    assert_eq!(gap, "messages were lost on the way from the desk");
    assert_eq!(next(&mut socket, "live").await, expected("FORMING", 9, 80.0), "70, 80 and 90");
}

#[tokio::test]
async fn without_history_there_are_no_values() {
    let (node, token, aapl) = node().await;
    node.bus.tell(heartbeat());
    node.desk.away.store(true, Ordering::SeqCst);
    let mut socket = Socket::open(&node.address, &token).await;
    let of = json!([{ "kind": "SMA", "length": 1 }]);
    socket.subscribe("live", LIVE, json!({ "id": aapl, "of": of })).await;
    node.bus.tell(told(1, BarPhase::Forming, bar(0, 50)));
    assert_eq!(next(&mut socket, "live").await.2, None);
}

#[tokio::test]
async fn indicators_are_shared_with_whoever_asks_for_the_same_in_other_words() {
    let (node, token, aapl) = node().await;
    node.bus.tell(heartbeat());
    node.bus.tell(told(1, BarPhase::Forming, bar(0, 50)));
    let query = |directive: &str, of: &str| {
        format!(
            "subscription($id: ID!) {{ indicators(instrument: $id, size: MIN_1, indicators: {of}) {directive} {{
                ... on IndicatorUpdate {{ instrument {{ symbol }} size time phase indicators {{ kind name lines {{ name value }} }} epoch }} }} }}"
        )
    };
    let mut socket = Socket::open(&node.address, &token).await;
    let wordings = [
        query("", "[{ kind: MACD }, { kind: SMA, length: 3 }]"),
        query("", "[{ signal: 9, kind: MACD, source: CLOSE }, { length: 3, kind: SMA }]"),
        query("@include(if: true)", "[{ kind: MACD }, { kind: SMA, length: 3 }]"),
    ];
    for (number, wording) in wordings.iter().enumerate() {
        socket.subscribe(&number.to_string(), wording, json!({ "id": aapl })).await;
    }
    let mut texts = Vec::new();
    while texts.len() < wordings.len() {
        let text = socket.0.next().await.unwrap().unwrap().into_text().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let id = value["id"].as_str().unwrap().to_owned();
        if !texts.iter().any(|(known, _)| *known == id) {
            texts.push((id.clone(), text.replace(&format!("\"id\":\"{id}\""), "")));
        }
    }
    assert_eq!(texts[0].1, texts[1].1);
    assert_eq!(texts[0].1, texts[2].1);
    assert!(
        texts[0].1.contains("\"name\":\"SMA 3\",\"lines\":[{\"name\":\"SMA\",\"value\":43.0}]"),
        "{texts:?}"
    );
    // Two shared ones are one execution, which asks history once; the third asks for itself.
    let asked = node.desk.asked.lock().unwrap();
    let histories = asked.iter().filter(|question| matches!(question, DeskQuestion::Bars { .. })).count();
    assert_eq!(histories, 2);
}

/// An instrument's indicators that one user begins are kept for as long as somebody follows them: nobody begins so many
/// that they fill the memory, or leave none to share for others.
#[tokio::test]
async fn one_user_begins_so_many_shared_executions() {
    let limits = Limits { shared_per_user: 3, streams_per_user: 99, ..Limits::default() };
    let node = Node::start_with(ProtocolOptions { limits, ..ProtocolOptions::default() }).await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    let sma = |length: i32| json!({ "kind": "SMA", "length": length });
    node.bus.tell(heartbeat());
    node.bus.tell(told(1, BarPhase::Forming, bar(0, 50)));
    let mut socket = Socket::open(&node.address, &token).await;
    let begin = async |socket: &mut Socket, id: &str, of: Value| {
        socket.subscribe(id, LIVE, json!({ "id": aapl, "of": of })).await;
        loop {
            let answer = socket.receive().await;
            match answer["id"].as_str() {
                Some(from) if from == id => return answer["payload"].to_string(),
                // The others tell when the bar's state changes.
                _ => assert_eq!(answer["type"], "next"),
            }
        }
    };
    let is_told = |answer: &str| answer.contains("\"lines\"");
    assert!(is_told(&begin(&mut socket, "two", json!([sma(2), sma(3)])).await));
    // A fourth would run for this user alone, which weighs more than the user may follow.
    let refused = begin(&mut socket, "four", json!([sma(4), sma(5)])).await;
    assert!(refused.contains("you follow too much at once"), "{refused}");
    assert!(is_told(&begin(&mut socket, "three", json!([sma(4)])).await));
    assert!(is_told(&begin(&mut socket, "again", json!([sma(2), sma(3)])).await), "what runs already");

    node.stores.add_user("bob");
    let bob = node.token_of("bob", PASSWORD).await;
    let mut other = Socket::open(&node.address, &bob).await;
    assert!(is_told(&begin(&mut other, "other", json!([sma(4), sma(5)])).await), "others have their own");
    socket.send(&json!({ "type": "complete", "id": "three" })).await;
    socket.send(&json!({ "type": "ping" })).await;
    while socket.receive().await["type"] != "pong" {}
    assert!(is_told(&begin(&mut socket, "room", json!([sma(6)])).await), "what is over makes room");
}

#[tokio::test]
async fn a_volume_profile_tells_where_volume_was_traded() {
    let (node, token, aapl) = node().await;
    let query =
        "query($id: ID!, $rows: Int) { volumeProfile(instrument: $id, size: MIN_1, last: 4, rows: $rows) {
        instrument { symbol } rows { low high volume } pointOfControl valueAreaLow valueAreaHigh } }";
    let answer = node.data(&token, query, json!({ "id": aapl, "rows": 2 })).await;
    let rows = json!([{ "low": "37.00", "high": "38.50", "volume": "20" }, { "low": "38.50", "high": "40.00", "volume": "20" }]);
    let expected = json!({ "instrument": { "symbol": "AAPL" }, "rows": rows, "pointOfControl": "37.75",
        "valueAreaLow": "37.00", "valueAreaHigh": "40.00" });
    assert_eq!(answer["volumeProfile"], expected);
    let usual =
        "query($id: ID!) { volumeProfile(instrument: $id, size: MIN_1, last: 40) { rows { volume } } }";
    let answer = node.data(&token, usual, json!({ "id": aapl })).await;
    assert_eq!(answer["volumeProfile"]["rows"].as_array().unwrap().len(), 24);
    for rows in [0, 201] {
        let response = node.ask(Some(&token), query, json!({ "id": aapl, "rows": rows })).await;
        assert_eq!(code(&response), "INVALID", "{response}");
    }
}
