//! Trades, tick by tick: live, of the past, refused, and through outages.

use std::time::Duration;

use domain::RefusalCode;
use domain::market_data::{LineKind, MarketDataSource, SourceError, SourceEvent};
use domain::quote::FeedState;
use domain::trade::TradeValues;
use rust_decimal::Decimal;

use crate::harness::{Trades, World, soon};

/// What a stream says next, in short.
async fn told(trades: &mut Trades) -> String {
    match trades.next().await.expect("the stream goes on") {
        SourceEvent::Values(trade) => trade.price.to_string(),
        SourceEvent::State(state, _) => state.as_str().to_owned(),
        SourceEvent::Lost(_) => "LOST".to_owned(),
        SourceEvent::Ended(error) => panic!("the stream ended: {error}"),
    }
}

#[tokio::test]
async fn every_print_arrives_once_in_order_and_as_it_was() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.hold(&aapl);
    let mut trades = world.trades(&aapl).await;
    let prices: Vec<String> = (0..300).map(|cent| Decimal::new(10_000 + cent, 2).to_string()).collect();
    for price in &prices {
        world.trade(&aapl, price);
    }
    assert_eq!(told(&mut trades).await, "LIVE", "what is printed now is of now");
    for price in &prices {
        assert_eq!(&told(&mut trades).await, price);
    }
    world.trade(&aapl, "187.345");
    let SourceEvent::Values(trade) = trades.next().await.unwrap() else { panic!("a print") };
    assert_eq!(trade.price.to_string(), "187.345", "a print between two increments is told as it was");
    assert_eq!(trade.size.unwrap().value(), Decimal::ONE);
    assert_eq!(trade.source_at.unwrap().unix_timestamp(), 1_795_350_000);
    assert!(trade.exchange.is_some());
    drop(trades);
    world.tapes(0).await;
}

#[tokio::test]
async fn the_latest_prints_are_read_oldest_first() {
    let world = World::start().await;
    let spy = world.find("SPY").await;
    for count in [1, 20, 1_000] {
        let prints = soon("the prints", world.source.ticks(&spy, count)).await.unwrap();
        assert_eq!(prints.len(), count);
        let times: Vec<_> = prints.iter().map(|print| print.source_at.unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(prints.iter().all(|print| print.size.is_some() && print.exchange.is_some()));
    }
    let mut delisted = spy;
    delisted.broker_id = 999_999_999;
    let refused = soon("the refusal", world.source.ticks(&delisted, 10)).await;
    let Err(SourceError::Rejected { code, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(code, RefusalCode::InstrumentDelisted);
}

#[tokio::test]
async fn there_are_few_lines_and_the_newcomer_is_told() {
    let world = World::start().await;
    assert_eq!(world.source.line_limit(LineKind::Trades), 5);
    let world = World::with(|_gateway| {}, |ours| ours.line_limit = 20).await;
    assert_eq!(world.source.line_limit(LineKind::Trades), 1);
    let first = world.trades(&world.find("AAPL").await).await;
    let msft = world.find("MSFT").await;
    let mut second = Trades { events: world.source.trades(&msft) };
    let (code, message) = second.refusal().await;
    assert_eq!(code, RefusalCode::MarketDataLinesExhausted);
    assert!(message.contains("tick-by-tick") && message.contains("MSFT"), "{message}");
    drop(first);
    world.trades(&msft).await;
}

#[tokio::test]
async fn the_gateways_own_limit_and_what_it_does_not_serve_are_refusals() {
    let world = World::with(|gateway| gateway.tick_by_tick_streams = 1, |_ours| {}).await;
    let _first = world.trades(&world.find("AAPL").await).await;
    let (msft, euro) = (world.find("MSFT").await, world.find("EUR.USD").await);
    let mut delisted = msft.clone();
    delisted.broker_id = 999_999_999;
    for (instrument, expected) in [
        (msft, RefusalCode::MarketDataLinesExhausted),
        (euro, RefusalCode::MarketDataNotSubscribed),
        (delisted, RefusalCode::InstrumentDelisted),
    ] {
        let mut trades = Trades { events: world.source.trades(&instrument) };
        assert_eq!(trades.refusal().await.0, expected, "{}", instrument.symbol);
    }
}

#[tokio::test]
async fn a_killed_gateway_is_said_and_what_was_missed_is_lost() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.hold(&aapl);
    let mut trades = world.trades(&aapl).await;
    world.trade(&aapl, "100.00");
    assert_eq!([told(&mut trades).await, told(&mut trades).await], ["LIVE", "100.00"]);
    world.gateway.stop().await;
    let reason = trades.state(FeedState::Stale).await;
    assert!(reason.is_some());
    world.trade(&aapl, "101.00");
    world.gateway.restart().await.unwrap();
    trades.that("the loss", |event| matches!(event, SourceEvent::Lost(_))).await;
    assert_eq!(told(&mut trades).await, "RECOVERING");
    world.tapes(1).await;
    world.trade(&aapl, "102.00");
    assert_eq!([told(&mut trades).await, told(&mut trades).await], ["LIVE", "102.00"]);
}

#[tokio::test]
async fn the_same_is_not_asked_for_again_too_soon() {
    let pace = Duration::from_millis(700);
    let world = World::with(|_gateway| {}, |ours| ours.timings.trades_interval = pace).await;
    let aapl = world.find("AAPL").await;
    world.hold(&aapl);
    let begun = tokio::time::Instant::now();
    drop(world.trades(&aapl).await);
    let mut again = Trades { events: world.source.trades(&aapl) };
    let reason = again.state(FeedState::Stale).await.unwrap();
    assert!(reason.contains("so soon"), "{reason}");
    again.state(FeedState::Recovering).await;
    assert!(begun.elapsed() >= pace, "{:?}", begun.elapsed());
    world.tapes(1).await;
    world.trade(&aapl, "100.00");
    let print = again.that("a print", |event| matches!(event, SourceEvent::Values(_))).await;
    let SourceEvent::Values(TradeValues { price, .. }) = print else { unreachable!() };
    assert_eq!(price.to_string(), "100.00");
}

#[tokio::test]
async fn the_gateway_does_not_hear_the_same_too_soon() {
    let gateways = Duration::from_millis(700);
    for (ours, is_served) in [(Duration::from_millis(800), true), (Duration::from_millis(10), false)] {
        let world = World::with(
            |gateway| gateway.tick_by_tick_interval = gateways,
            |options| options.timings.trades_interval = ours,
        )
        .await;
        let aapl = world.find("AAPL").await;
        world.hold(&aapl);
        drop(world.trades(&aapl).await);
        world.tapes(0).await;
        let mut again = Trades { events: world.source.trades(&aapl) };
        if is_served {
            again.state(FeedState::Recovering).await;
            world.tapes(1).await;
            world.trade(&aapl, "100.00");
            again.that("a print", |event| matches!(event, SourceEvent::Values(_))).await;
        } else {
            let (code, _) = again.refusal().await;
            assert_eq!(code, RefusalCode::MarketDataLinesExhausted);
        }
    }
}
