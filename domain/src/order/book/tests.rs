//! What reports make of an order, in whatever order they come.

use proptest::prelude::*;
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::execution::BrokerExecutionId;
use crate::order::tests::{order, terms};
use crate::order::{BrokerKey, BrokerSeat, Described, OrderId, Side};

const AT: OffsetDateTime = datetime!(2026-11-23 15:00 UTC);

fn quantity(value: i64) -> Quantity {
    Quantity::new(value.into()).unwrap()
}

fn report(fact: Fact) -> OrderReport {
    let key = BrokerKey { perm_id: Some(7), ..BrokerKey::default() };
    OrderReport { key, described: None, fact, adopted: OrderId(Uuid::from_u128(9)) }
}

/// The report that the broker has the order with these terms.
fn open(terms: OrderTerms) -> OrderReport {
    let present = order(OrderStatus::InFlight);
    let described = Described { account: present.account, instrument: present.instrument, terms };
    OrderReport { described: Some(described), ..report(Fact::Open) }
}

fn execution(id: &str, size: i64, price: i64) -> OrderReport {
    let present = order(OrderStatus::InFlight);
    report(Fact::Executed(NewExecution {
        id: BrokerExecutionId::new(id),
        account: present.account,
        instrument: present.instrument,
        side: Side::Buy,
        quantity: quantity(size),
        price: Price::new(price.into()),
        exchange: "NASDAQ".into(),
        at: AT,
    }))
}

/// An id that depends on the stem alone.
fn id_of(told: &NewExecution) -> ExecutionId {
    let stem = told.id.stem().bytes().fold(0_u128, |sum, byte| sum * 256 + u128::from(byte));
    ExecutionId::from_uuid(Uuid::from_u128(stem))
}

fn book(order: Order) -> Book {
    Book { order, executions: Vec::new() }
}

fn apply(book: &mut Book, report: &OrderReport) -> Vec<Happening> {
    book.apply(report, id_of, AT)
}

#[test]
fn executions_alone_say_what_was_done() {
    let mut book = book(order(OrderStatus::InFlight));
    assert_eq!(apply(&mut book, &execution("a.01", 40, 10)).len(), 1);
    assert_eq!((book.order.status, book.order.filled), (OrderStatus::PartiallyFilled, quantity(40)));
    assert_eq!(apply(&mut book, &execution("a.01", 40, 10)), [], "it counts once");
    apply(&mut book, &execution("b.01", 60, 20));
    assert_eq!(book.order.status, OrderStatus::Filled);
    assert_eq!(book.order.average_price, Some(Price::new(16.into())));
    // A correction stands in the place of what it corrects; the first version comes again, and changes nothing.
    apply(&mut book, &execution("b.02", 50, 20));
    assert_eq!((book.order.status, book.order.filled), (OrderStatus::PartiallyFilled, quantity(90)));
    assert_eq!(apply(&mut book, &execution("b.01", 60, 20)), []);
    assert_eq!(book.executions.len(), 2);
}

#[test]
fn what_does_not_fit_is_said_once() {
    let mut book = book(order(OrderStatus::Working));
    apply(&mut book, &execution("a.01", 100, 10));
    let canceled = report(Fact::Canceled(None));
    let expected = [Happening::Contradiction(Contradiction::EndedThoughFilled)];
    assert_eq!(apply(&mut book, &canceled), expected);
    assert_eq!(apply(&mut book, &canceled), []);
    assert_eq!(book.order.status, OrderStatus::Filled);
}

#[test]
fn a_change_is_taken_when_its_terms_are_told() {
    let replacing = Order { replacement: Some(terms(50)), ..order(OrderStatus::PendingReplace) };
    let mut book = book(replacing);
    // The old terms, told late, are no answer.
    apply(&mut book, &open(OrderTerms::Known(terms(100))));
    assert_eq!((book.order.status, book.order.version), (OrderStatus::PendingReplace, 1));
    assert_eq!(apply(&mut book, &open(OrderTerms::Known(terms(50)))), [Happening::Order(None)]);
    assert_eq!((book.order.status, book.order.version), (OrderStatus::Working, 2));
    assert_eq!((book.order.terms.quantity(), book.order.replacement), (quantity(50), None));
    assert_eq!(apply(&mut book, &open(OrderTerms::Known(terms(50)))), []);
}

