//! Market depth.

use domain::clock::{Clock, SystemClock};
use engine::tick::{Tick, TickKind};
use futures::Stream;
use ibapi::contracts::Contract;
use ibapi::market_data::SmartDepth;
use ibapi::market_data::realtime::MarketDepths;
use ibapi::subscriptions::SubscriptionItem;
use rust_decimal::Decimal;
use simulator::Simulator;
use simulator::faults::MarketDataRefusal;

use crate::support::{code, connect, contract, listing, next, refusal, start, stock, until, within};

#[derive(Clone, Debug, PartialEq)]
struct Row {
    price: f64,
    size: f64,
    exchange: String,
}

/// The book as a client keeps it.
#[derive(Debug, Default)]
struct Ladder {
    /// Asks and bids, by their number on the wire.
    sides: [Vec<Row>; 2],
    changes: usize,
    resets: usize,
    is_smart: Option<bool>,
}

impl Ladder {
    fn apply(&mut self, change: MarketDepths) {
        let (side, position, operation, row) = match change {
            MarketDepths::MarketDepth(it) => {
                let row = Row { price: it.price, size: it.size, exchange: String::new() };
                (it.side, it.position, it.operation, row)
            }
            MarketDepths::MarketDepthL2(it) => {
                self.is_smart = Some(it.smart_depth);
                let row = Row { price: it.price, size: it.size, exchange: it.market_maker };
                (it.side, it.position, it.operation, row)
            }
            MarketDepths::Reset => {
                self.sides = Default::default();
                self.resets += 1;
                return;
            }
        };
        self.changes += 1;
        let rows = &mut self.sides[usize::try_from(side).unwrap()];
        let position = usize::try_from(position).unwrap();
        match operation {
            0 => rows.insert(position, row),
            1 => rows[position] = row,
            2 => drop(rows.remove(position)),
            other => panic!("no such operation: {other}"),
        }
    }

    /// Reads changes until the book is as it should be.
    async fn follow(
        &mut self,
        stream: &mut (impl Stream<Item = Result<SubscriptionItem<MarketDepths>, ibapi::Error>> + Unpin),
        is_done: impl Fn(&Self) -> bool,
    ) {
        let follow = async {
            while !is_done(self) {
                let change = next(stream).await.unwrap();
                self.apply(change);
            }
        };
        within(follow).await;
    }

    fn bids(&self) -> &[Row] {
        &self.sides[1]
    }

    fn asks(&self) -> &[Row] {
        &self.sides[0]
    }

    /// The best bid and ask: price, and how much there is at it.
    fn best(&self) -> [(f64, f64); 2] {
        [self.bids(), self.asks()].map(|rows| {
            let best = rows.first().map_or(0.0, |row| row.price);
            let there = rows.iter().filter(|row| row.price.to_bits() == best.to_bits());
            (best, there.map(|row| row.size).sum())
        })
    }

    fn is_in_order(&self) -> bool {
        self.bids().is_sorted_by(|left, right| left.price >= right.price)
            && self.asks().is_sorted_by(|left, right| left.price <= right.price)
            && self.best()[0].0 < self.best()[1].0
    }
}

/// Lets the best prices be these.
fn publish(simulator: &Simulator, symbol: &str, bid: (i64, i64), ask: (i64, i64)) {
    let at = SystemClock.now();
    let decimals = |(price, size)| (Decimal::from(price), Decimal::from(size));
    let ((bid, bid_size), (ask, ask_size)) = (decimals(bid), decimals(ask));
    let kinds = [TickKind::Bid { price: bid, size: bid_size }, TickKind::Ask { price: ask, size: ask_size }];
    let ticks = kinds.map(|kind| Tick { at, kind });
    simulator.exchange.publish(listing(simulator, symbol).con_id, ticks);
}

#[tokio::test]
async fn the_best_rows_are_the_quote() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    simulator.exchange.hold(listing(&simulator, "AAPL").con_id);
    publish(&simulator, "AAPL", (100, 700), (102, 300));
    let mut stream =
        client.market_depth(&stock("AAPL"), 10).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    let mut ladder = Ladder::default();
    ladder.follow(&mut stream, |it| it.bids().len() == 10 && it.asks().len() == 10).await;
    assert_eq!(ladder.best(), [(100.0, 700.0), (102.0, 300.0)]);
    assert!(ladder.is_in_order(), "{ladder:?}");
    assert_eq!(ladder.is_smart, Some(true));
    assert_eq!(ladder.changes, 20, "a new book is told once");
    // One after the other: further away, nearer, another size.
    for (bid, ask) in [((90, 500), (110, 600)), ((101, 200), (103, 100)), ((101, 900), (103, 100))] {
        publish(&simulator, "AAPL", bid, ask);
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let best = [bid, ask].map(|(price, size)| (price as f64, size as f64));
        ladder.follow(&mut stream, |it| it.best() == best && it.is_in_order()).await;
        assert!(ladder.bids().len() <= 10 && ladder.asks().len() <= 10);
    }
}

