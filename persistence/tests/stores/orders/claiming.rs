use domain::account::{Account, AccountFeedStore, AccountStore};
use domain::audit::AuditAction;
use domain::order::{
    Claimed, CommandKind, Doubt, Fact, HaltStore, InDoubt, OrderClient, OrderDeskStore, OrderStatus,
    TradingHalt,
};
use time::Duration;

use super::{ChangeWanted, Desk, EPOCH, NOW, TOO_LATE, done, kinds, seat, statuses, terms, told};
use crate::at_once;
use crate::samples::line;
use crate::stores::Pair;

pub async fn contract(pair: &Pair) {
    numbers_of_the_broker(pair).await;
    so_many_and_oldest_first(pair).await;
    each_once(pair).await;
    not_sent(pair).await;
    halted(pair).await;
    halted_for_one_account(pair).await;
    what_has_no_object(pair).await;
}

async fn numbers_of_the_broker(pair: &Pair) {
    let desk = Desk::open(pair, "ids").await;
    let raise = async |next| pair.other.raise_ids(EPOCH, &desk.client, next).await.unwrap();
    let mut given = Vec::new();
    // A gateway that rolls its numbers back changes nothing.
    for raised in [None, Some(1), Some(100), Some(50), Some(i32::MIN), None] {
        if let Some(next) = raised {
            raise(next).await;
        }
        let order = desk.place().await;
        let claimed = desk.claim(1).await;
        assert_eq!(kinds(&claimed), [CommandKind::Place]);
        assert_eq!(claimed.accounts, [desk.account.id]);
        let sent = claimed.commands[0].order.clone();
        assert_eq!((sent.status, sent.sent_at), (OrderStatus::InFlight, Some(NOW)));
        assert_eq!(desk.now(&order).await, sent, "it is written down before it is handed out");
        given.push(sent.seat.unwrap().order_id);
    }
    assert_eq!(given, [1, 2, 100, 101, 102, 103]);
    // Other clients count for themselves.
    let other = OrderClient { client_id: 8, ..desk.client.clone() };
    desk.place().await;
    let claim = domain::order::Claim { client: other, now: NOW, count: 1 };
    let claimed = OrderDeskStore::claim(&*pair.one, EPOCH, &claim).await.unwrap();
    assert_eq!(claimed.commands[0].order.seat, Some(seat(8, 1)));
    let moved: Vec<_> = statuses(&desk.events().await).into_iter().skip(12).collect();
    assert_eq!(moved, [OrderStatus::Pending, OrderStatus::InFlight]);
}

async fn so_many_and_oldest_first(pair: &Pair) {
    let desk = Desk::open(pair, "oldest").await;
    let mut orders = Vec::new();
    for seconds in [3, 1, 2] {
        let mut new = desk.new_order();
        new.order.created_at = NOW - Duration::seconds(seconds);
        new.order.updated_at = new.order.created_at;
        desk.accept(&new).await;
        orders.push(new.order.id);
    }
    let ids = |claimed: Claimed| claimed.commands.into_iter().map(|sent| sent.order.id).collect::<Vec<_>>();
    assert_eq!(ids(desk.claim(2).await), [orders[0], orders[2]]);
    assert_eq!(ids(desk.claim(2).await), [orders[1]]);
    assert_eq!(ids(desk.claim(0).await), []);
}

/// Several desks claim at once: each command is handed out once, each number is given once.
async fn each_once(pair: &Pair) {
    let desk = Desk::open(pair, "each-once").await;
    for _ in 0..30 {
        desk.place().await;
    }
    let claimed = at_once(6, |number| {
        let (sql, claim) = (pair.of(number), desk.claim_at(NOW, 3));
        async move {
            let mut sent = Vec::new();
            for _ in 0..12 {
                sent.extend(OrderDeskStore::claim(&*sql, EPOCH, &claim).await.unwrap().commands);
            }
            sent
        }
    })
    .await;
    let sent: Vec<_> = claimed.into_iter().flatten().collect();
    let mut numbers: Vec<_> = sent.iter().map(|sent| sent.order.seat.unwrap().order_id).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=30).collect::<Vec<_>>());
    let orders: std::collections::HashSet<_> = sent.iter().map(|sent| sent.order.id).collect();
    assert_eq!(orders.len(), 30);
    let numbers: Vec<_> = desk.events().await.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
}

async fn not_sent(pair: &Pair) {
    let desk = Desk::open(pair, "not-sent").await;
    let order = desk.place().await;
    let claimed = desk.claim_too_late().await;
    assert_eq!((kinds(&claimed), claimed.accounts), (vec![], vec![desk.account.id]));
    let now = desk.now(&order).await;
    assert_eq!((now.status, now.seat), (OrderStatus::Expired, None));
    let reason = now.reason.unwrap();
    assert!(reason.contains("was not sent"), "{reason}");
    let event = desk.events().await.pop().unwrap();
    assert_eq!((event.number, event.status, event.text), (2, Some(OrderStatus::Expired), Some(reason)));
    // Not even a clock that goes back brings it to life.
    assert_eq!(desk.claim(10).await, Claimed::default());
    assert_eq!(desk.claim_too_late().await, Claimed::default());
}

