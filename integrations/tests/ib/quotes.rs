//! Quotes while all is well, and what the source refuses.

use std::ops::Range;

use domain::RefusalCode;
use domain::instrument::Instrument;
use domain::market_data::SourceEvent;
use domain::quote::FeedState;
use domain::world::{ConnectionId, Environment};
use engine::tick::TickKind;
use rust_decimal::Decimal;
use simulator::faults::MarketDataRefusal;

use crate::harness::{Quotes, World};

#[tokio::test]
async fn values_come_first_and_then_their_state() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let mut quotes = world.quotes(&aapl);
    let Some(SourceEvent::Values(_)) = quotes.next().await else { panic!("values come first") };
    assert_eq!(quotes.next().await, Some(SourceEvent::State(FeedState::Live, None)));
    world.trade(&aapl, "123.45");
    let values = quotes.values().await;
    let (bid, ask) = (values.bid.unwrap(), values.ask.unwrap());
    assert!(bid.price < ask.price && bid.size.is_some() && ask.size.is_some());
    assert!(values.previous_close.is_some() && values.volume.is_some());
}

#[tokio::test]
async fn a_published_tick_arrives_as_it_was() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.hold(&aapl);
    let mut quotes = world.quotes(&aapl);
    quotes.state(FeedState::Live).await;
    world.trade(&aapl, "187.35");
    let values = quotes.last("187.35").await;
    assert_eq!(values.last.unwrap().size.unwrap().value(), Decimal::ONE);
    assert_eq!(values.source_at.unwrap().unix_timestamp(), 1_795_350_000);
    let bid = TickKind::Bid { price: "187.30".parse().unwrap(), size: Decimal::from(300) };
    world.publish(&aapl, bid);
    let values = quotes.values().await;
    let bid = values.bid.unwrap();
    assert_eq!((bid.price.to_string().as_str(), bid.size.unwrap().value()), ("187.30", Decimal::from(300)));
    assert_eq!(values.last.unwrap().price.to_string(), "187.35", "older values are folded in");
}

#[tokio::test]
async fn every_kind_of_instrument_is_quoted() {
    let world = World::start().await;
    for text in ["AAPL", "SPY", "EUR.USD", "ES"] {
        let instrument = world.find(text).await;
        let mut quotes = world.quotes(&instrument);
        quotes.state(FeedState::Live).await;
        world.lines(1).await;
        drop(quotes);
        world.lines(0).await;
    }
}

#[tokio::test]
async fn our_own_cap_refuses_one_line_too_many_until_one_is_free() {
    let world = World::with(|_gateway| {}, |ours| ours.line_limit = 2).await;
    let mut lines = Vec::new();
    for text in ["AAPL", "MSFT"] {
        let mut quotes = world.quotes(&world.find(text).await);
        quotes.state(FeedState::Live).await;
        lines.push(quotes);
    }
    let spy = world.find("SPY").await;
    let (code, message) = world.quotes(&spy).refusal().await;
    assert_eq!(code, RefusalCode::MarketDataLinesExhausted);
    assert!(message.contains("SPY"), "{message}");
    lines.pop();
    world.quotes(&spy).state(FeedState::Live).await;
}

#[tokio::test]
async fn the_gateways_own_cap_is_a_refusal_too() {
    let world = World::with(|gateway| gateway.market_data_lines = 1, |_ours| {}).await;
    let mut first = world.quotes(&world.find("AAPL").await);
    first.state(FeedState::Live).await;
    let (code, _) = world.quotes(&world.find("SPY").await).refusal().await;
    assert_eq!(code, RefusalCode::MarketDataLinesExhausted);
}

#[tokio::test]
async fn data_that_is_not_subscribed_is_refused() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    for refused in [MarketDataRefusal::NotSubscribed, MarketDataRefusal::NotSubscribedForApi] {
        world.gateway.faults().refuse_market_data(refused);
        let (code, message) = world.quotes(&aapl).refusal().await;
        assert_eq!(code, RefusalCode::MarketDataNotSubscribed);
        assert!(message.contains(&refused.code().to_string()), "{message}");
    }
    world.gateway.faults().serve_market_data();
    world.lines(0).await;
}

#[tokio::test]
async fn delayed_data_says_so() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.gateway.faults().refuse_market_data(MarketDataRefusal::Delayed);
    let mut quotes = world.quotes(&aapl);
    assert!(quotes.values().await.bid.is_some());
    let reason = quotes.state(FeedState::Delayed).await;
    assert!(reason.unwrap().contains("delayed"));
}

#[tokio::test]
async fn a_competing_session_is_waited_out() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.gateway.faults().refuse_market_data(MarketDataRefusal::CompetingSession);
    let mut quotes = world.quotes(&aapl);
    let reason = quotes.state(FeedState::Stale).await;
    assert!(reason.unwrap().contains("another session"));
    world.gateway.faults().serve_market_data();
    quotes.state(FeedState::Live).await;
}

#[tokio::test]
async fn an_instrument_of_another_world_is_not_asked_for() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let mut live = aapl.clone();
    live.environment = Environment::Live;
    let mut elsewhere = aapl.clone();
    elsewhere.connection = ConnectionId::new("other");
    let mut unknown = aapl;
    unknown.broker_id = 999_999_999;
    let (refused, delisted) = (RefusalCode::BrokerRefused, RefusalCode::InstrumentDelisted);
    for (instrument, expected, why) in
        [(live, refused, "LIVE"), (elsewhere, refused, "'other'"), (unknown, delisted, "(200)")]
    {
        let (code, message) = world.quotes(&instrument).refusal().await;
        assert_eq!(code, expected);
        assert!(message.contains(why), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_lines_open_within_the_gateways_message_limit() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let mut lines: Vec<Quotes> = (0..100).map(|_| world.quotes(&aapl)).collect();
    let opened = lines.iter_mut().map(|quotes| quotes.state(FeedState::Live));
    futures::future::join_all(opened).await;
    assert_eq!(world.gateway.lines_in_use(), 100);
    assert_eq!(world.gateway.connected_clients(), 1);
    drop(lines);
    world.lines(0).await;
}

/// Trades at these cents above 100, and the certainty that they have reached this process.
async fn print_trades(
    world: &World,
    aapl: &Instrument,
    other: (&Instrument, &mut Quotes),
    cents: Range<i64>,
) {
    let marker = Decimal::new(cents.end + 50_000, 2).to_string();
    for cent in cents {
        world.trade(aapl, &Decimal::new(10_000 + cent, 2).to_string());
    }
    world.trade(other.0, &marker);
    other.1.last(&marker).await;
}

#[tokio::test]
async fn what_is_ready_is_told_at_once_and_what_was_left_out_is_said() {
    let world = World::start().await;
    let (aapl, msft) = (world.find("AAPL").await, world.find("MSFT").await);
    world.hold(&aapl);
    world.hold(&msft);
    let (mut quotes, mut other) = (world.quotes(&aapl), world.quotes(&msft));
    quotes.state(FeedState::Live).await;
    other.state(FeedState::Live).await;
    print_trades(&world, &aapl, (&msft, &mut other), 0..40).await;
    assert_eq!(quotes.values().await.last.unwrap().price.to_string(), "100.39", "forty trades are one event");
    for round in 0..20 {
        print_trades(&world, &aapl, (&msft, &mut other), round * 100..(round + 1) * 100).await;
    }
    quotes.that("the news of lost ticks", |event| matches!(event, SourceEvent::Lost(_))).await;
    quotes.last("119.99").await;
}
