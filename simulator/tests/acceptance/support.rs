//! A simulator on a free port, and clients for it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::clock::{Clock, SystemClock};
use engine::listing::Listing;
use engine::tick::{Tick, TickKind};
use futures::{Stream, StreamExt};
use ibapi::Client;
use ibapi::contracts::Contract;
use ibapi::market_data::realtime::TickTypes;
use ibapi::orders::{Action, Order, OrderUpdate};
use ibapi::subscriptions::{Subscription, SubscriptionItem};
use rust_decimal::Decimal;
use simulator::exchange::{Exchange, ExchangeOptions};
use simulator::gateway::{Gateway, GatewayOptions};
use simulator::{Simulator, SimulatorOptions};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const SEED: u64 = 7;

pub fn free_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

pub async fn start() -> Simulator {
    let options = SimulatorOptions { listen: free_port(), seed: SEED, clock: Arc::new(SystemClock) };
    simulator::start(options).await.unwrap()
}

/// A simulator whose gateway has other limits than usual.
pub async fn start_with(limit: impl FnOnce(&mut GatewayOptions)) -> Simulator {
    let exchange = Exchange::start(ExchangeOptions { seed: SEED, clock: Arc::new(SystemClock) });
    let mut options = GatewayOptions::new(free_port());
    limit(&mut options);
    let gateway = Gateway::start(exchange.clone(), options).await.unwrap();
    Simulator { exchange, gateway }
}

/// A client that does not reconnect by itself.
pub async fn connect(simulator: &Simulator, client_id: i32) -> Client {
    let address = simulator.gateway.address().to_string();
    let client = Client::builder().address(address).client_id(client_id).max_reconnect_attempts(0);
    within(client.one_shot_timeout(PATIENCE).connect()).await.unwrap()
}

pub async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens in time")
}

/// Waits until a condition holds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("in time: {what}"));
}

pub fn listing<'a>(simulator: &'a Simulator, symbol: &str) -> &'a Listing {
    let mut listings = simulator.exchange.market().listings().iter();
    listings.find(|listing| listing.local_symbol == symbol).unwrap_or_else(|| panic!("no {symbol}"))
}

/// The contract of this id.
pub fn contract(listing: &Listing) -> Contract {
    Contract {
        contract_id: listing.con_id,
        exchange: listing.exchange.as_str().into(),
        ..Contract::default()
    }
}

pub fn stock(symbol: &str) -> Contract {
    Contract::stock(symbol).build()
}

/// The next item of a stream, which is not to end.
pub async fn next<T>(
    subscription: &mut (impl Stream<Item = Result<SubscriptionItem<T>, ibapi::Error>> + Unpin),
) -> Result<T, ibapi::Error> {
    loop {
        match within(subscription.next()).await.expect("the stream goes on")? {
            SubscriptionItem::Data(item) => return Ok(item),
            SubscriptionItem::Notice(_) => {}
        }
    }
}

/// The code with which a subscription is refused.
pub async fn refusal<T>(
    subscription: &mut (impl Stream<Item = Result<SubscriptionItem<T>, ibapi::Error>> + Unpin),
) -> i32 {
    loop {
        if let Err(error) = next(subscription).await {
            return code(&error);
        }
    }
}

/// The broker's code of an error.
pub fn code(error: &ibapi::Error) -> i32 {
    match error {
        ibapi::Error::Notice(notice) => notice.code,
        other => panic!("not the broker's error: {other:?}"),
    }
}

/// Publishes a trade at this price.
pub fn trade(simulator: &Simulator, symbol: &str, price: i64) {
    let (at, size) = (SystemClock.now(), Decimal::from(3));
    let kind = TickKind::Trade { price: Decimal::from(price), size };
    simulator.exchange.publish(listing(simulator, symbol).con_id, vec![Tick { at, kind }]);
}

/// Reads ticks until a trade at this price.
pub async fn wait_for_last(ticks: &mut Subscription<TickTypes>, price: f64) {
    loop {
        if let TickTypes::PriceSize(tick) = next(ticks).await.unwrap()
            && (tick.price_tick_type as i32) == 4
            && tick.price.to_bits() == price.to_bits()
        {
            return;
        }
    }
}

/// A simulator in which the price of this symbol stands still: 250.00 to 250.02, with 300 on each side, after
/// a trade at 250.
pub async fn start_quiet(symbol: &str) -> Simulator {
    let simulator = start().await;
    simulator.exchange.hold(listing(&simulator, symbol).con_id);
    trade(&simulator, symbol, 250);
    quote(&simulator, symbol, [25_000, 25_002]);
    simulator
}

/// Publishes a bid and an ask, in cents, each for 300.
pub fn quote(simulator: &Simulator, symbol: &str, [bid, ask]: [i64; 2]) {
    let (at, size) = (SystemClock.now(), Decimal::from(300));
    let bid = TickKind::Bid { price: Decimal::new(bid, 2), size };
    let ask = TickKind::Ask { price: Decimal::new(ask, 2), size };
    let ticks = [bid, ask].map(|kind| Tick { at, kind });
    simulator.exchange.publish(listing(simulator, symbol).con_id, ticks);
}

/// An order to buy a hundred, at this limit.
pub fn limit_order(limit: f64) -> Order {
    Order {
        action: Action::Buy,
        total_quantity: 100.0,
        order_type: "LMT".to_owned(),
        limit_price: Some(limit),
        order_ref: "ours".to_owned(),
        ..Order::default()
    }
}

/// An order to buy a hundred at the best price there is.
pub fn market_order() -> Order {
    Order { order_type: "MKT".to_owned(), limit_price: None, ..limit_order(0.0) }
}

/// What a client is told of its orders, in a few words each.
pub struct OrderLog(Subscription<OrderUpdate>);

impl OrderLog {
    pub async fn of(client: &Client) -> Self {
        Self(client.order_update_stream().await.unwrap())
    }

    /// The next thing that is told.
    pub async fn next(&mut self) -> String {
        match within(self.0.next()).await.expect("the stream goes on").unwrap() {
            SubscriptionItem::Data(update) => describe(&update),
            SubscriptionItem::Notice(notice) => format!("notice {}", notice.code),
        }
    }

    /// The next so many things.
    pub async fn take(&mut self, count: usize) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..count {
            told.push(self.next().await);
        }
        told
    }

    /// Reads until this is told.
    pub async fn until(&mut self, what: &str) {
        while self.next().await != what {}
    }
}

fn describe(update: &OrderUpdate) -> String {
    match update {
        OrderUpdate::OpenOrder(order) => {
            let costs = if order.order_state.commission.is_some() { " with costs" } else { "" };
            format!("order {} {}{costs}", order.order_id, order.order_state.status.as_str())
        }
        OrderUpdate::OrderStatus(status) => {
            format!("status {} {} {}", status.order_id, status.status.as_str(), status.filled)
        }
        OrderUpdate::ExecutionData(data) => {
            let execution = &data.execution;
            format!("execution {} {} at {}", execution.order_id, execution.shares, execution.price)
        }
        OrderUpdate::CommissionReport(report) => format!("commission {}", report.commission),
        OrderUpdate::OrderBound(bound) => format!("bound {}", bound.order_id),
    }
}
