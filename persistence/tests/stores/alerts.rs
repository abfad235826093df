use domain::alert::{
    Alert, AlertChange, AlertEventStore, AlertFilter, AlertId, AlertIndicator, AlertName, AlertState,
    AlertStore, AlertSubject, AlertWatchStore, Comparison, DeliveryState, EVENTS_KEPT_FOR, Firing,
    MAX_ALERTS, Outcome, Pruned, Repeat, Seen,
};
use domain::audit::AuditAction;
use domain::bar::BarSize;
use domain::indicator::{Indicator, IndicatorKind, Parameters};
use domain::page::{Page, Side};
use domain::user::{Role, User, UserId};
use domain::webhook::WebhookId;
use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use time::Duration;
use uuid::Uuid;

use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, alert, firing, id_of, instrument, line, webhook};

/// The epoch of the present leader: no desk has led yet.
const EPOCH: u64 = 1;

pub async fn contract(pair: &Pair) {
    let instruments: Vec<_> = (1..=3).map(instrument).collect();
    domain::instrument::InstrumentStore::put(&*pair.one, &instruments).await.unwrap();
    kept_and_changed(pair).await;
    rest_and_resume(pair).await;
    limits(pair).await;
    goes_off_once(pair).await;
    numbers_have_no_holes(pair).await;
    every_time(pair).await;
    failures_and_ends(pair).await;
    what_was_seen(pair).await;
    writers_of_many_do_not_wait_for_each_other(pair).await;
    only_of_those_who_can_come_in(pair).await;
}

async fn owner(pair: &Pair, name: &str) -> User {
    users::active(pair, name, Role::Viewer).await
}

fn done(change: AlertChange) -> Alert {
    match change {
        AlertChange::Done(alert) => *alert,
        other => panic!("not done: {other:?}"),
    }
}

async fn make(pair: &Pair, alert: &Alert) -> Alert {
    done(AlertStore::create(&*pair.one, alert).await.unwrap())
}

async fn read(pair: &Pair, alert: &Alert) -> Alert {
    AlertStore::find(&*pair.other, alert.owner, &[alert.id]).await.unwrap().pop().expect("it is there")
}

/// The present arming of an alert that is watched.
async fn arming(pair: &Pair, id: AlertId) -> Option<u64> {
    let watched = pair.one.watched().await.unwrap();
    watched.watched.iter().find(|(watched, _)| watched.alert.id == id).map(|(watched, _)| watched.arming)
}

async fn kept_and_changed(pair: &Pair) {
    let (ann, bob) = (owner(pair, "alert-ann").await.id, owner(pair, "alert-bob").await.id);
    let indicator = Indicator::parse(IndicatorKind::Macd, Parameters::default()).unwrap();
    let subject = AlertIndicator::new(BarSize::Min5, indicator, Some("SIGNAL")).unwrap();
    let mut macd = alert(ann, 2);
    macd.condition.subject = AlertSubject::Indicator(subject);
    macd.name = None;
    macd.expires_at = Some(NOW + Duration::days(1));
    let last = alert(ann, 1);
    for wanted in [&last, &macd] {
        assert_eq!(make(pair, wanted).await, *wanted);
        assert_eq!(read(pair, wanted).await, *wanted);
    }

    let changed = Alert {
        name: Some(AlertName::parse("new").unwrap()),
        repeat: Repeat::EveryTime,
        expires_at: None,
        ..macd.clone()
    };
    let sql = &pair.one;
    let now = done(sql.update(&changed, 1).await.unwrap());
    assert_eq!(now, Alert { version: 2, ..changed.clone() });
    assert_eq!(sql.update(&changed, 1).await.unwrap(), AlertChange::Outdated);
    assert_eq!(arming(pair, macd.id).await, Some(2), "a change arms it anew");

    // Nobody sees or changes another's.
    assert_eq!(AlertStore::find(&**sql, bob, &[last.id]).await.unwrap(), []);
    assert_eq!(sql.update(&Alert { owner: bob, ..last.clone() }, 1).await.unwrap(), AlertChange::NotFound);
    assert_eq!(sql.set_resting(bob, last.id, Outcome::Pause).await.unwrap(), AlertChange::NotFound);
    assert!(!AlertStore::delete(&**sql, bob, last.id).await.unwrap());

    let page = |cursor| Page { side: Side::First, cursor, count: 1 };
    let all = AlertFilter::default();
    let first = AlertStore::list(&**sql, ann, all, &page(None)).await.unwrap();
    assert_eq!((first.items.as_slice(), first.more), ([last.clone()].as_slice(), true), "newest first");
    let second = AlertStore::list(&**sql, ann, all, &page(Some(last.id))).await.unwrap();
    assert_eq!((second.items, second.more), (vec![now], false));
    for (filter, count) in [
        (AlertFilter { state: Some(AlertState::Active), ..all }, 2),
        (AlertFilter { state: Some(AlertState::Paused), ..all }, 0),
        (AlertFilter { instrument: Some(id_of(1)), ..all }, 1),
    ] {
        let page = Page { side: Side::Last, cursor: None, count: 10 };
        assert_eq!(AlertStore::list(&**sql, ann, filter, &page).await.unwrap().items.len(), count);
    }
    for id in [last.id, macd.id] {
        assert!(AlertStore::delete(&**sql, ann, id).await.unwrap());
    }
    assert!(!AlertStore::delete(&**sql, ann, last.id).await.unwrap());
}

