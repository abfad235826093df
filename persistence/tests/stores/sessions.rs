use std::net::IpAddr;

use domain::audit::AuditAction;
use domain::page::{Page, Side};
use domain::session::{
    NewSession, RefreshTokenHash, Rotation, Session, SessionCursor, SessionId, SessionStore,
};
use domain::user::{Role, User, UserId, Username};
use time::Duration;
use uuid::Uuid;

use super::users::is_written;
use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, invited, line, new_password, new_session, renewal, reused, token};

pub async fn contract(pair: &Pair) {
    let user = users::only(pair).await;
    life(pair, &user).await;
    reuse(pair, &user).await;
    refusals(pair, &user).await;
    the_same_token_at_once(pair, &user).await;
    old_rows_go(pair, &user).await;
    lists(pair).await;
    ends(pair).await;
    addresses(pair).await;
}

/// Opens a session.
pub async fn open(pair: &Pair, user: &User) -> (Session, RefreshTokenHash) {
    let new = new_session(user.id, NOW);
    open_this(pair, &new).await;
    (new.session, new.token)
}

async fn open_this(pair: &Pair, new: &NewSession) {
    let line = line(AuditAction::SessionCreate);
    assert!(pair.one.create(new, &line).await.unwrap());
    assert!(is_written(pair, &line).await);
}

/// Whether the session is open.
pub async fn is_open(pair: &Pair, session: &Session) -> bool {
    pair.other.find_open(session.id, NOW).await.unwrap().is_some()
}

async fn end(pair: &Pair, id: SessionId, now: time::OffsetDateTime) -> bool {
    let line = line(AuditAction::SessionRevoke);
    let ended = pair.one.end(id, now, &line).await.unwrap();
    assert_eq!(is_written(pair, &line).await, ended, "a line is written where it was open");
    ended
}

async fn life(pair: &Pair, user: &User) {
    let (session, first) = open(pair, user).await;
    let found = Some((session.clone(), user.clone()));
    assert_eq!(pair.other.find_open(session.id, NOW).await.unwrap(), found);
    assert_eq!(pair.one.find_by_token(first, NOW).await.unwrap(), found);

    let second = token();
    let later = NOW + Duration::days(10);
    let expires_at = later + Duration::days(14);
    let rotated = pair.other.rotate(renewal(first, second, later, expires_at), &reused()).await.unwrap();
    let renewed = Session { expires_at, last_used_at: later, ..session.clone() };
    assert_eq!(rotated, Rotation::Rotated(renewed.clone(), user.clone()));
    let found = Some((renewed, user.clone()));
    assert_eq!(pair.one.find_open(session.id, later).await.unwrap(), found);
    for known in [first, second] {
        assert_eq!(pair.one.find_by_token(known, later).await.unwrap(), found);
    }

    // It ends when it says, to the moment.
    let last = expires_at - Duration::microseconds(1);
    assert!(pair.one.find_open(session.id, last).await.unwrap().is_some());
    assert!(pair.one.find_by_token(second, last).await.unwrap().is_some());
    assert!(pair.one.find_open(session.id, expires_at).await.unwrap().is_none());
    assert!(pair.one.find_by_token(second, expires_at).await.unwrap().is_none());
    assert!(!end(pair, session.id, expires_at).await);

    assert!(end(pair, session.id, later).await);
    assert!(!end(pair, session.id, later).await);
    assert!(pair.other.find_open(session.id, later).await.unwrap().is_none());
    assert!(pair.other.find_by_token(second, later).await.unwrap().is_none());
}

async fn reuse(pair: &Pair, user: &User) {
    let (session, first) = open(pair, user).await;
    let (second, third) = (token(), token());
    let ends = session.expires_at;
    let line = reused();
    let rotated = pair.one.rotate(renewal(first, second, NOW, ends), &line).await.unwrap();
    assert!(matches!(rotated, Rotation::Rotated(..)));
    assert!(!is_written(pair, &line).await);
    let line = reused();
    let rotated = pair.one.rotate(renewal(first, third, NOW, ends), &line).await.unwrap();
    assert_eq!(rotated, Rotation::Reused(session.id));
    assert!(is_written(pair, &line).await);
    assert!(!is_open(pair, &session).await);
    // The token in force has gone with its session, and the thief's was never made.
    for dead in [first, second, third] {
        let line = reused();
        let rotated = pair.other.rotate(renewal(dead, token(), NOW, ends), &line).await.unwrap();
        assert_eq!(rotated, Rotation::Refused);
        assert!(!is_written(pair, &line).await);
    }
}

