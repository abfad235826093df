//! Alerts, what they said, webhooks and e-mail addresses, through the endpoint.

use std::sync::atomic::Ordering;

use domain::access::Scope;
use domain::alert::AlertId;
use domain::bus::{Message, Topic};
use domain::instrument::InstrumentId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::socket::Socket;
use crate::support::{Node, PASSWORD, instrument};

const ALERT: &str =
    "alert { id name state reason repeat email version expiresAt triggeredAt instrument { symbol }
    condition { field comparison value indicator { size kind name line source length } } webhook { name } }";

async fn aapl(node: &Node, token: &str) -> Value {
    let query = "{ instruments(search: \"AAPL\") { nodes { id } } }";
    node.data(token, query, json!({})).await["instruments"]["nodes"][0]["id"].clone()
}

fn wanted(instrument: &Value) -> Value {
    let condition = json!({ "field": "LAST", "comparison": "CROSSES_UP", "value": "190.00" });
    json!({ "instrument": instrument, "condition": condition })
}

#[tokio::test]
async fn an_alert_lives_from_creation_to_deletion() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = aapl(&node, &ann).await;
    let made = node.change(&ann, "alertCreate", wanted(&id), ALERT).await;
    let alert = &made["alert"];
    assert_eq!(
        (&alert["state"], &alert["repeat"], &alert["version"], &alert["instrument"]["symbol"]),
        (&json!("ACTIVE"), &json!("ONCE"), &json!(1), &json!("AAPL"))
    );
    let condition =
        json!({ "field": "LAST", "comparison": "CROSSES_UP", "value": "190.00", "indicator": null });
    assert_eq!(alert["condition"], condition);

    let change = json!({ "alert": alert["id"], "expectedVersion": 1, "name": " breakout ", "repeat": "EVERY_TIME",
        "expiresAt": "2026-12-01T00:00:00Z" });
    let changed = node.change(&ann, "alertUpdate", change.clone(), ALERT).await;
    assert_eq!((&changed["alert"]["name"], &changed["alert"]["version"]), (&json!("breakout"), &json!(2)));
    assert_eq!(changed["alert"]["condition"], condition, "what is left out stays");
    assert_eq!(
        node.refused(&ann, "alertUpdate", change).await,
        ("OUTDATED".into(), json!("expectedVersion"))
    );
    let change = json!({ "alert": alert["id"], "expectedVersion": 2, "name": null, "expiresAt": null });
    let changed = node.change(&ann, "alertUpdate", change, ALERT).await;
    assert_eq!((&changed["alert"]["name"], &changed["alert"]["expiresAt"]), (&Value::Null, &Value::Null));

    let by_id = json!({ "alert": alert["id"] });
    let paused = node.change(&ann, "alertPause", by_id.clone(), ALERT).await;
    assert_eq!(paused["alert"]["state"], "PAUSED");
    let listed = "query($state: AlertState) { alerts(first: 5, state: $state) { nodes { id } pageInfo { hasNextPage } } }";
    let active = node.data(&ann, listed, json!({ "state": "ACTIVE" })).await;
    assert_eq!(active["alerts"]["nodes"], json!([]));
    let change = json!({ "alert": alert["id"], "expectedVersion": 4, "email": false });
    let changed = node.change(&ann, "alertUpdate", change, ALERT).await;
    assert_eq!(changed["alert"]["state"], "PAUSED", "it goes on resting");
    let resumed = node.change(&ann, "alertResume", by_id.clone(), ALERT).await;
    assert_eq!(resumed["alert"]["state"], "ACTIVE");
    let all = node.data(&ann, listed, json!({})).await;
    assert_eq!(all["alerts"]["nodes"], json!([{ "id": alert["id"] }]));

    let node_query = "query($id: ID!) { node(id: $id) { id ... on Alert { version } } }";
    let found = node.data(&ann, node_query, json!({ "id": alert["id"] })).await;
    assert_eq!(found["node"]["id"], alert["id"]);
    node.stores.add_user("bob");
    let bob = node.token_of("bob", PASSWORD).await;
    assert_eq!(node.data(&bob, node_query, json!({ "id": alert["id"] })).await["node"], Value::Null);
    assert_eq!(node.refused(&bob, "alertDelete", by_id.clone()).await.0, "NOT_FOUND");

    let deleted = node.change(&ann, "alertDelete", by_id.clone(), "deletedAlertId").await;
    assert_eq!(deleted["deletedAlertId"], alert["id"]);
    assert_eq!(node.refused(&ann, "alertDelete", by_id).await, ("NOT_FOUND".into(), json!("alert")));
}

