//! The simulated gateway is accepted by the broker's older clients too, unmodified: what they read is what the market has, and
//! what they order is what the exchange did.

use domain::bar::BarSize;
use domain::clock::{Clock, SystemClock};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use simulator::exchange::broker::RowStatus;
use tests::ib_client::IbClient;
use tests::market::Market;
use time::{Duration, OffsetDateTime, Time};
use tokio::time::Instant;

use tests::wait::SOON;

const SYMBOL: &str = "AAPL";

/// Everything that a client reports, against the market behind the gateway.
async fn reads_the_market(name: &str, version: i32) {
    let market = Market::open().await;
    market.hold(SYMBOL);
    market.trade(SYMBOL, "250.5");
    let end = (SystemClock.now() - Duration::days(3)).replace_time(Time::MIDNIGHT);
    let format = time::macros::format_description!("[year][month][day]-[hour]:[minute]:[second]");
    let text = end.format(&format).unwrap();
    let Some(mut client) = IbClient::start(name, market.address(), SYMBOL, &text) else { return };

    let connected = client.reports("connected").await;
    assert_eq!(connected["version"], version);
    assert_eq!(connected["accounts"], json!(["SIM0000001", "SIM0000002"]));
    let told = client.reports("time").await["time"].as_i64().unwrap();
    assert!((SystemClock.now().unix_timestamp() - told).abs() <= 5, "{told}");

    reads_the_contract(&mut client, &market).await;
    reads_history(&mut client, &market, end).await;
    assert_eq!(
        client.reports("account").await,
        json!({ "step": "account", "cash": ["1000000.00", "USD"], "positions": 0, "orders": 0 })
    );
    follows_the_market(&mut client, &market).await;

    let times = client.reports("live bar").await["times"].clone();
    assert!(times.as_array().unwrap().iter().all(|seconds| *seconds == 0), "{times}");
    trades(&mut client, &market).await;
    assert_eq!(client.reports("refused").await["code"], 200);
    client.reports("done").await;
    assert!(client.ended().await, "{name} ends with an error");
}

async fn reads_the_contract(client: &mut IbClient, market: &Market) {
    let listing = market.listing(SYMBOL);
    let contract = client.reports("contract").await;
    assert_eq!(contract["id"], listing.con_id);
    assert_eq!(contract["symbol"], listing.symbol);
    assert_eq!(contract["primary_exchange"], listing.primary_exchange);
    assert_eq!(contract["currency"], listing.currency);
    assert_eq!(contract["name"], listing.name);
    assert_eq!(contract["tick"].as_f64(), listing.tick.to_f64());
    assert!(contract["venues"].as_str().unwrap().starts_with("SMART,"), "{contract}");
    let symbols = client.reports("symbols").await["symbols"].clone();
    assert_eq!(symbols[0], SYMBOL);
    assert_eq!(client.reports("rule").await["increments"], json!([[0.0, listing.tick.to_f64()]]));
}

async fn reads_history(client: &mut IbClient, market: &Market, end: OffsetDateTime) {
    let told = client.reports("history").await["bars"].clone();
    let bars = market.bars(SYMBOL, BarSize::Min1, end - Duration::hours(1), end);
    assert_eq!(told.as_array().unwrap().len(), bars.len());
    for (told, bar) in told.as_array().unwrap().iter().zip(bars) {
        let [at, prices @ ..] = told.as_array().unwrap().as_slice() else { panic!("no bar: {told}") };
        assert_eq!(at.as_i64(), Some(bar.time.unix_timestamp()));
        let expected = [bar.open, bar.high, bar.low, bar.close, bar.volume.round()];
        let expected: Vec<f64> = expected.iter().filter_map(ToPrimitive::to_f64).collect();
        assert_eq!(numbers(prices), expected, "{at}");
    }
    let days = client.reports("days").await["days"].clone();
    let expected: Vec<String> = (1..=5)
        .rev()
        .map(|days| {
            let day = (end - Duration::days(days)).date();
            format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day())
        })
        .collect();
    assert_eq!(days, json!(expected));
    assert_eq!(client.reports("head").await["time"], "20100101-00:00:00");
}

