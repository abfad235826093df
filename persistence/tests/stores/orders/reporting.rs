use domain::account::AccountEventKind;
use domain::audit::AuditAction;
use domain::decimal::Quantity;
use domain::execution::{BrokerExecutionId, Commission, Execution, ExecutionStore};
use domain::order::{
    BrokerKey, ChangeWanted, Changed, Contradiction, Fact, NewExecution, Order, OrderDeskStore, OrderId,
    OrderReport, OrderStatus, OrderStore, OrderTerms, Report, Side,
};
use uuid::Uuid;

use super::{Desk, EPOCH, NOW, perm_id, seat, statuses, terms, told};
use crate::at_once;
use crate::samples::{id_of, line, price, quantity};
use crate::stores::Pair;

pub async fn contract(pair: &Pair) {
    an_order_is_filled(pair).await;
    in_whatever_order(pair).await;
    by_whatever_name(pair).await;
    adopted(pair).await;
    numbers_that_others_use_again(pair).await;
    contradictions(pair).await;
    numbers_have_no_holes(pair).await;
    many_at_once(pair).await;
}

fn execution(order: &Order, id: &str, size: &str, at: &str) -> OrderReport {
    let new = NewExecution {
        id: BrokerExecutionId::new(id),
        account: order.account,
        instrument: order.instrument,
        side: Side::Buy,
        quantity: quantity(size),
        price: price(at),
        exchange: "NASDAQ".into(),
        at: NOW,
    };
    OrderReport { described: None, ..told(order, Fact::Executed(new)) }
}

fn commission(id: &str, amount: &str) -> Commission {
    Commission {
        execution: BrokerExecutionId::new(id),
        amount: amount.parse().unwrap(),
        currency: "USD".into(),
        realized_pnl: Some("-0.50".parse().unwrap()),
    }
}

async fn charge(desk: &Desk<'_>, commission: Commission) {
    let mut reports = desk.reports(&[]);
    reports.reports.push(Report::Commission(commission));
    desk.pair.one.apply(EPOCH, &reports).await.unwrap();
}

async fn executions(desk: &Desk<'_>, order: &Order) -> Vec<Execution> {
    desk.pair.other.of_orders(&[order.id]).await.unwrap()
}

async fn an_order_is_filled(pair: &Pair) {
    let desk = Desk::open(pair, "filled").await;
    let order = desk.working().await;
    assert_eq!((order.status, order.perm_ids.as_slice()), (OrderStatus::Working, &[perm_id(&order)][..]));
    // The commission comes before what it is for.
    charge(&desk, commission("a.01", "1.00")).await;
    assert_eq!(desk.last_event().await, 3, "nothing is known of its execution");
    let first = execution(&order, "a.01", "40", "10.10");
    let applied = desk.apply(std::slice::from_ref(&first)).await;
    assert_eq!((applied.accounts, applied.unmatched.len()), (vec![desk.account.id], 0));
    let now = desk.now(&order).await;
    assert_eq!((now.status, now.filled.to_string()), (OrderStatus::PartiallyFilled, "40".into()));
    assert_eq!(now.average_price, Some(price("10.1")));
    assert_eq!(now.version, order.version, "it asks for the same");
    let known = executions(&desk, &order).await;
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].commission, Some(commission("a.01", "1.00")));
    assert_eq!((known[0].account, known[0].exchange.as_str()), (desk.account.id, "NASDAQ"));
    let event = desk.events().await.pop().unwrap();
    assert_eq!((event.kind, event.execution), (AccountEventKind::Execution, Some(known[0].id)));
    assert_eq!((event.status, event.filled), (Some(OrderStatus::PartiallyFilled), Some(now.filled)));

    // Whatever is told again counts once.
    let events = desk.last_event().await;
    desk.apply(&[first.clone(), told(&order, Fact::Open), first.clone()]).await;
    charge(&desk, commission("a.01", "1.00")).await;
    assert_eq!((desk.last_event().await, desk.now(&order).await), (events, now));

    // A correction stands in the place of what it corrects, and is not corrected back.
    // It stays with its order, whatever else is told of it.
    let nameless = BrokerKey::default();
    let corrected = OrderReport { key: nameless, ..execution(&order, "a.02", "50", "10.20") };
    desk.apply(&[corrected, first]).await;
    charge(&desk, commission("a.02", "1.25")).await;
    charge(&desk, commission("a.01", "1.00")).await;
    desk.apply(&[execution(&order, "b.01", "50", "10.40")]).await;
    let now = desk.now(&order).await;
    assert_eq!((now.status, now.filled), (OrderStatus::Filled, quantity("100")));
    assert_eq!(now.average_price, Some(price("10.3")));
    let known = executions(&desk, &order).await;
    assert_eq!(known.iter().map(|known| known.broker_id.as_str()).collect::<Vec<_>>().len(), 2);
    let corrected = known.iter().find(|known| known.broker_id.as_str() == "a.02").unwrap();
    assert_eq!(corrected.commission, Some(commission("a.02", "1.25")));
    assert_eq!(desk.last_event().await, events + 3, "a correction, its commission, an execution");
    let found = ExecutionStore::find(&*pair.one, &[corrected.id]).await.unwrap();
    assert_eq!(found, std::slice::from_ref(corrected));
    // Nothing more can be wanted of it.
    assert!(matches!(desk.change(&now, ChangeWanted::Cancel).await, Changed::NotPossible(_)));
}

