//! Clients that ask for too much, or never read: bounded in cost, told so, and without harm to others.

mod giant;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::client::{Client, USERNAME, http};
use tests::installation::Installation;
use tests::subscription::Subscription;
use tests::wait::SOON;
use tests::wire::{Frame, Heard, Wire, opcode};

const SYSTEM: &str = "subscription { system { version } }";

/// How much more memory the server may hold for what one client does.
const GROWTH_KIB: u64 = 96 * 1_024;

/// An installation with somebody on it who must not be harmed.
struct Neighbour {
    installation: Installation,
    client: Client,
    apple: String,
    quotes: Subscription,
    traded: u32,
}

impl Neighbour {
    async fn move_in() -> Self {
        let mut installation = Installation::generous().await;
        let client = installation.administrator().await;
        let apple = client.instrument("AAPL").await;
        installation.market.hold("AAPL");
        let mut quotes = client.quotes(&[&apple]).await;
        quotes.until_state(&["LIVE"]).await;
        Self { installation, client, apple, quotes, traded: 0 }
    }

    /// Events come as ever, the server answers, and it has not grown.
    async fn is_well(&mut self) {
        self.traded += 1;
        let price = format!("251.{:02}", 10 + self.traded % 90);
        let started = Instant::now();
        self.installation.market.trade("AAPL", &price);
        self.quotes.until("the next price", |quote| quote["last"]["price"] == price.as_str()).await;
        assert_eq!(self.client.viewer().await["viewer"]["username"], USERNAME);
        // Far more than it takes, and far less than a write that waits for a client that does not read.
        assert!(started.elapsed() < Duration::from_secs(5), "the neighbour waited {:?}", started.elapsed());
    }

