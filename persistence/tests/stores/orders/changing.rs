use domain::account::AccountAccess;
use domain::audit::AuditAction;
use domain::order::{
    AllCanceled, CancelAll, Change, ChangeWanted, Changed, CommandKind, Fact, OrderDeskStore, OrderId,
    OrderStatus, OrderStore, OrderTerms,
};
use domain::user::Role;
use uuid::Uuid;

use super::{Desk, EPOCH, NOW, TOO_LATE, done, kinds, statuses, terms, told};
use crate::at_once;
use crate::samples::line;
use crate::stores::{Pair, users};

pub async fn contract(pair: &Pair) {
    refused(pair).await;
    withdrawn(pair).await;
    canceled_or_sent(pair).await;
    replaced(pair).await;
    a_later_wish(pair).await;
    all_canceled(pair).await;
}

async fn refused(pair: &Pair) {
    let desk = Desk::open(pair, "change").await;
    let order = desk.working().await;
    let sees = users::active(pair, "change-sees", Role::Trader).await.id;
    desk.grant(sees, AccountAccess::See).await;
    let stranger = users::active(pair, "change-stranger", Role::Admin).await.id;
    let cancel = desk.change_of(&order, ChangeWanted::Cancel);
    let cases = [
        (Change { order: OrderId(Uuid::now_v7()), ..cancel }, Changed::NotFound),
        (Change { user: stranger, ..cancel }, Changed::NotFound),
        (Change { user: sees, ..cancel }, Changed::NotGranted),
        (Change { expected: 7, ..cancel }, Changed::Outdated(Box::new(order.clone()))),
    ];
    let (audit, events) = (line(AuditAction::OrderCancel), desk.last_event().await);
    for (change, expected) in cases {
        assert_eq!(pair.one.change(&change, &audit).await.unwrap(), expected);
    }
    // In flight, an order can be canceled, but not changed.
    let in_flight = desk.place().await;
    desk.claim(10).await;
    let replace = desk.change(&in_flight, ChangeWanted::Replace(terms(50))).await;
    assert!(matches!(replace, Changed::NotPossible(order) if order.status == OrderStatus::InFlight));
    let canceled = done(desk.change(&in_flight, ChangeWanted::Cancel).await);
    assert_eq!((canceled.status, canceled.version), (OrderStatus::PendingCancel, 2));
    let again = desk.change(&canceled, ChangeWanted::Cancel).await;
    assert_eq!(again, Changed::NotPossible(Box::new(canceled)));
    assert!(!users::is_written(pair, &audit).await);
    assert_eq!(desk.last_event().await, events + 3, "placed, in flight, pending cancel");
    assert_eq!(desk.now(&order).await, order);
}

async fn withdrawn(pair: &Pair) {
    let desk = Desk::open(pair, "withdrawn").await;
    let order = desk.place().await;
    let canceled = done(desk.change(&order, ChangeWanted::Cancel).await);
    assert_eq!((canceled.status, canceled.seat), (OrderStatus::Canceled, None));
    assert_eq!(desk.now(&order).await, canceled);
    assert_eq!(kinds(&desk.claim(10).await), [], "it is never sent");
    assert_eq!(kinds(&desk.claim_too_late().await), []);
    assert_eq!(statuses(&desk.events().await), [OrderStatus::Pending, OrderStatus::Canceled]);
}

/// Users cancel while a desk claims: what was handed out is asked for at the broker, all else is never sent.
async fn canceled_or_sent(pair: &Pair) {
    let desk = Desk::open(pair, "race").await;
    let mut orders = Vec::new();
    for _ in 0..24 {
        orders.push(desk.place().await);
    }
    let orders = std::sync::Arc::new(orders);
    let sent = at_once(6, |number| {
        let (sql, orders) = (pair.of(number), orders.clone());
        let claim = desk.claim_at(NOW, 2);
        let cancels: Vec<_> =
            orders.iter().map(|order| desk.change_of(order, ChangeWanted::Cancel)).collect();
        async move {
            let mut sent = Vec::new();
            for turn in 0..8 {
                if number < 3 {
                    let cancel = cancels[23 - (number * 8 + turn)];
                    let changed = sql.change(&cancel, &line(AuditAction::OrderCancel)).await.unwrap();
                    assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
                } else {
                    sent.extend(OrderDeskStore::claim(&*sql, EPOCH, &claim).await.unwrap().commands);
                }
            }
            sent
        }
    })
    .await;
    let mut sent: Vec<_> = sent.into_iter().flatten().collect();
    // So often that everything is handed out.
    for _ in 0..orders.len() {
        sent.extend(desk.claim(10).await.commands);
    }
    for order in orders.iter() {
        let now = desk.now(order).await;
        let of = |kind| sent.iter().filter(|sent| sent.order.id == order.id && sent.kind == kind).count();
        let handed = (of(CommandKind::Place), of(CommandKind::Cancel));
        match now.status {
            OrderStatus::Canceled => assert_eq!(handed, (0, 0), "{now:?}"),
            OrderStatus::PendingCancel => assert_eq!(handed, (1, 1), "{now:?}"),
            other => panic!("{other:?}"),
        }
    }
}