/// The same is told in other orders, in one batch and one by one: the end is the same.
async fn in_whatever_order(pair: &Pair) {
    let desk = Desk::open(pair, "shuffled").await;
    let mut ends = Vec::new();
    for turn in 0..6_usize {
        let order = desk.place().await;
        let sent = desk.claim(1).await.commands.remove(0).order;
        let id = |name: &str| format!("{turn}{name}");
        let mut reports = vec![
            told(&sent, Fact::Open),
            execution(&sent, &id("a.01"), "10", "10"),
            execution(&sent, &id("a.02"), "10", "11"),
            execution(&sent, &id("b.01"), "20", "12"),
            execution(&sent, &id("c.01"), "30", "9.99"),
            told(&sent, Fact::Canceled(Some("by its owner".into()))),
            execution(&sent, &id("b.01"), "20", "12"),
            told(&sent, Fact::Open),
        ];
        let length = reports.len();
        reports.rotate_left(turn % length);
        if turn.is_multiple_of(2) {
            reports.reverse();
        }
        if turn < 3 {
            desk.apply(&reports).await;
        } else {
            for report in &reports {
                desk.apply(std::slice::from_ref(report)).await;
            }
        }
        let now = desk.now(&order).await;
        let known = executions(&desk, &order).await;
        let sum: rust_decimal::Decimal = known.iter().map(|known| known.quantity.value()).sum();
        assert_eq!(now.filled.value(), sum);
        ends.push((now.status, now.filled, now.average_price, known.len(), now.contradiction));
    }
    let average = Some(price("10.82833333"));
    let expected = (OrderStatus::Canceled, quantity("60"), average, 3, None);
    assert_eq!(ends, vec![expected; 6]);
}

async fn by_whatever_name(pair: &Pair) {
    let desk = Desk::open(pair, "names").await;
    let order = desk.place().await;
    let sent = desk.claim(1).await.commands.remove(0).order;
    let named = |key| OrderReport { key, described: None, ..told(&sent, Fact::Open) };
    // As a status is told: without a reference.
    let by_seat = BrokerKey { seat: sent.seat, ..BrokerKey::default() };
    assert!(desk.apply(&[named(by_seat.clone())]).await.unmatched.is_empty());
    assert_eq!(desk.now(&order).await.status, OrderStatus::Working);
    // The broker gives it a number, then another.
    for perm_id in [5, 6] {
        let key = BrokerKey { perm_id: Some(perm_id), ..by_seat.clone() };
        assert!(desk.apply(&[named(key)]).await.unmatched.is_empty());
    }
    assert_eq!(desk.now(&order).await.perm_ids, [5, 6]);
    let by_number = BrokerKey { perm_id: Some(5), ..BrokerKey::default() };
    let canceled = OrderReport { fact: Fact::Canceled(None), ..named(by_number) };
    assert!(desk.apply(&[canceled]).await.unmatched.is_empty());
    assert_eq!(desk.now(&order).await.status, OrderStatus::Canceled);
    // Of another connection, the same names mean nothing.
    let other = Desk::open(pair, "other-names").await;
    let strange = named(BrokerKey { perm_id: Some(5), ..by_seat });
    assert_eq!(other.apply(&[strange]).await.unmatched, [0]);
}

