//! Depth, from the gateway's socket to a subscriber.

use engine::tick::TickKind;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::installation::Installation;
use tests::wait::{SOON, within};

const FOLLOW: &str = "subscription($instrument: ID!, $levels: Int) { depth(instrument: $instrument, levels: $levels, maxHz: 50) { __typename \
    ... on Depth { bids { price size exchange } asks { price size exchange } state reason sequence } \
    ... on StreamGap { reason } } }";

/// Sets the best prices, and how much there is at them.
fn set(installation: &Installation, bid: (&str, i64), ask: (&str, i64)) {
    let decimals = |(price, size): (&str, i64)| (price.parse::<Decimal>().unwrap(), Decimal::from(size));
    let ((bid, bid_size), (ask, ask_size)) = (decimals(bid), decimals(ask));
    let kinds = [TickKind::Bid { price: bid, size: bid_size }, TickKind::Ask { price: ask, size: ask_size }];
    installation.market.publish("AAPL", &kinds);
}

/// The best price of a side, and how much there is at it on all exchanges together.
fn best(side: &Value) -> Option<(String, Decimal)> {
    let levels = side.as_array()?;
    let price = levels.first()?["price"].as_str()?;
    let there = levels.iter().filter(|level| level["price"] == price);
    Some((
        price.to_owned(),
        there.map(|level| level["size"].as_str().unwrap().parse::<Decimal>().unwrap()).sum(),
    ))
}

fn is_best<'a>(bid: (&'a str, i64), ask: (&'a str, i64)) -> impl Fn(&Value) -> bool + 'a {
    let wanted = |(price, size): (&str, i64)| Some((price.to_owned(), Decimal::from(size)));
    move |depth| {
        depth["state"] == "LIVE" && best(&depth["bids"]) == wanted(bid) && best(&depth["asks"]) == wanted(ask)
    }
}

async fn the_book_follows_the_market(installation: &mut Installation) {
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    set(installation, ("251.20", 700), ("251.22", 300));
    let mut depth = client.subscribe(FOLLOW, json!({ "instrument": apple, "levels": 20 })).await;
    depth.until("the first book", is_best(("251.20", 700), ("251.22", 300))).await;
    for (bid, ask) in [("251.21", "251.22"), ("251.30", "251.32"), ("250.95", "251.05")] {
        set(installation, (bid, 400), (ask, 900));
        let book = depth.until("the next book", is_best((bid, 400), (ask, 900))).await;
        let prices = |side: &str| {
            let levels = book[side].as_array().unwrap().iter();
            levels
                .map(|level| level["price"].as_str().unwrap().parse::<Decimal>().unwrap())
                .collect::<Vec<_>>()
        };
        let (bids, asks) = (prices("bids"), prices("asks"));
        assert!(bids.is_sorted_by(|above, below| above >= below) && bids.len() <= 20, "{book}");
        assert!(asks.is_sorted_by(|above, below| above <= below) && asks.len() <= 20, "{book}");
    }
    let document = "query($instrument: ID!) { depth(instrument: $instrument, levels: 1) { bids { price } state } \
        system { desk { depthLinesUsed depthLineLimit tickByTickLineLimit } } }";
    let known = client.query(document, json!({ "instrument": apple })).await;
    assert_eq!(known["depth"], json!({ "bids": [{ "price": "250.95" }], "state": "LIVE" }));
    let desk = json!({ "depthLinesUsed": 1, "depthLineLimit": 3, "tickByTickLineLimit": 5 });
    within(SOON, "the desk's heartbeat tells of the line", || async {
        let known = client.query(document, json!({ "instrument": apple })).await;
        (known["system"]["desk"] == desk).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_reaches_a_subscriber_in_one_process() {
    the_book_follows_the_market(&mut Installation::single().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_reaches_a_subscriber_through_redis() {
    let Some(mut installation) = Installation::split().await else { return };
    the_book_follows_the_market(&mut installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_makes_the_book_stale_until_it_is_back() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    set(&installation, ("251.20", 700), ("251.22", 300));
    let mut depth = client.subscribe(FOLLOW, json!({ "instrument": apple })).await;
    depth.until("the book", is_best(("251.20", 700), ("251.22", 300))).await;
    installation.market.stop_gateway().await;
    let stale = depth.until("a stale book", |depth| depth["state"] == "STALE").await;
    assert_eq!(best(&stale["bids"]), Some(("251.20".to_owned(), Decimal::from(700))), "{stale}");
    assert!(stale["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{stale}");
    set(&installation, ("251.40", 500), ("251.42", 600));
    installation.market.restart_gateway().await;
    depth.until("a gap", |event| event["__typename"] == "StreamGap").await;
    depth.until("the book of now", is_best(("251.40", 500), ("251.42", 600))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fourth_book_is_refused_with_its_reason() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let mut open = Vec::new();
    for symbol in ["AAPL", "MSFT", "SPY"] {
        let instrument = client.instrument(symbol).await;
        let mut depth = client.subscribe(FOLLOW, json!({ "instrument": instrument })).await;
        depth.until_state(&["LIVE"]).await;
        open.push(depth);
    }
    let tesla = client.instrument("TSLA").await;
    let mut fourth = client.subscribe(FOLLOW, json!({ "instrument": tesla })).await;
    let code = loop {
        let payload = fourth.payload().await;
        if payload["errors"].is_array() {
            break payload["errors"][0]["extensions"]["code"].clone();
        }
    };
    assert_eq!(code, "MARKET_DATA_LINES_EXHAUSTED");
}