async fn rest_and_resume(pair: &Pair) {
    let ann = owner(pair, "alert-rest").await.id;
    let wanted = make(pair, &Alert { expires_at: Some(NOW + Duration::hours(2)), ..alert(ann, 1) }).await;
    let rest = async |outcome| pair.one.set_resting(ann, wanted.id, outcome).await.unwrap();
    let paused = done(rest(Outcome::Pause).await);
    assert_eq!((paused.state, paused.version), (AlertState::Paused, 2));
    assert_eq!(done(rest(Outcome::Pause).await).version, 2, "it rests already");
    assert_eq!(arming(pair, wanted.id).await, None, "what rests is not watched");
    assert_eq!(done(pair.one.update(&paused, 2).await.unwrap()).state, AlertState::Paused);
    assert_eq!(rest(Outcome::Resume(NOW + Duration::hours(2))).await, AlertChange::Ended);
    let resumed = done(rest(Outcome::Resume(NOW)).await);
    assert_eq!((resumed.state, resumed.version), (AlertState::Active, 4));
    assert_eq!(done(rest(Outcome::Resume(NOW)).await).version, 4);
    assert_eq!(arming(pair, wanted.id).await, Some(4));
}

async fn limits(pair: &Pair) {
    let ann = owner(pair, "alert-many").await.id;
    let sql = &pair.one;
    assert_eq!(sql_create(pair, &alert(ann, 999)).await, AlertChange::InstrumentNotFound);
    let foreign = Alert { webhook: Some(WebhookId(Uuid::new_v4())), ..alert(ann, 1) };
    assert_eq!(sql_create(pair, &foreign).await, AlertChange::WebhookNotFound);
    for _ in 1..MAX_ALERTS {
        make(pair, &alert(ann, 1)).await;
    }
    // Of many at once, one is let in.
    let changes = at_once(4, |number| {
        let sql = pair.of(number);
        async move { AlertStore::create(&*sql, &alert(ann, 1)).await.unwrap() }
    })
    .await;
    let made = changes.iter().filter(|change| matches!(change, AlertChange::Done(_))).count();
    assert_eq!(made, 1);
    let page = Page { side: Side::First, cursor: None, count: 1_000 };
    let all = AlertStore::list(&**sql, ann, AlertFilter::default(), &page).await.unwrap().items;
    for alert in all {
        AlertStore::delete(&**sql, ann, alert.id).await.unwrap();
    }
}

async fn sql_create(pair: &Pair, alert: &Alert) -> AlertChange {
    AlertStore::create(&*pair.one, alert).await.unwrap()
}

