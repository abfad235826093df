//! Orders, from placing to their end, as their owner and others are told of them.

use std::sync::Arc;

use domain::clock::Clock;
use domain::order::{Hours, OrderType, Side, Terms, TermsWanted};
use engine::matching::Session;
use futures::StreamExt;
use ibapi::Client;
use ibapi::orders::{Order, Orders, TimeInForce};
use ibapi::subscriptions::{Subscription, SubscriptionItem};
use rust_decimal::Decimal;
use simulator::Simulator;
use simulator::exchange::broker::{BrokerOptions, OrderEcho, OrderRequest, RowStatus, Transmit};
use simulator::exchange::{Exchange, ExchangeOptions};
use simulator::gateway::{Gateway, GatewayOptions};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::support::{
    OrderLog, SEED, connect, free_port, limit_order, listing, market_order, quote, start_quiet, stock, within,
};

/// The orders of a list, in a few words each, without the statuses between them.
async fn rows(mut list: Subscription<Orders>) -> Vec<String> {
    let mut rows = Vec::new();
    while let Some(item) = within(list.next()).await {
        if let SubscriptionItem::Data(Orders::OrderData(data)) = item.unwrap() {
            let order = &data.order;
            rows.push(format!(
                "{} {} {}",
                order.order_ref,
                order.total_quantity,
                data.order_state.status.as_str()
            ));
        }
    }
    rows
}

async fn open_orders(client: &Client) -> Vec<String> {
    rows(client.open_orders().await.unwrap()).await
}

#[tokio::test]
async fn a_marketable_order_is_told_in_the_brokers_sequence() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    let expected = [
        "order 1 Submitted",
        "status 1 Submitted 0",
        "execution 1 100 at 250.02",
        "order 1 Filled",
        "status 1 Filled 100",
        "order 1 Filled with costs",
        "commission 1",
    ];
    assert_eq!(log.take(expected.len()).await, expected);
    assert_eq!(client.next_valid_order_id().await.unwrap(), 2);
    assert_eq!(open_orders(&client).await, [""; 0]);
    // As with the broker, the quantity is what was left.
    let completed = rows(client.completed_orders(false).await.unwrap()).await;
    assert_eq!(completed, ["ours 0 Filled"]);
}

#[tokio::test]
async fn a_limit_order_rests_and_is_filled_in_pieces() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let order = Order { total_quantity: 400.0, ..limit_order(249.99) };
    client.submit_order(1, &stock("AAPL"), &order).await.unwrap();
    assert_eq!(log.take(2).await, ["order 1 Submitted", "status 1 Submitted 0"]);
    assert_eq!(open_orders(&client).await, ["ours 400 Submitted"]);
    log.take(2).await;
    // Only 300 are offered, and then as many again.
    quote(&simulator, "AAPL", [24_996, 24_998]);
    let pieces = ["execution 1 300 at 249.99", "order 1 Submitted", "status 1 Submitted 300"];
    assert_eq!(log.take(3).await, pieces);
    log.next().await;
    quote(&simulator, "AAPL", [24_996, 24_998]);
    assert_eq!(log.take(2).await, ["execution 1 100 at 249.99", "order 1 Filled"]);
}

#[tokio::test]
async fn an_order_is_changed_and_cancelled() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    let changed = Order { total_quantity: 50.0, ..limit_order(241.0) };
    client.submit_order(1, &stock("AAPL"), &changed).await.unwrap();
    assert_eq!(log.take(2).await, ["order 1 Submitted", "status 1 Submitted 0"]);
    let row = simulator.exchange.order(1, 1).unwrap();
    assert_eq!((row.terms.quantity().value(), row.version), (Decimal::from(50), 2));
    assert_eq!(row.terms.pricing().limit().unwrap().value(), Decimal::from(241));

    let _cancelled = client.cancel_order(1, "").await.unwrap();
    let expected = ["status 1 PendingCancel 0", "order 1 Cancelled", "status 1 Cancelled 0", "notice 202"];
    assert_eq!(log.take(4).await, expected);
    assert_eq!(open_orders(&client).await, [""; 0]);
    let completed = rows(client.completed_orders(true).await.unwrap()).await;
    assert_eq!(completed, ["ours 50 Cancelled"]);
}

