//! The programs of `examples/` work as they are.

use std::time::Duration;

use serde_json::json;
use tests::example::{Example, Language};
use tests::installation::Installation;
use tests::wait::SOON;
use tokio::time::Instant;

async fn follows_quotes(language: Language) {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    let key = client.api_key(&["MARKET_READ"]).await;
    let url = format!("http://{}/graphql", client.address());
    let environment = [("TICKGRAPH_URL", url.as_str()), ("TICKGRAPH_API_KEY", key.secret.as_str())];

    let symbols = ["AAPL", "EUR.USD"];
    let Some(mut example) = Example::start(language, environment, &symbols).await else { return };
    assert!(example.prints(SOON, "EUR.USD LIVE last - bid 1.").await, "{language:?} shows no euro");
    shows_a_trade(&installation, &mut example, "251.25").await;

    // Every connection ends, and after a while the server is there again.
    installation.restart_api_in_place("serve").await;
    shows_a_trade(&installation, &mut example, "252.75").await;
    example.interrupt().await;

    let revoked = client.mutate("apiKeyRevoke", json!({ "apiKey": key.id }), "apiKey { revokedAt }").await;
    assert!(revoked["apiKey"]["revokedAt"].is_string(), "{revoked}");
    let refused = Example::start(language, environment, &symbols).await.unwrap();
    let (success, complaint) = refused.ended().await;
    assert!(!success && complaint.contains("does not take this key"), "{language:?}: {complaint}");
    assert!(!complaint.contains(&key.secret), "{language:?} shows the key: {complaint}");
}

/// Trades at this price again and again until the example prints it.
async fn shows_a_trade(installation: &Installation, example: &mut Example, price: &str) {
    let ends = Instant::now() + SOON;
    let line = format!("AAPL LIVE last {price} bid ");
    installation.market.trade("AAPL", price);
    while !example.prints(Duration::from_secs(1), &line).await {
        assert!(Instant::now() < ends, "the example does not print '{line}'");
        installation.market.trade("AAPL", price);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn python_follows_quotes_with_gql() {
    follows_quotes(Language::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_follows_quotes_with_graphql_ws() {
    follows_quotes(Language::Node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_follows_quotes_as_server_sent_events() {
    follows_quotes(Language::Curl).await;
}
