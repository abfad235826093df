//! Registered operations: by POST, GET and websocket, and where nothing else is executed.

use api::{DocumentPolicy, ProtocolOptions};
use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::socket::Socket;
use crate::support::{LOG_IN, Node, SET_UP};

/// Texts with their ids, as `sha256sum` gives them.
const VERSION: (&str, &str) =
    ("{ system { version } }", "sha256:78625d37621c22309c9bfd0ed56b3865411ef25ba7477763b6a631efa121b82a");
const ECHO: (&str, &str) = (
    "query Echo($id: ID!) { node(id: $id) { id } }",
    "sha256:7dab87ea56e42ff0834944dfbf84d0094e20eef8beb72f0a6a47272bd776c75c",
);
const REVOKE: (&str, &str) = (
    "mutation { sessionRevoke { revoked } }",
    "sha256:ce8eaedd7ed24641f84065f67674f1ac247780f479e492f190b882c920d562e8",
);
const FOLLOW: (&str, &str) = (
    "subscription { system { setUpNeeded } }",
    "sha256:8240d0cfb096a69145c2aaa01c49190b4f7254ca9168de3b2cbd351268b468af",
);

fn id_of(text: &str) -> String {
    let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

async fn node(documents: DocumentPolicy) -> Node {
    let entries = [VERSION, ECHO, REVOKE, FOLLOW].map(|(text, id)| (id.to_owned(), text.into()));
    let log_in = [SET_UP, LOG_IN].map(|text| (id_of(text), text.into()));
    let entries: serde_json::Map<String, Value> = entries.into_iter().chain(log_in).collect();
    let operations = Some(Value::Object(entries).to_string().into());
    Node::start_with(ProtocolOptions { documents, operations, ..ProtocolOptions::default() }).await
}

async fn post(node: &Node, body: Value) -> (u16, Value) {
    let request = node.client.post(node.url()).header(ACCEPT, "application/graphql-response+json");
    let response = request.json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn code(response: &Value) -> &str {
    response["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_registered_operation_is_named_by_its_id() {
    let node = node(DocumentPolicy::Any).await;
    let (status, found) = post(&node, json!({ "documentId": VERSION.1 })).await;
    assert_eq!((status, &found["data"]), (200, &json!({ "system": { "version": "1.2.3" } })));
    let unknown = format!("sha256:{}", "0".repeat(64));
    for id in [unknown.as_str(), "sha256:", "", "md5:00", &VERSION.1.to_uppercase()] {
        let (status, answer) = post(&node, json!({ "documentId": id })).await;
        assert_eq!((status, code(&answer)), (400, "DOCUMENT_NOT_FOUND"), "{id}");
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    }
    let both = json!({ "documentId": VERSION.1, "query": VERSION.0 });
    let (status, answer) = post(&node, both).await;
    assert_eq!((status, code(&answer)), (400, "BAD_REQUEST"));
    let missing = json!({ "documentId": ECHO.1, "operationName": "Echo" });
    assert_eq!(code(&post(&node, missing).await.1), "BAD_REQUEST", "its variable is missing");
    let given = json!({ "documentId": ECHO.1, "operationName": "Echo", "variables": { "id": "x" } });
    assert_eq!(code(&post(&node, given).await.1), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_registered_operation_can_be_asked_for_by_get() {
    let node = node(DocumentPolicy::Any).await;
    let get = |id: &str| node.client.get(node.url()).query(&[("documentId", id)]).send();
    let found: Value = get(VERSION.1).await.unwrap().json().await.unwrap();
    assert_eq!(found["data"]["system"]["version"], "1.2.3");
    assert_eq!(get(REVOKE.1).await.unwrap().status(), 405, "but no mutation");
    let unknown: Value = get("sha256:00").await.unwrap().json().await.unwrap();
    assert_eq!(code(&unknown), "DOCUMENT_NOT_FOUND");
}

#[tokio::test]
async fn a_registered_operation_can_be_asked_for_over_a_socket() {
    let node = node(DocumentPolicy::Registered).await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    let subscribe = |payload: Value| json!({ "type": "subscribe", "id": "a", "payload": payload });
    socket.send(&subscribe(json!({ "documentId": FOLLOW.1 }))).await;
    assert_eq!(socket.next("a").await["data"], json!({ "system": { "setUpNeeded": false } }));
    socket.send(&json!({ "type": "complete", "id": "a" })).await;
    for (payload, expected) in [
        (json!({ "documentId": "sha256:00" }), "DOCUMENT_NOT_FOUND"),
        (json!({ "documentId": FOLLOW.1, "query": FOLLOW.0 }), "BAD_REQUEST"),
        (json!({ "query": "subscription { system { version } }" }), "FORBIDDEN"),
    ] {
        socket.send(&subscribe(payload.clone())).await;
        let answer = socket.receive().await;
        assert_eq!(
            (&answer["type"], &answer["payload"][0]["extensions"]["code"]),
            (&json!("error"), &json!(expected))
        );
    }
    socket.send(&subscribe(json!({}))).await;
    assert_eq!(socket.closed().await.0, 4400);
}

#[tokio::test]
async fn nothing_else_is_executed_where_that_is_asked_for() {
    let node = node(DocumentPolicy::Registered).await;
    let token = node.log_in().await;
    let ask = async |token: Option<&str>, query: &str| node.ask(token, query, json!({})).await;
    for token in [None, Some(token.as_str())] {
        assert_eq!(code(&ask(token, "{ system { environment } }").await), "FORBIDDEN");
        assert_eq!(code(&ask(token, "{ system {  version } }").await), "FORBIDDEN", "another text");
        assert_eq!(ask(token, VERSION.0).await["data"]["system"]["version"], "1.2.3", "its very text");
    }
    let (status, _) = post(&node, json!({ "query": "{ system { environment } }" })).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn the_registry_is_not_served() {
    let node = node(DocumentPolicy::Any).await;
    for path in [
        "operations.json",
        "operations.json.br",
        "operations.json.gz",
        "/operations.json",
        "x/operations.json",
    ] {
        let response = node.client.get(format!("http://{}/{path}", node.address)).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
}
