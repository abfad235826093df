//! The connection: how it comes, how it goes, and what it says of itself.

use std::sync::Arc;

use domain::market_data::{ConnectionState, MarketDataSource, SourceError};
use domain::quote::FeedState;
use domain::world::Environment;
use integrations::ib::IbMarketData;
use tokio::net::TcpListener;

use crate::harness::{World, options_for, soon};

#[tokio::test]
async fn the_world_is_told_by_the_accounts() {
    for (accounts, expected) in [
        (vec!["SIM0000001"], Environment::Simulated),
        (vec!["DU1234567", "DU1234568"], Environment::Paper),
        (vec!["U1234567"], Environment::Live),
    ] {
        let accounts = accounts.into_iter().map(ToOwned::to_owned).collect();
        let world = World::with(|gateway| gateway.accounts = accounts, |_ours| {}).await;
        let status = world.source.status();
        assert_eq!((status.environment, status.message), (Some(expected), None));
    }
}

#[tokio::test]
async fn nothing_that_listens_is_said_and_tried_again() {
    let world = World::unconnected(|_gateway| {}, |ours| ours.address = "127.0.0.1:1".into()).await;
    let status = world.status(ConnectionState::Disconnected).await;
    assert!(status.message.unwrap().contains("nothing listens at 127.0.0.1:1"));
    let refused = world.source.search("AAPL").await.unwrap_err();
    assert!(
        matches!(&refused, SourceError::Unavailable(why) if why.contains("nothing listens")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_listener_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let source = IbMarketData::start(options_for(listener.local_addr().unwrap().to_string()));
    soon("a second attempt", async {
        let _first = listener.accept().await.unwrap();
        let _second = listener.accept().await.unwrap();
    })
    .await;
    assert!(source.status().message.unwrap().contains("does not answer"));
    assert_eq!(source.status().environment, None);
}

#[tokio::test]
async fn a_client_id_in_use_is_said_and_tried_again() {
    let world = World::start().await;
    world.gateway.faults().busy_client_id();
    let second = options_for(world.gateway.address().to_string());
    let world = World {
        source: IbMarketData::start(integrations::ib::IbOptions { client_id: 8, ..second }),
        ..world
    };
    let status = world.status(ConnectionState::Disconnected).await;
    assert!(status.message.unwrap().contains("client id 8 (326)"));
    world.connected().await;
}

#[tokio::test]
async fn a_gateway_that_was_killed_is_found_again() {
    let world = World::start().await;
    world.gateway.stop().await;
    let status = world.status(ConnectionState::Disconnected).await;
    assert_eq!(status.environment, Some(Environment::Simulated));
    world.gateway.restart().await.unwrap();
    let again = world.connected().await;
    assert!(again.since >= status.since && again.message.is_none());
    world.find("AAPL").await;
}

#[tokio::test]
async fn a_silent_gateway_counts_as_dead() {
    let world = World::start().await;
    world.gateway.faults().go_silent();
    let status = world.status(ConnectionState::Disconnected).await;
    assert!(status.message.unwrap().contains("silent"));
    world.gateway.faults().speak();
    world.connected().await;
}

#[tokio::test]
async fn what_is_broken_behind_the_gateway_degrades_the_connection() {
    let world = World::start().await;
    for (broken, mended) in [(1100, 1102), (1100, 1101), (2103, 2104), (2105, 2106)] {
        world.gateway.faults().notice(broken);
        let status = world.status(ConnectionState::Degraded).await;
        assert!(status.message.unwrap().contains(&format!("({broken})")));
        world.gateway.faults().notice(mended);
        world.connected().await;
    }
}

#[tokio::test]
async fn a_stopped_connection_ends_its_streams_and_closes_its_socket() {
    let world = World::start().await;
    let aapl = world.find("AAPL").await;
    let mut quotes = world.quotes(&aapl);
    quotes.state(FeedState::Live).await;
    soon("the end", world.source.stop()).await;
    quotes.that("the end", |event| matches!(event, domain::market_data::SourceEvent::Ended(_))).await;
    assert_eq!(quotes.next().await, None);
    assert_eq!(world.source.status().state, ConnectionState::Disconnected);
    soon("the socket's end", async {
        while world.gateway.connected_clients() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_dropped_connection_closes_its_socket() {
    let World { gateway, source, exchange: _exchange } = World::start().await;
    assert_eq!((Arc::strong_count(&source), gateway.connected_clients()), (1, 1));
    drop(source);
    soon("the socket's end", async {
        while gateway.connected_clients() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
