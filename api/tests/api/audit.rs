//! The audit log: complete, without secrets, for administrators.

use serde_json::{Value, json};

use crate::support::{Node, PASSWORD};

const LINES: &str = "query($first: Int, $after: String, $last: Int, $before: String, $user: ID, $action: AuditAction) {
    auditLines(first: $first, after: $after, last: $last, before: $before, user: $user, action: $action) {
        edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor }
        nodes { id at user { username } username via apiKey { id } address action subject outcome detail } } }";

async fn lines(node: &Node, token: &str, arguments: Value) -> Value {
    node.data(token, LINES, arguments).await["auditLines"].take()
}

fn actions(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_log_is_read_newest_first_and_by_user_and_action() {
    let node = Node::start().await;
    node.set_up().await;
    node.clock.advance(time::Duration::seconds(1));
    let ann = node.token_of("ann", PASSWORD).await;
    node.clock.advance(time::Duration::seconds(1));
    let invited =
        node.change(&ann, "userInvite", json!({ "username": "bob", "role": "VIEWER" }), "user { id }").await;
    node.clock.advance(time::Duration::seconds(1));
    node.log_in_as("bob", PASSWORD).await;
    node.clock.advance(time::Duration::seconds(1));
    node.log_in_as("nobody", PASSWORD).await;
    let all = lines(&node, &ann, json!({})).await;
    assert_eq!(
        actions(&all),
        ["SESSION_CREATE", "SESSION_CREATE", "USER_INVITE", "SESSION_CREATE", "USER_SET_UP"]
    );
    let mut nobody = all["nodes"][0].clone();
    let id = nobody["id"].take();
    assert_eq!(
        nobody,
        json!({ "id": null, "at": "2026-11-22T20:00:04Z", "user": null, "username": null, "via": "NOBODY",
            "apiKey": null, "address": nobody["address"], "action": "SESSION_CREATE", "subject": null,
            "outcome": "REFUSED", "detail": "INVALID_CREDENTIALS" })
    );
    let invitation = &all["nodes"][2];
    assert_eq!((&invitation["via"], &invitation["outcome"]), (&json!("SESSION"), &json!("DONE")));
    assert_eq!((&invitation["user"]["username"], &invitation["subject"]), (&json!("ann"), &json!("bob")));
    let found =
        node.data(&ann, "query($id: ID!) { node(id: $id) { id __typename } }", json!({ "id": id })).await;
    assert_eq!(found["node"], json!({ "id": id, "__typename": "AuditLine" }));

    let of_bob = lines(&node, &ann, json!({ "user": invited["user"]["id"] })).await;
    assert_eq!(of_bob["nodes"][0]["detail"], "NO_PASSWORD");
    assert_eq!(actions(&of_bob), ["SESSION_CREATE"]);
    let invitations = lines(&node, &ann, json!({ "action": "USER_INVITE" })).await;
    assert_eq!(actions(&invitations), ["USER_INVITE"]);
    let first = lines(&node, &ann, json!({ "first": 2 })).await;
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let next = lines(&node, &ann, json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(actions(&next), ["USER_INVITE", "SESSION_CREATE", "USER_SET_UP"]);
    assert_eq!(next["pageInfo"]["hasNextPage"], false);
    let last = lines(&node, &ann, json!({ "last": 1 })).await;
    assert_eq!(actions(&last), ["USER_SET_UP"]);
    let bad = node.ask(Some(&ann), LINES, json!({ "user": "x" })).await;
    assert_eq!(bad["errors"][0]["extensions"]["code"], "BAD_ID");
}

#[tokio::test]
async fn the_log_is_for_administrators_alone() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = lines(&node, &ann, json!({})).await["nodes"][0]["id"].clone();
    node.stores.add_user_as("bob", domain::user::Role::Trader);
    let bob = node.token_of("bob", PASSWORD).await;
    let refused = node.ask(Some(&bob), LINES, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(refused["data"]["auditLines"], Value::Null);
    let found = node.data(&bob, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
    assert_eq!(found["node"], Value::Null);
}

#[tokio::test]
async fn no_secret_gets_into_the_log() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let typed = "hunter2 hunter2 hunter2";
    node.log_in_as(typed, typed).await;
    node.log_in_as("ann", typed).await;
    node.refused(&ann, "passwordChange", json!({ "currentPassword": typed, "newPassword": typed })).await;
    let input = json!({ "username": "bob", "role": "VIEWER" });
    let invited = node.change(&ann, "userInvite", input, "passwordToken").await;
    let link = invited["passwordToken"].as_str().unwrap().to_owned();
    node.change("", "passwordSet", json!({ "passwordToken": link, "password": PASSWORD }), "user { id }")
        .await;
    let input = json!({ "name": "bot", "scopes": ["MARKET_READ"], "currentPassword": PASSWORD });
    let made = node.change(&ann, "apiKeyCreate", input, "secret").await;
    let begun = node.change(&ann, "totpBegin", json!({ "currentPassword": PASSWORD }), "secret").await;
    node.refused(&ann, "totpConfirm", json!({ "code": "000000" })).await;
    let log = node.stores.raw_audit();
    assert!(log.contains("ApiKeyCreate") && log.contains("TotpConfirm"), "{log}");
    for secret in [
        "hunter2",
        PASSWORD,
        &link,
        &ann,
        "000000",
        made["secret"].as_str().unwrap(),
        begun["secret"].as_str().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
