//! A quote stream through everything that can go wrong, and back.

use domain::market_data::ConnectionState;
use domain::quote::FeedState;

use crate::harness::{Quotes, World};

async fn streaming() -> (World, Quotes) {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let mut quotes = world.quotes(&aapl);
    quotes.state(FeedState::Live).await;
    (world, quotes)
}

#[tokio::test]
async fn a_dropped_socket() {
    let (world, mut quotes) = streaming().await;
    world.gateway.faults().drop_sockets();
    quotes.state(FeedState::Stale).await;
    let way = quotes.way_back().await;
    assert!(way.ends_with(&["LOST", "RECOVERING", "VALUES", "LIVE"]), "{way:?}");
    world.lines(1).await;
}

#[tokio::test]
async fn a_gateway_killed_and_back() {
    let (world, mut quotes) = streaming().await;
    world.gateway.stop().await;
    quotes.state(FeedState::Stale).await;
    world.status(ConnectionState::Disconnected).await;
    world.gateway.restart().await.unwrap();
    let way = quotes.way_back().await;
    assert!(way.ends_with(&["LOST", "RECOVERING", "VALUES", "LIVE"]), "{way:?}");
}

#[tokio::test]
async fn a_silent_gateway() {
    let (world, mut quotes) = streaming().await;
    world.gateway.faults().go_silent();
    let reason = quotes.state(FeedState::Stale).await;
    assert!(reason.unwrap().contains("silent"));
    world.gateway.faults().speak();
    let way = quotes.way_back().await;
    assert!(way.ends_with(&["LOST", "RECOVERING", "VALUES", "LIVE"]), "{way:?}");
}

#[tokio::test]
async fn the_gateway_loses_the_broker_and_what_was_missed_is_asked_for() {
    let (world, mut quotes) = streaming().await;
    world.gateway.faults().notice(1100);
    assert!(quotes.state(FeedState::Stale).await.unwrap().contains("(1100)"));
    world.gateway.faults().notice(1102);
    let way = quotes.way_back().await;
    assert!(way.ends_with(&["LOST", "RECOVERING", "VALUES", "LIVE"]), "{way:?}");
    world.lines(1).await;
}

#[tokio::test]
async fn the_gateway_loses_the_broker_and_the_data() {
    let (world, mut quotes) = streaming().await;
    world.gateway.faults().notice(1100);
    quotes.state(FeedState::Stale).await;
    world.gateway.faults().notice(1101);
    let way = quotes.way_back().await;
    assert!(way.ends_with(&["LOST", "RECOVERING", "VALUES", "LIVE"]), "{way:?}");
    world.lines(1).await;
}

#[tokio::test]
async fn a_data_farm_goes_down_and_comes_back() {
    let (world, mut quotes) = streaming().await;
    world.gateway.faults().notice(2103);
    assert!(quotes.state(FeedState::Stale).await.unwrap().contains("(2103)"));
    world.gateway.faults().notice(2104);
    quotes.state(FeedState::Live).await;
}

#[tokio::test]
async fn a_farm_of_history_does_not_make_quotes_stale() {
    let (world, mut quotes) = streaming().await;
    world.gateway.faults().notice(2105);
    world.status(ConnectionState::Degraded).await;
    world.gateway.faults().notice(2103);
    assert!(
        quotes.state(FeedState::Stale).await.unwrap().contains("market data"),
        "the first thing that quotes say"
    );
}

#[tokio::test]
async fn a_stream_opened_during_an_outage_says_so_at_once() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    world.gateway.stop().await;
    world.status(ConnectionState::Disconnected).await;
    let mut quotes = world.quotes(&aapl);
    quotes.state(FeedState::Stale).await;
    world.gateway.restart().await.unwrap();
    let way = quotes.way_back().await;
    assert!(way.ends_with(&["RECOVERING", "VALUES", "LIVE"]) && !way.contains(&"LOST"), "{way:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_streams_come_back_together() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let mut lines: Vec<Quotes> = (0..60).map(|_| world.quotes(&aapl)).collect();
    futures::future::join_all(lines.iter_mut().map(|quotes| quotes.state(FeedState::Live))).await;
    world.gateway.faults().drop_sockets();
    futures::future::join_all(lines.iter_mut().map(|quotes| quotes.state(FeedState::Stale))).await;
    futures::future::join_all(lines.iter_mut().map(|quotes| quotes.state(FeedState::Live))).await;
    world.lines(60).await;
}

#[tokio::test]
async fn a_stopped_exchange_makes_the_quotes_stale() {
    let (world, mut quotes) = streaming().await;
    world.exchange.stop();
    quotes.state(FeedState::Stale).await;
    world.exchange.resume();
    quotes.state(FeedState::Live).await;
}
