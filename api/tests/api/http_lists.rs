//! That no list is free: the schema is walked, so that a new list without a complexity is found.

use std::collections::{HashMap, VecDeque};

use api::{Budget, Limits, ProtocolOptions};
use serde_json::{Value, json};

use crate::support::Node;

const INTROSPECTION: &str = "{ __schema { types { name kind possibleTypes { name }
    fields { name args { name type { ...t } } type { ...t } }
    inputFields { name type { ...t } } enumValues { name } } } }
  fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Lists whose length stands in the field above them.
const INSIDE: [(&str, &str); 5] = [
    ("BarSeries", "bars"),
    ("Depth", "asks"),
    ("Depth", "bids"),
    ("IndicatorSeries", "indicators"),
    ("VolumeProfile", "rows"),
];

/// A type's fields that hold objects: the name with its arguments, the type, whether it is a list.
struct Child {
    name: String,
    selection: String,
    kind: String,
    is_list: bool,
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn find<'v>(types: &'v [Value], name: &str) -> &'v Value {
    types.iter().find(|kind| kind["name"] == name).unwrap()
}

/// The innermost type, and whether a list stands around it.
fn unwrapped(kind: &Value) -> (&Value, bool) {
    match text(kind, "kind") {
        "NON_NULL" => unwrapped(&kind["ofType"]),
        "LIST" => (unwrapped(&kind["ofType"]).0, true),
        _ => (kind, false),
    }
}

/// A value for an argument that must be given.
fn sample(types: &[Value], kind: &Value) -> String {
    let (inner, is_list) = unwrapped(kind);
    let value = match (text(inner, "kind"), text(inner, "name")) {
        ("ENUM", name) => text(&list(find(types, name), "enumValues")[0], "name").to_owned(),
        ("INPUT_OBJECT", name) => {
            let fields = list(find(types, name), "inputFields").iter();
            let fields =
                fields.map(|field| format!("{}: {}", text(field, "name"), sample(types, &field["type"])));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        (_, "Int" | "Float") => "1".to_owned(),
        (_, "Boolean") => "true".to_owned(),
        (_, "DateTime") => "\"2026-11-22T00:00:00Z\"".to_owned(),
        (_, "Decimal") => "\"1\"".to_owned(),
        _ => "\"x\"".to_owned(),
    };
    if is_list { format!("[{value}]") } else { value }
}

fn children(types: &[Value], parent: &str) -> Vec<Child> {
    let fields = list(find(types, parent), "fields").iter();
    let composite = |field: &&Value| {
        ["OBJECT", "INTERFACE", "UNION"].contains(&text(unwrapped(&field["type"]).0, "kind"))
    };
    let child = |field: &Value| {
        let (kind, is_list) = unwrapped(&field["type"]);
        let required = list(field, "args").iter().filter(|argument| argument["type"]["kind"] == "NON_NULL");
        let given = required
            .map(|argument| format!("{}: {}", text(argument, "name"), sample(types, &argument["type"])));
        let given = given.collect::<Vec<_>>().join(", ");
        let name = text(field, "name").to_owned();
        let selection = if given.is_empty() { name.clone() } else { format!("{name}({given})") };
        Child { name, selection, kind: text(kind, "name").to_owned(), is_list }
    };
    fields.filter(composite).map(child).collect()
}

/// How to reach each type from the query, as the text before and behind a selection of it.
fn paths(types: &[Value]) -> HashMap<String, (String, String)> {
    let mut paths = HashMap::from([("Query".to_owned(), ("{ ".to_owned(), " }".to_owned()))]);
    let mut open = VecDeque::from(["Query".to_owned()]);
    while let Some(name) = open.pop_front() {
        let (before, behind) = paths[&name].clone();
        let steps = children(types, &name).into_iter().map(|child| (child.kind, child.selection));
        let possible = list(find(types, &name), "possibleTypes").iter();
        let narrower =
            possible.map(|kind| (text(kind, "name").to_owned(), format!("... on {}", text(kind, "name"))));
        for (kind, step) in steps.chain(narrower) {
            if !paths.contains_key(&kind) {
                paths.insert(kind.clone(), (format!("{before}{step} {{ "), format!(" }}{behind}")));
                open.push_back(kind);
            }
        }
    }
    paths
}

/// A field of a type that holds no object and needs no argument, reached through this path.
fn leaf(types: &[Value], kind: &str) -> Option<String> {
    let is_leaf = |field: &&Value| {
        let required = list(field, "args").iter().any(|argument| argument["type"]["kind"] == "NON_NULL");
        !required && ["SCALAR", "ENUM"].contains(&text(unwrapped(&field["type"]).0, "kind"))
    };
    let known = find(types, kind);
    if let Some(field) = list(known, "fields").iter().find(is_leaf) {
        return Some(text(field, "name").to_owned());
    }
    // A page has no field of its own; what it holds may be told from one of its entries, or from below it.
    children(types, kind).into_iter().filter(|child| !child.is_list).find_map(|child| {
        let below = leaf(types, &child.kind)?;
        Some(format!("{} {{ {below} }}", child.selection))
    })
}

/// How much one more leaf costs at the end of a path.
async fn price(node: &Node, path: &(String, String), leaf: &str) -> i64 {
    let cost_of = async |selection: &str| {
        let query = format!("{}{selection}{}", path.0, path.1);
        let response = node.ask(None, &query, json!({})).await;
        response["extensions"]["cost"]["requested"].as_i64().unwrap_or_else(|| panic!("{query}: {response}"))
    };
    cost_of(&format!("a: {leaf} b: {leaf} c: {leaf}")).await - cost_of(&format!("a: {leaf} b: {leaf}")).await
}

#[tokio::test]
async fn every_list_multiplies_what_is_below_it() {
    let cost = Budget { capacity: 1_000_000_000, per_second: 1 };
    let limits = Limits { cost, ..Limits::default() };
    let node = Node::start_with(ProtocolOptions { limits, ..ProtocolOptions::default() }).await;
    let response = node.ask(None, INTROSPECTION, json!({})).await;
    let types = response["data"]["__schema"]["types"].as_array().unwrap().clone();
    let mut walked = Vec::new();
    for (parent, path) in paths(&types) {
        if parent.starts_with("__") {
            continue;
        }
        // What a leaf costs beside the list; each object above was counted on the way.
        let beside = match leaf(&types, &parent) {
            Some(leaf) if parent != "Query" => price(&node, &path, &leaf).await,
            _ => 1,
        };
        for child in children(&types, &parent) {
            let is_page = child.kind.ends_with("Connection");
            let is_inside =
                parent.ends_with("Connection") || INSIDE.contains(&(parent.as_str(), child.name.as_str()));
            if !(child.is_list || is_page) || is_inside || child.kind == "UserError" {
                continue;
            }
            let below = (format!("{}{} {{ ", path.0, child.selection), format!(" }}{}", path.1));
            let leaf = leaf(&types, &child.kind).unwrap_or_else(|| panic!("{} has no leaf", child.kind));
            let below = price(&node, &below, &leaf).await;
            assert!(
                beside >= 1 && below >= 2 * beside,
                "{parent}.{}: what is below it costs {below}, and beside it {beside}; give it a complexity",
                child.name
            );
            walked.push(format!("{parent}.{}", child.name));
        }
    }
    for known in ["Query.watchlists", "Watchlist.instruments", "System.connections", "Query.instruments"] {
        assert!(walked.iter().any(|walked| walked == known), "{known} is not among {walked:?}");
    }
}

#[tokio::test]
async fn what_asks_the_schema_in_circles_is_refused() {
    let node = Node::start().await;
    let response = node.ask(None, INTROSPECTION, json!({})).await;
    let usual = response["extensions"]["cost"]["requested"].as_i64().unwrap();
    assert!((500..3_000).contains(&usual), "{usual}");
    let circle = format!("{}{{ name }}{}", "{ fields { type ".repeat(5), "} }".repeat(5));
    let response = node.ask(None, &format!("{{ __schema {{ types {circle} }} }}"), json!({})).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "LIMIT");
}