async fn follows_the_market(client: &mut IbClient, market: &Market) {
    let quote = client.reports("quote").await;
    let values = ["bid", "ask", "last", "bid_size", "ask_size"].map(|name| quote[name].as_f64().unwrap());
    assert_eq!(values.map(f64::to_bits), [250.49, 250.51, 250.5, 7.0, 7.0].map(f64::to_bits), "{quote}");

    client.reports("listening").await;
    let trade = {
        // It may listen a moment later than it says.
        let ends = Instant::now() + SOON;
        let reported = client.reports("trade");
        tokio::pin!(reported);
        loop {
            market.trade(SYMBOL, "251.25");
            let pause = tokio::time::timeout(std::time::Duration::from_millis(200), &mut reported);
            if let Ok(trade) = pause.await {
                break trade;
            }
            assert!(Instant::now() < ends, "the trade is not told");
        }
    };
    assert_eq!(numbers(&[trade["price"].clone(), trade["size"].clone()]), [251.25, 7.0]);

    let depth = client.reports("depth").await;
    for (side, best) in [("bids", 251.24), ("asks", 251.26)] {
        let levels: Vec<Vec<f64>> =
            depth[side].as_array().unwrap().iter().map(|level| numbers(level.as_array().unwrap())).collect();
        let at_best = levels.iter().filter(|level| level[0].to_bits() == f64::to_bits(best));
        let size: f64 = at_best.map(|level| level[1]).sum();
        assert_eq!(size.to_bits(), 7.0_f64.to_bits(), "{side}: {levels:?}");
        let prices = levels.iter().map(|level| level[0]);
        let sorted = if side == "bids" { prices.is_sorted_by(|a, b| a >= b) } else { prices.is_sorted() };
        assert!(sorted, "{side}: {levels:?}");
    }
}

async fn trades(client: &mut IbClient, market: &Market) {
    let preview = client.reports("preview").await;
    assert!(preview["margin"].as_f64().is_some_and(|margin| margin > 0.0), "{preview}");
    assert_eq!(preview["commission"], 1.0);

    let placed = client.reports("placed").await;
    assert_eq!((&placed["limit"], &placed["reference"]), (&json!(100.0), &json!("python")));
    assert_eq!(client.reports("changed").await["limit"], 101.5);
    let cancelled = client.reports("cancelled").await;
    assert_eq!((&cancelled["status"], &cancelled["code"]), (&json!("Cancelled"), &json!(202)));
    let order = market.order(1, id(&placed)).expect("the exchange has the order");
    assert_eq!((order.status, order.reference.as_str(), order.version), (RowStatus::Cancelled, "python", 3));

    let filled = client.reports("filled").await;
    let order = market.order(1, id(&filled)).expect("the exchange has the order");
    assert_eq!((order.status, order.filled), (RowStatus::Filled, Decimal::from(5)));
    assert_eq!((&filled["status"], &filled["filled"]), (&json!("Filled"), &json!(5.0)));
    assert_eq!(filled["price"].as_f64(), order.average_price.and_then(|price| price.to_f64()));
    assert_eq!(filled["commission"], 1.0);
    assert_eq!(client.reports("executions").await["ids"], json!([true]));
    assert_eq!(client.reports("completed").await["statuses"], json!(["Cancelled", "Filled"]));

    let position = client.reports("position").await;
    assert_eq!((&position["quantity"], &position["account"]), (&json!(5.0), &json!("SIM0000001")));
    assert_eq!(position["cost"], filled["price"]);
    let cash = Decimal::from(1_000_000) - order.average_price.unwrap() * Decimal::from(5) - Decimal::ONE;
    assert_eq!(client.reports("values").await["cash"], format!("{cash:.2}"));
}

fn id(report: &Value) -> i32 {
    report["id"].as_i64().and_then(|id| i32::try_from(id).ok()).unwrap_or_else(|| panic!("no id: {report}"))
}

fn numbers(values: &[Value]) -> Vec<f64> {
    values.iter().map(|value| value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ib_async_reads_the_market() {
    reads_the_market("ib_async", 178).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ib_insync_reads_the_market() {
    reads_the_market("ib_insync", 176).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_reads_the_market() {
    reads_the_market("ibapi", 157).await;
}
