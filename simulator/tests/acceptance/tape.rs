//! Tick-by-tick data.

use domain::clock::{Clock, SystemClock};
use engine::print::Print;
use engine::tick::{Tick, TickKind};
use ibapi::contracts::Contract;
use ibapi::market_data::IgnoreSize;
use ibapi::market_data::realtime::{BidAsk, Trade};
use rust_decimal::Decimal;
use simulator::Simulator;
use simulator::faults::MarketDataRefusal;
use time::{Duration, OffsetDateTime};

use crate::support::{
    code, connect, contract, listing, next, refusal, start, start_with, stock, trade, until, wait_for_last,
};

/// What a trade says, but for fractions of its second.
fn told(trade: &Trade) -> (OffsetDateTime, u64, u64, String, String, bool) {
    let Trade { time, price, size, trade_attribute, exchange, special_conditions } = trade;
    (
        *time,
        price.to_bits(),
        size.to_bits(),
        exchange.clone(),
        special_conditions.clone(),
        trade_attribute.unreported,
    )
}

fn expected(print: &Print) -> (OffsetDateTime, u64, u64, String, String, bool) {
    let double = |number: Decimal| number.to_string().parse::<f64>().unwrap().to_bits();
    (
        print.at.replace_nanosecond(0).unwrap(),
        double(print.price),
        double(print.size),
        print.exchange.clone(),
        print.conditions.clone(),
        print.unreported,
    )
}

#[tokio::test]
async fn every_trade_is_told_once_and_in_order() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let spy = listing(&simulator, "SPY");
    let begun = SystemClock.now() - Duration::SECOND;
    let mut last = client.tick_by_tick(&contract(spy), 0).last().await.unwrap();
    let mut all = client.tick_by_tick(&contract(spy), 0).all_last().await.unwrap();
    for (stream, with_unreported) in [(&mut last, false), (&mut all, true)] {
        let mut received = Vec::new();
        for _ in 0..25 {
            received.push(told(&next(stream).await.unwrap()));
        }
        let prints = simulator.exchange.market().prints(spy.con_id, begun, SystemClock.now());
        let prints: Vec<_> =
            prints.iter().filter(|print| with_unreported || !print.unreported).map(expected).collect();
        let found = prints.windows(received.len()).any(|window| window == received);
        assert!(found, "{received:?} is not a part of {prints:?}");
    }
}

/// Lets bid, ask and trade happen.
fn publish(simulator: &Simulator, symbol: &str, kinds: &[TickKind]) {
    let at = SystemClock.now();
    let ticks: Vec<Tick> = kinds.iter().map(|kind| Tick { at, kind: *kind }).collect();
    simulator.exchange.publish(listing(simulator, symbol).con_id, ticks);
}

fn bid(price: i64, size: i64) -> TickKind {
    TickKind::Bid { price: Decimal::from(price), size: Decimal::from(size) }
}

fn ask(price: i64, size: i64) -> TickKind {
    TickKind::Ask { price: Decimal::from(price), size: Decimal::from(size) }
}

/// Both prices with their sizes.
fn prices(quote: &BidAsk) -> String {
    format!("{} x {} / {} x {}", quote.bid_price, quote.bid_size, quote.ask_price, quote.ask_size)
}

#[tokio::test]
async fn quotes_and_middles_follow_the_best_prices() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let aapl = listing(&simulator, "AAPL");
    simulator.exchange.hold(aapl.con_id);
    publish(&simulator, "AAPL", &[bid(100, 200), ask(102, 300)]);
    let mut quotes = client.tick_by_tick(&stock("AAPL"), 0).bid_ask(IgnoreSize::No).await.unwrap();
    let mut coarse = client.tick_by_tick(&stock("AAPL"), 0).bid_ask(IgnoreSize::Yes).await.unwrap();
    let mut middles = client.tick_by_tick(&stock("AAPL"), 0).mid_point().await.unwrap();
    // What stands is told first, and whatever changes then.
    let first = "100 x 200 / 102 x 300";
    assert_eq!(prices(&next(&mut quotes).await.unwrap()), first);
    assert_eq!(prices(&next(&mut coarse).await.unwrap()), first);
    assert_eq!(next(&mut middles).await.unwrap().mid_point.to_string(), "101");
    publish(&simulator, "AAPL", &[bid(100, 500), bid(100, 500), ask(103, 300)]);
    assert_eq!(prices(&next(&mut quotes).await.unwrap()), "100 x 500 / 102 x 300");
    assert_eq!(prices(&next(&mut quotes).await.unwrap()), "100 x 500 / 103 x 300");
    assert_eq!(prices(&next(&mut coarse).await.unwrap()), "100 x 500 / 103 x 300");
    assert_eq!(next(&mut middles).await.unwrap().mid_point.to_string(), "101.5");
}

