//! Watchlists and ids, through the endpoint.

use serde_json::{Value, json};

use crate::support::{Node, PASSWORD};

async fn instrument(node: &Node, token: &str, symbol: &str) -> Value {
    let query = "query($search: String!) { instruments(search: $search) { nodes { id symbol } } }";
    node.data(token, query, json!({ "search": symbol })).await["instruments"]["nodes"][0]["id"].clone()
}

async fn change(node: &Node, token: &str, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let result = if name == "watchlistDelete" {
        "deletedWatchlistId"
    } else {
        "watchlist { id name instruments { symbol } }"
    };
    let query = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ {result} userErrors {{ field code }} }} }}"
    );
    node.data(token, &query, json!({ "input": input })).await[name].clone()
}

fn symbols(payload: &Value) -> Vec<&str> {
    let instruments = payload["watchlist"]["instruments"].as_array().expect("a watchlist");
    instruments.iter().map(|one| one["symbol"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_watchlist_lives_from_creation_to_deletion() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let (aapl, msft) = (instrument(&node, &token, "AAPL").await, instrument(&node, &token, "MSFT").await);
    let created =
        change(&node, &token, "watchlistCreate", json!({ "name": " Tech ", "instruments": [aapl, aapl] }))
            .await;
    assert_eq!((created["watchlist"]["name"].as_str(), symbols(&created)), (Some("Tech"), vec!["AAPL"]));
    let id = &created["watchlist"]["id"];
    let added = change(&node, &token, "watchlistAdd", json!({ "watchlist": id, "instrument": msft })).await;
    assert_eq!(symbols(&added), ["AAPL", "MSFT"]);
    let order = json!({ "watchlist": id, "instruments": [msft, aapl] });
    assert_eq!(symbols(&change(&node, &token, "watchlistReorder", order).await), ["MSFT", "AAPL"]);
    let outdated =
        change(&node, &token, "watchlistReorder", json!({ "watchlist": id, "instruments": [msft] })).await;
    assert_eq!(outdated["userErrors"], json!([{ "field": ["instruments"], "code": "OUTDATED" }]));
    let removed =
        change(&node, &token, "watchlistRemove", json!({ "watchlist": id, "instrument": msft })).await;
    assert_eq!(symbols(&removed), ["AAPL"]);
    let renamed = change(&node, &token, "watchlistRename", json!({ "watchlist": id, "name": "Mine" })).await;
    assert_eq!(renamed["watchlist"]["name"], "Mine");
    let taken = change(&node, &token, "watchlistCreate", json!({ "name": "mine" })).await;
    assert_eq!(taken["userErrors"], json!([{ "field": ["name"], "code": "TAKEN" }]));
    let by_id = node
        .data(
            &token,
            "query($id: ID!) { node(id: $id) { id ... on Watchlist { name } } }",
            json!({ "id": id }),
        )
        .await;
    assert_eq!(by_id["node"], json!({ "id": id, "name": "Mine" }));
    let deleted = change(&node, &token, "watchlistDelete", json!({ "watchlist": id })).await;
    assert_eq!(deleted, json!({ "deletedWatchlistId": id, "userErrors": [] }));
    let again = change(&node, &token, "watchlistDelete", json!({ "watchlist": id })).await;
    assert_eq!(again["userErrors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn an_id_of_another_kind_is_refused_and_one_of_another_user_is_not_found() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = instrument(&node, &token, "AAPL").await;
    let lists = node.data(&token, "{ watchlists { id } viewer { id } }", json!({})).await;
    let (list, ann) = (&lists["watchlists"][0]["id"], &lists["viewer"]["id"]);
    for wrong in [&aapl, ann, &json!("x"), &json!("")] {
        let refused =
            change(&node, &token, "watchlistRename", json!({ "watchlist": wrong, "name": "N" })).await;
        assert_eq!(refused["userErrors"], json!([{ "field": ["watchlist"], "code": "INVALID" }]), "{wrong}");
        let asked = node
            .ask(Some(&token), "query($id: ID!) { instrument(id: $id) { symbol } }", json!({ "id": wrong }))
            .await;
        let expected = if *wrong == aapl { &Value::Null } else { &json!("BAD_ID") };
        assert_eq!(&asked["errors"][0]["extensions"]["code"], expected, "{wrong}");
    }
    node.stores.add_user("bob");
    let bob = node.log_in_as("bob", PASSWORD).await["session"]["accessToken"].as_str().unwrap().to_owned();
    for id in [list, ann] {
        let found = node.data(&bob, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(found["node"], Value::Null);
    }
    let refused = change(&node, &bob, "watchlistAdd", json!({ "watchlist": list, "instrument": aapl })).await;
    assert_eq!(refused["userErrors"], json!([{ "field": ["watchlist"], "code": "NOT_FOUND" }]));
    let unknown = json!("SW5zdHJ1bWVudDowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMmE");
    let refused =
        change(&node, &token, "watchlistAdd", json!({ "watchlist": list, "instrument": unknown })).await;
    assert_eq!(refused["userErrors"], json!([{ "field": ["instrument"], "code": "NOT_FOUND" }]));
    let refused =
        change(&node, &token, "watchlistCreate", json!({ "name": "New", "instruments": [unknown] })).await;
    assert_eq!(refused["userErrors"], json!([{ "field": ["instruments"], "code": "NOT_FOUND" }]));
    let found = node
        .data(
            &token,
            "query($id: ID!) { node(id: $id) { id } instrument(id: $id) { symbol } }",
            json!({ "id": unknown }),
        )
        .await;
    assert_eq!(found, json!({ "node": null, "instrument": null }));
}