#[tokio::test]
async fn an_indicator_can_be_looked_at() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = aapl(&node, &ann).await;
    let with = |indicator: Value| {
        let condition =
            json!({ "field": "INDICATOR", "comparison": "BELOW", "value": "30", "indicator": indicator });
        json!({ "instrument": id, "condition": condition })
    };
    let rsi = json!({ "size": "MIN_5", "indicator": { "kind": "RSI", "length": 9 } });
    let made = node.change(&ann, "alertCreate", with(rsi), ALERT).await;
    let expected = json!({ "size": "MIN_5", "kind": "RSI", "name": "RSI 9", "line": "RSI", "source": "CLOSE", "length": 9 });
    assert_eq!(made["alert"]["condition"]["indicator"], expected);
    for (input, field) in [
        (with(json!({ "size": "MIN_5", "indicator": { "kind": "RSI", "fast": 9 } })), "fast"),
        (with(json!({ "size": "MIN_5", "indicator": { "kind": "RSI" }, "line": "SIGNAL" })), "line"),
        (with(Value::Null), "indicator"),
    ] {
        assert_eq!(node.refused(&ann, "alertCreate", input).await, ("INVALID".into(), json!(field)));
    }
    let mut both = with(json!({ "size": "MIN_5", "indicator": { "kind": "RSI" } }));
    both["condition"]["field"] = json!("LAST");
    assert_eq!(node.refused(&ann, "alertCreate", both).await, ("INVALID".into(), json!("indicator")));
}

#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = aapl(&node, &ann).await;
    let mut cases = Vec::new();
    for (field, value, code, at) in [
        ("instrument", json!("x"), "INVALID", "instrument"),
        ("name", json!(""), "INVALID", "name"),
        ("name", json!("a\r\nb"), "INVALID", "name"),
        ("expiresAt", json!("2026-11-22T19:00:00Z"), "INVALID", "expiresAt"),
        ("webhook", json!("x"), "INVALID", "webhook"),
        ("email", json!(true), "INVALID", "email"),
    ] {
        let mut input = wanted(&id);
        input[field] = value;
        cases.push((input, code, at));
    }
    for (input, code, at) in cases {
        assert_eq!(
            node.refused(&ann, "alertCreate", input.clone()).await,
            (code.into(), json!(at)),
            "{input}"
        );
    }
    let none = node.data(&ann, "{ alerts { nodes { id } } }", json!({})).await;
    assert_eq!(none["alerts"]["nodes"], json!([]));
}

#[tokio::test]
async fn the_desk_is_told_of_changes_and_programs_may_manage_alerts() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let key = node.stores.add_key("ann", [Scope::MarketRead].into_iter().collect());
    let id = aapl(&node, &key).await;
    let webhook = json!({ "name": "bot", "url": "https://example.com/hook" });
    let hook = node.change(&ann, "webhookCreate", webhook, "webhook { id }").await["webhook"]["id"].clone();
    let bus: &dyn domain::bus::Bus = &*node.bus;
    let mut told = bus.subscribe(Topic::Alerts).await.unwrap();
    let mut input = wanted(&id);
    input["webhook"] = hook;
    let made = node.change(&key, "alertCreate", input, ALERT).await;
    assert_eq!(made["alert"]["webhook"], Value::Null, "a key does not see webhooks");
    let message = futures::StreamExt::next(&mut told).await.unwrap();
    assert!(matches!(message, domain::bus::Delivery::Message(told) if *told == Message::AlertsChanged));
    let query = "query($id: ID!) { node(id: $id) { ... on Alert { webhook { name } } } }";
    let seen = node.data(&ann, query, json!({ "id": made["alert"]["id"] })).await;
    assert_eq!(seen["node"]["webhook"]["name"], "bot");
}

