//! The life of an order: placed, changed, canceled, done, over.

use domain::decimal::Price;
use domain::order::{OrderType, Side, TermsWanted, TimeInForce};
use engine::matching::Session;
use engine::tick::TickKind;
use rust_decimal::Decimal;
use time::Duration;
use time::macros::datetime;

use super::{
    AAPL, AT, EUR, Hand, POOR, ask, cents, code, exchange, limit, market, options, publish, request, told,
};
use crate::exchange::Exchange;
use crate::exchange::broker::{BrokerOptions, FillFilter, OrderRequest, Owner, RowStatus, Transmit};

#[tokio::test]
async fn a_market_order_is_accepted_and_done() {
    let (exchange, _) = exchange();
    let mut events = exchange.broker_events();
    let row = exchange.place(request(1, &market(Side::Buy, 100))).unwrap();
    assert_eq!(told(&mut events), ["accepted Submitted", "executed Filled"]);
    assert_eq!(
        (row.status, row.filled, row.remaining),
        (RowStatus::Filled, Decimal::ONE_HUNDRED, Decimal::ZERO)
    );
    assert_eq!((row.average_price, row.commission), (Some(cents(10_010)), Some(Decimal::ONE)));
    let fills = exchange.fills(&FillFilter::default());
    assert_eq!(fills.len(), 1);
    assert_eq!((fills[0].perm_id, fills[0].realized), (row.perm_id, None));
    assert_eq!(fills[0].execution_id, format!("00000001.{:08x}.01.01", AT.unix_timestamp()));
    assert_eq!(exchange.completed_orders(), [row]);
    assert_eq!(exchange.open_orders(Owner::All), []);
}

