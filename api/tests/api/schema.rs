//! The contract as committed, and that it is described throughout.

use serde_json::{Value, json};

use crate::support::Node;

#[test]
fn the_committed_schema_is_the_one_that_is_served() {
    let committed = include_str!("../../../schema.graphql");
    assert!(
        committed == api::sdl(),
        "schema.graphql is out of date; run: cargo run -p api --example schema > schema.graphql"
    );
}

const INTROSPECTION: &str = "{ __schema { types { name kind description
    fields { name description args { name description type { ...t } } type { ...t } }
    inputFields { name description type { ...t } } enumValues { name description } } } }
  fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Every type of the schema.
pub async fn types(node: &Node) -> Vec<Value> {
    let response = node.ask(None, INTROSPECTION, json!({})).await;
    assert_eq!(response.get("errors"), None);
    response["data"]["__schema"]["types"].as_array().unwrap().clone()
}

/// The members of this name, none where there are none.
pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

#[tokio::test]
async fn everything_is_described() {
    let node = Node::start().await;
    for kind in types(&node).await {
        let name = kind["name"].as_str().unwrap();
        if name.starts_with("__") || ["Int", "Float", "String", "Boolean", "ID"].contains(&name) {
            continue;
        }
        let described = |what: &Value, path: String| {
            assert!(
                what["description"].as_str().is_some_and(|text| text.len() > 3),
                "{path} has no description"
            );
        };
        described(&kind, name.to_owned());
        for part in ["fields", "inputFields", "enumValues"] {
            for member in list(&kind, part) {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                described(member, path.clone());
                for argument in list(member, "args") {
                    described(argument, format!("{path}({})", argument["name"].as_str().unwrap()));
                }
            }
        }
    }
}