#[tokio::test]
async fn what_was_said_is_listed_read_and_streamed() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = aapl(&node, &ann).await;
    let made = node.change(&ann, "alertCreate", wanted(&id), ALERT).await;
    let owner = node.stores.first_user();
    let alert = Uuid::parse_str(&decoded(&made["alert"]["id"])).unwrap();
    let of: InstrumentId = instrument("AAPL").id;
    for _ in 0..250 {
        node.stores.say(owner, AlertId(alert), of);
    }
    let query = "{ alertEvents(first: 2) { nodes { number text value threshold readAt alert { id } instrument { symbol }
        deliveries { channel state attempts lastError nextAttemptAt } } pageInfo { hasNextPage endCursor } } }";
    let page = node.data(&ann, query, json!({})).await["alertEvents"].clone();
    assert_eq!((&page["nodes"][0]["number"], &page["nodes"][1]["number"]), (&json!("250"), &json!("249")));
    assert_eq!(page["nodes"][0]["alert"]["id"], made["alert"]["id"]);
    let delivery = json!({ "channel": "WEBHOOK", "state": "PENDING", "attempts": 2,
        "lastError": "the receiver answered with 500", "nextAttemptAt": "2026-11-22T20:01:00Z" });
    assert_eq!(page["nodes"][0]["deliveries"], json!([delivery]));
    let next = "query($after: String) { alertEvents(first: 1, after: $after) { nodes { number } } }";
    let after = node.data(&ann, next, json!({ "after": page["pageInfo"]["endCursor"] })).await;
    assert_eq!(after["alertEvents"]["nodes"], json!([{ "number": "248" }]));

    let read = node.change(&ann, "alertEventsRead", json!({ "through": "3" }), "readThrough").await;
    assert_eq!(read["readThrough"], "3");
    for bad in ["-1", "1.5"] {
        let refused = node.refused(&ann, "alertEventsRead", json!({ "through": bad })).await;
        assert_eq!(refused, ("INVALID".into(), json!("through")));
    }

    // All after 140, in order, then what comes; more than are read at once.
    let mut socket = Socket::open(&node.address, &ann).await;
    let stream = "subscription { alertEvents(since: \"140\") { number text } }";
    socket.subscribe("a", stream, json!({})).await;
    for number in 141..=250 {
        let event = socket.next("a").await["data"]["alertEvents"].clone();
        assert_eq!(event, json!({ "number": number.to_string(), "text": format!("event {number}") }));
    }
    socket.subscribe("b", "subscription { alertEvents { number } }", json!({})).await;
    let number = node.stores.say(owner, AlertId(alert), of);
    let bus: &dyn domain::bus::Bus = &*node.bus;
    bus.publish(&[Message::AlertSaid(owner, number)]).await.unwrap();
    assert_eq!(socket.next("a").await["data"]["alertEvents"]["number"], "251");
    socket.subscribe("c", "subscription { alertEvents(since: \"-1\") { number } }", json!({})).await;
}

