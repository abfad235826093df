//! Where somebody is logged in: listed, and ended.

use domain::address::Origin;
use domain::session::{LogIn, RefreshToken};
use serde_json::{Value, json};
use time::Duration;

use crate::support::{Node, PASSWORD};

const SESSIONS: &str =
    "{ viewer { sessions { nodes { id createdAt lastUsedAt expiresAt address userAgent current } } } }";

async fn sessions(node: &Node, token: &str) -> Vec<Value> {
    let mut data = node.data(token, SESSIONS, json!({})).await;
    let Value::Array(sessions) = data["viewer"]["sessions"]["nodes"].take() else {
        panic!("no list: {data}")
    };
    sessions
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_others() {
    let node = Node::start().await;
    let first = node.log_in().await;
    node.clock.advance(Duration::minutes(1));
    let second = node.token_of("ann", PASSWORD).await;
    node.clock.advance(Duration::minutes(1));
    let third = node.token_of("ann", PASSWORD).await;
    let listed = sessions(&node, &second).await;
    let current: Vec<&Value> = listed.iter().map(|session| &session["current"]).collect();
    assert_eq!(current, [false, true, false], "the one that was used last first");
    assert_eq!(listed[0]["createdAt"], "2026-11-22T20:02:00Z");
    assert_eq!(listed[0]["lastUsedAt"], "2026-11-22T20:02:00Z");
    assert_eq!(listed[0]["expiresAt"], "2026-12-06T20:02:00Z");

    let revoked =
        node.change(&second, "sessionRevoke", json!({ "session": listed[0]["id"] }), "revoked").await;
    assert_eq!(revoked, json!({ "revoked": true, "userErrors": [] }));
    assert!(!node.lets_in(&third).await);
    let ended = node.refused(&second, "sessionRevoke", json!({ "session": listed[0]["id"] })).await;
    assert_eq!(ended, ("NOT_FOUND".into(), json!("session")));
    assert_eq!(node.refused(&second, "sessionRevoke", json!({ "session": "x" })).await.0, "INVALID");

    node.token_of("ann", PASSWORD).await;
    let query = "mutation { sessionRevokeOthers { revoked userErrors { code } } }";
    let others = node.data(&second, query, json!({})).await;
    assert_eq!(others["sessionRevokeOthers"], json!({ "revoked": 2, "userErrors": [] }));
    assert!(!node.lets_in(&first).await);
    assert_eq!(sessions(&node, &second).await.len(), 1);
    assert_eq!(node.stores.audit().last().unwrap(), "SESSION_REVOKE ann: ann (all other sessions)");
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_is_written_down() {
    let node = Node::start().await;
    node.set_up().await;
    let sessions = &node.people.sessions;
    let log_in = LogIn { username: "ann".into(), password: PASSWORD.into(), code: None };
    let opened = sessions.create(log_in, &Origin::default()).await.unwrap();
    let renewed = sessions.refresh(&opened.refresh_token, &Origin::default()).await.unwrap();
    let lines = node.stores.audit().len();
    for token in [&opened.refresh_token, &renewed.refresh_token, &RefreshToken([9; 32])] {
        let ended = sessions.refresh(token, &Origin::default()).await.unwrap_err();
        assert!(ended.to_string().contains("has ended"), "{ended}");
    }
    assert_eq!(node.stores.audit()[lines..], ["SESSION_REVOKE ann: ann (REFRESH_TOKEN_REUSED)"]);
}

#[tokio::test]
async fn a_session_tells_what_was_renewed_and_logging_out_is_written_down() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    node.clock.advance(Duration::minutes(5));
    node.ask(None, "mutation { sessionRefresh { userErrors { code } } }", json!({})).await;
    assert_eq!(sessions(&node, &ann).await[0]["lastUsedAt"], "2026-11-22T20:05:00Z");
    node.ask(None, "mutation { sessionRevoke { revoked } }", json!({})).await;
    assert!(!node.lets_in(&ann).await);
    assert_eq!(node.stores.audit().last().unwrap(), "SESSION_REVOKE ann: ann");
}

#[tokio::test]
async fn what_is_anothers_is_not_seen_except_by_an_administrator() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let of_ann = sessions(&node, &ann).await[0]["id"].clone();
    let ann_id = node.data(&ann, "{ viewer { id } }", json!({})).await["viewer"]["id"].clone();
    node.stores.add_user("bob");
    node.stores.add_user("cid");
    let bob = node.token_of("bob", PASSWORD).await;
    let cid = node.token_of("cid", PASSWORD).await;
    let of_bob = sessions(&node, &bob).await[0]["id"].clone();
    let bob_id = node.data(&bob, "{ viewer { id } }", json!({})).await["viewer"]["id"].clone();

    let foreign = node.refused(&bob, "sessionRevoke", json!({ "session": of_ann })).await;
    assert_eq!(foreign, ("NOT_FOUND".into(), json!("session")));
    let node_query = "query($id: ID!) { node(id: $id) { id __typename } }";
    for id in [&of_ann, &ann_id] {
        let found = node.data(&cid, node_query, json!({ "id": id })).await;
        assert_eq!(found["node"], Value::Null, "{id}");
    }
    for (id, kind) in [(&of_bob, "OpenSession"), (&bob_id, "User")] {
        for token in [&bob, &ann] {
            let found = node.data(token, node_query, json!({ "id": id })).await;
            assert_eq!(found["node"], json!({ "id": id, "__typename": kind }));
        }
    }
    let of_people =
        "{ users { nodes { username recoveryCodesLeft sessions { nodes { current } } apiKeys { id } } } }";
    let seen = node.data(&ann, of_people, json!({})).await;
    let bob_seen = json!({ "username": "bob", "recoveryCodesLeft": null, "sessions": { "nodes": [{ "current": false }] }, "apiKeys": [] });
    assert_eq!(seen["users"]["nodes"][1], bob_seen);
    assert_eq!(seen["users"]["nodes"][0]["recoveryCodesLeft"], 0);
    let ended = node.change(&ann, "sessionRevoke", json!({ "session": of_bob }), "revoked").await;
    assert_eq!(ended["revoked"], true, "an administrator ends anybody's");
    assert!(!node.lets_in(&bob).await);
    assert_eq!(node.stores.audit().last().unwrap(), "SESSION_REVOKE ann: bob");
}