async fn goes_off_once(pair: &Pair) {
    let ann = owner(pair, "alert-once").await.id;
    let wanted = make(pair, &Alert { email: true, ..alert(ann, 1) }).await;
    let firing = firing(&wanted, 1);
    let stranger = Firing { owner: UserId(Uuid::new_v4()), ..firing.clone() };
    assert_eq!(pair.one.trigger(EPOCH, &[stranger]).await.unwrap(), []);
    // However often, and by however many desks it is written, it goes off once.
    let fired = at_once(6, |number| {
        let (sql, firing) = (pair.of(number), firing.clone());
        async move {
            // Two desks make ids of their own.
            let event = domain::alert::AlertEventId(Uuid::now_v7());
            let firing = Firing { event, ..firing };
            sql.trigger(EPOCH, &[firing.clone(), firing]).await.unwrap()
        }
    })
    .await;
    let fired: Vec<_> = fired.into_iter().flatten().collect();
    assert_eq!(fired.len(), 1);
    assert_eq!((fired[0].alert, fired[0].owner, fired[0].number), (wanted.id, ann, 1));
    let now = read(pair, &wanted).await;
    assert_eq!((now.state, now.triggered_at, now.version), (AlertState::Triggered, Some(NOW), 1));

    let events = pair.other.after(ann, 0, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.number, event.alert, event.text.as_str()), (1, wanted.id, "SYM1 rose"));
    assert_eq!((event.value.to_string(), event.threshold.to_string()), ("101.50".into(), "100.00".into()));
    // Nobody has confirmed an address.
    assert_eq!(event.deliveries.len(), 1);
    assert_eq!((event.deliveries[0].state, event.deliveries[0].attempts), (DeliveryState::Failed, 0));
    assert_eq!(AlertEventStore::find(&*pair.one, ann, event.id).await.unwrap().as_ref(), Some(event));
    let stranger = UserId(Uuid::new_v4());
    assert_eq!(AlertEventStore::find(&*pair.one, stranger, event.id).await.unwrap(), None);
    // It outlives its alert.
    AlertStore::delete(&*pair.one, ann, wanted.id).await.unwrap();
    assert_eq!(pair.one.after(ann, 0, 10).await.unwrap(), events);
}

async fn numbers_have_no_holes(pair: &Pair) {
    let ann = owner(pair, "alert-numbers").await.id;
    assert_eq!(pair.one.last_number(ann).await.unwrap(), 0);
    let mut alerts = Vec::new();
    for _ in 0..24 {
        alerts.push(make(pair, &alert(ann, 1)).await);
    }
    let alerts = std::sync::Arc::new(alerts);
    at_once(8, |number| {
        let (sql, alerts) = (pair.of(number), alerts.clone());
        async move {
            let mine: Vec<_> = alerts.iter().skip(number).step_by(8).map(|alert| firing(alert, 1)).collect();
            assert_eq!(sql.trigger(EPOCH, &mine).await.unwrap().len(), 3);
        }
    })
    .await;
    let numbers: Vec<u64> =
        pair.one.after(ann, 0, 100).await.unwrap().iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
    assert_eq!(pair.one.last_number(ann).await.unwrap(), 24);
    let numbers = |events: Vec<domain::alert::AlertEvent>| -> Vec<u64> {
        events.iter().map(|event| event.number).collect()
    };
    assert_eq!(numbers(pair.one.after(ann, 20, 3).await.unwrap()), [21, 22, 23]);
    let page = Page { side: Side::First, cursor: Some(23), count: 2 };
    let found = AlertEventStore::list(&*pair.one, ann, &page).await.unwrap();
    assert_eq!((numbers(found.items), found.more), (vec![22, 21], true));

    assert_eq!(pair.one.read_through(ann, 0, NOW).await.unwrap(), 0);
    assert_eq!(pair.one.read_through(ann, 5, NOW).await.unwrap(), 5);
    assert_eq!(pair.one.read_through(ann, 3, NOW + Duration::hours(1)).await.unwrap(), 5);
    assert_eq!(pair.one.read_through(ann, u64::MAX, NOW).await.unwrap(), 24);
    let first = pair.one.after(ann, 0, 1).await.unwrap().remove(0);
    assert_eq!(first.read_at, Some(NOW), "it was read before");
}