async fn halted(pair: &Pair) {
    let desk = Desk::open(pair, "halt").await;
    let (first, second) = (desk.working().await, desk.working().await);
    let waiting = desk.place().await;
    done(desk.change(&first, ChangeWanted::Replace(terms(50))).await);
    done(desk.change(&second, ChangeWanted::Cancel).await);
    let halt = TradingHalt { account: None, by: Some(desk.trader), at: NOW, reason: "a storm".into() };
    let audit = line(AuditAction::TradingHalt);
    assert!(pair.one.halt(&halt, &audit).await.unwrap());
    let again = TradingHalt { reason: "another".into(), ..halt.clone() };
    assert!(!pair.other.halt(&again, &line(AuditAction::TradingHalt)).await.unwrap());
    assert_eq!(pair.other.halts().await.unwrap(), [halt]);
    assert_eq!(kinds(&desk.claim(10).await), [CommandKind::Cancel]);
    assert_eq!(desk.now(&waiting).await, waiting, "it waits");
    assert_eq!(kinds(&desk.claim_too_late().await), []);
    let reason = desk.now(&waiting).await.reason.unwrap();
    assert!(reason.contains("a storm"), "{reason}");
    assert_eq!(desk.now(&first).await.status, OrderStatus::Working);

    let resume = async || pair.one.resume(None, &line(AuditAction::TradingResume)).await.unwrap();
    assert!(resume().await);
    assert!(!resume().await);
    assert_eq!(pair.other.halts().await.unwrap(), []);
    desk.place().await;
    assert_eq!(kinds(&desk.claim(10).await), [CommandKind::Place]);
}

async fn halted_for_one_account(pair: &Pair) {
    let (desk, free) = (Desk::open(pair, "halt-one").await, Desk::open(pair, "halt-other").await);
    for desk in [&desk, &free] {
        desk.place().await;
    }
    let halt = TradingHalt { account: Some(desk.account.id), by: None, at: NOW, reason: "a storm".into() };
    assert!(pair.one.halt(&halt, &line(AuditAction::TradingHalt)).await.unwrap());
    assert_eq!(kinds(&desk.claim(10).await), []);
    assert_eq!(kinds(&free.claim(10).await), [CommandKind::Place]);
    assert!(pair.one.resume(halt.account, &line(AuditAction::TradingResume)).await.unwrap());
    assert_eq!(kinds(&desk.claim(10).await), [CommandKind::Place]);
}

/// The order ended before what was wanted of it was handed out.
async fn what_has_no_object(pair: &Pair) {
    let desk = Desk::open(pair, "no-object").await;
    let (first, second) = (desk.working().await, desk.working().await);
    done(desk.change(&first, ChangeWanted::Replace(terms(50))).await);
    done(desk.change(&second, ChangeWanted::Cancel).await);
    for order in [&first, &second] {
        desk.apply(&[told(order, Fact::Canceled(Some("by the exchange".into())))]).await;
    }
    let events = desk.last_event().await;
    assert_eq!(kinds(&desk.claim(10).await), []);
    assert_eq!(desk.claim_too_late().await, Claimed::default());
    assert_eq!(desk.last_event().await, events);
}

/// What a desk does late, after another has led, is nothing.
pub async fn fenced(pair: &Pair) {
    let desk = Desk::open_in(pair, "order-fence", u64::MAX).await;
    let order = desk.place().await;
    let (claim, late) = (desk.claim_at(NOW, 10), desk.claim_at(TOO_LATE, 10));
    for claim in [&claim, &late] {
        let claimed = OrderDeskStore::claim(&*pair.one, 0, claim).await.unwrap();
        assert_eq!(claimed, Claimed::default());
    }
    pair.one.raise_ids(0, &desk.client, 500).await.unwrap();
    let reports = desk.reports(&[told(&order, Fact::Open)]);
    assert_eq!(pair.one.apply(0, &reports).await.unwrap().accounts, []);
    let unseen = Account::new(desk.client.connection.clone(), desk.client.environment, "DU2");
    pair.one.meet(0, std::slice::from_ref(&unseen)).await.unwrap();
    assert!(!AccountStore::all(&*pair.one).await.unwrap().contains(&unseen));
    assert_eq!((desk.now(&order).await, desk.last_event().await), (order.clone(), 1));

    let claimed = OrderDeskStore::claim(&*pair.one, u64::MAX, &claim).await.unwrap();
    assert_eq!(claimed.commands[0].order.seat, Some(seat(7, 1)));
    let doubt = Doubt {
        connection: desk.client.connection.clone(),
        environment: desk.client.environment,
        orders: InDoubt::All,
        reason: "the desk changed".into(),
        at: NOW,
    };
    assert_eq!(pair.one.doubt(0, &doubt).await.unwrap(), []);
    assert_eq!(desk.now(&order).await.status, OrderStatus::InFlight);
    assert_eq!(pair.one.doubt(u64::MAX, &doubt).await.unwrap(), [desk.account.id]);
}
