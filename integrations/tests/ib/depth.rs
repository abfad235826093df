//! Depth: the whole book, as the gateway's changes make it.

use domain::RefusalCode;
use domain::decimal::Price;
use domain::depth::{DepthLevel, DepthValues, MAX_LEVELS};
use domain::instrument::Instrument;
use domain::market_data::{LineKind, MarketDataSource, SourceEvent};
use domain::quote::FeedState;
use engine::tick::TickKind;
use rust_decimal::Decimal;

use crate::harness::{Depth, World, soon};

fn best(levels: &[DepthLevel]) -> Option<(Price, Decimal)> {
    let price = levels.first()?.price;
    let sizes = levels.iter().filter(|level| level.price == price).filter_map(|level| level.size);
    Some((price, sizes.map(domain::decimal::Quantity::value).sum()))
}

/// Waits until the best rows are these prices, with these sizes at them.
async fn until_best(depth: &mut Depth, bid: (&str, i64), ask: (&str, i64)) -> DepthValues {
    let parse = |(price, size): (&str, i64)| Some((Price::new(price.parse().unwrap()), Decimal::from(size)));
    let is_it = |values: &DepthValues| best(&values.bids) == parse(bid) && best(&values.asks) == parse(ask);
    let like =
        |event: &SourceEvent<DepthValues>| matches!(event, SourceEvent::Values(values) if is_it(values));
    match depth.that("the book", like).await {
        SourceEvent::Values(values) => values,
        _ => unreachable!(),
    }
}

fn publish(world: &World, instrument: &Instrument, bid: (&str, i64), ask: (&str, i64)) {
    let decimal = |text: &str| text.parse().unwrap();
    world.publish(instrument, TickKind::Bid { price: decimal(bid.0), size: Decimal::from(bid.1) });
    world.publish(instrument, TickKind::Ask { price: decimal(ask.0), size: Decimal::from(ask.1) });
}

#[tokio::test]
async fn the_book_begins_with_the_quote_and_follows_it() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.hold(&aapl);
    publish(&world, &aapl, ("100.00", 700), ("100.02", 300));
    let mut depth = world.depth(&aapl);
    let Some(SourceEvent::Values(_)) = depth.next().await else { panic!("values come first") };
    depth.state(FeedState::Live).await;
    let full = |event: &SourceEvent<DepthValues>| matches!(event, SourceEvent::Values(values) if values.bids.len() == MAX_LEVELS && values.asks.len() == MAX_LEVELS);
    let SourceEvent::Values(book) = depth.that("the whole book", full).await else { unreachable!() };
    assert_eq!(best(&book.bids), Some((Price::new("100.00".parse().unwrap()), Decimal::from(700))));
    assert!(book.bids.is_sorted_by(|above, below| above.price >= below.price), "{:?}", book.bids);
    assert!(book.asks.is_sorted_by(|above, below| above.price <= below.price), "{:?}", book.asks);
    assert!(book.bids.iter().all(|level| level.exchange.is_some()), "smart depth names the exchanges");
    publish(&world, &aapl, ("100.05", 200), ("100.07", 900));
    until_best(&mut depth, ("100.05", 200), ("100.07", 900)).await;
}

#[tokio::test]
async fn other_exchanges_and_kinds_have_depth_too() {
    let world = World::start().await;
    for text in ["ES", "EUR.USD"] {
        let instrument = world.find(text).await;
        let mut depth = world.depth(&instrument);
        depth.state(FeedState::Live).await;
        let filled = |event: &SourceEvent<DepthValues>| matches!(event, SourceEvent::Values(values) if !values.asks.is_empty() && !values.bids.is_empty());
        depth.that("both sides", filled).await;
    }
}

#[tokio::test]
async fn a_reset_book_is_read_anew() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.hold(&aapl);
    publish(&world, &aapl, ("100.00", 700), ("100.02", 300));
    let mut depth = world.depth(&aapl);
    until_best(&mut depth, ("100.00", 700), ("100.02", 300)).await;
    world.gateway.faults().reset_depth();
    publish(&world, &aapl, ("100.01", 100), ("100.02", 500));
    let book = until_best(&mut depth, ("100.01", 100), ("100.02", 500)).await;
    assert!(
        book.bids.len() <= MAX_LEVELS && book.bids.is_sorted_by(|above, below| above.price >= below.price)
    );
}

#[tokio::test]
async fn there_are_three_lines_and_the_newcomer_is_told() {
    let world = World::start().await;
    assert_eq!(world.source.line_limit(LineKind::Depth), 3);
    let mut open = Vec::new();
    for text in ["AAPL", "MSFT", "SPY"] {
        let mut depth = world.depth(&world.find(text).await);
        depth.state(FeedState::Live).await;
        open.push(depth);
    }
    let es = world.find("ES").await;
    let (code, message) = world.depth(&es).refusal().await;
    assert_eq!(code, RefusalCode::MarketDataLinesExhausted);
    assert!(message.contains("market-depth"), "{message}");
    open.pop();
    world.depth(&es).state(FeedState::Live).await;

    let world = World::with(|gateway| gateway.depth_instruments = 1, |_ours| {}).await;
    let mut first = world.depth(&world.find("AAPL").await);
    first.state(FeedState::Live).await;
    let (code, _) = world.depth(&world.find("MSFT").await).refusal().await;
    assert_eq!(code, RefusalCode::MarketDataLinesExhausted, "the gateway's own limit");
}

#[tokio::test]
async fn a_killed_gateway_makes_it_stale_until_the_book_is_there_again() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.hold(&aapl);
    publish(&world, &aapl, ("100.00", 700), ("100.02", 300));
    let mut depth = world.depth(&aapl);
    depth.state(FeedState::Live).await;
    world.gateway.stop().await;
    depth.state(FeedState::Stale).await;
    publish(&world, &aapl, ("100.05", 200), ("100.07", 900));
    world.gateway.restart().await.unwrap();
    let way = depth.way_back().await;
    assert!(way.ends_with(&["LOST", "RECOVERING", "VALUES", "LIVE"]), "{way:?}");
    publish(&world, &aapl, ("100.06", 400), ("100.07", 900));
    until_best(&mut depth, ("100.06", 400), ("100.07", 900)).await;
    drop(depth);
    soon("the line is given back", async {
        while world.gateway.depth_instruments_in_use() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
