//! Ticks of the past.

use domain::clock::{Clock, SystemClock};
use engine::tick::TickKind;
use futures::{Stream, StreamExt};
use ibapi::contracts::Contract;
use ibapi::market_data::IgnoreSize;
use ibapi::subscriptions::SubscriptionItem;
use rust_decimal::Decimal;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::support::{code, connect, contract, listing, start, stock, within};

const START: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);

/// All items of a stream that ends, or the first error.
async fn all<T, S>(opened: impl Future<Output = Result<S, ibapi::Error>>) -> Result<Vec<T>, ibapi::Error>
where
    S: Stream<Item = Result<SubscriptionItem<T>, ibapi::Error>> + Unpin,
{
    let mut stream = opened.await?;
    let mut items = Vec::new();
    while let Some(item) = within(stream.next()).await {
        if let SubscriptionItem::Data(item) = item? {
            items.push(item);
        }
    }
    Ok(items)
}

#[tokio::test]
async fn trades_are_paged_without_a_hole() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    let mut from = START;
    let mut told = Vec::new();
    for _ in 0..3 {
        let page = all(client.historical_ticks(&contract(aapl), 100).starting(from).trade()).await.unwrap();
        assert!((100..150).contains(&page.len()), "{}", page.len());
        from = page.last().unwrap().timestamp + Duration::SECOND;
        told.extend(page.into_iter().map(|tick| (tick.timestamp, tick.price.to_bits(), tick.exchange)));
    }
    let prints = simulator.exchange.market().prints(aapl.con_id, START, from);
    let expected: Vec<_> = prints
        .iter()
        .filter(|print| !print.unreported)
        .map(|print| {
            let price: f64 = print.price.to_string().parse().unwrap();
            (print.at.replace_nanosecond(0).unwrap(), price.to_bits(), print.exchange.clone())
        })
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_last_ticks_before_a_moment_are_told_too() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    let page = all(client.historical_ticks(&contract(aapl), 1_000).ending(START).trade()).await.unwrap();
    assert!((1_000..1_100).contains(&page.len()), "{}", page.len());
    assert!(page.is_sorted_by_key(|tick| tick.timestamp));
    let from = page[0].timestamp;
    let prints = simulator.exchange.market().prints(aapl.con_id, from, START);
    assert_eq!(page.len(), prints.iter().filter(|print| !print.unreported).count());

    // What has not happened yet is not told.
    let now = SystemClock.now();
    let latest =
        all(client.historical_ticks(&contract(aapl), 10).ending(now + Duration::DAY).trade()).await.unwrap();
    assert!(latest.last().unwrap().timestamp <= SystemClock.now());
    assert!(latest.last().unwrap().timestamp > now - Duration::MINUTE);
    let future = all(client.historical_ticks(&contract(aapl), 10).starting(now + Duration::DAY).trade())
        .await
        .unwrap();
    assert!(future.is_empty());
}

#[tokio::test]
async fn quotes_are_what_the_ticks_add_up_to() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let euro = listing(&simulator, "EUR.USD");
    let ticks = |ignore| {
        let (client, contract) = (&client, contract(euro));
        async move { all(client.historical_ticks(&contract, 200).starting(START).bid_ask(ignore)).await.unwrap() }
    };
    let fine = ticks(IgnoreSize::No).await;
    let coarse = ticks(IgnoreSize::Yes).await;
    assert!(coarse.windows(2).all(|pair| {
        (pair[0].price_bid.to_bits(), pair[0].price_ask.to_bits())
            != (pair[1].price_bid.to_bits(), pair[1].price_ask.to_bits())
    }));
    assert!(coarse.last().unwrap().timestamp >= fine.last().unwrap().timestamp);
    assert!(fine.iter().all(|tick| tick.price_bid < tick.price_ask && tick.size_bid > Some(0.0)));
    let end = fine.last().unwrap().timestamp + Duration::SECOND;
    let mut last = [Decimal::ZERO; 2];
    for tick in simulator.exchange.market().ticks(euro.con_id, START, end) {
        match tick.kind {
            TickKind::Bid { price, .. } => last[0] = price.normalize(),
            TickKind::Ask { price, .. } => last[1] = price.normalize(),
            TickKind::Trade { .. } => {}
        }
    }
    let told = fine.last().unwrap();
    assert_eq!([told.price_bid, told.price_ask].map(|it| it.to_string()), last.map(|it| it.to_string()));

    let middles =
        all(client.historical_ticks(&contract(euro), 50).starting(START).mid_point()).await.unwrap();
    assert!(middles.windows(2).all(|pair| pair[0].price.to_bits() != pair[1].price.to_bits()));
    assert!(middles.len() >= 50);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = stock("AAPL");
    let ticks = |count| client.historical_ticks(&aapl, count);
    let euro = Contract::forex("EUR", "USD").build();
    let nothing = stock("NOSUCH");
    let cases = [
        (all(ticks(1_001).starting(START).trade()).await, 321),
        (all(ticks(0).starting(START).trade()).await, 321),
        (all(ticks(-1).starting(START).trade()).await, 321),
        (all(ticks(10).starting(START).ending(START).trade()).await, 321),
        (all(client.historical_ticks(&euro, 10).starting(START).trade()).await, 10187),
        (all(client.historical_ticks(&nothing, 10).starting(START).trade()).await, 200),
    ];
    for (answer, expected) in cases {
        assert_eq!(code(&answer.unwrap_err()), expected);
    }
    simulator.gateway.faults().refuse_history();
    assert_eq!(code(&all(ticks(10).starting(START).trade()).await.unwrap_err()), 162);
}
