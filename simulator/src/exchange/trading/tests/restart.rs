//! What is still known after the exchange was killed, and what happens where nothing can be written down.

use domain::decimal::Price;
use domain::order::{OrderType, Side, TermsWanted, TimeInForce, Trail};
use engine::tick::TickKind;
use rust_decimal::Decimal;
use time::Duration;
use time::macros::datetime;

use super::{
    AAPL, AT, Hand, RICH, ask, cents, code, hold, limit, market, options, publish, reopen, reopened, request,
    told,
};
use crate::exchange::Exchange;
use crate::exchange::broker::{BrokerOptions, Owner, RowStatus};
use crate::exchange::ledger::LedgerFile;

#[tokio::test]
async fn an_exchange_goes_on_from_its_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    let clock = Hand::new();
    let exchange = reopen(&path, &clock);
    hold(&exchange);
    let gtc = |order: TermsWanted| TermsWanted { time_in_force: Some(TimeInForce::Gtc), ..order };
    let kept = exchange.place(request(1, &gtc(limit(Side::Buy, 100, 9)))).unwrap();
    exchange.place(request(2, &market(Side::Buy, 200))).unwrap();
    exchange.place(request(3, &gtc(limit(Side::Sell, 50, 99_999)))).unwrap();
    exchange.cancel(7, 3).unwrap();
    assert_eq!(code(exchange.place(request(2, &market(Side::Buy, 10)))), 104);
    let (before, position) = (exchange.ledger(), exchange.positions(RICH)[0].quantity);
    assert!(
        Exchange::open(
            options(&clock),
            BrokerOptions { ledger: Some(path.clone()), ..BrokerOptions::default() }
        )
        .unwrap_err()
        .to_string()
        .contains("another exchange is running on it")
    );
    drop(exchange);

    // Killed in the middle of a line.
    let mut bytes = std::fs::read(&path).unwrap();
    let whole = bytes.len();
    bytes.extend(b"{\"line\":\"placed\",\"row\":{\"per");
    std::fs::write(&path, &bytes).unwrap();
    let exchange = reopened(&path, &clock).await;
    assert_eq!(std::fs::read(&path).unwrap().len(), whole, "the torn line is cut off");
    assert_eq!(exchange.ledger(), before);
    assert_eq!(exchange.positions(RICH)[0].quantity, position);
    assert_eq!(exchange.open_orders(Owner::All), std::slice::from_ref(&kept));
    assert_eq!(exchange.next_order_id(7), 4);
    let next = exchange.place(request(4, &limit(Side::Buy, 1, 9))).unwrap();
    assert_eq!(next.perm_id, kept.perm_id + 3);
    assert_eq!(exchange.cancel(7, 1).unwrap().perm_id, kept.perm_id);
}

#[tokio::test]
async fn what_the_market_did_in_the_meantime_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    let clock = Hand::new();
    let exchange = reopen(&path, &clock);
    let asks = exchange.market().ticks(AAPL, AT, AT + Duration::hours(3));
    let lowest = asks.iter().filter_map(|tick| match tick.kind {
        TickKind::Ask { price, .. } => Some(price),
        _ => None,
    });
    let lowest = lowest.min().unwrap();
    let order = |price| TermsWanted { limit: Some(Price::new(price)), ..limit(Side::Buy, 1, 1) };
    exchange.place(request(1, &order(lowest))).unwrap();
    exchange.place(request(2, &order(lowest - cents(1)))).unwrap();
    drop(exchange);
    clock.pass(Duration::hours(3));
    let exchange = reopened(&path, &clock).await;
    let row = exchange.order(7, 1).unwrap();
    assert_eq!((row.status, row.average_price), (RowStatus::Filled, Some(lowest)));
    let at = row.completed_at.unwrap();
    assert!(at > AT && at < AT + Duration::hours(3), "when the market was there: {at}");
    assert!(exchange.order(7, 2).unwrap().is_open(), "the market was never there");
    drop(exchange);
    clock.pass(Duration::days(3));
    let exchange = reopened(&path, &clock).await;
    let row = exchange.order(7, 2).unwrap();
    assert_eq!(row.completed_at, Some(datetime!(2026-11-21 0:00 UTC)), "its day was over long ago");
    assert_eq!(row.reject.map(|refused| refused.code), Some(202));
}

#[tokio::test]
async fn what_cannot_be_written_down_does_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    let clock = Hand::new();
    let exchange = reopen(&path, &clock);
    hold(&exchange);
    exchange.place(request(1, &limit(Side::Buy, 100, 9_000))).unwrap();
    let before = exchange.ledger();
    let good = std::mem::replace(&mut exchange.floor.trading().file, LedgerFile::read_only(&path));
    let mut events = exchange.broker_events();

    assert_eq!(code(exchange.place(request(2, &market(Side::Buy, 10)))), 133);
    assert_eq!(code(exchange.place(request(1, &limit(Side::Buy, 200, 9_000)))), 134);
    assert_eq!(code(exchange.cancel(7, 1)), 136);
    publish(&exchange, AAPL, &[ask(9_000, 1_000)]);
    assert_eq!(exchange.ledger(), before);
    assert_eq!(told(&mut events), [""; 0]);

    exchange.floor.trading().file = good;
    exchange.floor.trading().serve(&exchange.floor, |_| true);
    assert_eq!(told(&mut events), ["executed Filled"], "what the market did is written down then");
    assert_eq!(exchange.place(request(2, &market(Side::Buy, 10))).unwrap().status, RowStatus::Filled);
    let written = exchange.ledger();
    drop(exchange);
    assert_eq!(reopened(&path, &clock).await.ledger(), written);
}

#[tokio::test]
async fn a_ledger_that_makes_no_sense_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    for (content, expected) in
        [("{}\n", "line 1 makes no sense"), ("{\"line\":\"placed\"}\n", "line 1 makes no sense")]
    {
        std::fs::write(&path, content).unwrap();
        let broker = BrokerOptions { ledger: Some(path.clone()), ..BrokerOptions::default() };
        let words = Exchange::open(options(&Hand::new()), broker).unwrap_err().to_string();
        assert!(words.contains(expected) && words.contains("ledger.jsonl"), "{words}");
    }
    let broker = BrokerOptions { ledger: Some(folder.path().to_owned()), ..BrokerOptions::default() };
    assert!(Exchange::open(options(&Hand::new()), broker).is_err(), "a folder is no ledger");
}
#[tokio::test]
async fn a_trailing_stop_is_where_it_was_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    let clock = Hand::new();
    let exchange = reopen(&path, &clock);
    let last = exchange.floor.top(AAPL).unwrap().last.unwrap();
    let trail = Some(Trail::Amount(Decimal::from(50)));
    let order = TermsWanted { order_type: OrderType::TrailingStop, trail, ..market(Side::Sell, 10) };
    let row = exchange.place(request(1, &order)).unwrap();
    assert_eq!(row.stop, Some(last - Decimal::from(50)));
    let higher = TickKind::Trade { price: last + Decimal::TEN, size: Decimal::ONE };
    publish(&exchange, AAPL, &[higher]);
    let before = exchange.order(7, 1).unwrap();
    assert_eq!(before.stop, Some(last - Decimal::from(40)));
    drop(exchange);
    let exchange = reopened(&path, &clock).await;
    assert_eq!(exchange.order(7, 1), Some(before), "though the market is lower by now");
}