async fn adopted(pair: &Pair) {
    let desk = Desk::open(pair, "adopted").await;
    let template = desk.new_order().order;
    let foreign =
        OrderTerms::Foreign { side: Side::Sell, quantity: quantity("3"), words: Some("PEG MKT 0.05".into()) };
    let by_hand = |terms: OrderTerms, perm_id| {
        let mut report = told(&template, Fact::Open);
        report.key = BrokerKey { perm_id: Some(perm_id), reference: Some("my note".into()), seat: None };
        report.described.as_mut().unwrap().terms = terms;
        report
    };
    let known = by_hand(OrderTerms::Known(terms(20)), 71);
    let strange = by_hand(foreign.clone(), 72);
    // What nobody has described cannot be adopted; nor can an order of an account that nobody knows.
    let bare = OrderReport { described: None, ..by_hand(foreign.clone(), 73) };
    let mut elsewhere = by_hand(foreign.clone(), 74);
    let unknown = domain::account::AccountId::from_uuid(Uuid::new_v4());
    elsewhere.described.as_mut().unwrap().account = unknown;
    let applied = desk.apply(&[bare, known.clone(), elsewhere, strange.clone(), known.clone()]).await;
    assert_eq!((applied.unmatched, applied.accounts), (vec![0, 2], vec![desk.account.id]));
    let found = OrderStore::find(&*pair.other, &[known.adopted, strange.adopted]).await.unwrap();
    assert_eq!(found.len(), 2);
    for order in &found {
        assert!(order.is_external() && order.status == OrderStatus::Working && order.seat.is_none());
        let expected = if order.id == known.adopted { OrderTerms::Known(terms(20)) } else { foreign.clone() };
        assert_eq!(order.terms, expected);
        // We cannot change it.
        let cancel = desk.change(order, ChangeWanted::Cancel).await;
        assert_eq!(cancel, Changed::NotPossible(Box::new(order.clone())));
    }
    assert_eq!(desk.last_event().await, 2);

    // One of which executions come first.
    let mut first = execution(&template, "x.01", "15", "10");
    first.key = BrokerKey { perm_id: Some(75), seat: Some(seat(3, 9)), reference: None };
    let again = OrderReport { adopted: OrderId(Uuid::now_v7()), ..first.clone() };
    desk.apply(&[first.clone(), again]).await;
    let order = OrderStore::find(&*pair.one, &[first.adopted]).await.unwrap().remove(0);
    assert_eq!((order.status, order.terms.quantity()), (OrderStatus::Filled, quantity("15")));
    assert_eq!((order.seat, order.filled), (Some(seat(3, 9)), quantity("15")));
    let described = OrderReport { key: first.key.clone(), ..known };
    desk.apply(&[described]).await;
    let order = desk.now(&order).await;
    assert_eq!((order.status, order.terms), (OrderStatus::PartiallyFilled, OrderTerms::Known(terms(20))));
}

async fn numbers_that_others_use_again(pair: &Pair) {
    let desk = Desk::open(pair, "reused").await;
    let template = desk.new_order().order;
    let of = |perm_id, fact| {
        let key = BrokerKey { perm_id: Some(perm_id), seat: Some(seat(3, 1)), reference: None };
        OrderReport { key, adopted: OrderId(Uuid::now_v7()), ..told(&template, fact) }
    };
    let (first, second) = (of(1, Fact::Open), of(2, Fact::Open));
    desk.apply(&[first.clone(), of(1, Fact::Canceled(None))]).await;
    desk.apply(std::slice::from_ref(&second)).await;
    let found = OrderStore::find(&*pair.one, &[first.adopted, second.adopted]).await.unwrap();
    let mut ends: Vec<_> = found.iter().map(|order| (order.perm_ids.clone(), order.status)).collect();
    ends.sort_by_key(|(perm_ids, _)| perm_ids.clone());
    assert_eq!(ends, [(vec![1], OrderStatus::Canceled), (vec![2], OrderStatus::Working)]);
}

