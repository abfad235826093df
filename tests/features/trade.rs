//! Trades, print by print, from the gateway's socket to a subscriber.

use serde_json::{Value, json};
use tests::client::Client;
use tests::installation::Installation;
use tests::subscription::Subscription;
use tests::wait::SOON;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const FOLLOW: &str = "subscription($instrument: ID!) { trades(instrument: $instrument) { __typename \
    ... on Trade { instrument { symbol } price size exchange conditions side unreported pastLimit sourceAt receivedAt state epoch sequence } \
    ... on StreamGap { afterSequence reason } } }";

fn number(value: &Value) -> u64 {
    value.as_str().unwrap_or_else(|| panic!("no number: {value}")).parse().unwrap()
}

/// The prices of these trades above 100, in cents.
fn price(cents: u64) -> String {
    format!("{}.{:02}", 100 + cents / 100, cents % 100)
}

/// Follows the trades of `AAPL`, of which the test sets every price.
async fn follow(installation: &Installation, client: &Client) -> (Subscription, String) {
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    let trades = client.subscribe(FOLLOW, json!({ "instrument": apple })).await;
    installation.market.tells_trades(1).await;
    (trades, apple)
}

async fn every_print_arrives(installation: &mut Installation) {
    let client = installation.administrator().await;
    let (mut trades, apple) = follow(installation, &client).await;
    // The side is told by the quote of then.
    let mut quotes = client.quotes(&[&apple]).await;
    quotes.until_state(&["LIVE"]).await;
    for cents in 0..100 {
        installation.market.trade("AAPL", &price(cents));
    }
    let mut last = None;
    for cents in 0..100 {
        let payload = trades.payload().await;
        let trade = &payload["data"]["trades"];
        assert_eq!(trade["__typename"], "Trade", "{payload}");
        assert_eq!((&trade["price"], &trade["size"]), (&json!(price(cents)), &json!("7")), "{trade}");
        assert_eq!((&trade["state"], &trade["unreported"]), (&json!("LIVE"), &json!(false)), "{trade}");
        assert_eq!(trade["instrument"]["symbol"], "AAPL");
        assert!(trade["exchange"].is_string(), "{trade}");
        let received = OffsetDateTime::parse(trade["receivedAt"].as_str().unwrap(), &Rfc3339).unwrap();
        let source = OffsetDateTime::parse(trade["sourceAt"].as_str().unwrap(), &Rfc3339).unwrap();
        assert!((received - source).abs() < time::Duration::minutes(1), "{trade}");
        let place = (number(&trade["epoch"]), number(&trade["sequence"]));
        if let Some((epoch, sequence)) = last {
            assert_eq!(place, (epoch, sequence + 1), "no number is left out");
        }
        last = Some(place);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_print_reaches_a_subscriber_in_one_process() {
    every_print_arrives(&mut Installation::single().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_print_reaches_a_subscriber_through_redis() {
    let Some(mut installation) = Installation::split().await else { return };
    every_print_arrives(&mut installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_trades_are_read_oldest_first() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let spy = client.instrument("SPY").await;
    let document = "query($instrument: ID!, $last: Int) { trades(instrument: $instrument, last: $last) { price size sourceAt sequence } }";
    let answer = client.query(document, json!({ "instrument": spy, "last": 50 })).await;
    let trades = answer["trades"].as_array().unwrap();
    assert_eq!(trades.len(), 50);
    let times: Vec<_> = trades
        .iter()
        .map(|trade| OffsetDateTime::parse(trade["sourceAt"].as_str().unwrap(), &Rfc3339).unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(trades.iter().all(|trade| trade["sequence"].is_null() && trade["price"].is_string()));
    let euro = client.instrument("EUR.USD").await;
    let refused = client.ask(document, json!({ "instrument": euro })).await;
    assert_eq!(refused.body["errors"][0]["extensions"]["code"], "INVALID", "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_is_a_gap_and_trades_go_on_behind_it() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let (mut trades, _) = follow(&installation, &client).await;
    installation.market.trade("AAPL", "251.25");
    let before = trades.until("a trade at 251.25", |trade| trade["price"] == "251.25").await;
    installation.market.stop_gateway().await;
    let gap = trades.until("a gap", |event| event["__typename"] == "StreamGap").await;
    assert_eq!(gap["afterSequence"], before["sequence"], "{gap}");
    assert!(gap["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{gap}");
    installation.market.trade("AAPL", "251.30");
    installation.market.restart_gateway().await;
    // IB lets the trades of one instrument be asked for once in 15 s.
    let ends = tokio::time::Instant::now() + 3 * SOON;
    let after = loop {
        installation.market.trade("AAPL", "251.35");
        let limit = tokio::time::Instant::now() + std::time::Duration::from_secs(1);
        match trades.find(limit, |event| event["__typename"] == "Trade").await {
            Ok(trade) => break trade,
            Err(last) => assert!(tokio::time::Instant::now() < ends, "no trade again; last: {last}"),
        }
    };
    assert_eq!((&after["price"], &after["state"]), (&json!("251.35"), &json!("LIVE")), "{after}");
}
