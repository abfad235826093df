//! The broker from the outside: what it answers, what it tells, and what it still knows after it was killed.

use std::path::Path;
use std::sync::{Arc, Mutex};

use domain::clock::Clock;
use domain::decimal::Price;
use domain::order::{Hours, OrderType, Side, Terms, TermsWanted};
use engine::tick::{Tick, TickKind};
use rust_decimal::Decimal;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc::UnboundedReceiver;

use super::super::broker::{BrokerEvent, BrokerOptions, OrderEcho, OrderRequest, Refused, Transmit};
use super::super::{Exchange, ExchangeOptions};

mod life;
mod money;
mod restart;

const AT: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);
const AAPL: i32 = 100_001;
const EUR: i32 = 300_001;
const JPY: i32 = 300_003;
const RICH: &str = "SIM0000001";
const POOR: &str = "SIM0000002";

/// A clock that is moved by hand.
#[derive(Clone)]
struct Hand(Arc<Mutex<OffsetDateTime>>);

impl Hand {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(AT)))
    }

    fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

fn options(clock: &Hand) -> ExchangeOptions {
    ExchangeOptions { seed: 1, clock: Arc::new(clock.clone()) }
}

/// An exchange in which AAPL is held at 99.90 x 100.10, a thousand on either side.
fn exchange() -> (Exchange, Hand) {
    let clock = Hand::new();
    let exchange = Exchange::start(options(&clock));
    hold(&exchange);
    (exchange, clock)
}

fn hold(exchange: &Exchange) {
    exchange.hold(AAPL);
    let trade = TickKind::Trade { price: cents(10_000), size: Decimal::ONE };
    publish(exchange, AAPL, &[bid(9_990, 1_000), ask(10_010, 1_000), trade]);
}

fn reopen(path: &Path, clock: &Hand) -> Exchange {
    let broker = BrokerOptions { ledger: Some(path.to_owned()), ..BrokerOptions::default() };
    Exchange::open(options(clock), broker).unwrap()
}

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

fn bid(price: i64, size: i64) -> TickKind {
    TickKind::Bid { price: cents(price), size: Decimal::from(size) }
}

fn ask(price: i64, size: i64) -> TickKind {
    TickKind::Ask { price: cents(price), size: Decimal::from(size) }
}

fn publish(exchange: &Exchange, con_id: i32, kinds: &[TickKind]) {
    let ticks: Vec<Tick> = kinds.iter().map(|kind| Tick { at: exchange.now(), kind: *kind }).collect();
    exchange.publish(con_id, ticks);
}

fn market(side: Side, quantity: i64) -> TermsWanted {
    TermsWanted {
        side,
        quantity: Decimal::from(quantity),
        order_type: OrderType::Market,
        limit: None,
        stop: None,
        trail: None,
        time_in_force: None,
        good_till: None,
        hours: Hours::Regular,
    }
}

fn limit(side: Side, quantity: i64, price: i64) -> TermsWanted {
    let limit = Some(Price::new(cents(price)));
    TermsWanted { order_type: OrderType::Limit, limit, ..market(side, quantity) }
}

fn request(order_id: i32, wanted: &TermsWanted) -> OrderRequest {
    OrderRequest {
        client_id: 7,
        order_id,
        account: String::new(),
        con_id: AAPL,
        reference: format!("ref-{order_id}"),
        terms: Terms::check(wanted).unwrap(),
        transmit: Transmit::Now,
        echo: OrderEcho::default(),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Refused>) -> i32 {
    result.map_or_else(|refused| refused.code, |_| 0)
}

/// What was told so far, in words.
fn told(events: &mut UnboundedReceiver<Arc<BrokerEvent>>) -> Vec<String> {
    let mut words = Vec::new();
    while let Ok(event) = events.try_recv() {
        let word = match event.as_ref() {
            BrokerEvent::Accepted(_) => "accepted",
            BrokerEvent::Changed(_) => "changed",
            BrokerEvent::Executed { .. } => "executed",
            BrokerEvent::Cancelled(_) => "canceled",
            BrokerEvent::Rejected { .. } => "rejected",
        };
        words.push(format!("{word} {}", event.row().status.as_str()));
    }
    words
}

/// Opens a ledger once the exchange before is gone: its pump ends with the next turn.
async fn reopened(path: &Path, clock: &Hand) -> Exchange {
    let open = || {
        let broker = BrokerOptions { ledger: Some(path.to_owned()), ..BrokerOptions::default() };
        Exchange::open(options(clock), broker)
    };
    let limit = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        match open() {
            Ok(exchange) => return exchange,
            Err(error) => assert!(tokio::time::Instant::now() < limit, "{error}"),
        }
        tokio::task::yield_now().await;
    }
}