#[tokio::test]
async fn a_book_that_moves_can_be_followed() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let future = simulator.exchange.market().listings().iter().find(|it| it.symbol == "ES").unwrap();
    let mut arca = stock("SPY");
    arca.exchange = "ARCA".into();
    let cases = [
        (stock("SPY"), SmartDepth::Yes, Some(true)),
        (arca, SmartDepth::No, Some(false)),
        (contract(future), SmartDepth::No, None),
    ];
    for (contract, smart, is_smart) in cases {
        let mut stream = client.market_depth(&contract, 5).smart_depth(smart).subscribe().await.unwrap();
        let mut ladder = Ladder::default();
        let is_full = |it: &Ladder| it.bids().len() == 5 && it.asks().len() == 5;
        ladder.follow(&mut stream, |it| it.changes > 60 && is_full(it) && it.is_in_order()).await;
        assert_eq!(ladder.is_smart, is_smart);
        if is_smart == Some(false) {
            assert!(ladder.bids().iter().all(|row| row.exchange == "ARCA"));
            assert!(ladder.bids().is_sorted_by(|left, right| left.price > right.price), "one row a price");
        }
    }
}

#[tokio::test]
async fn a_reset_empties_the_book_and_fills_it_again() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    simulator.exchange.hold(listing(&simulator, "AAPL").con_id);
    publish(&simulator, "AAPL", (100, 700), (102, 300));
    let mut stream =
        client.market_depth(&stock("AAPL"), 3).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    let is_full = |it: &Ladder| it.bids().len() == 3 && it.asks().len() == 3;
    let mut ladder = Ladder::default();
    ladder.follow(&mut stream, is_full).await;
    simulator.gateway.faults().reset_depth();
    ladder.follow(&mut stream, |it| it.resets == 1 && is_full(it)).await;
    assert_eq!(ladder.best(), [(100.0, 700.0), (102.0, 300.0)]);
}

#[tokio::test]
async fn an_outage_leaves_no_hole_in_the_book() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    simulator.exchange.hold(listing(&simulator, "AAPL").con_id);
    publish(&simulator, "AAPL", (100, 700), (102, 300));
    let mut stream =
        client.market_depth(&stock("AAPL"), 3).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    let mut ladder = Ladder::default();
    ladder.follow(&mut stream, |it| it.bids().len() == 3 && it.asks().len() == 3).await;
    let faults = simulator.gateway.faults();
    faults.notice(2103);
    publish(&simulator, "AAPL", (90, 100), (92, 100));
    faults.notice(2104);
    ladder.follow(&mut stream, |it| it.best() == [(90.0, 100.0), (92.0, 100.0)]).await;
    faults.go_silent();
    publish(&simulator, "AAPL", (95, 100), (96, 100));
    faults.speak();
    ladder.follow(&mut stream, |it| it.best() == [(95.0, 100.0), (96.0, 100.0)] && it.is_in_order()).await;
}

#[tokio::test]
async fn only_three_instruments_are_followed_at_a_time() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let mut open = Vec::new();
    for symbol in ["AAPL", "MSFT", "NVDA", "AAPL"] {
        let stock = stock(symbol);
        open.push(client.market_depth(&stock, 5).smart_depth(SmartDepth::Yes).subscribe().await.unwrap());
    }
    for stream in &mut open {
        next(stream).await.unwrap();
    }
    assert_eq!(simulator.gateway.depth_instruments_in_use(), 3);
    let tesla = stock("TSLA");
    let mut fourth = client.market_depth(&tesla, 5).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    assert_eq!(refusal(&mut fourth).await, 309);
    open.remove(1).cancel().await;
    until("one is free", || simulator.gateway.depth_instruments_in_use() == 2).await;
    let mut again = client.market_depth(&tesla, 5).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    next(&mut again).await.unwrap();
}

#[tokio::test]
async fn what_has_no_book_is_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let cases = [
        (stock("AAPL"), SmartDepth::No, 5, 10092),
        (stock("NOSUCH"), SmartDepth::Yes, 5, 200),
        (Contract::futures("ES").any_month().build(), SmartDepth::No, 5, 200),
        (stock("AAPL"), SmartDepth::Yes, 0, 321),
        (stock("AAPL"), SmartDepth::Yes, -3, 321),
    ];
    for (contract, smart, rows, expected) in cases {
        let mut stream = client.market_depth(&contract, rows).smart_depth(smart).subscribe().await.unwrap();
        let error = next(&mut stream).await.unwrap_err();
        assert_eq!(code(&error), expected, "{error}");
    }
    simulator.gateway.faults().refuse_market_data(MarketDataRefusal::NotSubscribed);
    let aapl = stock("AAPL");
    let mut stream = client.market_depth(&aapl, 5).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
    assert_eq!(refusal(&mut stream).await, 354);
    assert_eq!(simulator.gateway.depth_instruments_in_use(), 0);
}

#[tokio::test]
async fn the_exchanges_with_a_book_are_listed() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let exchanges = within(client.market_depth_exchanges()).await.unwrap();
    for (exchange, kind, service) in
        [("NASDAQ", "STK", "Deep2"), ("CME", "FUT", "Deep"), ("IDEALPRO", "CASH", "Deep")]
    {
        let found = exchanges.iter().any(|it| {
            (it.exchange_name.as_str(), it.security_type.as_str(), it.service_data_type.as_str())
                == (exchange, kind, service)
        });
        assert!(found, "{exchange} is in {exchanges:?}");
    }
    assert!(!exchanges.iter().any(|it| it.exchange_name == "SMART"));
}
