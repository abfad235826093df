//! API keys: made by people, used by programs, never worth more than their user.

use domain::access::Scope;
use serde_json::{Value, json};
use time::Duration;

use crate::support::socket::Socket;
use crate::support::{Node, PASSWORD};

const VIEWER: &str = "{ viewer { username } }";
const LISTS: &str = "{ watchlists { name } }";

fn wanted(scopes: &[&str]) -> Value {
    json!({ "name": "my bot", "scopes": scopes, "currentPassword": PASSWORD })
}

/// A key that `input` asks for, with its secret.
async fn make(node: &Node, token: &str, input: Value) -> (Value, String) {
    let selection = "apiKey { id name prefix scopes addresses createdAt expiresAt lastUsedAt revokedAt user { username } } secret";
    let mut made = node.change(token, "apiKeyCreate", input, selection).await;
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    (made["apiKey"].take(), secret)
}

async fn code(node: &Node, token: &str, query: &str) -> Value {
    node.ask(Some(token), query, json!({})).await["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test]
async fn a_key_is_made_shown_once_used_and_revoked() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let mut input = wanted(&["MARKET_READ", "RESEARCH", "MARKET_READ"]);
    input["expiresAt"] = json!("2027-01-01T00:00:00Z");
    let (key, secret) = make(&node, &ann, input).await;
    assert!(secret.starts_with("tgk_") && secret.len() == 47, "the form");
    assert_eq!(key["prefix"], secret[4..12]);
    assert_eq!(key["scopes"], json!(["MARKET_READ", "RESEARCH"]));
    assert_eq!((&key["name"], &key["user"]["username"]), (&json!("my bot"), &json!("ann")));
    assert_eq!(
        (&key["createdAt"], &key["expiresAt"]),
        (&json!("2026-11-22T20:00:00Z"), &json!("2027-01-01T00:00:00Z"))
    );
    assert_eq!(
        (&key["lastUsedAt"], &key["revokedAt"], &key["addresses"]),
        (&Value::Null, &Value::Null, &json!([]))
    );

    assert_eq!(node.data(&secret, VIEWER, json!({})).await["viewer"]["username"], "ann");
    assert!(node.data(&secret, LISTS, json!({})).await["watchlists"].is_array());
    let mut socket = Socket::open(&node.address, &secret).await;
    socket.subscribe("a", "subscription { system { time } }", json!({})).await;
    assert!(socket.next("a").await["data"]["system"].is_object());

    let listed = "{ viewer { apiKeys { id revokedAt } } }";
    let before = node.data(&ann, listed, json!({})).await;
    assert_eq!(before["viewer"]["apiKeys"], json!([{ "id": key["id"], "revokedAt": null }]));
    node.clock.advance(Duration::minutes(1));
    let revoked =
        node.change(&ann, "apiKeyRevoke", json!({ "apiKey": key["id"] }), "apiKey { revokedAt }").await;
    assert_eq!(revoked["apiKey"]["revokedAt"], "2026-11-22T20:01:00Z");
    assert_eq!(code(&node, &secret, VIEWER).await, "UNAUTHENTICATED", "at once");
    let mut closed = Socket::connect(&node.address, "graphql-transport-ws").await;
    closed.send(&json!({ "type": "connection_init", "payload": { "accessToken": secret } })).await;
    assert_eq!(closed.closed().await.0, 4403);
    node.clock.advance(Duration::minutes(1));
    let again =
        node.change(&ann, "apiKeyRevoke", json!({ "apiKey": key["id"] }), "apiKey { revokedAt }").await;
    assert_eq!(again["apiKey"]["revokedAt"], "2026-11-22T20:01:00Z", "twice is no error");
    let after = node.data(&ann, listed, json!({})).await;
    assert_eq!(after["viewer"]["apiKeys"][0]["revokedAt"], "2026-11-22T20:01:00Z");
    assert_eq!(
        node.stores.audit()[2..],
        ["API_KEY_CREATE ann: my bot (market:read research)", "API_KEY_REVOKE ann: my bot (of ann)"]
    );
    node.clock.advance(Duration::days(31));
    let ann = node.token_of("ann", PASSWORD).await;
    assert_eq!(
        node.data(&ann, listed, json!({})).await["viewer"]["apiKeys"],
        json!([]),
        "not listed for ever"
    );
}

#[tokio::test]
async fn a_key_that_is_not_as_it_should_be_is_not_made() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    node.stores.add_user_as("bob", domain::user::Role::Researcher);
    let bob = node.token_of("bob", PASSWORD).await;
    let with = |name: &str, value: Value| {
        let mut input = wanted(&["MARKET_READ"]);
        input[name] = value;
        input
    };
    let cases = [
        (with("name", json!("")), "INVALID", "name"),
        (with("name", json!("x".repeat(61))), "INVALID", "name"),
        (with("scopes", json!([])), "INVALID", "scopes"),
        (with("scopes", json!(["RESEARCH", "TRADE_PAPER"])), "INVALID", "scopes"),
        (with("scopes", json!(["ADMIN"])), "INVALID", "scopes"),
        (with("expiresAt", json!("2026-11-22T20:00:00Z")), "INVALID", "expiresAt"),
        (with("addresses", json!(["10.0.0.0/33"])), "INVALID", "addresses"),
        (with("addresses", json!(["10.0.0.1/8"])), "INVALID", "addresses"),
        (with("addresses", json!(vec!["10.0.0.1"; 21])), "LIMIT_REACHED", "addresses"),
        (with("currentPassword", json!("wrong horse battery")), "PASSWORD_WRONG", "currentPassword"),
    ];
    for (input, expected, field) in cases {
        let refused = node.refused(&bob, "apiKeyCreate", input.clone()).await;
        assert_eq!(refused, (expected.to_owned(), json!(field)), "{input}");
    }
    assert_eq!(
        node.data(&bob, "{ viewer { apiKeys { id } } }", json!({})).await["viewer"]["apiKeys"],
        json!([])
    );
    for _ in 0..50 {
        node.stores.add_key("ann", [Scope::MarketRead].into_iter().collect());
    }
    let full = node.refused(&ann, "apiKeyCreate", wanted(&["MARKET_READ"])).await;
    assert_eq!(full, ("LIMIT_REACHED".into(), Value::Null));
}

