//! Quotes, from the gateway's socket to a subscriber.

use serde_json::json;
use tests::installation::Installation;
use tests::node::NodeSubscription;

fn is_last(price: &str) -> impl Fn(&serde_json::Value) -> bool {
    let price = price.to_owned();
    move |quote| quote["last"]["price"] == price.as_str() && quote["state"] == "LIVE"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_in_the_market_reaches_a_subscriber_through_redis() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    let mut quotes = client.quotes(&[&apple]).await;
    quotes.until_state(&["LIVE"]).await;
    for price in ["251.25", "251.26", "249.99"] {
        installation.market.trade("AAPL", price);
        let quote = quotes.until(&format!("a trade at {price}"), is_last(price)).await;
        assert_eq!(quote["instrument"]["symbol"], "AAPL");
    }
    let document = "query($instrument: ID!) { quote(instrument: $instrument) { last { price } state } }";
    let latest = client.query(document, json!({ "instrument": apple })).await;
    assert_eq!(latest["quote"], json!({ "last": { "price": "249.99" }, "state": "LIVE" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trade_in_the_market_reaches_a_subscriber_in_one_process() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let (apple, euro) = (client.instrument("AAPL").await, client.instrument("EUR.USD").await);
    installation.market.hold("AAPL");
    let mut quotes = client.quotes(&[&apple, &euro]).await;
    let is_live = |symbol: &'static str| {
        move |quote: &serde_json::Value| quote["instrument"]["symbol"] == symbol && quote["state"] == "LIVE"
    };
    quotes.until("a live quote of the euro", is_live("EUR.USD")).await;
    let mut other = client.quotes(&[&apple]).await;
    other.until_state(&["LIVE"]).await;
    installation.market.trade("AAPL", "251.25");
    quotes.until("a trade at 251.25", is_last("251.25")).await;
    other.until("a trade at 251.25", is_last("251.25")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sequence_numbers_of_an_epoch_only_grow() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let mut quotes = client.quotes(&[&apple]).await;
    let mut seen: Vec<(u64, u64)> = Vec::new();
    while seen.len() < 10 {
        let quote = quotes.until_state(&["LIVE"]).await;
        let number = |field: &str| quote[field].as_str().unwrap().parse::<u64>().unwrap();
        seen.push((number("epoch"), number("sequence")));
    }
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_npm_clients_subscribe() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    for (scheme, price) in [("ws", "251.25"), ("http", "252.50")] {
        let Some(mut quotes) = NodeSubscription::quotes(scheme, &client, &apple).await else { return };
        quotes.until("a live quote", |quote| quote["state"] == "LIVE").await;
        installation.market.trade("AAPL", price);
        quotes.until(&format!("a trade at {price}"), is_last(price)).await;
        assert!(quotes.end().await, "the client over {scheme} ended with an error");
    }
}