async fn contradictions(pair: &Pair) {
    let desk = Desk::open(pair, "contradiction").await;
    let order = desk.working().await;
    desk.apply(&[execution(&order, "a.01", "101", "10")]).await;
    let event = desk.events().await.pop().unwrap();
    assert_eq!(event.kind, AccountEventKind::Contradiction);
    assert_eq!(event.contradiction, Some(Contradiction::Overfilled));
    let now = desk.now(&order).await;
    assert_eq!((now.status, now.filled), (OrderStatus::Filled, quantity("101")));
    assert_eq!(now.contradiction, Some(Contradiction::Overfilled));

    // A refusal that comes with a way to override it.
    let order = desk.place().await;
    let sent = desk.claim(1).await.commands.remove(0).order;
    let rejected = Fact::Rejected { reason: "price too far".into(), overridable: Some("8229".into()) };
    desk.apply(&[told(&sent, rejected)]).await;
    let now = desk.now(&order).await;
    assert_eq!((now.status, now.reason.as_deref()), (OrderStatus::Rejected, Some("price too far")));
    assert_eq!(now.overridable.as_deref(), Some("8229"));
    assert_eq!(statuses(&desk.events().await).pop(), Some(OrderStatus::Rejected));
}

/// Users and the desk write in one account at once.
async fn numbers_have_no_holes(pair: &Pair) {
    let desk = Desk::open(pair, "numbers").await;
    let order = desk.working().await;
    let begun = desk.last_event().await;
    at_once(8, |number| {
        let sql = pair.of(number);
        let new: Vec<_> = (0..4).map(|_| desk.new_order()).collect();
        let told: Vec<_> = (0..4)
            .map(|turn| execution(&order, &format!("{number}-{turn}.01"), "1", "10"))
            .map(|report| desk.reports(&[report]))
            .collect();
        async move {
            for (new, told) in new.iter().zip(&told) {
                sql.accept(new, &line(AuditAction::OrderPlace)).await.unwrap();
                sql.apply(EPOCH, told).await.unwrap();
            }
        }
    })
    .await;
    let numbers: Vec<_> = desk.events().await.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=begun + 64).collect::<Vec<_>>());
    let now = desk.now(&order).await;
    assert_eq!((now.filled, now.status), (quantity("32"), OrderStatus::PartiallyFilled));
    let filled: Vec<Quantity> = desk
        .events()
        .await
        .iter()
        .filter(|event| event.execution.is_some())
        .filter_map(|event| event.filled)
        .collect();
    assert!(filled.is_sorted() && filled.len() == 32, "each tells how it was then");
    assert_eq!(order.instrument, id_of(1));
}

/// What a reconciliation tells of many orders is applied in a few transactions, and changes nothing the second time.
async fn many_at_once(pair: &Pair) {
    let desk = Desk::open(pair, "many").await;
    let template = desk.new_order().order;
    let reports: Vec<OrderReport> = (1..=1_200)
        .map(|perm_id| {
            let key = BrokerKey { perm_id: Some(perm_id), ..BrokerKey::default() };
            OrderReport { key, adopted: OrderId(Uuid::now_v7()), ..told(&template, Fact::Open) }
        })
        .collect();
    for chunk in reports.chunks(600) {
        assert!(desk.apply(chunk).await.unmatched.is_empty());
    }
    assert_eq!(desk.last_event().await, 1_200);
    let again = desk.apply(&reports).await;
    assert_eq!((again.accounts.len(), again.unmatched.len(), desk.last_event().await), (0, 0, 1_200));
    let client = &desk.client;
    let open = pair.one.reconcilable(&client.connection, client.environment, NOW).await.unwrap();
    assert!(open.len() == 1_200 && open.iter().all(|order| order.perm_ids.len() == 1));
}
