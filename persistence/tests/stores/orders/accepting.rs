use domain::account::{AccountAccess, AccountEventKind, AccountId, AccountStore};
use domain::audit::AuditAction;
use domain::order::{
    Accepted, HaltStore, InputDigest, NewOrder, Order, OrderId, OrderStatus, OrderStore, TradingHalt,
};
use domain::user::{Role, UserStore};
use uuid::Uuid;

use super::{Desk, NOW, kinds, statuses};
use crate::at_once;
use crate::samples::line;
use crate::stores::{Pair, users};

pub async fn contract(pair: &Pair) {
    all_in_one(pair).await;
    denied(pair).await;
    keys(pair).await;
    at_once_with_one_key(pair).await;
    only_by_those_who_may(pair).await;
    halted(pair).await;
}

async fn all_in_one(pair: &Pair) {
    let desk = Desk::open(pair, "accept").await;
    let (new, audit) = (desk.new_order(), line(AuditAction::OrderPlace));
    let Accepted::New(order) = pair.one.accept(&new, &audit).await.unwrap() else { panic!("it is new") };
    assert_eq!(*order, new.order);
    assert_eq!(desk.now(&order).await, new.order);
    assert!(users::is_written(pair, &audit).await);
    let events = desk.events().await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.number, event.kind, event.at), (1, AccountEventKind::Order, NOW));
    assert_eq!((event.order, event.status), (Some(order.id), Some(OrderStatus::Pending)));
    assert_eq!((event.instrument, event.filled), (Some(order.instrument), Some(order.filled)));
    let claimed = desk.claim(10).await;
    assert_eq!(claimed.commands.len(), 1);
    assert_eq!((claimed.commands[0].order.id, claimed.commands[0].account.as_str()), (order.id, "DU1"));
}

async fn denied(pair: &Pair) {
    let desk = Desk::open(pair, "denied").await;
    let new = desk.new_order();
    let reason = Some("more than the account may hold".to_owned());
    let order = Order { status: OrderStatus::Denied, reason: reason.clone(), ..new.order.clone() };
    let new = NewOrder { order, ..new };
    assert_eq!(desk.accept(&new).await, Accepted::New(Box::new(new.order.clone())));
    assert_eq!(desk.accept(&new).await, Accepted::Again(Box::new(new.order.clone())));
    let events = desk.events().await;
    assert_eq!(statuses(&events), [OrderStatus::Denied]);
    assert_eq!(events[0].text, reason);
    assert_eq!(kinds(&desk.claim(10).await), []);
}

async fn keys(pair: &Pair) {
    let desk = Desk::open(pair, "keys").await;
    let new = desk.new_order();
    let Accepted::New(first) = desk.accept(&new).await else { panic!("it is new") };
    let again = NewOrder { key: new.key, ..desk.new_order() };
    let audit = line(AuditAction::OrderPlace);
    let accepted = pair.other.accept(&again, &audit).await.unwrap();
    assert_eq!(accepted, Accepted::Again(first));
    let other = NewOrder { digest: InputDigest([2; 32]), ..again };
    assert_eq!(pair.one.accept(&other, &audit).await.unwrap(), Accepted::KeyReused);
    assert!(!users::is_written(pair, &audit).await);
    assert_eq!(desk.last_event().await, 1);

    // Another user's keys are others.
    let bob = users::active(pair, "keys-bob", Role::Trader).await.id;
    desk.grant(bob, AccountAccess::Trade).await;
    let mut of_bob = NewOrder { user: bob, key: new.key, ..desk.new_order() };
    of_bob.order.placed_by = Some(bob);
    assert!(matches!(desk.accept(&of_bob).await, Accepted::New(_)));
}

async fn at_once_with_one_key(pair: &Pair) {
    let desk = Desk::open(pair, "same-key").await;
    let new = desk.new_order();
    let accepted = at_once(8, |number| {
        let (sql, mut new) = (pair.of(number), new.clone());
        new.order.id = OrderId(Uuid::now_v7());
        async move { sql.accept(&new, &line(AuditAction::OrderPlace)).await.unwrap() }
    })
    .await;
    let is_new = |accepted: &&Accepted| matches!(accepted, Accepted::New(_));
    assert_eq!(accepted.iter().filter(is_new).count(), 1, "{accepted:?}");
    let mut ids: Vec<OrderId> = accepted
        .into_iter()
        .map(|accepted| match accepted {
            Accepted::New(order) | Accepted::Again(order) => order.id,
            other => panic!("{other:?}"),
        })
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!((desk.last_event().await, desk.claim(10).await.commands.len()), (1, 1));
}

async fn only_by_those_who_may(pair: &Pair) {
    let desk = Desk::open(pair, "access").await;
    let sees = users::active(pair, "access-sees", Role::Trader).await.id;
    desk.grant(sees, AccountAccess::See).await;
    let viewer = users::active(pair, "access-viewer", Role::Viewer).await.id;
    desk.grant(viewer, AccountAccess::Trade).await;
    let stranger = users::active(pair, "access-stranger", Role::Admin).await.id;
    let gone = users::active(pair, "access-gone", Role::Trader).await.id;
    desk.grant(gone, AccountAccess::Trade).await;
    UserStore::disable(&*pair.one, gone, NOW, &line(AuditAction::UserDisable)).await.unwrap();
    let cases = [
        (sees, Accepted::NotGranted),
        (viewer, Accepted::NotGranted),
        (stranger, Accepted::AccountNotFound),
        (gone, Accepted::AccountNotFound),
    ];
    let audit = line(AuditAction::OrderPlace);
    for (user, expected) in cases {
        let new = NewOrder { user, ..desk.new_order() };
        assert_eq!(pair.one.accept(&new, &audit).await.unwrap(), expected);
    }
    // A grant that is taken away is not used any more, by whoever read it before.
    let revoked = line(AuditAction::AccountRevoke);
    pair.other.revoke(desk.account.id, desk.trader, &revoked).await.unwrap();
    let new = desk.new_order();
    assert_eq!(pair.one.accept(&new, &audit).await.unwrap(), Accepted::AccountNotFound);
    let mut elsewhere = desk.new_order();
    elsewhere.order.account = AccountId::from_uuid(Uuid::new_v4());
    assert_eq!(pair.one.accept(&elsewhere, &audit).await.unwrap(), Accepted::AccountNotFound);
    assert!(!users::is_written(pair, &audit).await);
    assert_eq!(OrderStore::find(&*pair.one, &[new.order.id]).await.unwrap(), []);
    assert_eq!((desk.last_event().await, desk.claim(10).await.commands.len()), (0, 0));
}

async fn halted(pair: &Pair) {
    let desk = Desk::open(pair, "accept-halted").await;
    let reason = "a storm".to_owned();
    let halt = TradingHalt { account: Some(desk.account.id), by: None, at: NOW, reason: reason.clone() };
    assert!(pair.one.halt(&halt, &line(AuditAction::TradingHalt)).await.unwrap());
    assert_eq!(desk.accept(&desk.new_order()).await, Accepted::Halted(reason));
    assert_eq!(desk.last_event().await, 0);
    let resumed = line(AuditAction::TradingResume);
    assert!(pair.one.resume(halt.account, &resumed).await.unwrap());
    assert!(matches!(desk.accept(&desk.new_order()).await, Accepted::New(_)));
}
