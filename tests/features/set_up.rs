//! The first administrator.

use serde_json::json;
use tests::answer::refusal;
use tests::client::{Client, PASSWORD, USERNAME};
use tests::installation::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_is_made_once() {
    let mut installation = Installation::single().await;
    let stranger = installation.stranger().await;
    let token = installation.api.set_up_token().await;
    assert_eq!(stranger.system().await["setUpNeeded"], true);

    let wrong = stranger.set_up(&"0".repeat(64)).await;
    assert_eq!(refusal(&wrong), Some("SET_UP_TOKEN_INVALID"), "{wrong}");
    for (username, password, field) in [
        ("a", PASSWORD, "username"),
        ("two words", PASSWORD, "username"),
        (USERNAME, "too short", "password"),
    ] {
        let input = json!({ "setUpToken": token, "username": username, "password": password });
        let payload = stranger.mutate("userSetUp", input, "user { username }").await;
        assert_eq!(refusal(&payload), Some("INVALID"), "{payload}");
        assert_eq!(payload["userErrors"][0]["field"].as_array().unwrap().last().unwrap(), field, "{payload}");
    }
    assert_eq!(stranger.system().await["setUpNeeded"], true, "a refused set-up left something behind");

    let done = stranger.set_up(&token).await;
    assert_eq!(done["user"], json!({ "username": USERNAME, "role": "ADMIN" }), "{done}");
    assert_eq!(stranger.system().await["setUpNeeded"], false);
    let again = stranger.set_up(&token).await;
    assert_eq!(refusal(&again), Some("SET_UP_DONE"), "{again}");
    assert_eq!(again["user"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_set_ups_at_once_one_wins() {
    let Some(mut installation) = Installation::split().await else { return };
    let token = installation.api.set_up_token().await;
    let address = installation.api.address().await;
    let names: Vec<String> = (0..4).map(|n| format!("admin-{n}")).collect();
    let attempts = names.iter().map(|name| {
        let input = json!({ "setUpToken": token, "username": name, "password": PASSWORD });
        async move { Client::of(address).mutate("userSetUp", input, "user { username }").await }
    });
    let payloads = futures::future::join_all(attempts).await;
    let won = payloads.iter().filter(|payload| !payload["user"].is_null()).count();
    let lost = payloads.iter().filter(|payload| refusal(payload) == Some("SET_UP_DONE")).count();
    assert_eq!((won, lost), (1, 3), "{payloads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_stays_the_same_until_it_was_used() {
    let mut installation = Installation::single().await;
    let first = installation.api.set_up_token().await;
    installation.restart_api("serve").await;
    let again = installation.api.set_up_token().await;
    assert_eq!(first, again, "the link of an unused installation changed with a restart");

    installation.administrator().await;
    installation.restart_api("serve").await;
    let stranger = installation.stranger().await;
    assert_eq!(stranger.system().await["setUpNeeded"], false);
    assert!(!installation.api.output().contains("set-up link"), "{}", installation.api.output());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_desk_begins_with_a_filled_watchlist() {
    let mut installation = Installation::single().await;
    installation.market.connected().await;
    let client = installation.administrator().await;
    let lists = client.query("{ watchlists { name instruments { symbol } } }", json!({})).await;
    let instruments = lists["watchlists"][0]["instruments"].as_array().unwrap();
    let symbols: Vec<&str> =
        instruments.iter().map(|instrument| instrument["symbol"].as_str().unwrap()).collect();
    for expected in ["AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "SPY", "QQQ", "EUR.USD"] {
        assert!(symbols.contains(&expected), "{expected} is missing in {symbols:?}");
    }
}
