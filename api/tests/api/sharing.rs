//! What is shared is the same, byte for byte, as what is executed for one alone.
//!
//! A directive on the root field that changes nothing (`@include(if: true)`) keeps a subscription from being shared.
//! Each generated subscription is made twice on one socket, with it and without; what comes must be equal.

use domain::RefusalCode;
use domain::bus::Message;
use domain::market_data::LineKind;
use domain::quote::FeedRefusal;
use futures::StreamExt as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use crate::market::{NOW, heartbeat, id_of, quote};
use crate::support::socket::Socket;
use crate::support::{Node, instrument};

/// How many subscriptions are generated.
const CASES: usize = 150;

/// A selection on an object type, as a generator draws it.
#[derive(Clone, Debug)]
enum Part {
    Leaf(String),
    Object(String, Vec<Part>),
    Inline(Option<&'static str>, Vec<Part>),
    Spread(&'static str, Vec<Part>),
}

const PATIENCE: Duration = Duration::from_secs(20);

const LEVEL: [&str; 2] = ["price", "size"];
const INSTRUMENT: [&str; 5] = ["id", "symbol", "assetClass", "priceIncrement", "timeZone"];
const QUOTE: [&str; 8] =
    ["state", "reason", "epoch", "sequence", "receivedAt", "change", "volume", "previousClose"];
const GAP: [&str; 3] = ["afterSequence", "at", "reason"];

fn directive() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        5 => Just(""),
        1 => Just(" @include(if: true)"),
        1 => Just(" @skip(if: $no)"),
        1 => Just(" @include(if: $no)"),
        1 => Just(" @skip(if: false) @include(if: $yes)"),
    ]
}

fn alias() -> impl Strategy<Value = &'static str> {
    prop_oneof![20 => Just(""), 4 => Just("a_"), 4 => Just("_b1_"), 1 => Just("clash: ")]
}

/// A field under an alias of its own; now and then under one that other fields use too.
fn aliased(alias: &str, name: &str) -> String {
    match alias {
        "" => name.to_owned(),
        "clash: " => format!("clash: {name}"),
        prefix => format!("{prefix}{name}: {name}"),
    }
}

fn leaf(names: &'static [&'static str]) -> impl Strategy<Value = Part> {
    let name = prop_oneof![6 => proptest::sample::select(names), 1 => Just("__typename")];
    (alias(), name, directive())
        .prop_map(|(alias, name, directive)| Part::Leaf(format!("{}{directive}", aliased(alias, name))))
}

fn object(
    field: &'static str,
    type_name: &'static str,
    names: &'static [&'static str],
) -> impl Strategy<Value = Part> {
    let inner = proptest::collection::vec(fragments(type_name, leaf(names).boxed()), 1..4);
    (alias(), directive(), inner).prop_map(move |(alias, directive, parts)| {
        Part::Object(format!("{}{directive}", aliased(alias, field)), parts)
    })
}

/// A part, perhaps inside of fragments.
fn fragments(type_name: &'static str, part: BoxedStrategy<Part>) -> BoxedStrategy<Part> {
    let many = proptest::collection::vec(part.clone(), 1..3);
    let on = proptest::sample::select(vec![None, Some(type_name)]);
    prop_oneof![
        4 => part,
        1 => (on, many.clone()).prop_map(|(on, parts)| Part::Inline(on, parts)),
        1 => many.prop_map(move |parts| Part::Spread(type_name, parts)),
    ]
    .boxed()
}

fn event() -> impl Strategy<Value = Vec<Part>> {
    let quote = prop_oneof![
        4 => leaf(&QUOTE),
        2 => object("bid", "QuoteLevel", &LEVEL),
        2 => object("last", "QuoteLevel", &LEVEL),
        1 => object("instrument", "Instrument", &INSTRUMENT),
    ];
    let gap = prop_oneof![4 => leaf(&GAP), 1 => object("instrument", "Instrument", &INSTRUMENT)];
    let on = |type_name: &'static str, part: BoxedStrategy<Part>| {
        let parts = proptest::collection::vec(fragments(type_name, part), 1..5);
        (any::<bool>(), parts).prop_map(move |(spread, parts)| {
            if spread { Part::Spread(type_name, parts) } else { Part::Inline(Some(type_name), parts) }
        })
    };
    let top = prop_oneof![
        4 => on("Quote", quote.boxed()),
        2 => on("StreamGap", gap.boxed()),
        1 => (alias(), directive()).prop_map(|(alias, directive)| Part::Leaf(format!("{}{directive}", aliased(alias, "__typename")))),
    ];
    proptest::collection::vec(top, 1..5)
}

/// Writes parts, with blanks that mean nothing; named fragments go to the end of the document.
fn write(parts: &[Part], blank: &str, into: &mut String, fragments: &mut String, count: &mut usize) {
    into.push('{');
    for part in parts {
        into.push_str(blank);
        match part {
            Part::Leaf(text) => into.push_str(text),
            Part::Object(text, below) => {
                into.push_str(text);
                write(below, blank, into, fragments, count);
            }
            Part::Inline(on, below) => {
                let on = on.map(|on| format!(" on {on}")).unwrap_or_default();
                let _ = write!(into, "...{on}");
                write(below, blank, into, fragments, count);
            }
            Part::Spread(on, below) => {
                *count += 1;
                let _ = write!(into, "...F{count}");
                let mut body = format!(" fragment F{count} on {on} ");
                write(below, blank, &mut body, fragments, count);
                fragments.push_str(&body);
            }
        }
    }
    into.push('}');
}

