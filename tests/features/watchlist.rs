//! Watchlists, and two people who edit one at once.

use serde_json::{Value, json};
use tests::answer::refusal;
use tests::client::{Client, PASSWORD, USERNAME};
use tests::installation::Installation;

const LIST: &str = "watchlist { id name instruments { symbol } }";

fn symbols(list: &Value) -> Vec<&str> {
    let instruments = list["instruments"].as_array().unwrap();
    instruments.iter().map(|instrument| instrument["symbol"].as_str().unwrap()).collect()
}

async fn create(client: &Client, name: &str) -> String {
    let payload = client.mutate("watchlistCreate", json!({ "name": name }), LIST).await;
    payload["watchlist"]["id"].as_str().unwrap_or_else(|| panic!("{payload}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watchlist_is_made_filled_ordered_renamed_and_deleted() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let [apple, euro, spy] =
        [client.instrument("AAPL").await, client.instrument("EUR.USD").await, client.instrument("SPY").await];
    let list = create(&client, " Tech ").await;

    let mut filled = Value::Null;
    for instrument in [&apple, &euro, &spy, &apple] {
        let input = json!({ "watchlist": list, "instrument": instrument });
        filled = client.mutate("watchlistAdd", input, LIST).await;
    }
    assert_eq!(
        symbols(&filled["watchlist"]),
        ["AAPL", "EUR.USD", "SPY"],
        "each once, in the order of adding"
    );
    assert_eq!(filled["watchlist"]["name"], "Tech");

    let order = json!({ "watchlist": list, "instruments": [spy, apple, euro] });
    let ordered = client.mutate("watchlistReorder", order, LIST).await;
    assert_eq!(symbols(&ordered["watchlist"]), ["SPY", "AAPL", "EUR.USD"]);
    let outdated = json!({ "watchlist": list, "instruments": [spy, apple] });
    assert_eq!(refusal(&client.mutate("watchlistReorder", outdated, LIST).await), Some("OUTDATED"));

    let removal = json!({ "watchlist": list, "instrument": apple });
    assert_eq!(
        symbols(&client.mutate("watchlistRemove", removal, LIST).await["watchlist"]),
        ["SPY", "EUR.USD"]
    );

    create(&client, "Other").await;
    let taken = client.mutate("watchlistRename", json!({ "watchlist": list, "name": "OTHER" }), LIST).await;
    assert_eq!(refusal(&taken), Some("TAKEN"), "{taken}");
    let renamed =
        client.mutate("watchlistRename", json!({ "watchlist": list, "name": "Europe" }), LIST).await;
    assert_eq!(renamed["watchlist"]["name"], "Europe");
    let again = client
        .query("query($id: ID!) { node(id: $id) { ... on Watchlist { name } } }", json!({ "id": list }))
        .await;
    assert_eq!(again["node"]["name"], "Europe");

    let deleted = client.mutate("watchlistDelete", json!({ "watchlist": list }), "deletedWatchlistId").await;
    assert_eq!(deleted["deletedWatchlistId"], json!(list));
    let gone = client.mutate("watchlistDelete", json!({ "watchlist": list }), "deletedWatchlistId").await;
    assert_eq!(refusal(&gone), Some("NOT_FOUND"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_at_once_lose_nothing() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let other = installation.stranger().await;
    other.log_in(USERNAME, PASSWORD).await;
    let list = create(&client, "Shared").await;
    let mut ids = Vec::new();
    for symbol in ["AAPL", "MSFT", "NVDA", "SPY", "QQQ", "TSLA"] {
        ids.push(client.instrument(symbol).await);
    }
    let adds = ids.iter().enumerate().map(|(n, instrument)| {
        let input = json!({ "watchlist": list, "instrument": instrument });
        let who = if n % 2 == 0 { &client } else { &other };
        who.mutate("watchlistAdd", input, LIST)
    });
    for payload in futures::future::join_all(adds).await {
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
    }
    let names = (0..4).map(|_| client.mutate("watchlistCreate", json!({ "name": "Twice" }), LIST));
    let created = futures::future::join_all(names).await;
    assert_eq!(created.iter().filter(|payload| refusal(payload).is_none()).count(), 1, "{created:?}");

    let lists = other.query("{ watchlists { name instruments { symbol } } }", json!({})).await;
    let shared =
        lists["watchlists"].as_array().unwrap().iter().find(|list| list["name"] == "Shared").unwrap();
    let mut found = symbols(shared);
    found.sort_unstable();
    assert_eq!(found, ["AAPL", "MSFT", "NVDA", "QQQ", "SPY", "TSLA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn watchlists_survive_a_restart() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    create(&client, "Kept").await;
    installation.restart_api("serve").await;
    let client = installation.stranger().await;
    client.log_in(USERNAME, PASSWORD).await;
    let lists = client.query("{ watchlists { name } }", json!({})).await;
    assert!(lists["watchlists"].as_array().unwrap().contains(&json!({ "name": "Kept" })), "{lists}");
}