async fn every_time(pair: &Pair) {
    let ann = owner(pair, "alert-every").await.id;
    let wanted = make(pair, &Alert { repeat: Repeat::EveryTime, ..alert(ann, 1) }).await;
    assert_eq!(pair.one.trigger(EPOCH, &[firing(&wanted, 1)]).await.unwrap().len(), 1);
    let now = read(pair, &wanted).await;
    assert_eq!((now.state, now.version), (AlertState::Active, 1));
    assert_eq!(pair.one.trigger(EPOCH, &[firing(&wanted, 1)]).await.unwrap(), [], "of the arming before");
    assert_eq!(arming(pair, wanted.id).await, Some(2));
    assert_eq!(pair.one.trigger(EPOCH, &[firing(&wanted, 2)]).await.unwrap()[0].number, 2);
    done(pair.one.set_resting(ann, wanted.id, Outcome::Pause).await.unwrap());
    assert_eq!(pair.one.trigger(EPOCH, &[firing(&wanted, 4)]).await.unwrap(), [], "it rests");
}

async fn failures_and_ends(pair: &Pair) {
    let ann = owner(pair, "alert-fails").await.id;
    let wanted = make(pair, &Alert { repeat: Repeat::EveryTime, ..alert(ann, 1) }).await;
    let failure = Firing { failure: Some("it was delisted".into()), ..firing(&wanted, 1) };
    assert_eq!(pair.one.trigger(EPOCH, &[failure]).await.unwrap().len(), 1);
    let now = read(pair, &wanted).await;
    assert_eq!((now.state, now.reason.as_deref()), (AlertState::Failed, Some("it was delisted")));
    assert_eq!(now.triggered_at, None, "it did not go off");
    let resumed = done(pair.one.set_resting(ann, wanted.id, Outcome::Resume(NOW)).await.unwrap());
    assert_eq!((resumed.state, resumed.reason), (AlertState::Active, None));

    let note = async |reason| pair.one.note(EPOCH, &[wanted.id], reason).await.unwrap();
    note(Some("all lines are in use")).await;
    assert_eq!(read(pair, &wanted).await.reason.as_deref(), Some("all lines are in use"));
    note(None).await;
    assert_eq!(read(pair, &wanted).await.reason, None);

    let ending = make(pair, &Alert { expires_at: Some(NOW + Duration::hours(1)), ..alert(ann, 1) }).await;
    pair.one.expire(EPOCH, NOW + Duration::minutes(59)).await.unwrap();
    assert_eq!(read(pair, &ending).await.state, AlertState::Active);
    assert_eq!(pair.one.expire(EPOCH, NOW + Duration::hours(1)).await.unwrap(), 1);
    let ended = read(pair, &ending).await;
    assert_eq!((ended.state, ended.version), (AlertState::Expired, 1), "its owner changed nothing");
    assert_eq!(arming(pair, ending.id).await, None);
    let longer = Alert { expires_at: None, ..ended };
    assert_eq!(done(pair.one.update(&longer, 1).await.unwrap()).state, AlertState::Active);
    done(pair.one.update(&Alert { expires_at: Some(NOW), ..longer }, 2).await.unwrap());
    assert_eq!(pair.one.expire(EPOCH, NOW).await.unwrap(), 1);
    assert_eq!(pair.one.trigger(EPOCH, &[firing(&ending, 1)]).await.unwrap(), []);
}

async fn what_was_seen(pair: &Pair) {
    let ann = owner(pair, "alert-seen").await.id;
    let mut wanted = alert(ann, 1);
    wanted.condition.comparison = Comparison::Above;
    let wanted = make(pair, &wanted).await;
    let seen = |arming, last: i64| Seen { alert: wanted.id, arming, last: last.into(), armed: false };
    pair.one.keep(EPOCH, &[seen(7, 1), seen(1, 99)]).await.unwrap();
    let watched = pair.other.watched().await.unwrap().watched;
    let (watched, of) = watched.iter().find(|(watched, _)| watched.alert.id == wanted.id).unwrap();
    assert_eq!((watched.last, watched.armed, watched.arming), (Some(99.into()), false, 1));
    assert_eq!(of.id, wanted.instrument);
    done(pair.one.update(&wanted, 1).await.unwrap());
    let watched = pair.other.watched().await.unwrap().watched;
    let (watched, _) = watched.iter().find(|(watched, _)| watched.alert.id == wanted.id).unwrap();
    assert_eq!((watched.last, watched.armed, watched.arming), (None, true, 2), "it is as if it were new");
}

