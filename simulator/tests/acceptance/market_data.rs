//! Streams and snapshots of prices.

use std::collections::HashSet;

use ibapi::contracts::Contract;
use ibapi::market_data::realtime::TickTypes;

use crate::support::{
    PATIENCE, connect, contract, listing, next, refusal, start, start_with, stock, trade, until,
    wait_for_last,
};

/// The type of a tick, where it has one.
fn tick_type(tick: &TickTypes) -> Option<i32> {
    match tick {
        TickTypes::Price(tick) => Some(tick.tick_type as i32),
        TickTypes::PriceSize(tick) => Some(tick.price_tick_type as i32),
        TickTypes::Size(tick) => Some(tick.tick_type as i32),
        TickTypes::String(tick) => Some(tick.tick_type as i32),
        TickTypes::Generic(tick) => Some(tick.tick_type as i32),
        _ => None,
    }
}

#[tokio::test]
async fn a_snapshot_tells_everything_and_ends() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let cases = [
        (stock("AAPL"), vec![45, 1, 2, 4, 8, 6, 7, 9, 14, 49]),
        (Contract::forex("EUR", "USD").build(), vec![1, 2, 6, 7, 9, 14, 49]),
    ];
    for (contract, expected) in cases {
        let ticks = client.market_data(&contract).snapshot_once(PATIENCE).await.unwrap();
        let types: Vec<i32> = ticks.iter().filter_map(tick_type).collect();
        assert_eq!(types, expected);
        assert!(matches!(ticks[0], TickTypes::MarketDataType(ibapi::market_data::MarketDataType::Realtime)));
        assert!(matches!(ticks[1], TickTypes::RequestParameters(_)));
        let price = |wanted| {
            ticks.iter().find_map(|tick| match tick {
                TickTypes::PriceSize(tick) if (tick.price_tick_type as i32) == wanted => Some(tick.price),
                _ => None,
            })
        };
        assert!(price(1).unwrap() < price(2).unwrap());
    }
    assert_eq!(simulator.gateway.lines_in_use(), 0);
}

#[tokio::test]
async fn a_stream_goes_on_by_itself() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let spy = stock("SPY");
    let mut ticks = client.market_data(&spy).generic_ticks(&["233"]).subscribe().await.unwrap();
    let mut bids = HashSet::new();
    while bids.len() < 2 {
        if let TickTypes::PriceSize(tick) = next(&mut ticks).await.unwrap()
            && (tick.price_tick_type as i32) == 1
        {
            bids.insert(tick.price.to_bits());
        }
    }
    assert_eq!(simulator.gateway.lines_in_use(), 1);
    drop(ticks);
    until("the line is free again", || simulator.gateway.lines_in_use() == 0).await;
}

#[tokio::test]
async fn a_held_listing_says_only_what_is_published() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    simulator.exchange.hold(aapl.con_id);
    let mut ticks = client.market_data(&contract(aapl)).subscribe().await.unwrap();
    while tick_type(&next(&mut ticks).await.unwrap()) != Some(49) {}
    for price in [100, 101, 101, 99] {
        trade(&simulator, "AAPL", price);
    }
    let mut last = Vec::new();
    let mut heard = Vec::new();
    while last.len() < 4 {
        let tick = next(&mut ticks).await.unwrap();
        if let TickTypes::PriceSize(tick) = &tick
            && (tick.price_tick_type as i32) == 4
        {
            last.push((tick.price.to_string(), tick.size.to_string()));
        }
        heard.extend(tick_type(&tick));
    }
    assert_eq!(last, ["100", "101", "101", "99"].map(|price| (price.to_owned(), "3".to_owned())));
    assert!(!heard.contains(&1), "the bid stays as it was: {heard:?}");

    simulator.exchange.release(aapl.con_id);
    while tick_type(&next(&mut ticks).await.unwrap()) != Some(1) {}
}

#[tokio::test]
async fn every_client_hears_what_happens() {
    let simulator = start().await;
    simulator.exchange.hold(listing(&simulator, "MSFT").con_id);
    let mut streams = Vec::new();
    let mut clients = Vec::new();
    for id in 1..=3 {
        let client = connect(&simulator, id).await;
        let mut ticks = client.market_data(&stock("MSFT")).subscribe().await.unwrap();
        while tick_type(&next(&mut ticks).await.unwrap()) != Some(49) {}
        streams.push(ticks);
        clients.push(client);
    }
    trade(&simulator, "MSFT", 321);
    for ticks in &mut streams {
        wait_for_last(ticks, 321.0).await;
    }
}

#[tokio::test]
async fn lines_are_limited() {
    let simulator = start_with(|options| options.market_data_lines = 2).await;
    let client = connect(&simulator, 1).await;
    let mut lines = Vec::new();
    for symbol in ["AAPL", "MSFT"] {
        let mut ticks = client.market_data(&stock(symbol)).subscribe().await.unwrap();
        next(&mut ticks).await.unwrap();
        lines.push(ticks);
    }
    let mut third = client.market_data(&stock("NVDA")).subscribe().await.unwrap();
    assert_eq!(refusal(&mut third).await, 101);
    // A snapshot costs no line.
    let ticks = client.market_data(&stock("NVDA")).snapshot_once(PATIENCE).await.unwrap();
    assert!(!ticks.is_empty());
    lines.pop();
    until("a line is free again", || simulator.gateway.lines_in_use() == 1).await;
    let mut third = client.market_data(&stock("NVDA")).subscribe().await.unwrap();
    next(&mut third).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_quoted_is_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let mut ticks = client.market_data(&stock("NOSUCH")).subscribe().await.unwrap();
    assert_eq!(refusal(&mut ticks).await, 200);
}
