//! Outages: what needs the lost part says STALE or RECOVERING, everything else goes on, and it all heals by
//! itself.

use std::time::Duration;

use serde_json::json;
use tests::client::Client;
use tests::installation::Installation;
use tests::subscription::Subscription;
use tests::wait::SOON;

const UNSURE: [&str; 2] = ["STALE", "RECOVERING"];

async fn live(installation: &mut Installation) -> (Client, Subscription) {
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let mut quotes = client.quotes(&[&apple]).await;
    quotes.until_state(&["LIVE"]).await;
    (client, quotes)
}

/// The quote is live again, and moves.
async fn healed(installation: &Installation, quotes: &mut Subscription) {
    let minute = Duration::from_mins(1);
    quotes.until_within(minute, "LIVE again", |quote| quote["state"] == "LIVE").await;
    installation.market.hold("AAPL");
    installation
        .trade_until_seen(quotes, "AAPL", "251.25", |quote| {
            quote["last"]["price"] == "251.25" && quote["state"] == "LIVE"
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_killed_and_comes_back() {
    let mut installation = Installation::single().await;
    let (client, mut quotes) = live(&mut installation).await;
    installation.market.stop_gateway().await;
    let quote = quotes.until_state(&UNSURE).await;
    assert!(quote["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "no reason: {quote}");
    let connection =
        |state: &'static str| move |system: &serde_json::Value| system["connections"][0]["state"] == state;
    installation
        .system_until(&client, SOON, "the connection is down", |system| !connection("CONNECTED")(system))
        .await;
    assert_eq!(
        client.query("{ watchlists { name } }", json!({})).await["watchlists"].as_array().unwrap().len(),
        1
    );
    installation.market.restart_gateway().await;
    healed(&installation, &mut quotes).await;
    installation.system_until(&client, SOON, "the connection is up", connection("CONNECTED")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_goes_silent() {
    let mut installation = Installation::single().await;
    let (_client, mut quotes) = live(&mut installation).await;
    installation.market.faults().go_silent();
    quotes.until_state(&UNSURE).await;
    installation.market.faults().speak();
    healed(&installation, &mut quotes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_refuses() {
    let mut installation = Installation::single().await;
    let (client, mut quotes) = live(&mut installation).await;
    installation.market.faults().refuse_connections().await;
    installation.market.faults().drop_sockets();
    quotes.until_state(&UNSURE).await;
    let system = installation
        .system_until(&client, SOON, "the connection is refused", |system| {
            let state = &system["connections"][0]["state"];
            state == "REFUSED" || state == "DISCONNECTED"
        })
        .await;
    assert!(system["connections"][0]["message"].is_string(), "{system}");
    installation.market.faults().accept_connections().await.unwrap();
    healed(&installation, &mut quotes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_away_at_the_start() {
    let mut installation = Installation::single_without_gateway().await;
    let client = installation.administrator().await;
    let search = client.ask("{ instruments(search: \"AAPL\") { nodes { id } } }", json!({})).await;
    assert_eq!(search.error_code(), Some("UNAVAILABLE"), "{search:?}");
    installation.market.restart_gateway().await;
    let apple = client.instrument("AAPL").await;
    client.quotes(&[&apple]).await.until_state(&["LIVE"]).await;
}

/// The private Redis keeps nothing on disk: it comes back without its memory.
#[tokio::test(flavor = "multi_thread")]
async fn redis_that_is_gone_for_a_while_and_loses_its_memory() {
    let Some(mut installation) = Installation::split().await else { return };
    let (client, mut quotes) = live(&mut installation).await;
    installation.redis.as_mut().unwrap().stop().await.unwrap();
    quotes.until_state(&UNSURE).await;
    installation
        .system_until(&client, SOON, "the bus is down", |system| system["bus"]["state"] == "DOWN")
        .await;
    assert_eq!(client.viewer().await.status, 200, "without Redis nothing works at all");
    installation.redis.as_mut().unwrap().restart().await.unwrap();
    healed(&installation, &mut quotes).await;
    installation.system_until(&client, SOON, "the bus is up", |system| system["bus"]["state"] == "UP").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_that_is_gone_for_a_while() {
    let Some(mut installation) = Installation::split().await else { return };
    let (client, mut quotes) = live(&mut installation).await;
    let create = |name: &str| client.mutate("watchlistCreate", json!({ "name": name }), "");
    assert_eq!(create("Before").await["userErrors"], json!([]));

    installation.postgres.as_mut().unwrap().stop().await.unwrap();
    let during = client.try_mutate("watchlistCreate", json!({ "name": "During" }), "").await;
    assert_eq!(during.error_code(), Some("UNAVAILABLE"), "{during:?}");
    let text = during.body.to_string();
    assert!(!text.contains("postgres") && !text.contains("127.0.0.1"), "the answer shows internals: {text}");
    assert!(during.error_text().len() > 15, "'{}' does not help", during.error_text());
    installation.market.hold("AAPL");
    for price in ["261.25", "262.50"] {
        installation
            .trade_until_seen(&mut quotes, "AAPL", price, |quote| {
                quote["last"]["price"] == price && quote["state"] == "LIVE"
            })
            .await;
    }

    installation.postgres.as_mut().unwrap().restart().await.unwrap();
    installation.answers_again(&client).await;
    assert_eq!(create("After").await["userErrors"], json!([]));
    let lists = client.query("{ watchlists { name } }", json!({})).await;
    let names = lists["watchlists"].to_string();
    assert!(
        names.contains("Before") && names.contains("After") && !names.contains("During"),
        "a mutation was lost, or done although it was refused: {names}"
    );
    let mut quotes = client.quotes(&[&client.instrument("AAPL").await]).await;
    healed(&installation, &mut quotes).await;
}
