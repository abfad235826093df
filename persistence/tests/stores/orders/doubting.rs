use domain::order::{
    ChangeWanted, Changed, Doubt, Fact, InDoubt, Order, OrderDeskStore, OrderStatus, OrderTerms,
};

use super::{Desk, EPOCH, NOW, done, kinds, terms, told};
use crate::stores::Pair;

pub async fn contract(pair: &Pair) {
    what_the_broker_has_not_answered(pair).await;
    found_again(pair).await;
    shown_not_to_be_there(pair).await;
}

async fn doubt(desk: &Desk<'_>, orders: InDoubt) -> usize {
    let doubt = Doubt {
        connection: desk.client.connection.clone(),
        environment: desk.client.environment,
        orders,
        reason: "the connection was lost".into(),
        at: NOW,
    };
    desk.pair.one.doubt(EPOCH, &doubt).await.unwrap().len()
}

async fn what_the_broker_has_not_answered(pair: &Pair) {
    let desk = Desk::open(pair, "doubt").await;
    let (working, replacing, canceling) = (desk.working().await, desk.working().await, desk.working().await);
    let (in_flight, spared) = (desk.place().await, desk.place().await);
    done(desk.change(&replacing, ChangeWanted::Replace(terms(50))).await);
    assert_eq!(desk.claim(10).await.commands.len(), 3);
    // These are not handed out yet.
    done(desk.change(&canceling, ChangeWanted::Cancel).await);
    let waiting = desk.place().await;
    let events = desk.last_event().await;

    assert_eq!(doubt(&desk, InDoubt::These(vec![in_flight.id, waiting.id, working.id])).await, 1);
    let expected = [
        (&in_flight, OrderStatus::Unknown),
        (&spared, OrderStatus::InFlight),
        (&working, OrderStatus::Working),
        (&waiting, OrderStatus::Pending),
        (&replacing, OrderStatus::PendingReplace),
        (&canceling, OrderStatus::PendingCancel),
    ];
    for (order, status) in expected {
        assert_eq!(desk.now(order).await.status, status);
    }
    assert_eq!(desk.now(&in_flight).await.reason.as_deref(), Some("the connection was lost"));
    assert_eq!(doubt(&desk, InDoubt::All).await, 1);
    for (order, status) in [
        (&spared, OrderStatus::Unknown),
        (&replacing, OrderStatus::Unknown),
        (&working, OrderStatus::Working),
        (&waiting, OrderStatus::Pending),
        (&canceling, OrderStatus::PendingCancel),
    ] {
        assert_eq!(desk.now(order).await.status, status);
    }
    assert_eq!(doubt(&desk, InDoubt::All).await, 0, "it is said once");
    assert_eq!(desk.last_event().await, events + 3);

    // Nothing of it is sent again; what waits still is.
    let rest: Vec<_> = desk.claim(10).await.commands.into_iter().map(|sent| sent.order.id).collect();
    assert_eq!(rest, [canceling.id, waiting.id]);
    for order in [&in_flight, &spared, &replacing] {
        let unknown = desk.now(order).await;
        for wanted in [ChangeWanted::Cancel, ChangeWanted::Replace(terms(70))] {
            assert!(matches!(desk.change(&unknown, wanted).await, Changed::NotPossible(_)));
        }
    }
    assert_eq!(kinds(&desk.claim(10).await), []);
    assert_eq!(kinds(&desk.claim_too_late().await), []);
}

async fn sent_and_doubted(desk: &Desk<'_>) -> Order {
    let order = desk.place().await;
    desk.claim(10).await;
    assert_eq!(doubt(desk, InDoubt::All).await, 1);
    desk.now(&order).await
}

async fn found_again(pair: &Pair) {
    let desk = Desk::open(pair, "found").await;
    let order = sent_and_doubted(&desk).await;
    desk.apply(&[told(&order, Fact::Open)]).await;
    let now = desk.now(&order).await;
    assert_eq!((now.status, now.terms), (OrderStatus::Working, OrderTerms::Known(terms(100))));
    assert_eq!(now.reason, None);
    assert_eq!(doubt(&desk, InDoubt::All).await, 0, "it was answered");
}

async fn shown_not_to_be_there(pair: &Pair) {
    let desk = Desk::open(pair, "not-there").await;
    let order = sent_and_doubted(&desk).await;
    let missing = told(&order, Fact::NotFound);
    desk.apply(std::slice::from_ref(&missing)).await;
    assert_eq!(desk.now(&order).await.status, OrderStatus::NotReceived);
    assert_eq!(kinds(&desk.claim(10).await), []);
    // Evidence that comes later brings it back, and it is said that this does not fit.
    desk.apply(&[told(&order, Fact::Open)]).await;
    let now = desk.now(&order).await;
    assert_eq!(now.status, OrderStatus::Working);
    assert!(now.contradiction.is_some());
    // Once the broker has it, nobody can say that it is not there.
    desk.apply(&[missing]).await;
    assert_eq!(desk.now(&order).await.status, OrderStatus::Working);
}