    async fn socket(&self) -> Wire {
        let mut wire = Wire::open(self.client.address()).await;
        let payload = json!({ "accessToken": self.client.token() });
        wire.say(&json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(wire.message().await, Heard::Message(json!({ "type": "connection_ack" })));
        wire
    }

    fn resident_kib(&self) -> u64 {
        self.installation.api.resident_kib()
    }
}

fn subscribe(id: u32, query: &str) -> Value {
    json!({ "type": "subscribe", "id": id.to_string(), "payload": { "query": query } })
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_operations_on_one_socket_are_not_begun() {
    let mut neighbour = Neighbour::move_in().await;
    let mut wire = neighbour.socket().await;
    let (mut begun, mut refused) = (0, 0);
    'all: for chunk in 0..100_u32 {
        for n in 0..100 {
            let text = subscribe(chunk * 100 + n, SYSTEM).to_string();
            if wire.frame(&Frame::whole(opcode::TEXT, text)).await.is_err() {
                break;
            }
        }
        let mut left = 100;
        while left > 0 {
            match wire.message().await {
                Heard::Message(message) if message["type"] == "error" => {
                    assert_eq!(message["payload"][0]["extensions"]["code"], "LIMIT", "{message}");
                    (refused, left) = (refused + 1, left - 1);
                }
                // A second event of an operation that has begun is no answer.
                Heard::Message(message) if message["type"] == "next" => {
                    let id: u32 = message["id"].as_str().unwrap().parse().unwrap();
                    let is_first = id >= chunk * 100;
                    (begun, left) = (begun + i32::from(is_first), left - i32::from(is_first));
                }
                Heard::Closed(code, reason) => {
                    assert!((4400..4500).contains(&code) || code == 1008, "{code} {reason}");
                    assert!(reason.len() > 10, "{code} '{reason}' does not help");
                    refused += 1;
                    break 'all;
                }
                other => panic!("instead of an answer: {other:?}"),
            }
        }
    }
    assert!((1..=1_000).contains(&begun), "{begun} operations run on one socket");
    assert!(refused > 0, "nothing was refused");
    neighbour.is_well().await;
    neighbour.socket().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_pings_are_answered_or_ended() {
    let mut neighbour = Neighbour::move_in().await;
    let before = neighbour.resident_kib();
    let text = json!({ "type": "ping", "payload": { "n": 1 } }).to_string();
    for (frame, count) in
        [(Frame::whole(opcode::TEXT, text), 20_000), (Frame::whole(opcode::PING, "n"), 20_000)]
    {
        let mut wire = neighbour.socket().await;
        let chunk = frame.bytes().repeat(100);
        let mut answered = 0;
        'flood: while answered < count {
            let sent = wire.write(&chunk).await;
            for _ in 0..100 {
                match wire.hear().await {
                    Heard::Message(message) if message["type"] == "pong" => answered += 1,
                    Heard::Pong(payload) if payload == b"n" => answered += 1,
                    Heard::Closed(code, reason) => {
                        assert!((4400..4500).contains(&code) || code == 1008, "{code} {reason}");
                        assert!(reason.len() > 10, "{code} '{reason}' does not help");
                        break 'flood;
                    }
                    // What was sent after the close may reset the connection before the close is read.
                    Heard::Gone if sent.is_err() => break 'flood,
                    other => panic!("instead of a pong: {other:?}"),
                }
            }
        }
        assert!(answered >= 50, "only {answered} pings are answered");
        neighbour.is_well().await;
    }
    let growth = neighbour.resident_kib().saturating_sub(before);
    assert!(growth < GROWTH_KIB, "the server holds {growth} KiB more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_is_cut_off_and_harms_nobody() {
    let mut neighbour = Neighbour::move_in().await;
    let before = neighbour.resident_kib();
    let mut stalled = neighbour.socket().await;
    stalled.say(&subscribe(1, &format!("subscription {{ quotes(instruments: [\"{}\"], maxHz: 50) {{ __typename ... on Quote {{ sequence last {{ price }} }} }} }}", neighbour.apple))).await;
    // Each comes back as large as it is: soon there is no room for another on its way.
    let large = json!({ "type": "ping", "payload": { "text": "a".repeat(60_000) } }).to_string();
    let large = Frame::whole(opcode::TEXT, large).bytes();
    let stall = async {
        let mut sent = 0_u64;
        while stalled.write(&large).await.is_ok() {
            sent += 1;
            // A server that takes and keeps all of it would be found by its memory; this ends the test.
            assert!(sent < 50_000, "the server still reads after {sent} large messages");
        }
    };
    let watch = async {
        loop {
            neighbour.is_well().await;
        }
    };
    tokio::select! {
        () = stall => {}
        () = watch => {}
        () = tokio::time::sleep(3 * SOON) => panic!("a client that never reads is still connected"),
    }
    let growth = neighbour.resident_kib().saturating_sub(before);
    assert!(growth < GROWTH_KIB, "the server holds {growth} KiB more");
    neighbour.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_begun_and_left_alone_harm_nobody() {
    let mut neighbour = Neighbour::move_in().await;
    let address = neighbour.client.address();
    let mut half_open = Vec::new();
    for beginning in [
        "",
        "GET /graphql HTTP/1.1\r\nHost: x\r\n",
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    ] {
        for _ in 0..100 {
            let mut wire = Wire::connect(address).await;
            wire.write(beginning.as_bytes()).await.unwrap();
            half_open.push(wire);
        }
    }
    for _ in 0..100 {
        half_open.push(Wire::open(address).await);
    }
    neighbour.is_well().await;
    drop(half_open);
    neighbour.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn giant_documents_are_refused_at_once() {
    let mut neighbour = Neighbour::move_in().await;
    let before = neighbour.resident_kib();
    let stranger = neighbour.installation.stranger().await;
    for (what, document) in giant::documents() {
        let mut wire = neighbour.socket().await;
        assert!(document.len() < 65_000 || document.len() > 70_000, "{what} is neither small nor large");
        let started = Instant::now();
        wire.say(&subscribe(1, &document)).await;
        match wire.message().await {
            Heard::Message(message) if message["type"] == "error" => {
                let length = message.to_string().len();
                assert!(length < 4_000, "{what}: the answer repeats {length} bytes");
            }
            // What is wrong with a field alone is told in the answer.
            Heard::Message(message) => assert!(message["payload"]["errors"].is_array(), "{what}: {message}"),
            Heard::Closed(code, _) => assert!([1009, 4400].contains(&code), "{what}: {code}"),
            other => panic!("{what}: {other:?}"),
        }
        for somebody in [&neighbour.client, &stranger] {
            let answer = somebody.ask(&document, json!({})).await;
            assert!(answer.body["errors"].is_array(), "{what}: {answer:?}");
            assert!(!answer.body.to_string().contains("accessToken\":\""), "{what}: {answer:?}");
        }
        // A hundred passwords would take five seconds and more.
        assert!(started.elapsed() < Duration::from_secs(3), "{what} took {:?}", started.elapsed());
    }
    neighbour.is_well().await;
    let growth = neighbour.resident_kib().saturating_sub(before);
    assert!(growth < GROWTH_KIB, "the server holds {growth} KiB more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_instruments_in_one_argument_are_refused() {
    let mut neighbour = Neighbour::move_in().await;
    let document = "subscription($instruments: [ID!]!) { quotes(instruments: $instruments) { __typename } }";
    let apple = neighbour.apple.clone();
    for ids in [vec![apple.clone(); 900], vec!["SW5zdHJ1bWVudDox".to_owned(); 1_000]] {
        let mut subscription = neighbour.client.subscribe(document, json!({ "instruments": ids })).await;
        let errors = subscription.errors().await;
        let text = errors[0]["message"].as_str().unwrap_or_default();
        assert!((15..500).contains(&text.len()), "{errors}");
    }
    // A thousand whole ids are more than a message may have.
    let mut subscription =
        neighbour.client.subscribe(document, json!({ "instruments": vec![apple; 1_000] })).await;
    let (code, reason) = subscription.closed(SOON).await;
    assert!([1009, 4400].contains(&code) && reason.len() > 10, "{code} {reason}");
    neighbour.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_or_too_many_are_refused() {
    let mut neighbour = Neighbour::move_in().await;
    let url = format!("http://{}/graphql", neighbour.client.address());
    let http = http().no_proxy().build().unwrap();
    let one = json!({ "query": "{ __typename }" });
    let large = json!({ "query": format!("{{ __typename }} # {}", "a".repeat(256 * 1_024)) });
    let huge = json!({ "query": "a".repeat(50 * 1_024 * 1_024) });
    let batch = json!(vec![&one; 20_000]);
    for (what, body, status) in [
        ("256 KiB", large, 413),
        ("50 MiB", huge, 413),
        ("a batch", batch, 400),
        ("a batch of one", json!([one]), 400),
    ] {
        let request = http.post(&url).header("content-type", "application/json").body(body.to_string());
        // A server may stop reading what it will not take.
        let Ok(answer) = request.send().await else { continue };
        let expected = if body.to_string().len() > 256 * 1_024 { 413 } else { status };
        assert_eq!(answer.status().as_u16(), expected, "{what}");
        let text = answer.text().await.unwrap_or_default();
        assert!(text.contains("message") && text.len() < 1_000, "{what}: {text}");
    }
    let lying = http.post(&url).header("content-encoding", "gzip").header("content-type", "application/json");
    let answer = lying.body(vec![0x1f, 0x8b, 0, 0]).send().await.unwrap();
    assert!(answer.status().is_client_error(), "{answer:?}");
    neighbour.is_well().await;
}