#[tokio::test]
async fn nobody_goes_on_where_something_is_missing() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = aapl(&node, &ann).await;
    let made = node.change(&ann, "alertCreate", wanted(&id), ALERT).await;
    let alert = AlertId(Uuid::parse_str(&decoded(&made["alert"]["id"])).unwrap());
    let owner = node.stores.first_user();
    for _ in 0..10 {
        node.stores.say(owner, alert, instrument("AAPL").id);
    }
    node.stores.let_go(owner, 5);
    let stream = "subscription($since: Decimal) { alertEvents(since: $since) { number } }";
    // (since, what is told first)
    let cases = [("0", Some("6")), ("4", None), ("5", Some("6")), ("9", Some("10")), ("11", None)];
    for (since, first) in cases {
        let mut socket = Socket::open(&node.address, &ann).await;
        socket.subscribe("a", stream, json!({ "since": since })).await;
        let told = socket.next("a").await;
        if let Some(number) = first {
            assert_eq!(told["data"]["alertEvents"]["number"], number, "{told}");
        } else {
            let error = &told["errors"][0];
            assert_eq!(error["extensions"]["code"], "OUTDATED", "{since}: {told}");
            assert!(error["message"].as_str().unwrap().contains("begin with since"), "{told}");
        }
    }
}

/// The part of a global id after its noun.
fn decoded(id: &Value) -> String {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let bytes = engine.decode(id.as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap().split_once(':').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_webhook_is_made_shown_once_tried_and_deleted() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let input = json!({ "name": "bot", "url": "https://example.com/hooks/s3cr3t" });
    let made = node.change(&ann, "webhookCreate", input, "webhook { id name url lastError } secret").await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 49, "the form");
    let id = &made["webhook"]["id"];
    let by_id = json!({ "webhook": id });
    let tested = "webhook { lastError lastDeliveredAt }";
    let good = node.change(&ann, "webhookTest", by_id.clone(), tested).await;
    assert_eq!(good["webhook"], json!({ "lastError": null, "lastDeliveredAt": "2026-11-22T20:00:00Z" }));
    assert_eq!(node.outside.posts.lock().unwrap()[0].secret.text(), secret);
    node.outside.fails.store(true, Ordering::SeqCst);
    let bad = node.change(&ann, "webhookTest", by_id.clone(), tested).await;
    assert_eq!(bad["webhook"]["lastError"], "the receiver answered with 500");
    let listed = node.data(&ann, "{ webhooks { id url lastError } }", json!({})).await;
    assert_eq!(listed["webhooks"][0]["lastError"], "the receiver answered with 500");

    let audit = node.stores.audit();
    assert!(audit.contains(&"WEBHOOK_CREATE ann: bot (example.com)".to_owned()), "{audit:?}");
    assert!(!node.stores.raw_audit().contains("s3cr3t") && !node.stores.raw_audit().contains(secret));
    for url in
        ["http://example.com/", "https://127.0.0.1/", "https://localhost/", "https://a:b@example.com/", "x"]
    {
        let refused = node.refused(&ann, "webhookCreate", json!({ "name": "bot", "url": url })).await;
        assert_eq!(refused, ("INVALID".into(), json!("url")), "{url}");
    }
    node.stores.add_user("bob");
    let bob = node.token_of("bob", PASSWORD).await;
    assert_eq!(node.refused(&bob, "webhookTest", by_id.clone()).await.0, "NOT_FOUND");
    let gone = node.change(&ann, "webhookDelete", by_id.clone(), "deletedWebhookId").await;
    assert_eq!(&gone["deletedWebhookId"], id);
    assert_eq!(node.refused(&ann, "webhookDelete", by_id).await.0, "NOT_FOUND");
}

