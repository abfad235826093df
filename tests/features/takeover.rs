//! One desk leads; when it is gone, another takes over.

use std::time::Duration;

use tests::installation::Installation;
use tests::program::Tickgraph;
use tokio::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_within_ten_seconds_of_a_kill() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let mut quotes = client.quotes(&[&apple]).await;
    let before = quotes.until_state(&["LIVE"]).await;
    let first = installation.ready(&client).await["desk"].clone();

    let standby = Tickgraph::start("desk", &installation.settings());
    installation.standby_waits(&standby).await;
    let killed = Instant::now();
    installation.desk.replace(standby).unwrap().kill9().await;
    quotes.until_state(&["STALE", "RECOVERING"]).await;
    let after =
        quotes.until_within(Duration::from_secs(20), "LIVE again", |quote| quote["state"] == "LIVE").await;
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(10), "the standby took {took:?}");

    let number = |quote: &serde_json::Value| quote["epoch"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(number(&after) > number(&before), "a new leader begins a new epoch");
    let second = installation.ready(&client).await["desk"].clone();
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_frozen_does_not_lead_again() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let mut quotes = client.quotes(&[&apple]).await;
    quotes.until_state(&["LIVE"]).await;
    let first = installation.ready(&client).await["desk"]["id"].clone();

    let standby = Tickgraph::start("desk", &installation.settings());
    installation.standby_waits(&standby).await;
    let frozen = installation.desk.replace(standby).unwrap();
    frozen.freeze();
    let system = installation
        .system_until(&client, Duration::from_secs(20), "another desk leads", |system| {
            system["desk"]["state"] == "LEADING" && system["desk"]["id"] != first
        })
        .await;
    frozen.thaw();
    let (second, epoch) =
        (system["desk"]["id"].clone(), system["desk"]["epoch"].as_str().unwrap().to_owned());
    installation.market.hold("AAPL");
    for price in ["251.25", "251.26", "251.27"] {
        let quote = installation
            .trade_until_seen(&mut quotes, "AAPL", price, |quote| {
                quote["last"]["price"] == price && quote["state"] == "LIVE"
            })
            .await;
        assert_eq!(quote["epoch"], epoch.as_str(), "a quote of the frozen desk passes for live");
    }
    assert_eq!(client.system().await["desk"]["id"], second);
}