async fn replaced(pair: &Pair) {
    let desk = Desk::open(pair, "replace").await;
    let order = desk.working().await;
    let wanted = ChangeWanted::Replace(terms(50));
    let replacing = done(desk.change(&order, wanted).await);
    assert_eq!((replacing.status, replacing.version), (OrderStatus::PendingReplace, 2));
    assert_eq!(
        (replacing.replacement, replacing.terms.quantity()),
        (Some(terms(50)), order.terms.quantity())
    );
    assert_eq!(desk.now(&order).await, replacing);
    let claimed = desk.claim(10).await;
    assert_eq!(kinds(&claimed), [CommandKind::Replace]);
    assert_eq!(claimed.commands[0].order, replacing);
    let taken = OrderTerms::Known(terms(50));
    let mut report = told(&replacing, Fact::Open);
    // Told late, the old terms are no answer.
    desk.apply(&[report.clone()]).await;
    assert_eq!(desk.now(&order).await, replacing);
    report.described.as_mut().unwrap().terms = taken.clone();
    desk.apply(&[report]).await;
    let now = desk.now(&order).await;
    assert_eq!((now.status, now.terms, now.replacement), (OrderStatus::Working, taken, None));
    assert_eq!(now.version, 3);

    // One that is not sent in time leaves the order as it stood.
    let order = desk.now(&order).await;
    done(desk.change(&order, ChangeWanted::Replace(terms(70))).await);
    assert_eq!(kinds(&desk.claim_too_late().await), []);
    let now = desk.now(&order).await;
    assert_eq!((now.status, &now.terms, now.replacement), (OrderStatus::Working, &order.terms, None));
    let text = desk.events().await.pop().unwrap().text.unwrap();
    assert!(text.contains("the change was not sent"), "{text}");
}

/// What was not sent yet when the order is canceled is not sent any more.
async fn a_later_wish(pair: &Pair) {
    let desk = Desk::open(pair, "later-wish").await;
    let order = desk.working().await;
    let replacing = done(desk.change(&order, ChangeWanted::Replace(terms(50))).await);
    let canceling = done(desk.change(&replacing, ChangeWanted::Cancel).await);
    assert_eq!((canceling.status, canceling.replacement), (OrderStatus::PendingCancel, None));
    assert_eq!(desk.now(&order).await, canceling);
    assert_eq!(kinds(&desk.claim(10).await), [CommandKind::Cancel]);
    assert_eq!(kinds(&desk.claim(10).await), []);
}

async fn all_canceled(pair: &Pair) {
    let desk = Desk::open(pair, "cancel-all").await;
    let (working, ended) = (desk.working().await, desk.working().await);
    desk.apply(&[told(&ended, Fact::Canceled(None))]).await;
    let waiting = desk.place().await;
    let other = Desk::open(pair, "cancel-others").await.working().await;
    let all = CancelAll { account: desk.account.id, user: desk.trader, at: NOW, dispatch_by: TOO_LATE };
    let audit = line(AuditAction::OrderCancelAll);
    let AllCanceled::Done(canceled) = pair.one.cancel_all(&all, &audit).await.unwrap() else {
        panic!("it may")
    };
    let told: Vec<_> = canceled.iter().map(|order| (order.id, order.status)).collect();
    let expected = [(working.id, OrderStatus::PendingCancel), (waiting.id, OrderStatus::Canceled)];
    assert_eq!(told, expected);
    assert_eq!(desk.now(&working).await, canceled[0]);
    assert!(users::is_written(pair, &audit).await);
    // Cancellations go before what came earlier.
    let mut earlier = desk.new_order();
    earlier.order.updated_at = NOW - time::Duration::seconds(1);
    desk.accept(&earlier).await;
    assert_eq!(kinds(&desk.claim(10).await), [CommandKind::Cancel, CommandKind::Place]);
    assert_eq!(desk.now(&other).await, other);

    let sees = users::active(pair, "cancel-all-sees", Role::Trader).await.id;
    desk.grant(sees, AccountAccess::See).await;
    let stranger = users::active(pair, "cancel-all-stranger", Role::Trader).await.id;
    for (user, expected) in [(sees, AllCanceled::NotGranted), (stranger, AllCanceled::AccountNotFound)] {
        let all = CancelAll { user, ..all };
        assert_eq!(pair.one.cancel_all(&all, &line(AuditAction::OrderCancelAll)).await.unwrap(), expected);
    }
}