#[tokio::test]
async fn an_address_is_confirmed_by_a_code_before_it_is_used() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    assert_eq!(node.data(&ann, "{ system { mail } }", json!({})).await["system"]["mail"], true);
    let address = |email: &str| json!({ "email": email, "currentPassword": PASSWORD });
    let bad = node.refused(&ann, "emailSet", address("ann@example.com\r\nBcc: eve@example.com")).await;
    assert_eq!(bad, ("INVALID".into(), json!("email")));
    let wrong = json!({ "email": "ann@example.com", "currentPassword": "not the password" });
    assert_eq!(node.refused(&ann, "emailSet", wrong).await.0, "PASSWORD_WRONG");
    assert!(node.outside.mails.lock().unwrap().is_empty());

    let shown = "user { email emailConfirmed }";
    let set = node.change(&ann, "emailSet", address("ann@example.com"), shown).await;
    assert_eq!(set["user"], json!({ "email": "ann@example.com", "emailConfirmed": false }));
    let letter = node.outside.mails.lock().unwrap()[0].clone();
    assert_eq!(letter.to.as_str(), "ann@example.com");
    let code = letter.text.split(' ').next().unwrap().to_owned();
    assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    let wrong: String = code.chars().rev().chain("x".chars()).collect();
    assert_eq!(node.refused(&ann, "emailConfirm", json!({ "code": wrong })).await.0, "CODE_INVALID");

    let id = aapl(&node, &ann).await;
    let mut by_mail = wanted(&id);
    by_mail["email"] = json!(true);
    assert_eq!(node.refused(&ann, "alertCreate", by_mail.clone()).await, ("INVALID".into(), json!("email")));
    let spaced = format!("{} {}", &code[..4], &code[4..]);
    let confirmed = node.change(&ann, "emailConfirm", json!({ "code": spaced }), shown).await;
    assert_eq!(confirmed["user"]["emailConfirmed"], true);
    assert_eq!(node.change(&ann, "alertCreate", by_mail, ALERT).await["alert"]["email"], true);
    assert!(!node.stores.raw_audit().contains(&code));

    // Another user does not see it; an administrator does.
    node.stores.add_user("bob");
    let bob = node.token_of("bob", PASSWORD).await;
    let own = node.data(&bob, "{ viewer { email emailConfirmed } }", json!({})).await;
    assert_eq!(own["viewer"], json!({ "email": null, "emailConfirmed": false }));
    let users = node.data(&ann, "{ users { nodes { username email } } }", json!({})).await;
    assert_eq!(users["users"]["nodes"][0], json!({ "username": "ann", "email": "ann@example.com" }));

    let removed = json!({ "email": null, "currentPassword": PASSWORD });
    let removed = node.change(&ann, "emailSet", removed, shown).await;
    assert_eq!(removed["user"], json!({ "email": null, "emailConfirmed": false }));
}

#[tokio::test]
async fn a_confirmed_address_stays_in_force_until_a_new_one_is_confirmed() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    node.stores.give_mailbox(node.stores.first_user(), "old@example.com");
    let shown = "user { email emailConfirmed alertEmail }";
    let new = json!({ "email": "new@example.com", "currentPassword": PASSWORD });
    let set = node.change(&ann, "emailSet", new, shown).await;
    let waits =
        json!({ "email": "new@example.com", "emailConfirmed": false, "alertEmail": "old@example.com" });
    assert_eq!(set["user"], waits);
    let mut by_mail = wanted(&aapl(&node, &ann).await);
    by_mail["email"] = json!(true);
    assert_eq!(node.change(&ann, "alertCreate", by_mail, ALERT).await["alert"]["email"], true);

    let letter = node.outside.mails.lock().unwrap()[0].clone();
    assert_eq!(letter.to.as_str(), "new@example.com", "the code goes to the new one");
    let code = letter.text.split(' ').next().unwrap();
    let confirmed = node.change(&ann, "emailConfirm", json!({ "code": code }), shown).await;
    let in_force =
        json!({ "email": "new@example.com", "emailConfirmed": true, "alertEmail": "new@example.com" });
    assert_eq!(confirmed["user"], in_force);
}

#[tokio::test]
async fn letters_are_rationed() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let address = json!({ "email": "eve@example.com", "currentPassword": PASSWORD });
    for _ in 0..5 {
        node.change(&ann, "emailSet", address.clone(), "user { email }").await;
    }
    assert_eq!(node.refused(&ann, "emailSet", address).await.0, "TOO_MANY_ATTEMPTS");
    assert_eq!(node.outside.mails.lock().unwrap().len(), 5);
}
