//! The websocket protocol `graphql-transport-ws`, rule by rule, as a client sees it that breaks one.

use std::time::Duration;

use serde_json::{Value, json};
use tests::client::Client;
use tests::installation::Installation;
use tests::wait::SOON;
use tests::wire::{Frame, Heard, Wire, opcode};

/// A socket that is ready to be used.
async fn ready(client: &Client) -> Wire {
    let mut wire = Wire::open(client.address()).await;
    wire.say(&init(client)).await;
    assert_eq!(wire.message().await, Heard::Message(json!({ "type": "connection_ack" })));
    wire
}

fn init(client: &Client) -> Value {
    json!({ "type": "connection_init", "payload": { "accessToken": client.token() } })
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": query } })
}

/// What the server closes the socket with; a reason must be there, and must say something.
async fn close_code(wire: &mut Wire, what: &str) -> u16 {
    let (code, reason) = wire.closed(SOON).await.unwrap_or_else(|| panic!("{what}: closed without a word"));
    assert!(reason.len() > 10, "{what}: {code} '{reason}' does not help");
    code
}

const SYSTEM: &str = "subscription { system { version } }";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_breaks_a_rule_is_told_which_by_the_close_code() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let init = init(&client);
    let system = subscribe("1", SYSTEM);
    let with = |payload: Value| json!({ "type": "connection_init", "payload": payload });
    let cases: [(&str, Vec<Value>, u16); 20] = [
        ("no JSON object", vec![json!("ping")], 4400),
        ("no type", vec![json!({ "id": "1" })], 4400),
        (
            "an unknown type",
            vec![json!({ "type": "start", "id": "1", "payload": { "query": SYSTEM } })],
            4400,
        ),
        ("a message of the server", vec![init.clone(), json!({ "type": "connection_ack" })], 4400),
        ("a subscribe without id", vec![init.clone(), json!({ "type": "subscribe", "payload": {} })], 4400),
        ("an empty id", vec![init.clone(), subscribe("", SYSTEM)], 4400),
        ("a number for an id", vec![init.clone(), json!({ "type": "complete", "id": 7 })], 4400),
        ("a list of variables", vec![init.clone(), with_variables(&json!([1]))], 4400),
        ("a text for a payload", vec![json!({ "type": "ping", "payload": "hello" })], 4400),
        ("a subscribe before anything", vec![system.clone()], 4401),
        ("no token", vec![json!({ "type": "connection_init" })], 4403),
        ("an empty payload", vec![with(json!({}))], 4403),
        ("a forged token", vec![with(json!({ "accessToken": "forged" }))], 4403),
        ("a forged key", vec![with(json!({ "accessToken": format!("tgk_{}", "a".repeat(43)) }))], 4403),
        ("a forged key in the other place", vec![with(json!({ "Authorization": "Bearer tgk_abc" }))], 4403),
        ("a number for a token", vec![with(json!({ "accessToken": 7 }))], 4403),
        ("an id twice", vec![init.clone(), system.clone(), system.clone()], 4409),
        ("two inits", vec![init.clone(), init.clone()], 4429),
        ("a third init", vec![init.clone(), json!({ "type": "ping" }), with(json!({}))], 4429),
        (
            "a renewal that is no token",
            vec![init.clone(), json!({ "type": "ping", "payload": { "accessToken": 7 } })],
            4400,
        ),
    ];
    for (what, messages, code) in cases {
        let mut wire = Wire::open(client.address()).await;
        for (n, message) in messages.into_iter().enumerate() {
            wire.say(&message).await;
            // Whoever does not wait for it has not been let in yet.
            if n == 0 && message == init {
                assert_eq!(
                    wire.message().await,
                    Heard::Message(json!({ "type": "connection_ack" })),
                    "{what}"
                );
            }
        }
        assert_eq!(close_code(&mut wire, what).await, code, "{what}");
    }
    for (what, frame) in [
        ("no JSON", Frame::whole(opcode::TEXT, "{")),
        ("nothing", Frame::whole(opcode::TEXT, "")),
        ("bytes", Frame::whole(opcode::BINARY, json!({ "type": "ping" }).to_string())),
    ] {
        let mut wire = ready(&client).await;
        wire.frame(&frame).await.unwrap();
        assert_eq!(close_code(&mut wire, what).await, 4400, "{what}");
    }
}