#[tokio::test]
async fn a_stop_waits_until_it_is_triggered() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let order = Order { order_type: "STP".to_owned(), aux_price: Some(251.0), ..market_order() };
    client.submit_order(1, &stock("AAPL"), &order).await.unwrap();
    assert_eq!(log.take(2).await, ["order 1 PreSubmitted", "status 1 PreSubmitted 0"]);
    quote(&simulator, "AAPL", [25_098, 25_100]);
    crate::support::trade(&simulator, "AAPL", 251);
    log.until("status 1 Filled 100").await;
    assert_eq!(simulator.exchange.order(1, 1).unwrap().last_price, Some(Decimal::new(25_100, 2)));
}

#[tokio::test]
async fn everything_is_cancelled_at_once_whoever_owns_it() {
    let simulator = start_quiet("AAPL").await;
    let (first, second) = (connect(&simulator, 1).await, connect(&simulator, 2).await);
    let mut log = OrderLog::of(&first).await;
    first.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    second.global_cancel().await.unwrap();
    assert_eq!(log.take(3).await, ["order 1 Cancelled", "status 1 Cancelled 0", "notice 202"]);
}

#[tokio::test]
async fn only_its_owner_is_told_of_an_order_and_can_cancel_it() {
    let simulator = start_quiet("AAPL").await;
    let (owner, other) = (connect(&simulator, 1).await, connect(&simulator, 2).await);
    let (mut log, mut others) = (OrderLog::of(&owner).await, OrderLog::of(&other).await);
    owner.submit_order(1, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    assert_eq!(open_orders(&other).await, [""; 0]);
    let all = rows(other.all_open_orders().await.unwrap()).await;
    assert_eq!(all, ["ours 100 Submitted"]);
    let _refused = other.cancel_order(1, "").await.unwrap();
    // It is the first thing that the other client is told.
    assert_eq!(others.next().await, "notice 10147");
    assert_eq!(open_orders(&owner).await, ["ours 100 Submitted"]);
}

#[tokio::test]
async fn an_order_outlives_its_client_and_its_gateway() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(7, &stock("AAPL"), &limit_order(240.0)).await.unwrap();
    log.take(2).await;
    simulator.gateway.stop().await;
    quote(&simulator, "AAPL", [23_998, 23_999]);
    simulator.gateway.restart().await.unwrap();
    let client = connect(&simulator, 1).await;
    assert_eq!(client.next_valid_order_id().await.unwrap(), 8);
    assert_eq!(rows(client.completed_orders(false).await.unwrap()).await, ["ours 0 Filled"]);
}

#[tokio::test]
async fn a_preview_tells_margin_and_costs_and_places_nothing() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let aapl = stock("AAPL");
    let state = within(client.order(&aapl).buy(100).limit(250.0).analyze()).await.unwrap();
    assert_eq!(state.initial_margin_before, Some(0.0));
    assert_eq!(state.equity_with_loan_before, Some(1_000_000.0));
    let (change, after) = (state.initial_margin_change.unwrap(), state.initial_margin_after.unwrap());
    assert!((change - after).abs() < 1e-9 && (12_000.0..13_000.0).contains(&after), "{state:?}");
    assert_eq!((state.commission, state.commission_currency.as_str()), (Some(1.0), "USD"));
    assert_eq!(rows(client.all_open_orders().await.unwrap()).await, [""; 0]);
    assert_eq!(simulator.exchange.next_order_id(1), 1);
}

#[tokio::test]
async fn an_order_is_kept_until_it_is_transmitted() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    let kept = Order { transmit: false, ..market_order() };
    client.submit_order(1, &stock("AAPL"), &kept).await.unwrap();
    assert_eq!(log.take(2).await, ["order 1 Inactive", "status 1 Inactive 0"]);
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    log.until("status 1 Filled 100").await;
}

