//! One desk leads; when it is gone, another takes over.

use std::time::Duration;

use tests::installation::Installation;
use tests::program::Tickgraph;
use tests::wait::{SOON, within};
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
    let (second, epoch) = (system["desk"]["id"].clone(), system["desk"]["epoch"].clone());
    quotes.until("the new leader's first quote", |quote| quote["epoch"] == epoch).await;
    frozen.thaw();
    within(SOON, "the frozen desk gives up", || async {
        frozen.output().contains("no longer leads").then_some(())
    })
    .await;
    installation.market.hold("AAPL");
    for price in ["251.25", "251.26", "251.27"] {
        installation
            .trade_until_seen(&mut quotes, "AAPL", price, |quote| {
                assert!(quote["epoch"].is_null() || quote["epoch"] == epoch, "of the frozen desk: {quote}");
                quote["last"]["price"] == price && quote["state"] == "LIVE"
            })
            .await;
    }
    assert_eq!(client.system().await["desk"]["id"], second);
}