async fn refusals(pair: &Pair, user: &User) {
    let ends = NOW + Duration::days(14);
    assert_eq!(
        pair.one.rotate(renewal(token(), token(), NOW, ends), &reused()).await.unwrap(),
        Rotation::Refused
    );
    assert_eq!(pair.one.find_by_token(token(), NOW).await.unwrap(), None);

    let (ended, of_ended) = open(pair, user).await;
    assert!(end(pair, ended.id, NOW).await);
    assert_eq!(
        pair.one.rotate(renewal(of_ended, token(), NOW, ends), &reused()).await.unwrap(),
        Rotation::Refused
    );

    let (expired, of_expired) = open(pair, user).await;
    let late = expired.expires_at;
    let refused = pair
        .one
        .rotate(renewal(of_expired, token(), late, late + Duration::days(14)), &reused())
        .await
        .unwrap();
    assert_eq!(refused, Rotation::Refused);

    // Nobody's, and of somebody who meanwhile has another password, or none.
    let (invited, invitation) = invited("sam", Role::Viewer);
    let line = line(AuditAction::UserInvite);
    assert!(domain::user::UserStore::invite(&*pair.one, &invited, &invitation, &line).await.unwrap());
    for refused in [
        new_session(UserId(Uuid::new_v4()), NOW),
        NewSession { password: new_password(), ..new_session(user.id, NOW) },
        new_session(invited.id, NOW),
    ] {
        let line = crate::samples::line(AuditAction::SessionCreate);
        assert!(!pair.one.create(&refused, &line).await.unwrap(), "{refused:?}");
        assert!(!is_written(pair, &line).await);
        assert_eq!(pair.one.find_by_token(refused.token, NOW).await.unwrap(), None);
    }
}

async fn the_same_token_at_once(pair: &Pair, user: &User) {
    let (session, shared) = open(pair, user).await;
    let ends = session.expires_at;
    let outcomes = at_once(8, |number| {
        let sql = pair.of(number);
        async move { sql.rotate(renewal(shared, token(), NOW, ends), &reused()).await.unwrap() }
    })
    .await;
    let count = |wanted: fn(&Rotation) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    assert_eq!(count(|outcome| matches!(outcome, Rotation::Rotated(..))), 1, "{outcomes:?}");
    assert_eq!(count(|outcome| matches!(outcome, Rotation::Reused(_))), 1, "{outcomes:?}");
    assert!(!is_open(pair, &session).await);
}

async fn old_rows_go(pair: &Pair, user: &User) {
    let long_ago = NOW - Duration::days(100);
    let old = new_session(user.id, long_ago);
    open_this(pair, &old).await;
    assert!(pair.one.find_by_token(old.token, long_ago).await.unwrap().is_some());
    let (kept, of_kept) = open(pair, user).await;
    assert!(pair.one.find_by_token(old.token, long_ago).await.unwrap().is_none(), "it is gone");
    let belongs = async |token, now| {
        let found = pair.one.find_by_token(token, now).await.unwrap();
        found.map(|(session, _)| session.id)
    };
    assert_eq!(belongs(of_kept, NOW).await, Some(kept.id));

    // A session in use for long does not keep every token that it ever had.
    let (mut current, mut now) = (of_kept, NOW);
    for _ in 0..4 {
        now += Duration::days(12);
        let next = token();
        let rotated =
            pair.one.rotate(renewal(current, next, now, now + Duration::days(14)), &reused()).await.unwrap();
        assert!(matches!(rotated, Rotation::Rotated(..)), "{rotated:?}");
        current = next;
    }
    assert_eq!(belongs(of_kept, now).await, None);
    assert_eq!(belongs(current, now).await, Some(kept.id));
}

