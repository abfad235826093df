//! Layouts and preferences, through the endpoint.

use serde_json::{Value, json};

use crate::support::{Node, PASSWORD};

const LAYOUT: &str = "layout { id name content version updatedAt }";

#[tokio::test]
async fn a_layout_is_saved_changed_and_deleted() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let content = json!({ "panels": [{ "kind": "chart" }] }).to_string();
    let made =
        node.change(&ann, "layoutSave", json!({ "name": "Morning", "content": content }), LAYOUT).await;
    let layout = &made["layout"];
    assert_eq!((&layout["version"], &layout["content"]), (&json!(1), &json!(content)));
    let save = |version: Value| json!({ "layout": layout["id"], "name": "M", "content": "{}", "expectedVersion": version });
    let saved = node.change(&ann, "layoutSave", save(json!(1)), LAYOUT).await;
    assert_eq!(saved["layout"]["version"], 2);
    let outdated = node.refused(&ann, "layoutSave", save(json!(1))).await;
    assert_eq!(outdated, ("OUTDATED".into(), json!("expectedVersion")));
    assert_eq!(node.change(&ann, "layoutSave", save(Value::Null), LAYOUT).await["layout"]["version"], 3);

    node.stores.add_user("bob");
    let bob = node.token_of("bob", PASSWORD).await;
    assert_eq!(
        node.refused(&bob, "layoutSave", save(Value::Null)).await,
        ("NOT_FOUND".into(), json!("layout"))
    );
    assert_eq!(node.data(&bob, "{ layouts { id } }", json!({})).await["layouts"], json!([]));
    let listed = node.data(&ann, "{ layouts { name } }", json!({})).await;
    assert_eq!(listed["layouts"], json!([{ "name": "M" }]));
    let by_id = json!({ "layout": layout["id"] });
    let gone = node.change(&ann, "layoutDelete", by_id.clone(), "deletedLayoutId").await;
    assert_eq!(gone["deletedLayoutId"], layout["id"]);
    assert_eq!(node.refused(&ann, "layoutDelete", by_id).await.0, "NOT_FOUND");
}

#[tokio::test]
async fn what_is_no_object_or_too_large_is_refused() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let object = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    let layout = |content: String| json!({ "name": "L", "content": content });
    let preferences = |content: String| json!({ "content": content });
    for (field, input, expected) in [
        ("layoutSave", layout("[]".into()), Some("INVALID")),
        ("layoutSave", layout("{".into()), Some("INVALID")),
        ("layoutSave", layout(object(65_536)), None),
        ("layoutSave", layout(object(65_537)), Some("LIMIT_REACHED")),
        ("preferencesSave", preferences("null".into()), Some("INVALID")),
        ("preferencesSave", preferences(object(16_384)), None),
        ("preferencesSave", preferences(object(16_385)), Some("LIMIT_REACHED")),
    ] {
        let payload = node.change(&ann, field, input, "__typename").await;
        let code = payload["userErrors"][0]["code"].as_str();
        assert_eq!(code, expected, "{field}");
    }
}

#[tokio::test]
async fn preferences_are_saved_by_version() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let query = "{ preferences { content version } }";
    let before = node.data(&ann, query, json!({})).await;
    assert_eq!(before["preferences"], json!({ "content": "{}", "version": 0 }));
    let save = json!({ "content": "{\"theme\":\"dark\"}", "expectedVersion": 0 });
    let saved = node.change(&ann, "preferencesSave", save.clone(), "preferences { version }").await;
    assert_eq!(saved["preferences"]["version"], 1);
    assert_eq!(node.refused(&ann, "preferencesSave", save).await.0, "OUTDATED");
    let now = node.data(&ann, query, json!({})).await;
    assert_eq!(now["preferences"], json!({ "content": "{\"theme\":\"dark\"}", "version": 1 }));
}