fn with_variables(variables: &Value) -> Value {
    let payload = json!({ "query": SYSTEM, "variables": variables });
    json!({ "type": "subscribe", "id": "1", "payload": payload })
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_subprotocol_is_spoken_and_nothing_is_compressed() {
    let mut installation = Installation::single().await;
    let address = installation.api.address().await;
    for offered in
        [&[][..], &[("Sec-WebSocket-Protocol", "graphql-ws")], &[("Sec-WebSocket-Protocol", "mqtt, soap")]]
    {
        let mut wire = Wire::offer(address, offered).await.unwrap();
        assert!(!wire.head.contains("sec-websocket-protocol"), "{offered:?}: {}", wire.head);
        assert_eq!(close_code(&mut wire, "another subprotocol").await, 4406, "{offered:?}");
    }
    let offered = [
        ("Sec-WebSocket-Protocol", "graphql-ws, graphql-transport-ws"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"),
    ];
    let mut wire = Wire::offer(address, &offered).await.unwrap();
    assert!(wire.head.contains("sec-websocket-protocol: graphql-transport-ws\r\n"), "{}", wire.head);
    assert!(!wire.head.contains("sec-websocket-extensions"), "compression is taken: {}", wire.head);
    wire.say(&json!({ "type": "ping" })).await;
    assert_eq!(wire.message().await, Heard::Message(json!({ "type": "pong" })));
    // A frame that says that it is compressed, although nobody agreed to that.
    let compressed = Frame { head: 0xc0 | opcode::TEXT, ..Frame::whole(opcode::TEXT, "{}") };
    wire.frame(&compressed).await.unwrap();
    let code = close_code(&mut wire, "a compressed frame").await;
    assert!([1002, 4400].contains(&code), "{code}");

    let elsewhere = [("Sec-WebSocket-Protocol", "graphql-transport-ws"), ("Origin", "https://evil.example")];
    let refused = Wire::offer(address, &elsewhere).await.err().expect("a page of another origin is refused");
    assert!(refused.head.starts_with("HTTP/1.1 403"), "{}", refused.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_on_which_nothing_is_said_is_closed() {
    let mut installation = Installation::single().await;
    let address = installation.api.address().await;
    let mut wire = Wire::open(address).await;
    // A ping is no beginning.
    wire.say(&json!({ "type": "ping" })).await;
    assert_eq!(close_code(&mut wire, "no connection_init").await, 4408);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_no_sign_of_life_is_asked_for_one_and_then_closed() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let mut wire = ready(&client).await;
    // Half open: it reads, and never says anything.
    let (code, reason) = wire.closed(4 * SOON).await.expect("a close");
    assert_eq!(code, 4408, "{reason}");
    assert_eq!(wire.raw, r#"{"type":"ping"}"#, "it was not asked for a sign of life");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_the_protocol() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let mut wire = ready(&client).await;

    // Pings come back as they were, except for tokens.
    for (payload, expected) in [
        (json!({ "n": 1, "text": "é\u{0}" }), json!({ "n": 1, "text": "é\u{0}" })),
        (json!({}), json!({})),
        (json!({ "accessToken": client.token(), "n": 2 }), json!({ "n": 2 })),
    ] {
        wire.say(&json!({ "type": "ping", "payload": payload })).await;
        assert_eq!(wire.message().await, Heard::Message(json!({ "type": "pong", "payload": expected })));
    }
    wire.say(&json!({ "type": "pong" })).await;
    wire.frame(&Frame::whole(opcode::PING, "alive?")).await.unwrap();
    assert_eq!(wire.hear().await, Heard::Pong(b"alive?".to_vec()));

    // What is wrong with an operation is told by an error, after which its id is free; there is no complete.
    for query in [
        "subscription {",
        "subscription { nonsense }",
        "subscription { a: system { version } b: system { version } }",
        "subscription { system { ...F } } fragment F on System { version } fragment G on System { time }",
        "subscription { ...F } fragment F on Subscription { a: system { version } b: system { time } }",
        "{ viewer { username } } { system { version } }",
    ] {
        wire.say(&subscribe("1", query)).await;
        let Heard::Message(error) = wire.message().await else { panic!("closed for {query}") };
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")), "{query}: {error}");
        assert!(error["payload"][0]["message"].is_string(), "{query}: {error}");
        assert!(error["payload"][0]["extensions"]["code"].is_string(), "{query}: {error}");
    }

    // A query is answered once, and then complete.
    wire.say(&subscribe("1", "{ viewer { username } }")).await;
    let payload = json!({ "data": { "viewer": { "username": "ann" } } });
    let Heard::Message(next) = wire.message().await else { panic!("closed for a query") };
    assert_eq!(
        (&next["type"], &next["id"], &next["payload"]["data"]),
        (&json!("next"), &json!("1"), &payload["data"])
    );
    assert_eq!(wire.message().await, Heard::Message(json!({ "type": "complete", "id": "1" })));

    // A subscription goes on until the client has enough; that is not answered.
    wire.say(&subscribe("1", SYSTEM)).await;
    let Heard::Message(next) = wire.message().await else { panic!("closed for a subscription") };
    assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("1")), "{next}");
    for id in ["1", "1", "never begun"] {
        wire.say(&json!({ "type": "complete", "id": id })).await;
    }
    wire.say(&json!({ "type": "ping" })).await;
    loop {
        match wire.message().await {
            Heard::Message(message) if message["type"] == "next" => {}
            other => {
                assert_eq!(other, Heard::Message(json!({ "type": "pong" })));
                break;
            }
        }
    }
    wire.say(&subscribe("1", "{ viewer { role } }")).await;
    let Heard::Message(next) = wire.message().await else { panic!("closed for an id that is free again") };
    assert_eq!(next["payload"]["data"]["viewer"]["role"], "ADMIN", "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_socket_is_closed_in_good_order() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    for (payload, expected) in
        [(vec![0x03, 0xe8], [1000, 1005]), (vec![], [1000, 1005]), (b"\x11\x94bye".to_vec(), [4500, 1005])]
    {
        let mut wire = ready(&client).await;
        wire.frame(&Frame::whole(opcode::CLOSE, payload)).await.unwrap();
        let (code, _) = wire.closed(Duration::from_secs(5)).await.expect("a close is answered");
        assert!(expected.contains(&code), "{code} instead of {expected:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_breaks_the_rules_of_frames_is_told() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let ping = || Frame::whole(opcode::TEXT, r#"{"type":"ping"}"#);
    let cases = [
        ("an unmasked frame", vec![Frame { masked: false, ..ping() }]),
        ("a reserved bit", vec![Frame { head: 0xa1, ..ping() }]),
        ("an unknown kind of message", vec![Frame { head: 0x83, ..ping() }]),
        ("an unknown control frame", vec![Frame { head: 0x8f, ..ping() }]),
        ("a long control frame", vec![Frame::whole(opcode::PING, vec![b'a'; 126])]),
        ("a part of a control frame", vec![Frame::part(opcode::PING, "a")]),
        ("more of nothing", vec![Frame::whole(opcode::CONTINUATION, "a")]),
        ("a message inside another", vec![Frame::part(opcode::TEXT, "{"), ping()]),
        ("no UTF-8", vec![Frame::whole(opcode::TEXT, *b"\"\xff\"")]),
        ("a surrogate", vec![Frame::whole(opcode::TEXT, *b"\"\xed\xa0\x80\"")]),
        ("64 KiB and more", vec![Frame::whole(opcode::TEXT, vec![b' '; 70_000])]),
        (
            "many parts that are too much",
            vec![Frame::part(opcode::TEXT, "a"); 1]
                .into_iter()
                .chain(vec![Frame::part(opcode::CONTINUATION, vec![b'a'; 10_000]); 7])
                .collect(),
        ),
        ("a length of 2^40", vec![Frame { claims: Some(1 << 40), ..ping() }]),
        ("a length below zero", vec![Frame { claims: Some(u64::MAX), ..ping() }]),
    ];
    for (what, frames) in cases {
        let mut wire = ready(&client).await;
        for frame in frames {
            // The server may have seen enough before the last one.
            let _ = wire.frame(&frame).await;
        }
        let code = close_code(&mut wire, what).await;
        assert!([1002, 1007, 1009, 4400].contains(&code), "{what}: {code}");
    }
}
