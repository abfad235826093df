use domain::session::{RefreshTokenHash, Rotation, Session, SessionStore};
use domain::store::StoreError;
use domain::user::{User, UserId};
use time::Duration;
use uuid::Uuid;

use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, session, token};

pub async fn contract(pair: &Pair) {
    let user = users::only(pair).await;
    life(pair, &user).await;
    reuse(pair, &user).await;
    refusals(pair, &user).await;
    the_same_token_at_once(pair, &user).await;
    old_rows_go(pair, &user).await;
}

async fn open(pair: &Pair, user: &User) -> (Session, RefreshTokenHash) {
    let (session, token) = (session(user.id, NOW), token());
    pair.one.create(&session, token).await.unwrap();
    (session, token)
}

async fn life(pair: &Pair, user: &User) {
    let (session, first) = open(pair, user).await;
    let found = pair.other.find_open(session.id, NOW).await.unwrap();
    assert_eq!(found, Some((session.clone(), user.clone())));
    assert_eq!(pair.one.find_by_token(first).await.unwrap(), Some(session.id));

    let second = token();
    let later = NOW + Duration::days(10);
    let ends = later + Duration::days(14);
    let rotated = pair.other.rotate(first, second, later, ends).await.unwrap();
    let renewed = Session { expires_at: ends, ..session.clone() };
    assert_eq!(rotated, Rotation::Rotated(renewed.clone(), user.clone()));
    assert_eq!(pair.one.find_open(session.id, later).await.unwrap(), Some((renewed, user.clone())));
    for known in [first, second] {
        assert_eq!(pair.one.find_by_token(known).await.unwrap(), Some(session.id));
    }

    // It ends when it says, to the moment.
    assert!(pair.one.find_open(session.id, ends - Duration::microseconds(1)).await.unwrap().is_some());
    assert!(pair.one.find_open(session.id, ends).await.unwrap().is_none());

    pair.one.end(session.id, later).await.unwrap();
    pair.one.end(session.id, later).await.unwrap();
    assert!(pair.other.find_open(session.id, later).await.unwrap().is_none());
}

async fn reuse(pair: &Pair, user: &User) {
    let (session, first) = open(pair, user).await;
    let (second, third) = (token(), token());
    let ends = session.expires_at;
    assert!(matches!(pair.one.rotate(first, second, NOW, ends).await.unwrap(), Rotation::Rotated(..)));
    assert_eq!(pair.one.rotate(first, third, NOW, ends).await.unwrap(), Rotation::Reused(session.id));
    assert!(pair.other.find_open(session.id, NOW).await.unwrap().is_none());
    // The token in force has gone with its session, and the thief's was never made.
    for dead in [first, second, third] {
        assert_eq!(pair.other.rotate(dead, token(), NOW, ends).await.unwrap(), Rotation::Refused);
    }
    assert_eq!(pair.one.find_by_token(third).await.unwrap(), None);
}

async fn refusals(pair: &Pair, user: &User) {
    let ends = NOW + Duration::days(14);
    assert_eq!(pair.one.rotate(token(), token(), NOW, ends).await.unwrap(), Rotation::Refused);

    let (ended, of_ended) = open(pair, user).await;
    pair.one.end(ended.id, NOW).await.unwrap();
    assert_eq!(pair.one.rotate(of_ended, token(), NOW, ends).await.unwrap(), Rotation::Refused);

    let (expired, of_expired) = open(pair, user).await;
    let late = expired.expires_at;
    let refused = pair.one.rotate(of_expired, token(), late, late + Duration::days(14)).await.unwrap();
    assert_eq!(refused, Rotation::Refused);

    let nobodys = session(UserId(Uuid::new_v4()), NOW);
    let orphan = token();
    assert!(matches!(pair.one.create(&nobodys, orphan).await, Err(StoreError::Fault(_))));
    assert_eq!(pair.one.find_by_token(orphan).await.unwrap(), None);
}

async fn the_same_token_at_once(pair: &Pair, user: &User) {
    let (session, shared) = open(pair, user).await;
    let ends = session.expires_at;
    let outcomes = at_once(8, |number| {
        let sql = pair.of(number);
        async move { sql.rotate(shared, token(), NOW, ends).await.unwrap() }
    })
    .await;
    let count = |wanted: fn(&Rotation) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    assert_eq!(count(|outcome| matches!(outcome, Rotation::Rotated(..))), 1, "{outcomes:?}");
    assert_eq!(count(|outcome| matches!(outcome, Rotation::Reused(_))), 1, "{outcomes:?}");
    assert!(pair.one.find_open(session.id, NOW).await.unwrap().is_none());
}

async fn old_rows_go(pair: &Pair, user: &User) {
    let long_ago = NOW - Duration::days(100);
    let (old, of_old) = (session(user.id, long_ago), token());
    pair.one.create(&old, of_old).await.unwrap();
    let (kept, of_kept) = open(pair, user).await;
    assert_eq!(pair.one.find_by_token(of_old).await.unwrap(), None);
    assert_eq!(pair.one.find_by_token(of_kept).await.unwrap(), Some(kept.id));

    // A session in use for long does not keep every token that it ever had.
    let (mut current, mut now) = (of_kept, NOW);
    for _ in 0..4 {
        now += Duration::days(12);
        let next = token();
        let rotated = pair.one.rotate(current, next, now, now + Duration::days(14)).await.unwrap();
        assert!(matches!(rotated, Rotation::Rotated(..)), "{rotated:?}");
        current = next;
    }
    assert_eq!(pair.one.find_by_token(of_kept).await.unwrap(), None);
    assert_eq!(pair.one.find_by_token(current).await.unwrap(), Some(kept.id));
}