#[tokio::test]
async fn numbers_are_used_once_and_never_go_back() {
    let (exchange, _) = exchange();
    assert_eq!(exchange.next_order_id(7), 1);
    let resting = limit(Side::Buy, 10, 9_000);
    exchange.place(request(5, &resting)).unwrap();
    assert_eq!((exchange.next_order_id(7), exchange.next_order_id(8)), (6, 1));
    assert_eq!(code(exchange.place(request(4, &resting))), 103, "less than the greatest");
    exchange.place(request(6, &market(Side::Buy, 10))).unwrap();
    assert_eq!(code(exchange.place(request(6, &market(Side::Buy, 10)))), 104, "it is filled");
    exchange.cancel(7, 5).unwrap();
    assert_eq!(code(exchange.place(request(5, &resting))), 103, "it is canceled");
    assert_eq!(code(exchange.place(request(8, &limit(Side::Buy, 10, 9_001)))), 0);
    assert_eq!(code(exchange.place(OrderRequest { client_id: 8, ..request(1, &resting) })), 0);
    let refusals: Vec<i32> = exchange.ledger().refusals.iter().map(|refusal| refusal.refused.code).collect();
    assert_eq!(refusals, [103, 104, 103]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let (exchange, _) = exchange();
    let mut events = exchange.broker_events();
    let resting = limit(Side::Buy, 10, 9_000);
    let past = TermsWanted {
        time_in_force: Some(TimeInForce::Gtd),
        good_till: Some(AT - Duration::SECOND),
        ..resting
    };
    let off_tick = TermsWanted { limit: Some(Price::new(Decimal::new(90_001, 3))), ..resting };
    let half = TermsWanted { quantity: Decimal::new(5, 1), ..resting };
    let closing = TermsWanted { order_type: OrderType::MarketOnClose, ..market(Side::Buy, 10) };
    let cases = [
        (OrderRequest { con_id: 1, ..request(1, &resting) }, 200),
        (OrderRequest { account: "SIM9".into(), ..request(1, &resting) }, 321),
        (request(1, &off_tick), 110),
        (request(1, &limit(Side::Buy, 10, 0)), 110),
        (request(1, &half), 10318),
        (request(1, &past), 334),
        (OrderRequest { con_id: EUR, ..request(1, &closing) }, 387),
        (request(0, &resting), 103),
        (request(-1, &resting), 103),
    ];
    for (request, expected) in cases {
        let shown = format!("{request:?}");
        assert_eq!(
            code(exchange.what_if(&request).map(|_| ())),
            if expected == 103 { 0 } else { expected },
            "{shown}"
        );
        assert_eq!(code(exchange.place(request)), expected, "{shown}");
    }
    assert_eq!(told(&mut events), [""; 0]);
    assert_eq!((exchange.ledger().orders, exchange.next_order_id(7)), (vec![], 1));
    assert_eq!(exchange.ledger().refusals.len(), 9);
}

#[tokio::test]
async fn an_order_is_changed_in_place() {
    let (exchange, _) = exchange();
    let first = exchange.place(request(1, &limit(Side::Buy, 100, 9_000))).unwrap();
    let mut events = exchange.broker_events();
    let row = exchange.place(request(1, &limit(Side::Buy, 200, 9_100))).unwrap();
    assert_eq!((row.perm_id, row.version, row.remaining), (first.perm_id, 2, Decimal::from(200)));
    let wrong = [
        OrderRequest { con_id: EUR, ..request(1, &limit(Side::Buy, 200, 9_100)) },
        OrderRequest { account: POOR.into(), ..request(1, &limit(Side::Buy, 200, 9_100)) },
        request(1, &limit(Side::Sell, 200, 9_100)),
    ];
    for request in wrong {
        assert_eq!(code(exchange.place(request)), 105);
    }
    assert_eq!(exchange.order(7, 1), Some(row));
    publish(&exchange, AAPL, &[ask(9_100, 150)]);
    assert_eq!(told(&mut events), ["changed Submitted", "executed Submitted"]);
    assert_eq!(code(exchange.place(request(1, &limit(Side::Buy, 150, 9_100)))), 201, "no more than is done");
    let row = exchange.place(request(1, &limit(Side::Buy, 160, 9_100))).unwrap();
    assert_eq!((row.status, row.filled), (RowStatus::Submitted, Decimal::from(150)));
    publish(&exchange, AAPL, &[ask(9_100, 1_000)]);
    let row = exchange.order(7, 1).unwrap();
    assert_eq!(
        (row.status, row.filled, row.remaining),
        (RowStatus::Filled, Decimal::from(160), Decimal::ZERO)
    );
    let fills = exchange.ledger();
    let commissions: Vec<Decimal> = fills.fills_of("ref-1").map(|fill| fill.commission).collect();
    assert_eq!(commissions, [Decimal::ONE, Decimal::ZERO], "the least is asked for once an order");
}

#[tokio::test]
async fn an_order_is_canceled_once_and_by_its_owner() {
    let (exchange, _) = exchange();
    exchange.place(request(1, &limit(Side::Buy, 100, 9_000))).unwrap();
    let mut events = exchange.broker_events();
    assert_eq!(code(exchange.cancel(8, 1)), 10147);
    assert_eq!(exchange.cancel(7, 1).unwrap().status, RowStatus::PendingCancel);
    assert_eq!(told(&mut events), ["canceled Cancelled"]);
    let refused = exchange.cancel(7, 1).unwrap_err();
    assert_eq!((refused.code, refused.message.ends_with("state: Cancelled.")), (10148, true), "{refused:?}");
    publish(&exchange, AAPL, &[ask(8_000, 1_000)]);
    assert_eq!(exchange.ledger().fills, [], "what is canceled is never done");
    exchange.place(request(2, &limit(Side::Buy, 100, 7_000))).unwrap();
    exchange.place(OrderRequest { client_id: 9, ..request(1, &limit(Side::Sell, 100, 20_000)) }).unwrap();
    exchange.cancel_all();
    assert_eq!(exchange.open_orders(Owner::All), []);
}

#[tokio::test]
async fn orders_end_by_their_own_terms_and_say_why() {
    let (exchange, clock) = exchange();
    let at_once = TermsWanted { time_in_force: Some(TimeInForce::Ioc), ..limit(Side::Buy, 1_500, 10_010) };
    let row = exchange.place(request(1, &at_once)).unwrap();
    assert_eq!((row.status, row.filled), (RowStatus::Cancelled, Decimal::from(1_000)));
    assert_eq!(row.reject.map(|refused| refused.code), Some(202));
    exchange.place(request(2, &limit(Side::Buy, 10, 9_000))).unwrap();
    clock.pass(Duration::hours(9));
    exchange.floor.trading().follow(&exchange.floor, AAPL);
    let row = exchange.order(7, 2).unwrap();
    assert_eq!((row.status, row.completed_at), (RowStatus::Cancelled, Some(datetime!(2026-11-21 0:00 UTC))));
}

#[tokio::test]
async fn stops_wait_and_what_is_not_sent_does_nothing() {
    let (exchange, _) = exchange();
    let mut events = exchange.broker_events();
    let stop = TermsWanted {
        order_type: OrderType::Stop,
        stop: Some(Price::new(cents(10_100))),
        ..market(Side::Buy, 10)
    };
    let row = exchange.place(request(1, &stop)).unwrap();
    assert_eq!((row.status, row.why_held.as_deref()), (RowStatus::PreSubmitted, Some("trigger")));
    publish(&exchange, AAPL, &[TickKind::Trade { price: cents(10_100), size: Decimal::ONE }]);
    assert_eq!(told(&mut events), ["accepted PreSubmitted", "changed Submitted", "executed Filled"]);

    let kept = OrderRequest { transmit: Transmit::Later, ..request(2, &market(Side::Buy, 10)) };
    assert_eq!(exchange.place(kept).unwrap().status, RowStatus::Inactive);
    publish(&exchange, AAPL, &[ask(10_000, 1_000)]);
    assert!(exchange.order(7, 2).unwrap().filled.is_zero());
    assert_eq!(exchange.place(request(2, &market(Side::Buy, 10))).unwrap().status, RowStatus::Filled);
}

#[tokio::test]
async fn an_order_that_comes_after_hours_waits_for_the_opening() {
    let clock = Hand::new();
    let broker = BrokerOptions { session: Some(Session::Exchange), ..BrokerOptions::default() };
    let exchange = Exchange::open(options(&clock), broker).unwrap();
    clock.pass(Duration::hours(8));
    let open = datetime!(2026-11-23 14:30 UTC);
    let preview = exchange.place(request(1, &market(Side::Buy, 10))).unwrap();
    assert_eq!((preview.status, preview.held_until), (RowStatus::PreSubmitted, Some(open)));
    clock.pass(Duration::hours(62));
    exchange.floor.trading().follow(&exchange.floor, AAPL);
    assert!(exchange.order(7, 1).unwrap().is_open(), "half an hour too early");
    let mut events = exchange.broker_events();
    clock.pass(Duration::hours(2));
    exchange.floor.trading().follow(&exchange.floor, AAPL);
    assert_eq!(told(&mut events), ["changed Submitted", "executed Filled"]);
    assert!(exchange.order(7, 1).unwrap().completed_at.is_some_and(|at| at >= open));
}

#[tokio::test]
async fn an_order_from_the_brokers_screen_is_bound_to_a_number() {
    let (exchange, _) = exchange();
    let manual = || OrderRequest { client_id: 0, ..request(0, &limit(Side::Buy, 10, 9_000)) };
    let first = exchange.place(manual()).unwrap();
    let second = exchange.place(manual()).unwrap();
    assert_ne!(first.perm_id, second.perm_id);
    assert_eq!(code(exchange.cancel(0, 0)), 10147);
    assert_eq!(exchange.bind(first.perm_id).unwrap().order_id, -1);
    assert_eq!(exchange.bind(second.perm_id).unwrap().order_id, -2);
    assert_eq!((exchange.bind(first.perm_id), exchange.next_order_id(0)), (None, 1));
    assert_eq!(exchange.cancel(0, -2).unwrap().perm_id, second.perm_id);
}
