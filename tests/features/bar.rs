//! Bars of the past and the bar that forms.

use domain::bar::BarSize;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::client::Client;
use tests::installation::{GENEROUS, Installation, servers};
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const BARS: &str = "query($instrument: ID!, $size: BarSize!, $from: DateTime!, $to: DateTime!) { \
    bars(instrument: $instrument, size: $size, from: $from, to: $to) { \
    size source bars { time open high low close volume } } }";

async fn bars(
    client: &Client,
    instrument: &str,
    size: BarSize,
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Value {
    let variables = json!({
        "instrument": instrument,
        "size": size.as_str(),
        "from": from.format(&Rfc3339).unwrap(),
        "to": to.format(&Rfc3339).unwrap(),
    });
    client.query(BARS, variables).await["bars"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn bars_of_every_size_are_those_of_the_market() {
    let Some((postgres, redis)) = servers().await else { return };
    let mut installation = Installation::split_with(postgres, redis, &GENEROUS).await;
    let client = installation.administrator().await;
    let to = datetime!(2026-11-02 00:00 UTC);
    for (symbol, source) in [("AAPL", "TRADES"), ("EUR.USD", "MID_POINT")] {
        let instrument = client.instrument(symbol).await;
        for (size, name, _) in BarSize::ALL {
            let to = size.floor(to);
            let from = size.floor(to - size.duration() * 12);
            let series = bars(&client, &instrument, size, from, to).await;
            let expected = installation.market.bars(symbol, size, from, to);
            assert_eq!(series["source"], source);
            compare(&series["bars"], &expected, &format!("{symbol} {name}"));
        }
    }
}

fn compare(found: &Value, expected: &[engine::tick::MarketBar], what: &str) {
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
    assert!(!expected.is_empty(), "{what}: the market has no bars to compare with");
    for (bar, expected) in found.iter().zip(expected) {
        let value = |field: &str| bar[field].as_str().unwrap().parse::<Decimal>().unwrap();
        let time = OffsetDateTime::parse(bar["time"].as_str().unwrap(), &Rfc3339).unwrap();
        assert_eq!(time, expected.time, "{what}");
        let values = ["open", "high", "low", "close"].map(value);
        assert_eq!(values, [expected.open, expected.high, expected.low, expected.close], "{what} at {time}");
        if !bar["volume"].is_null() {
            assert_eq!(value("volume"), expected.volume, "{what} at {time}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bars_come_again_when_the_gateway_is_gone() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let to = datetime!(2026-11-02 00:00 UTC);
    let from = to - Duration::hours(5);
    let first = bars(&client, &apple, BarSize::Min5, from, to).await;
    assert_eq!(first["bars"].as_array().unwrap().len(), 60);
    installation.market.stop_gateway().await;
    let again = bars(&client, &apple, BarSize::Min5, from, to).await;
    assert_eq!(first, again, "bars that were read once are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forming_bar_follows_the_last_trade() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");
    let document = "subscription($instrument: ID!) { bars(instrument: $instrument, size: MIN_1, maxHz: 50) { \
        ... on BarUpdate { phase bar { time open high low close } } } }";
    let mut live = client.subscribe(document, json!({ "instrument": apple })).await;
    for price in ["201.25", "203.50", "202.75"] {
        installation.trade_until_seen(&mut live, "AAPL", price, |event| event["bar"]["close"] == price).await;
    }
}