#[test]
fn a_refused_change_leaves_the_order_as_it_was() {
    let replacing = Order { replacement: Some(terms(50)), ..order(OrderStatus::PendingReplace) };
    let mut book = book(replacing);
    let refused = report(Fact::ReplaceRefused("price does not conform".into()));
    assert_eq!(apply(&mut book, &refused), [Happening::Order(Some("price does not conform".into()))]);
    assert_eq!(book.order.terms, OrderTerms::Known(terms(100)));
    assert_eq!((book.order.status, book.order.replacement), (OrderStatus::Working, None));
    assert_eq!(book.order.reason.as_deref(), Some("price does not conform"));
}

#[test]
fn an_order_in_doubt_is_found_with_its_change_or_without() {
    for told in [50, 100] {
        let doubted = Order { replacement: Some(terms(50)), ..order(OrderStatus::Unknown) };
        let mut book = book(doubted);
        apply(&mut book, &open(OrderTerms::Known(terms(told))));
        assert_eq!((book.order.status, book.order.replacement), (OrderStatus::Working, None));
        assert_eq!(book.order.terms, OrderTerms::Known(terms(told)));
    }
}

#[test]
fn an_order_of_which_only_executions_are_known_is_as_large_as_they_are() {
    let first = execution("a.01", 40, 10);
    let mut book = Book::adopt(&first, AT).unwrap();
    for report in [&first, &execution("b.01", 10, 10)] {
        apply(&mut book, report);
        assert_eq!((book.order.status, book.order.contradiction), (OrderStatus::Filled, None));
    }
    assert_eq!(book.order.terms.quantity(), quantity(50));
    // Then it is described, and turns out to be larger.
    apply(&mut book, &open(OrderTerms::Known(terms(100))));
    assert_eq!(book.order.status, OrderStatus::PartiallyFilled);
    assert_eq!((book.order.terms.quantity(), book.order.is_external()), (quantity(100), true));
    assert_eq!(Book::adopt(&report(Fact::Open), AT), None, "nothing is known of it");
}

#[test]
fn an_order_keeps_all_its_numbers() {
    let mut book = book(order(OrderStatus::Working));
    for perm_id in [7, 8, 7] {
        let seat = Some(BrokerSeat { client_id: 1, order_id: 5 });
        let key = BrokerKey { perm_id: Some(perm_id), seat, reference: None };
        apply(&mut book, &OrderReport { key, ..report(Fact::Open) });
    }
    assert_eq!(book.order.perm_ids, [7, 8]);
    assert_eq!(book.order.seat, Some(BrokerSeat { client_id: 1, order_id: 5 }));
}

/// What a broker tells of an order for 100 that was done in these pieces, some of them corrected to the same size at
/// another price, and canceled where something was left.
fn told(pieces: &[(i64, i64, bool)]) -> Vec<OrderReport> {
    let mut left = 100;
    let mut reports = vec![report(Fact::Open), open(OrderTerms::Known(terms(100)))];
    for (number, (size, price, is_corrected)) in pieces.iter().enumerate() {
        let size = (*size).min(left);
        left -= size;
        if size > 0 {
            reports.push(execution(&format!("{number}.01"), size, *price));
        }
        if size > 0 && *is_corrected {
            reports.push(execution(&format!("{number}.02"), size, price + 1));
        }
    }
    if left > 0 {
        reports.push(report(Fact::Canceled(Some("by its owner".into()))));
    }
    reports
}

/// Reports, and the same at least once each in another order.
fn deliveries() -> impl Strategy<Value = (Vec<OrderReport>, Vec<OrderReport>)> {
    prop::collection::vec((1_i64..60, 1_i64..500, any::<bool>()), 0..6).prop_flat_map(|pieces| {
        let told = told(&pieces);
        let again = prop::sample::subsequence(told.clone(), 0..=told.len());
        (Just(told.clone()), again).prop_flat_map(|(told, again)| {
            let shuffled = Just([told.clone(), again].concat()).prop_shuffle();
            (Just(told), shuffled)
        })
    })
}

proptest! {
    #[test]
    fn the_end_is_the_same_in_whatever_order_it_is_told((told, shuffled) in deliveries()) {
        let end = |reports: &[OrderReport]| {
            let mut book = book(order(OrderStatus::InFlight));
            for report in reports {
                apply(&mut book, report);
                let (filled, average) = sum(&book.executions);
                prop_assert_eq!((book.order.filled, book.order.average_price), (filled, average));
            }
            book.executions.sort_by_key(|execution| execution.id);
            Ok(book)
        };
        let (one, other) = (end(&told)?, end(&shuffled)?);
        prop_assert_eq!(&one, &other);
        prop_assert!(one.order.status.is_final());
        prop_assert_eq!(one.order.contradiction, None);
    }
}
