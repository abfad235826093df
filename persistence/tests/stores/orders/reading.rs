use domain::account::AccountStore;
use domain::execution::{BrokerExecutionId, ExecutionCursor, ExecutionFilter, ExecutionStore};
use domain::order::{
    Fact, NewExecution, Order, OrderDeskStore, OrderFilter, OrderId, OrderStatus, OrderStore, OrderTerms,
    Side,
};
use domain::page::{Page, Side as From};
use time::Duration;

use super::{Desk, NOW, told};
use crate::samples::{id_of, price, quantity};
use crate::stores::Pair;

pub async fn contract(pair: &Pair) {
    orders(pair).await;
    executions(pair).await;
    what_is_reconciled(pair).await;
    events(pair).await;
}

async fn ids(pair: &Pair, filter: &OrderFilter, page: &Page<OrderId>) -> (Vec<OrderId>, bool) {
    let found = OrderStore::list(&*pair.other, filter, page).await.unwrap();
    (found.items.iter().map(|order| order.id).collect(), found.more)
}

async fn orders(pair: &Pair) {
    let desk = Desk::open(pair, "pages").await;
    let mut orders = Vec::new();
    for number in 0..5_i64 {
        let mut new = desk.new_order();
        new.order.created_at = NOW + Duration::minutes(number);
        new.order.instrument = id_of(number % 2 + 1);
        if number == 4 {
            new.order.status = OrderStatus::Denied;
        }
        if number == 3 {
            let words = Some("PEG".into());
            new.order.terms = OrderTerms::Foreign { side: Side::Sell, quantity: quantity("1"), words };
        }
        desk.accept(&new).await;
        orders.push(new.order.id);
    }
    let all = OrderFilter { accounts: vec![desk.account.id], ..OrderFilter::default() };
    let page = |side, cursor, count| Page { side, cursor, count };
    let first = ids(pair, &all, &page(From::First, None, 2)).await;
    assert_eq!(first, (vec![orders[4], orders[3]], true), "newest first");
    let second = ids(pair, &all, &page(From::First, Some(orders[3]), 3)).await;
    assert_eq!(second, (vec![orders[2], orders[1], orders[0]], false));
    let last = ids(pair, &all, &page(From::Last, None, 1)).await;
    assert_eq!(last, (vec![orders[0]], true));
    let filters = [
        (OrderFilter::default(), vec![]),
        (OrderFilter { statuses: vec![OrderStatus::Denied, OrderStatus::Filled], ..all.clone() }, vec![4]),
        (OrderFilter { instrument: Some(id_of(2)), ..all.clone() }, vec![3, 1]),
        (OrderFilter { side: Some(Side::Sell), ..all.clone() }, vec![3]),
        (OrderFilter { from: Some(NOW + Duration::minutes(3)), ..all.clone() }, vec![4, 3]),
        (OrderFilter { to: Some(NOW + Duration::minutes(1)), ..all }, vec![0]),
    ];
    for (filter, expected) in filters {
        let expected: Vec<_> = expected.into_iter().map(|number: usize| orders[number]).collect();
        assert_eq!(ids(pair, &filter, &page(From::First, None, 9)).await.0, expected, "{filter:?}");
    }
}

async fn executed(desk: &Desk<'_>, order: &Order, id: &str, minutes: i64) {
    let execution = NewExecution {
        id: BrokerExecutionId::new(id),
        account: order.account,
        instrument: order.instrument,
        side: Side::Buy,
        quantity: quantity("1"),
        price: price("10"),
        exchange: String::new(),
        at: NOW + Duration::minutes(minutes),
    };
    desk.apply(&[told(order, Fact::Executed(execution))]).await;
}

async fn executions(pair: &Pair) {
    let desk = Desk::open(pair, "execution-pages").await;
    let (first, second) = (desk.working().await, desk.working().await);
    executed(&desk, &first, "a.01", 3).await;
    executed(&desk, &second, "b.01", 1).await;
    executed(&desk, &first, "c.01", 2).await;
    let all = ExecutionFilter { accounts: vec![desk.account.id], ..ExecutionFilter::default() };
    let list = async |filter: &ExecutionFilter, cursor, count| {
        let page = Page { side: From::First, cursor, count };
        ExecutionStore::list(&*pair.other, filter, &page).await.unwrap()
    };
    let names = |executions: &[domain::execution::Execution]| {
        executions.iter().map(|one| one.broker_id.as_str().to_owned()).collect::<Vec<_>>()
    };
    let found = list(&all, None, 2).await;
    assert_eq!((names(&found.items), found.more), (vec!["a.01".into(), "c.01".into()], true));
    let cursor = ExecutionCursor { at: found.items[1].at, id: found.items[1].id };
    let found = list(&all, Some(cursor), 2).await;
    assert_eq!((names(&found.items), found.more), (vec!["b.01".into()], false));
    let filters = [
        (ExecutionFilter { order: Some(first.id), ..all.clone() }, 2),
        (ExecutionFilter { side: Some(Side::Sell), ..all.clone() }, 0),
        (ExecutionFilter { instrument: Some(id_of(1)), ..all.clone() }, 3),
        (ExecutionFilter { from: Some(NOW + Duration::minutes(2)), ..all.clone() }, 2),
        (ExecutionFilter { to: Some(NOW + Duration::minutes(2)), ..all }, 1),
        (ExecutionFilter::default(), 0),
    ];
    for (filter, count) in filters {
        assert_eq!(list(&filter, None, 9).await.items.len(), count, "{filter:?}");
    }
    let of_both = pair.other.of_orders(&[first.id, second.id]).await.unwrap();
    assert_eq!(names(&of_both), ["b.01", "c.01", "a.01"], "oldest first");
}

async fn what_is_reconciled(pair: &Pair) {
    let desk = Desk::open(pair, "reconciled").await;
    let (open, ended) = (desk.working().await, desk.working().await);
    desk.apply(&[told(&ended, Fact::Canceled(None))]).await;
    let since = async |since| {
        let of = &desk.client;
        let found = pair.other.reconcilable(&of.connection, of.environment, since).await.unwrap();
        found.iter().map(|order| (order.id, order.perm_ids.len())).collect::<Vec<_>>()
    };
    assert_eq!(since(NOW).await, [(open.id, 1), (ended.id, 1)]);
    assert_eq!(since(NOW + Duration::seconds(1)).await, [(open.id, 1)]);
}

async fn events(pair: &Pair) {
    let desk = Desk::open(pair, "event-pages").await;
    assert_eq!(desk.last_event().await, 0);
    for _ in 0..4 {
        desk.place().await;
    }
    let after = async |number, count| {
        let events = pair.other.events_after(desk.account.id, number, count).await.unwrap();
        events.iter().map(|event| event.number).collect::<Vec<_>>()
    };
    assert_eq!(after(0, 2).await, [1, 2]);
    assert_eq!(after(2, 9).await, [3, 4]);
    assert!(after(u64::MAX, 9).await.is_empty());
}
