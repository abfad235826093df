//! What many subscribers share is, byte for byte, what each would have got alone.
//!
//! Subscriptions are drawn at random: aliases, fragments, directives, variables, white space, faults. Each runs twice: as it is,
//! so that its execution may be shared, and with one field more at the end that cannot be shared, so that it is executed
//! for itself. Without that field, both must be told the same.

mod document;
mod writing;

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tests::client::Client;
use tests::fuzz;
use tests::installation::Installation;
use tests::wait::SOON;
use tests::wire::{Heard, Wire};
use tokio::time::Instant;

use document::{Document, OWN, Topic};

/// How many documents are tried at once; a socket takes no more than a hundred operations.
const DOCUMENTS: u32 = 60;

/// What one operation was told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// Each event as it came, by instrument and sequence.
    events: BTreeMap<(String, u64), String>,
    /// Everything else as it came: errors, gaps, the end.
    others: Vec<String>,
}

impl Told {
    /// The last sequence of each instrument.
    fn last(&self) -> BTreeMap<&str, u64> {
        self.events.keys().map(|(instrument, sequence)| (instrument.as_str(), *sequence)).collect()
    }

    fn is_refused(&self) -> bool {
        self.others.iter().any(|text| text.contains("\"type\":\"error\""))
    }
}

/// A socket on which all documents run, each under its number.
struct Reader {
    wire: Wire,
    told: Vec<Told>,
}

impl Reader {
    async fn open(client: &Client, documents: &[Document], own: Option<()>) -> Self {
        let mut wire = Wire::open(client.address()).await;
        let payload = json!({ "accessToken": client.token() });
        wire.say(&json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(wire.message().await, Heard::Message(json!({ "type": "connection_ack" })));
        for (n, document) in documents.iter().enumerate() {
            let payload = document.payload(own);
            wire.say(&json!({ "type": "subscribe", "id": n.to_string(), "payload": payload })).await;
        }
        Self { wire, told: documents.iter().map(|_| Told::default()).collect() }
    }

    /// Reads until everything was told that is awaited.
    async fn read(&mut self, what: &str, documents: &[Document], enough: impl Fn(usize, &Told) -> bool) {
        let ends = Instant::now() + SOON;
        while let Some(n) = (0..self.told.len()).find(|n| !enough(*n, &self.told[*n])) {
            let told = &self.told[n];
            assert!(
                Instant::now() < ends,
                "not in time: {what} of {:#?}\nwhich was told {told:#?}",
                documents[n]
            );
            match tokio::time::timeout_at(ends, self.wire.message()).await {
                Ok(Heard::Message(message)) => self.keep(&message),
                Ok(other) => panic!("instead of a message: {other:?}"),
                Err(_) => {}
            }
        }
    }

    fn keep(&mut self, message: &Value) {
        let Some(told) = message["id"].as_str().and_then(|id| self.told.get_mut(id.parse::<usize>().ok()?))
        else {
            return;
        };
        let raw = without_own(&self.wire.raw);
        let data = message["payload"]["data"].as_object();
        let event = data.and_then(|data| data.values().next()).cloned().unwrap_or_default();
        let key = (event["k1"]["id"].as_str(), event["k0"].as_str().and_then(|text| text.parse().ok()));
        match key {
            (Some(instrument), Some(sequence)) => {
                told.events.insert((instrument.to_owned(), sequence), raw);
            }
            _ => told.others.push(raw),
        }
    }
}

/// The text without the field that made the operation one of its own.
fn without_own(text: &str) -> String {
    let Some(start) = text.find(&format!("\"{OWN}\":")) else { return text.to_owned() };
    let value = &text[start + OWN.len() + 3..];
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
    values.next().expect("a field has a value").expect("an event is JSON");
    let before = text[..start].strip_suffix(',').unwrap_or(&text[..start]);
    format!("{before}{}", &value[values.byte_offset()..])
}

/// Some documents, the same for the same seed.
fn draw(topic: &Topic, seed: u32) -> Vec<Document> {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &fuzz::seed(seed));
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let documents = document::any(topic);
    (0..DOCUMENTS).map(|_| documents.new_tree(&mut runner).unwrap().current()).collect()
}