#[tokio::test]
async fn a_page_costs_by_how_much_is_asked_for() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let cost_of = async |page: &str| {
        let variables = if page.contains("$n") { "($n: Int = 7)" } else { "" };
        let query = format!("query{variables} {{ {page} }}");
        let response = node.ask(Some(&ann), &query, json!({})).await;
        assert_eq!(response.get("errors"), None, "{response}");
        response["extensions"]["cost"]["requested"].as_i64().unwrap()
    };
    for list in ["users", "auditLines"] {
        for (arguments, entries) in [("(first: 1)", 1), ("(last: 30)", 30), ("(first: $n)", 7), ("", 100)] {
            let below = cost_of(&format!("{list}{arguments} {{ nodes {{ id }} }}")).await;
            let more = cost_of(&format!("{list}{arguments} {{ nodes {{ id a: id }} }}")).await;
            assert_eq!(more - below, entries, "{list}{arguments}");
        }
    }
    // What the dashboard asks for is far from what one operation may cost.
    let operations: Value = serde_json::from_str(include_str!("../../../web/operations.json")).unwrap();
    for name in ["Users", "AuditLines"] {
        let mut known = operations.as_object().unwrap().values().filter_map(Value::as_str);
        let begin = format!("query {name}(");
        let query = known.find(|query| query.starts_with(&begin)).expect("the dashboard lists them");
        let response = node.ask(Some(&ann), query, json!({ "first": 100 })).await;
        assert_eq!(response.get("errors"), None, "{response}");
        let cost = response["extensions"]["cost"]["requested"].as_i64().unwrap();
        assert!(cost < 2_500, "{name}: {cost}");
    }
}