/// In whatever order they are given, and though a webhook goes meanwhile to which they go.
async fn writers_of_many_do_not_wait_for_each_other(pair: &Pair) {
    let ann = owner(pair, "alert-writers").await.id;
    let (to, secret) = webhook(ann, "https://example.com/");
    let made = line(AuditAction::WebhookCreate);
    assert!(domain::webhook::WebhookStore::create(&*pair.one, &to, &secret, &made).await.unwrap());
    let mut seen = Vec::new();
    for _ in 0..40 {
        let made = make(pair, &Alert { webhook: Some(to.id), ..alert(ann, 1) }).await;
        seen.push(Seen { alert: made.id, arming: 1, last: 1.into(), armed: true });
    }
    at_once(9, |number| {
        let (sql, mut seen) = (pair.of(number), seen.clone());
        async move {
            match number {
                0 => {
                    let gone = line(AuditAction::WebhookDelete);
                    assert!(domain::webhook::WebhookStore::delete(&*sql, ann, to.id, &gone).await.unwrap());
                }
                1..=4 => sql.keep(EPOCH, &seen).await.unwrap(),
                5..=6 => {
                    seen.reverse();
                    sql.keep(EPOCH, &seen).await.unwrap();
                }
                _ => {
                    let ids: Vec<AlertId> = seen.iter().rev().map(|seen| seen.alert).collect();
                    sql.note(EPOCH, &ids, Some("no line")).await.unwrap();
                }
            }
        }
    })
    .await;
    for seen in seen {
        assert!(AlertStore::delete(&*pair.one, ann, seen.alert).await.unwrap());
    }
}

/// What a desk does late, after another has led, is nothing.
pub async fn fenced(pair: &Pair) {
    const PASSED: u64 = 0;
    let ann = owner(pair, "alert-fenced").await.id;
    let wanted = make(pair, &Alert { expires_at: Some(NOW + Duration::hours(1)), ..alert(ann, 1) }).await;
    let seen = Seen { alert: wanted.id, arming: 1, last: 99.into(), armed: false };
    let watched = async || {
        let watched = pair.other.watched().await.unwrap().watched;
        watched.into_iter().map(|(watched, _)| watched).find(|watched| watched.alert.id == wanted.id).unwrap()
    };
    assert_eq!(pair.one.trigger(PASSED, &[firing(&wanted, 1)]).await.unwrap(), []);
    pair.one.keep(PASSED, &[seen]).await.unwrap();
    pair.one.note(PASSED, &[wanted.id], Some("all lines are in use")).await.unwrap();
    assert_eq!(pair.one.expire(PASSED, NOW + Duration::days(1)).await.unwrap(), 0);
    assert_eq!(pair.one.prune(PASSED, None, NOW).await.unwrap(), Pruned::All);
    let now = watched().await;
    assert_eq!((now.alert, now.arming, now.last, now.armed), (wanted.clone(), 1, None, true));
    // The same is done for the desk that leads.
    pair.one.keep(u64::MAX, &[seen]).await.unwrap();
    pair.one.note(u64::MAX, &[wanted.id], Some("all lines are in use")).await.unwrap();
    let now = watched().await;
    assert_eq!((now.last, now.armed, now.alert.reason.is_some()), (Some(99.into()), false, true));
    assert_eq!(pair.one.trigger(u64::MAX, &[firing(&wanted, 1)]).await.unwrap().len(), 1);
}