/// The two documents of a case: shared where it can be, and alone.
fn documents(parts: &[Part], opening: &str, blank: &str) -> [String; 2] {
    // Blanks in place of the directive, so that everything else stands where it stands.
    ["                 ", "@include(if:true)"].map(|directive| {
        let (mut body, mut fragments) = (String::new(), String::new());
        write(parts, blank, &mut body, &mut fragments, &mut 0);
        body.insert_str(1, "used:__typename@skip(if:$no)@include(if:$yes) ");
        format!(
            "subscription S($ids:[ID!]!,$yes:Boolean=true,$no:Boolean=false){opening}quotes(instruments:$ids,maxHz:50){directive}{body}}}{fragments}"
        )
    })
}

/// What the two operations of a case have said and was not looked at yet.
type Heard = [VecDeque<String>; 2];

/// The next message of each of the two operations, without its id.
async fn pair(socket: &mut Socket, heard: &mut Heard) -> [String; 2] {
    while heard.iter().any(VecDeque::is_empty) {
        let message = tokio::time::timeout(PATIENCE, socket.0.next()).await;
        let message = message.expect("a message of both in time").expect("no end").unwrap();
        let Ok(text) = message.into_text() else { continue };
        let Ok(value) = serde_json::from_str::<Value>(&text) else { continue };
        if let Some(id) = value["id"].as_str() {
            heard[usize::from(id.starts_with("alone"))].push_back(text.replace(id, "id"));
        }
    }
    heard.each_mut().map(|of_one| of_one.pop_front().unwrap())
}

/// Ends operations, and waits until they are.
async fn end(socket: &mut Socket, ids: &[&str]) {
    for id in ids {
        socket.send(&json!({ "type": "complete", "id": id })).await;
    }
    socket.send(&json!({ "type": "ping" })).await;
    while socket.receive().await["type"] != "pong" {}
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_events_are_the_bytes_of_plain_ones() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    let mut socket = Socket::open(&node.address, &token).await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut sequence, mut told, mut data) = (1, 0, 0);
    node.bus.tell(heartbeat());
    node.bus.tell(quote("AAPL", sequence, "110.00"));
    // Whatever the node finds out about the desk at its start is an event of its own.
    let settled = "subscription($ids: [ID!]!) { quotes(instruments: $ids) { ... on Quote { state } } }";
    socket.subscribe("settled", settled, json!({ "ids": [aapl] })).await;
    while socket.next("settled").await["data"]["quotes"]["state"] != "LIVE" {}
    end(&mut socket, &["settled"]).await;
    for case in 0..CASES {
        let parts = event().new_tree(&mut runner).unwrap().current();
        let opening = ["{", " {\n  ", "\n{ ", "{\n\n\t\t"][case % 4];
        let [shared, alone] = documents(&parts, opening, [" ", "\n   ", ","][case % 3]);
        let variables = json!({ "ids": [aapl] });
        let mut heard = Heard::default();
        let (one, other) = (format!("shared{case}"), format!("alone{case}"));
        socket.subscribe(&one, &shared, variables.clone()).await;
        socket.subscribe(&other, &alone, variables).await;
        let [first, second] = pair(&mut socket, &mut heard).await;
        if first.contains("\"type\":\"error\"") {
            // The library finds several faults in no particular order.
            let sorted = |text: &str| {
                let mut faults: Vec<String> = serde_json::from_str::<Value>(text).unwrap()["payload"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                faults.sort();
                faults
            };
            assert_eq!(sorted(&first), sorted(&second), "{shared}");
            continue;
        }
        assert_eq!(first, second, "{shared}");
        data += 1;
        for step in 0..4 {
            sequence += [1, 5, 1, 0][step];
            node.bus.tell(heartbeat());
            match step {
                3 => node.bus.tell(Message::Refused(
                    LineKind::Quotes,
                    FeedRefusal {
                        instrument: instrument("AAPL").id,
                        code: RefusalCode::MarketDataLinesExhausted,
                        message: "every \"line\" is in use\n".into(),
                        at: NOW,
                    },
                )),
                _ => node.bus.tell(quote("AAPL", sequence, &format!("11{step}.{case:03}"))),
            }
            // A jump in the sequence is a gap before the value.
            for _ in 0..if step == 1 { 2 } else { 1 } {
                let [first, second] = pair(&mut socket, &mut heard).await;
                assert_eq!(first, second, "{shared}");
                told += 1;
            }
        }
        // A value ends the refusal, so that the next case begins as this one did.
        sequence += 1;
        node.bus.tell(quote("AAPL", sequence, "110.00"));
        let [first, second] = pair(&mut socket, &mut heard).await;
        assert_eq!(first, second, "{shared}");
        end(&mut socket, &[&one, &other]).await;
        assert!(heard.iter().all(VecDeque::is_empty), "{shared}: {heard:?}");
    }
    assert!(data > CASES / 2 && told >= data * 5, "{data} of {CASES} were valid; {told} events");
}
