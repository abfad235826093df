//! The contract as committed, and that nothing in it is open by mistake.

use serde_json::{Value, json};

use crate::support::Node;
use crate::support::socket::Socket;

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

async fn types(node: &Node) -> Vec<Value> {
    let response = node.ask(None, INTROSPECTION, json!({})).await;
    assert_eq!(response.get("errors"), None);
    response["data"]["__schema"]["types"].as_array().unwrap().clone()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
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

/// Root fields that need no session.
const OPEN: [&str; 6] = ["viewer", "system", "userSetUp", "sessionCreate", "sessionRefresh", "sessionRevoke"];

/// A value of this type, written as GraphQL, so that an operation is valid.
fn sample(kind: &Value, types: &[Value]) -> String {
    match kind["kind"].as_str().unwrap() {
        "NON_NULL" => sample(&kind["ofType"], types),
        "LIST" => format!("[{}]", sample(&kind["ofType"], types)),
        "ENUM" => list(find(types, kind), "enumValues")[0]["name"].as_str().unwrap().to_owned(),
        "INPUT_OBJECT" => {
            let fields = list(find(types, kind), "inputFields").iter();
            let fields = fields.map(|field| {
                format!("{}: {}", field["name"].as_str().unwrap(), sample(&field["type"], types))
            });
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        _ => match kind["name"].as_str().unwrap() {
            "Int" | "Float" => "1".to_owned(),
            "Boolean" => "true".to_owned(),
            "DateTime" => "\"2026-11-22T00:00:00Z\"".to_owned(),
            "Decimal" => "\"1\"".to_owned(),
            _ => "\"x\"".to_owned(),
        },
    }
}

fn find<'v>(types: &'v [Value], kind: &Value) -> &'v Value {
    types.iter().find(|known| known["name"] == kind["name"]).unwrap()
}

/// The root fields of a type, each as a selection with sample arguments.
fn root_fields(types: &[Value], root: &str) -> Vec<(String, String)> {
    let fields = list(find(types, &json!({ "name": root })), "fields").iter();
    let written = fields.map(|field| {
        let name = field["name"].as_str().unwrap();
        let args = list(field, "args").iter();
        let args =
            args.map(|arg| format!("{}: {}", arg["name"].as_str().unwrap(), sample(&arg["type"], types)));
        let args: Vec<String> = args.collect();
        let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
        (name.to_owned(), format!("{name}{args} {{ __typename }}"))
    });
    written.collect()
}

#[tokio::test]
async fn no_root_field_is_open_by_mistake() {
    let node = Node::start().await;
    let types = types(&node).await;
    let mut tried = 0;
    for (root, operation) in [("Query", "query"), ("Mutation", "mutation")] {
        for (name, selection) in root_fields(&types, root) {
            if OPEN.contains(&name.as_str()) {
                continue;
            }
            let response = node.ask(None, &format!("{operation} {{ {selection} }}"), json!({})).await;
            assert_eq!(
                response["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
                "{root}.{name}: {response}"
            );
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
}

#[tokio::test]
async fn no_subscription_is_open_without_a_session() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let types = types(&node).await;
    let fields = root_fields(&types, "Subscription");
    assert_eq!(fields.len(), 3);
    // A socket needs a token to be opened at all; each field has its own guard besides.
    let mut socket = Socket::connect(&node.address, "graphql-transport-ws").await;
    socket.send(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await.0, 4403);
    let mut socket = Socket::open(&node.address, &token).await;
    for (name, selection) in fields {
        socket.subscribe(&name, &format!("subscription {{ {selection} }}"), json!({})).await;
        let answer = socket.receive().await;
        assert_eq!(answer["id"], name.as_str(), "{answer}");
        if name == "system" {
            assert!(answer["payload"]["data"]["system"].is_object(), "{answer}");
            continue;
        }
        // The guard lets an open session through: it is the sample's arguments that are refused.
        assert!(answer["payload"]["errors"][0]["extensions"]["code"] == "BAD_ID", "{answer}");
        assert_eq!(socket.receive().await["type"], "complete");
    }
}