async fn lists(pair: &Pair) {
    let user = users::active(pair, "lea", Role::Viewer).await;
    let mut expected = Vec::new();
    // Two of them have one time.
    for minutes in [5, 1, 3, 3, 4] {
        let last_used_at = NOW + Duration::minutes(minutes);
        let new = new_session(user.id, NOW);
        let session = Session { last_used_at, ..new.session };
        open_this(pair, &NewSession { session: session.clone(), ..new }).await;
        expected.push(session);
    }
    let (ended, _) = open(pair, &user).await;
    assert!(end(pair, ended.id, NOW).await);
    let expired = new_session(user.id, NOW - Duration::days(14));
    open_this(pair, &expired).await;
    expected.sort_by_key(|session| std::cmp::Reverse((session.last_used_at, session.id)));

    let list = async |side, after: Option<&Session>, count| {
        let place = |session: &Session| SessionCursor { last_used_at: session.last_used_at, id: session.id };
        let page = Page { side, cursor: after.map(place), count };
        let found = pair.other.list(user.id, NOW, &page).await.unwrap();
        (found.items, found.more)
    };
    assert_eq!(list(Side::First, None, 5).await, (expected.clone(), false));
    assert_eq!(list(Side::Last, None, 2).await, (expected[3..].to_vec(), true));
    let (mut seen, mut at) = (Vec::new(), None::<Session>);
    loop {
        let (items, more) = list(Side::First, at.as_ref(), 1).await;
        at = items.last().cloned();
        seen.extend(items);
        if !more {
            break;
        }
    }
    assert_eq!(seen, expected, "one by one, none twice and none left out");
    assert_eq!(list(Side::Last, Some(&expected[3]), 2).await, (expected[1..3].to_vec(), true));
    let nobody =
        pair.one.list(UserId(Uuid::new_v4()), NOW, &Page { side: Side::First, cursor: None, count: 5 });
    assert_eq!(nobody.await.unwrap().items, []);
}

async fn ends(pair: &Pair) {
    let (eve, max) =
        (users::active(pair, "eve", Role::Viewer).await, users::active(pair, "max", Role::Viewer).await);
    let (kept, _) = open(pair, &eve).await;
    let (one, _) = open(pair, &eve).await;
    let (two, _) = open(pair, &eve).await;
    let (of_max, _) = open(pair, &max).await;
    let line = line(AuditAction::SessionRevoke);
    assert_eq!(pair.one.end_others(eve.id, kept.id, NOW, &line).await.unwrap(), 2);
    assert!(is_written(pair, &line).await);
    for (session, open) in [(&kept, true), (&one, false), (&two, false), (&of_max, true)] {
        assert_eq!(is_open(pair, session).await, open);
    }
    let again = crate::samples::line(AuditAction::SessionRevoke);
    assert_eq!(pair.one.end_others(eve.id, kept.id, NOW, &again).await.unwrap(), 0);
}

async fn addresses(pair: &Pair) {
    let user = users::active(pair, "ada", Role::Viewer).await;
    let at = |text: &str| text.parse::<IpAddr>().unwrap();
    // (days ago, from where)
    for (days, address) in [
        (9, Some("192.0.2.1")),
        (1, Some("2001:db8::1")),
        (40, Some("203.0.113.1")),
        (2, Some("::ffff:192.0.2.9")),
        (3, None),
        (0, Some("192.0.2.1")),
    ] {
        let new = new_session(user.id, NOW - Duration::days(days));
        let session = Session { address: address.map(at), ..new.session };
        open_this(pair, &NewSession { session, ..new }).await;
    }
    let since = NOW - Duration::days(9);
    let found = pair.other.addresses(&user.username, since).await.unwrap();
    assert_eq!(
        found,
        ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.9"].map(at),
        "the latest first, each once"
    );
    let found = pair.other.addresses(&user.username, since + Duration::days(8)).await.unwrap();
    assert_eq!(found, ["192.0.2.1", "2001:db8::1"].map(at));
    let nobody = Username::parse("nobody").unwrap();
    assert_eq!(pair.one.addresses(&nobody, since).await.unwrap(), Vec::<IpAddr>::new());

    for number in 0..210_u8 {
        let new = new_session(user.id, NOW + Duration::seconds(i64::from(number)));
        let session = Session { address: Some(IpAddr::from([198, 51, 100, number])), ..new.session };
        assert!(
            pair.one.create(&NewSession { session, ..new }, &line(AuditAction::SessionCreate)).await.unwrap()
        );
    }
    let found = pair.other.addresses(&user.username, since).await.unwrap();
    assert_eq!((found.len(), found[0]), (200, IpAddr::from([198, 51, 100, 209])));
}