#[tokio::test]
async fn a_key_does_what_its_scopes_and_its_users_role_both_allow() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    node.stores.add_user_as("bob", domain::user::Role::Admin);
    let (_, reader) = make(&node, &ann, wanted(&["MARKET_READ"])).await;
    let (_, manager) = make(&node, &ann, wanted(&["ADMIN"])).await;
    assert_eq!(code(&node, &reader, LISTS).await, Value::Null);
    assert_eq!(code(&node, &reader, "{ users { nodes { id } } }").await, "FORBIDDEN");
    assert_eq!(code(&node, &manager, LISTS).await, "FORBIDDEN");
    assert_eq!(code(&node, &manager, "{ users { nodes { id } } }").await, Value::Null);
    let own = node.data(
        &reader,
        "{ viewer { sessions { nodes { id } } apiKeys { id } recoveryCodesLeft } }",
        json!({}),
    );
    assert_eq!(own.await["viewer"], json!({ "sessions": null, "apiKeys": null, "recoveryCodesLeft": null }));

    // What concerns oneself is for people alone, whatever the scopes.
    let change = "mutation { passwordChange(input: { currentPassword: \"a\", newPassword: \"b\" }) { userErrors { code } } }";
    assert_eq!(code(&node, &manager, change).await, "FORBIDDEN");
    node.clock.advance(Duration::seconds(1));
    // Whoever could make a person or become one would need no key any more.
    let invite = "mutation { userInvite(input: { username: \"cid\", role: ADMIN }) { userErrors { code } } }";
    assert_eq!(code(&node, &manager, invite).await, "FORBIDDEN");
    node.stores.add_user("cid");
    let users = node.data(&manager, "{ users(last: 1) { nodes { id username } } }", json!({})).await;
    let cid = &users["users"]["nodes"][0];
    assert_eq!(cid["username"], "cid");
    let user = json!({ "user": cid["id"] });
    let disabled = node.change(&manager, "userDisable", user, "user { state }").await;
    assert_eq!(disabled["user"]["state"], "DISABLED");
    let line = node
        .data(&ann, "{ auditLines(first: 1) { nodes { via username apiKey { name } } } }", json!({}))
        .await;
    assert_eq!(
        line["auditLines"]["nodes"][0],
        json!({ "via": "API_KEY", "username": "ann", "apiKey": { "name": "my bot" } })
    );

    // The role goes down while the keys live: they go down with it.
    let id = node.data(&ann, "{ viewer { id } }", json!({})).await["viewer"]["id"].clone();
    let bob = node.token_of("bob", PASSWORD).await;
    node.change(&bob, "userRoleSet", json!({ "user": id, "role": "VIEWER" }), "user { id }").await;
    assert_eq!(code(&node, &manager, "{ users { nodes { id } } }").await, "FORBIDDEN");
    assert_eq!(code(&node, &reader, LISTS).await, Value::Null);
    // Locked out, no key works; let in again, they do.
    node.change(&bob, "userDisable", json!({ "user": id }), "user { id }").await;
    assert_eq!(code(&node, &reader, VIEWER).await, "UNAUTHENTICATED");
    node.change(&bob, "userEnable", json!({ "user": id }), "user { id }").await;
    assert_eq!(code(&node, &reader, LISTS).await, Value::Null);
}