/// Compares what both were told of each document.
fn compare(documents: &[Document], shared: &Reader, own: &Reader) {
    for (n, document) in documents.iter().enumerate() {
        let (shared, own) = (&shared.told[n], &own.told[n]);
        assert_eq!(shared.others, own.others, "{document:#?}");
        let both = shared.events.iter().filter_map(|(key, text)| Some((text, own.events.get(key)?)));
        let mut compared = 0;
        for (shared, own) in both {
            assert_eq!(shared, own, "{document:#?}");
            compared += 1;
        }
        assert!(compared > 0 || shared.is_refused(), "nothing to compare of {document:#?}");
    }
    let refused: Vec<_> =
        shared.told.iter().filter(|told| told.is_refused()).map(|told| &told.others).collect();
    assert!(
        refused.len() * 4 < documents.len(),
        "{} of {} are refused: {refused:#?}",
        refused.len(),
        documents.len()
    );
    assert!(!refused.is_empty(), "no document is refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_quotes_are_those_of_an_own_execution() {
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    let ids = [client.instrument("AAPL").await, client.instrument("EUR.USD").await];
    for symbol in ["AAPL", "EUR.USD"] {
        installation.market.hold(symbol);
    }
    let mut reference = client.quotes(&[&ids[0]]).await;
    trade(&installation, &mut reference, "250.00").await;
    let documents = draw(&Topic::quotes(ids.clone()), 5);
    let mut shared = Reader::open(&client, &documents, None).await;
    let mut own = Reader::open(&client, &documents, Some(())).await;
    let anything = |_: usize, told: &Told| told.is_refused() || !told.events.is_empty();
    shared.read("a first event", &documents, anything).await;
    own.read("a first event", &documents, anything).await;

    for price in ["251.25", "251.5", "249.99", "100", "251.26"] {
        let sequence = trade(&installation, &mut reference, price).await;
        let seen = |n: usize, told: &Told| {
            told.is_refused()
                || !documents[n].follows(&ids[0])
                || told.last().get(ids[0].as_str()) >= Some(&sequence)
        };
        shared.read("the last event", &documents, seen).await;
        own.read("the last event", &documents, seen).await;
    }
    compare(&documents, &shared, &own);

    // Whoever comes later begins with what the others were told last.
    let mut late = Reader::open(&client, &documents, None).await;
    late.read("a first event", &documents, |n, told| {
        told.is_refused() || !documents[n].follows(&ids[0]) || told.last().contains_key(ids[0].as_str())
    })
    .await;
    let first = |n: usize| late.told[n].last().get(ids[0].as_str()).copied();
    let seen =
        |n: usize, told: &Told| told.is_refused() || told.last().get(ids[0].as_str()).copied() >= first(n);
    shared.read("what the latecomer was told", &documents, seen).await;
    for (n, document) in documents.iter().enumerate() {
        let Some(sequence) = first(n) else { continue };
        let key = (ids[0].clone(), sequence);
        assert_eq!(late.told[n].events.get(&key), shared.told[n].events.get(&key), "{document:#?}");
    }
}

/// Trades at a price; the sequence of the quote that shows it.
async fn trade(
    installation: &Installation,
    reference: &mut tests::subscription::Subscription,
    price: &str,
) -> u64 {
    let is_it = |quote: &Value| {
        let shown = quote["last"]["price"].as_str().and_then(|text| text.parse::<f64>().ok());
        shown == price.parse().ok() && quote["state"] == "LIVE"
    };
    let quote = installation.trade_until_seen(reference, "AAPL", price, is_it).await;
    quote["sequence"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_bars_and_gaps_are_those_of_an_own_execution() {
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    let document = "subscription($instrument: ID!) { bars(instrument: $instrument, size: DAY_1, maxHz: 50) { \
        ... on BarUpdate { bar { close } sequence } ... on StreamGap { gap: reason } } }";
    let mut reference = client.subscribe(document, json!({ "instrument": apple })).await;
    let closes = |price: &'static str| move |event: &Value| event["bar"]["close"] == price;
    installation.trade_until_seen(&mut reference, "AAPL", "251.25", closes("251.25")).await;
    let documents = draw(&Topic::bars([apple.clone()]), 6);
    let mut shared = Reader::open(&client, &documents, None).await;
    let mut own = Reader::open(&client, &documents, Some(())).await;
    let anything = |_: usize, told: &Told| told.is_refused() || !told.events.is_empty();
    shared.read("a first event", &documents, anything).await;
    own.read("a first event", &documents, anything).await;

    // An outage leaves a hole in the bars.
    installation.market.stop_gateway().await;
    installation.market.restart_gateway().await;
    reference.until("a gap", |event| event["gap"].is_string()).await;
    for price in ["251.50", "252.75"] {
        let event = installation.trade_until_seen(&mut reference, "AAPL", price, closes(price)).await;
        let sequence: u64 = event["sequence"].as_str().unwrap().parse().unwrap();
        let seen =
            |_: usize, told: &Told| told.is_refused() || told.last().get(apple.as_str()) >= Some(&sequence);
        shared.read("the last event", &documents, seen).await;
        own.read("the last event", &documents, seen).await;
    }
    let gaps = shared
        .told
        .iter()
        .filter(|told| told.others.iter().any(|text| text.contains("\"type\":\"next\"")))
        .count();
    assert!(gaps > documents.len() / 2, "only {gaps} were told of the gap");
    compare(&documents, &shared, &own);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_that_cannot_be_served_is_refused_alike() {
    let mut installation = Installation::single_with(&[("IB_MARKET_DATA_LINES", "1")]).await;
    let client = installation.administrator().await;
    let ids = [client.instrument("AAPL").await, client.instrument("MSFT").await];
    let mut holder = client.quotes(&[&ids[0]]).await;
    holder.until_state(&["LIVE"]).await;
    let documents = draw(&Topic::quotes([ids[1].clone(), ids[1].clone()]), 7);
    let mut shared = Reader::open(&client, &documents, None).await;
    let mut own = Reader::open(&client, &documents, Some(())).await;
    let refused = |_: usize, told: &Told| {
        told.is_refused() || told.others.iter().any(|text| text.contains("MARKET_DATA_LINES_EXHAUSTED"))
    };
    shared.read("a refusal", &documents, refused).await;
    own.read("a refusal", &documents, refused).await;
    for (n, document) in documents.iter().enumerate() {
        let [shared, own] = [&shared.told[n], &own.told[n]].map(|told| told.others.last());
        assert_eq!(shared, own, "{document:#?}");
    }
}