/// What is kept no longer goes; numbers go on.
pub async fn pruned(pair: &Pair) {
    let ann = owner(pair, "alert-pruned").await.id;
    let to = UserId(Uuid::from_u128(ann.0.as_u128() - 1));
    let wanted = make(pair, &Alert { repeat: Repeat::EveryTime, ..alert(ann, 1) }).await;
    let go_off = async |arming, at| {
        let firing = Firing { at, ..firing(&wanted, arming) };
        assert_eq!(pair.one.trigger(EPOCH, &[firing]).await.unwrap().len(), 1);
    };
    let (long_ago, later) = (NOW - EVENTS_KEPT_FOR - Duration::seconds(1), NOW - EVENTS_KEPT_FOR);
    for arming in 1..=3 {
        go_off(arming, long_ago).await;
    }
    let prune = async || pair.one.prune(EPOCH, Some(to), NOW).await.unwrap();
    let numbers = async || -> Vec<u64> {
        pair.other.after(ann, 0, 100).await.unwrap().iter().map(|event| event.number).collect()
    };
    assert_eq!(prune().await, Pruned::Through(ann));
    assert_eq!(numbers().await, [3], "the last stays, so that numbers go on");
    go_off(4, later).await;
    go_off(5, NOW).await;
    assert_eq!(prune().await, Pruned::Through(ann));
    assert_eq!(numbers().await, [4, 5]);
    assert_eq!(pair.one.read_through(ann, 0, NOW).await.unwrap(), 3, "what is gone counts as read");
    assert_eq!(pair.one.read_through(ann, 4, NOW).await.unwrap(), 4);
    assert_eq!(pair.one.last_number(ann).await.unwrap(), 5);
    assert_eq!(pair.one.prune(EPOCH, Some(UserId(Uuid::max())), NOW).await.unwrap(), Pruned::All);
    AlertStore::delete(&*pair.one, ann, wanted.id).await.unwrap();
}

/// A row that cannot be read is left alone, and everybody else's are watched.
pub async fn unreadable(pair: &Pair, url: &str) {
    let ann = owner(pair, "alert-unreadable").await.id;
    domain::instrument::InstrumentStore::put(&*pair.one, &[instrument(77)]).await.unwrap();
    let (good, odd, of_odd) = (alert(ann, 1), alert(ann, 1), alert(ann, 77));
    for wanted in [&good, &odd, &of_odd] {
        make(pair, wanted).await;
    }
    let database = sea_orm::Database::connect(url).await.unwrap();
    let set = async |table: &'static str, column: &'static str, (id, value): (Uuid, &str)| {
        let update =
            Query::update().table(table).value(column, value).and_where(Expr::col("id").eq(id)).take();
        database.execute(&update).await.unwrap();
    };
    set("alerts", "subject", (odd.id.0, "SOMETHING NEW")).await;
    set("instruments", "environment", (id_of(77).uuid(), "ELSEWHERE")).await;
    let active = pair.one.watched().await.unwrap();
    assert!(active.watched.iter().any(|(watched, _)| watched.alert.id == good.id));
    let mut unreadable = active.unreadable;
    unreadable.sort_unstable();
    assert_eq!(unreadable, [odd.id, of_odd.id]);
    set("alerts", "repeat", (odd.id.0, "AT TIMES")).await;
    let fired = pair.one.trigger(EPOCH, &[firing(&odd, 1), firing(&good, 1)]).await.unwrap();
    assert_eq!(fired.iter().map(|fired| (fired.alert, fired.number)).collect::<Vec<_>>(), [(good.id, 1)]);
    for gone in [odd, of_odd] {
        let delete = Query::delete().from_table("alerts").and_where(Expr::col("id").eq(gone.id.0)).take();
        database.execute(&delete).await.unwrap();
    }
    let delete =
        Query::delete().from_table("instruments").and_where(Expr::col("id").eq(id_of(77).uuid())).take();
    database.execute(&delete).await.unwrap();
    database.close().await.unwrap();
}

async fn only_of_those_who_can_come_in(pair: &Pair) {
    let gone = owner(pair, "alert-gone").await;
    let wanted = make(pair, &alert(gone.id, 1)).await;
    assert_eq!(arming(pair, wanted.id).await, Some(1));
    let audit = line(AuditAction::UserDisable);
    domain::user::UserStore::disable(&*pair.one, gone.id, NOW, &audit).await.unwrap();
    assert_eq!(arming(pair, wanted.id).await, None);
}