#[tokio::test]
async fn anothers_key_is_revoked_by_an_administrator_alone() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    node.stores.add_user("bob");
    let bob = node.token_of("bob", PASSWORD).await;
    let (of_ann, _) = make(&node, &ann, wanted(&["MARKET_READ"])).await;
    let (of_bob, secret) = make(&node, &bob, wanted(&["MARKET_READ"])).await;
    let (_, manager) = make(&node, &ann, wanted(&["ADMIN"])).await;
    let foreign = node.refused(&bob, "apiKeyRevoke", json!({ "apiKey": of_ann["id"] })).await;
    assert_eq!(foreign, ("NOT_FOUND".into(), json!("apiKey")));
    assert_eq!(node.refused(&bob, "apiKeyRevoke", json!({ "apiKey": "x" })).await.0, "INVALID");
    let found =
        node.data(&bob, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": of_ann["id"] })).await;
    assert_eq!(found["node"], Value::Null);
    let seen = node.data(&ann, "{ users { nodes { username apiKeys { id } } } }", json!({})).await;
    assert_eq!(seen["users"]["nodes"][1]["apiKeys"], json!([{ "id": of_bob["id"] }]));
    let revoked =
        node.change(&manager, "apiKeyRevoke", json!({ "apiKey": of_bob["id"] }), "apiKey { id }").await;
    assert_eq!(revoked["apiKey"]["id"], of_bob["id"], "by a key with the scope admin, too");
    assert_eq!(code(&node, &secret, VIEWER).await, "UNAUTHENTICATED");
    assert_eq!(node.stores.audit().last().unwrap(), "API_KEY_REVOKE ann: my bot (of bob)");
}

#[tokio::test]
async fn a_key_is_good_from_its_addresses_and_until_its_end() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let mut input = wanted(&["MARKET_READ"]);
    input["addresses"] = json!(["203.0.113.0/24", "2001:db8::1"]);
    input["expiresAt"] = json!("2026-11-22T21:00:00Z");
    let (key, secret) = make(&node, &ann, input).await;
    assert_eq!(key["addresses"], json!(["203.0.113.0/24", "2001:db8::1"]));
    assert_eq!(code(&node, &secret, VIEWER).await, "UNAUTHENTICATED", "the test comes from elsewhere");
    let from = async |address: &str| {
        let address = address.parse().ok();
        node.people.api_keys.authenticate(&secret, address).await.unwrap().map(|(key, _)| key.id)
    };
    let id = from("203.0.113.9").await.expect("from its range");
    assert_eq!(from("::ffff:203.0.113.9").await, Some(id));
    assert_eq!(from("2001:db8::1").await, Some(id));
    for foreign in ["203.0.114.9", "2001:db8::2", "127.0.0.1", "unknown"] {
        assert_eq!(from(foreign).await, None, "{foreign}");
    }
    let again =
        async |address: &str| node.people.api_keys.again(id, address.parse().ok()).await.unwrap().is_some();
    assert!(again("203.0.113.9").await);
    assert!(!again("203.0.114.9").await);
    node.clock.advance(Duration::hours(1) - Duration::seconds(1));
    assert!(from("203.0.113.9").await.is_some() && again("203.0.113.9").await);
    node.clock.advance(Duration::seconds(1));
    assert!(from("203.0.113.9").await.is_none() && !again("203.0.113.9").await);
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let (_, secret) = make(&node, &ann, wanted(&["MARKET_READ"])).await;
    let other = format!("{}{}", &secret[..46], if secret.ends_with('A') { "E" } else { "A" });
    for forged in
        ["tgk_", "tgk_x", &secret[4..], &secret[..46], &format!("{secret}A"), &secret.to_uppercase(), &other]
    {
        assert_eq!(code(&node, forged, VIEWER).await, "UNAUTHENTICATED", "{forged}");
    }
}

#[tokio::test]
async fn the_last_use_is_written_in_batches_and_at_the_end() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let (_, secret) = make(&node, &ann, wanted(&["MARKET_READ"])).await;
    let last = "{ viewer { apiKeys { lastUsedAt } } }";
    let used = async || node.data(&ann, last, json!({})).await["viewer"]["apiKeys"][0]["lastUsedAt"].clone();
    node.data(&secret, VIEWER, json!({})).await;
    node.clock.advance(Duration::seconds(10));
    node.data(&secret, VIEWER, json!({})).await;
    assert_eq!(used().await, Value::Null, "no request writes");
    node.stop().await;
    assert_eq!(used().await, "2026-11-22T20:00:10Z");
}