#[tokio::test]
async fn a_trade_on_the_tape_also_moves_last_and_volume() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    simulator.exchange.hold(listing(&simulator, "AAPL").con_id);
    let mut ticks = client.market_data(&stock("AAPL")).subscribe().await.unwrap();
    let mut trades = client.tick_by_tick(&stock("AAPL"), 0).last().await.unwrap();
    until("the tape is open", || simulator.gateway.tick_by_tick_streams_in_use() == 1).await;
    for price in [120, 121, 121] {
        trade(&simulator, "AAPL", price);
        let told = next(&mut trades).await.unwrap();
        assert_eq!((told.price.to_string(), told.size.to_string()), (price.to_string(), "3".to_owned()));
        assert_eq!(told.exchange, "NASDAQ");
        wait_for_last(&mut ticks, told.price).await;
    }
}

#[tokio::test]
async fn only_five_streams_are_open_at_a_time() {
    let simulator = start().await;
    let (client, other) = (connect(&simulator, 1).await, connect(&simulator, 2).await);
    let mut open = Vec::new();
    for symbol in ["AAPL", "MSFT", "NVDA", "AMZN"] {
        open.push(client.tick_by_tick(&stock(symbol), 0).last().await.unwrap());
    }
    open.push(other.tick_by_tick(&stock("AAPL"), 0).all_last().await.unwrap());
    until("all are taken", || simulator.gateway.tick_by_tick_streams_in_use() == 5).await;
    let mut sixth = other.tick_by_tick(&stock("TSLA"), 0).last().await.unwrap();
    assert_eq!(refusal(&mut sixth).await, 10190);
    open.remove(0).cancel().await;
    until("one is free", || simulator.gateway.tick_by_tick_streams_in_use() == 4).await;
    let mut again = other.tick_by_tick(&stock("TSLA"), 0).last().await.unwrap();
    next(&mut again).await.unwrap();
    drop(other);
    until("a client that leaves frees its streams", || simulator.gateway.tick_by_tick_streams_in_use() == 3)
        .await;
}

#[tokio::test]
async fn what_cannot_be_told_is_refused() {
    let simulator = start_with(|options| options.tick_by_tick_streams = 1).await;
    let client = connect(&simulator, 1).await;
    let euro = Contract::forex("EUR", "USD").build();
    let cases =
        [(stock("NOSUCH"), 200), (euro.clone(), 10189), (Contract::futures("ES").any_month().build(), 200)];
    for (contract, expected) in cases {
        let mut trades = client.tick_by_tick(&contract, 0).last().await.unwrap();
        let error = next(&mut trades).await.unwrap_err();
        assert_eq!(code(&error), expected, "{error}");
    }
    let mut quotes = client.tick_by_tick(&euro, 0).bid_ask(IgnoreSize::No).await.unwrap();
    next(&mut quotes).await.unwrap();
    drop(quotes);
    until("refusals take no seat", || simulator.gateway.tick_by_tick_streams_in_use() == 0).await;
    simulator.gateway.faults().refuse_market_data(MarketDataRefusal::NotSubscribed);
    let mut trades = client.tick_by_tick(&stock("AAPL"), 0).last().await.unwrap();
    assert_eq!(refusal(&mut trades).await, 10189);
}

#[tokio::test]
async fn a_broken_farm_stops_the_tape_and_its_return_tells_the_quote() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    simulator.exchange.hold(listing(&simulator, "AAPL").con_id);
    publish(&simulator, "AAPL", &[bid(100, 200), ask(102, 300)]);
    let mut quotes = client.tick_by_tick(&stock("AAPL"), 0).bid_ask(IgnoreSize::No).await.unwrap();
    next(&mut quotes).await.unwrap();
    simulator.gateway.faults().notice(2103);
    publish(&simulator, "AAPL", &[bid(101, 200)]);
    publish(&simulator, "AAPL", &[ask(103, 300)]);
    simulator.gateway.faults().notice(2104);
    assert_eq!(prices(&next(&mut quotes).await.unwrap()), "101 x 200 / 103 x 300");
    simulator.gateway.faults().notice(1101);
    until("the tape is forgotten", || simulator.gateway.tick_by_tick_streams_in_use() == 0).await;
}