#[tokio::test]
async fn what_was_asked_for_is_told_back() {
    let simulator = start_quiet("AAPL").await;
    let client = connect(&simulator, 1).await;
    let order = Order {
        tif: TimeInForce::GoodTillDate,
        good_till_date: "20991231 16:00:00 US/Eastern".to_owned(),
        account: "SIM0000002".to_owned(),
        outside_rth: true,
        ..limit_order(240.0)
    };
    let trail =
        Order { order_type: "TRAIL".to_owned(), aux_price: Some(2.5), limit_price: None, ..limit_order(0.0) };
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &order).await.unwrap();
    client.submit_order(2, &stock("AAPL"), &trail).await.unwrap();
    log.until("status 2 PreSubmitted 0").await;
    let mut list = client.open_orders().await.unwrap();
    let mut told = Vec::new();
    while let Some(item) = within(list.next()).await {
        if let SubscriptionItem::Data(Orders::OrderData(data)) = item.unwrap() {
            told.push(data);
        }
    }
    let [limited, trailing] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((limited.order.tif.clone(), limited.order.outside_rth), (order.tif, true));
    assert_eq!(limited.order.good_till_date, order.good_till_date);
    assert_eq!((limited.order.account.as_str(), limited.order.client_id), ("SIM0000002", 1));
    assert_eq!((limited.order.limit_price, limited.order.order_type.as_str()), (Some(240.0), "LMT"));
    assert_eq!(limited.contract.contract_id, listing(&simulator, "AAPL").con_id);
    assert_eq!((trailing.order.order_type.as_str(), trailing.order.aux_price), ("TRAIL", Some(2.5)));
    assert!(trailing.order.trail_stop_price.is_some_and(|stop| stop > 250.0), "{trailing:?}");
    assert_ne!(limited.order.perm_id, trailing.order.perm_id);
}

/// A Sunday.
struct Sunday;

impl Clock for Sunday {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-22 15:00 UTC)
    }
}

#[tokio::test]
async fn an_order_for_a_closed_market_waits_and_says_so() {
    let options = ExchangeOptions { seed: SEED, clock: Arc::new(Sunday) };
    let broker = BrokerOptions { session: Some(Session::Exchange), ..BrokerOptions::default() };
    let exchange = Exchange::open(options, broker).unwrap();
    let gateway = Gateway::start(exchange.clone(), GatewayOptions::new(free_port())).await.unwrap();
    let simulator = Simulator { exchange, gateway };
    let client = connect(&simulator, 1).await;
    let mut log = OrderLog::of(&client).await;
    client.submit_order(1, &stock("AAPL"), &market_order()).await.unwrap();
    assert_eq!(log.take(3).await, ["order 1 PreSubmitted", "status 1 PreSubmitted 0", "notice 399"]);
}

/// Places an order at the broker's own screen.
fn place_by_hand(simulator: &Simulator) {
    let wanted = TermsWanted {
        side: Side::Buy,
        quantity: Decimal::from(10),
        order_type: OrderType::Limit,
        limit: Some(domain::decimal::Price::new(Decimal::from(240))),
        stop: None,
        trail: None,
        time_in_force: None,
        good_till: None,
        hours: Hours::Regular,
    };
    let request = OrderRequest {
        client_id: 0,
        order_id: 0,
        account: String::new(),
        con_id: listing(simulator, "AAPL").con_id,
        reference: "by hand".to_owned(),
        terms: Terms::check(&wanted).unwrap(),
        transmit: Transmit::Now,
        echo: OrderEcho::default(),
    };
    simulator.exchange.place(request).unwrap();
}

#[tokio::test]
async fn orders_placed_by_hand_become_those_of_client_0() {
    let simulator = start_quiet("AAPL").await;
    let (first, other) = (connect(&simulator, 0).await, connect(&simulator, 1).await);
    place_by_hand(&simulator);
    assert_eq!(rows(other.all_open_orders().await.unwrap()).await, ["by hand 10 Submitted"]);
    let mut log = OrderLog::of(&first).await;
    assert_eq!(open_orders(&first).await, ["by hand 10 Submitted"]);
    log.until("bound -1").await;
    let _binding = first.auto_open_orders(true).await.unwrap();
    // It is heard before what is asked next is answered.
    within(first.server_time()).await.unwrap();
    place_by_hand(&simulator);
    log.until("bound -2").await;
    let _cancelled = first.cancel_order(-2, "").await.unwrap();
    log.until("status -2 Cancelled 0").await;
    assert_eq!(simulator.exchange.order(0, -2).unwrap().status, RowStatus::Cancelled);
}
