use domain::api_key::{
    ApiKey, ApiKeyHash, ApiKeyId, ApiKeyStore, LISTED_FOR, MAX_API_KEYS, MAX_LISTED_API_KEYS,
};
use domain::audit::AuditAction;
use domain::store::StoreError;
use domain::user::{Role, User, UserId};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::users::is_written;
use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, api_key, line, random};

pub async fn contract(pair: &Pair) {
    let user = users::active(pair, "wim", Role::Trader).await;
    life(pair, &user).await;
    forms(pair, &user).await;
    lists(pair).await;
    listed_in_bounds(pair).await;
    uses(pair, &user).await;
    noted_at_once(pair).await;
    the_limit_holds(pair).await;
    revoked_at_once(pair, &user).await;
}

async fn create(pair: &Pair, key: &ApiKey, hash: ApiKeyHash) -> bool {
    let line = line(AuditAction::ApiKeyCreate);
    let done = pair.one.create(key, hash, &line).await.unwrap();
    assert_eq!(is_written(pair, &line).await, done);
    done
}

async fn revoke(pair: &Pair, id: ApiKeyId, now: OffsetDateTime) -> bool {
    let line = line(AuditAction::ApiKeyRevoke);
    let done = pair.one.revoke(id, now, &line).await.unwrap();
    assert_eq!(is_written(pair, &line).await, done);
    done
}

async fn find(pair: &Pair, hash: ApiKeyHash) -> Option<(ApiKey, User)> {
    pair.other.find_by_hash(hash).await.unwrap()
}

async fn life(pair: &Pair, user: &User) {
    let (key, hash) = api_key(user.id, NOW);
    assert!(create(pair, &key, hash).await);
    assert_eq!(find(pair, hash).await, Some((key.clone(), user.clone())));
    assert_eq!(find(pair, ApiKeyHash(random())).await, None);
    let (other, of_other) = api_key(users::only(pair).await.id, NOW);
    assert!(create(pair, &other, of_other).await);

    let mut both = pair.one.find(&[other.id, ApiKeyId(Uuid::new_v4()), key.id]).await.unwrap();
    both.sort_by_key(|(key, _)| key.id);
    assert_eq!(both.iter().map(|(key, _)| key).collect::<Vec<_>>(), [&key, &other]);
    assert_eq!((both[0].1.id, both[1].1.id), (user.id, other.user));
    assert_eq!(pair.one.find(&[]).await.unwrap(), []);

    // Revoked, and of a disabled user, it is still found, and says so.
    let later = NOW + Duration::hours(1);
    assert!(revoke(pair, key.id, later).await);
    assert!(!revoke(pair, key.id, later + Duration::hours(1)).await);
    assert!(!revoke(pair, ApiKeyId(Uuid::new_v4()), later).await);
    let revoked = ApiKey { revoked_at: Some(later), ..key };
    assert_eq!(find(pair, hash).await, Some((revoked.clone(), user.clone())));
    domain::user::UserStore::disable(&*pair.one, user.id, NOW, &line(AuditAction::UserDisable))
        .await
        .unwrap();
    assert_eq!(find(pair, hash).await, Some((revoked, users::now(pair, user).await)));
    assert!(find(pair, hash).await.unwrap().1 != *user);
    domain::user::UserStore::enable(&*pair.one, user.id, &line(AuditAction::UserEnable)).await.unwrap();

    // A hash is one key's; nobody's key is none.
    let (twin, _) = api_key(user.id, NOW);
    let line = line(AuditAction::ApiKeyCreate);
    assert!(matches!(pair.one.create(&twin, hash, &line).await, Err(StoreError::Fault(_))));
    let (nobodys, its_hash) = api_key(UserId(Uuid::new_v4()), NOW);
    assert!(matches!(pair.one.create(&nobodys, its_hash, &line).await, Err(StoreError::Fault(_))));
    assert!(!is_written(pair, &line).await);
}

async fn forms(pair: &Pair, user: &User) {
    let (key, hash) = api_key(user.id, NOW);
    let scopes = domain::access::Scope::ALL.iter().map(|(scope, _)| *scope).collect();
    let plain = ApiKey { scopes, addresses: Vec::new(), expires_at: None, ..key };
    assert!(create(pair, &plain, hash).await);
    assert_eq!(find(pair, hash).await.unwrap().0, plain);
}

async fn lists(pair: &Pair) {
    let (xia, yan) =
        (users::active(pair, "xia", Role::Viewer).await, users::active(pair, "yan", Role::Viewer).await);
    let day = Duration::DAY;
    let mut made = Vec::new();
    // (whose, made how long ago, lives how long, revoked how long ago)
    for (user, ago, lives, revoked) in [
        (&xia, 90, None, None),
        (&yan, 80, Some(100), None),
        (&xia, 70, Some(40), None),
        (&xia, 60, Some(29), None),
        (&xia, 50, None, Some(30)),
        (&xia, 40, None, Some(31)),
        (&yan, 35, Some(1), Some(1)),
    ] {
        let (key, hash) = api_key(user.id, NOW - day * ago);
        let key = ApiKey { expires_at: lives.map(|days| key.created_at + day * days), ..key };
        assert!(create(pair, &key, hash).await);
        let revoked_at = revoked.map(|days| NOW - day * days);
        if let Some(then) = revoked_at {
            assert!(revoke(pair, key.id, then).await);
        }
        made.push(ApiKey { revoked_at, ..key });
    }
    let since = NOW - LISTED_FOR;
    let listed = pair.other.list(&[xia.id, yan.id], since).await.unwrap();
    let expected = [4, 2, 1, 0].map(|index: usize| made[index].clone());
    assert_eq!(listed, expected, "the newest first; without what ended more than thirty days ago");
    assert_eq!(pair.one.list(&[yan.id], since).await.unwrap(), [made[1].clone()]);
    assert_eq!(pair.one.list(&[], since).await.unwrap(), []);
}

/// Many that are revoked do not hide one that is in use.
async fn listed_in_bounds(pair: &Pair) {
    let user = users::active(pair, "una", Role::Trader).await;
    let mut made = Vec::new();
    for number in 0..=MAX_LISTED_API_KEYS {
        let (key, hash) = api_key(user.id, NOW + Duration::seconds(number.cast_signed()));
        assert!(create(pair, &key, hash).await);
        if number > 0 {
            assert!(revoke(pair, key.id, NOW).await);
        }
        made.insert(0, key.id);
    }
    let listed = pair.other.list(&[user.id], NOW).await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|key| key.id).collect();
    assert_eq!(listed.len() as u64, MAX_LISTED_API_KEYS);
    assert_eq!(listed.last(), made.last(), "the one in use, though it is the oldest");
    assert!(listed.is_sorted_by_key(|id| made.iter().position(|known| known == id)), "the newest first");

    let other = users::active(pair, "ulf", Role::Trader).await;
    let (key, hash) = api_key(other.id, NOW);
    assert!(create(pair, &key, hash).await);
    let of_both = pair.other.list(&[user.id, other.id], NOW).await.unwrap();
    assert_eq!(of_both.len() as u64, MAX_LISTED_API_KEYS + 1, "so many of each");
}

async fn uses(pair: &Pair, user: &User) {
    let mut keys = Vec::new();
    for _ in 0..3 {
        let (key, hash) = api_key(user.id, NOW);
        assert!(create(pair, &key, hash).await);
        keys.push(key.id);
    }
    let last_uses = async || {
        let mut found = pair.one.find(&keys).await.unwrap();
        found.sort_by_key(|(key, _)| key.id);
        found.into_iter().map(|(key, _)| key.last_used_at).collect::<Vec<_>>()
    };
    let at = |minutes| NOW + Duration::minutes(minutes);
    let gone = ApiKeyId(Uuid::new_v4());
    pair.one.note_used(&[(keys[1], at(5)), (gone, at(5)), (keys[0], at(1))]).await.unwrap();
    pair.other.note_used(&[]).await.unwrap();
    assert_eq!(last_uses().await, [Some(at(1)), Some(at(5)), None]);
    pair.other.note_used(&[(keys[0], at(2)), (keys[1], at(4))]).await.unwrap();
    assert_eq!(last_uses().await, [Some(at(2)), Some(at(5)), None], "a later time stays");
}

/// Nodes that note the same keys in different orders do not wait for each other.
async fn noted_at_once(pair: &Pair) {
    let user = users::active(pair, "ute", Role::Trader).await;
    let mut keys = Vec::new();
    for _ in 0..40 {
        let (key, hash) = api_key(user.id, NOW);
        assert!(create(pair, &key, hash).await);
        keys.push(key.id);
    }
    let at = |number: usize| NOW + Duration::minutes(i64::try_from(number).unwrap());
    at_once(8, |number| {
        let (sql, mut keys) = (pair.of(number), keys.clone());
        if number % 4 < 2 {
            keys.reverse();
        }
        let noted: Vec<_> = keys.iter().map(|key| (*key, at(number))).collect();
        async move { sql.note_used(&noted).await.unwrap() }
    })
    .await;
    for (key, _) in pair.one.find(&keys).await.unwrap() {
        assert_eq!(key.last_used_at, Some(at(7)), "the latest of all");
    }
}

async fn the_limit_holds(pair: &Pair) {
    let user = users::active(pair, "zoe", Role::Viewer).await;
    let made = at_once(60, |number| {
        let (sql, (key, hash)) = (pair.of(number), api_key(user.id, NOW));
        async move {
            let done = sql.create(&key, hash, &line(AuditAction::ApiKeyCreate)).await.unwrap();
            done.then_some(key)
        }
    })
    .await;
    let made: Vec<_> = made.into_iter().flatten().collect();
    assert_eq!(made.len() as u64, MAX_API_KEYS);

    // One that is revoked, or has ended by then, makes room.
    let (one_more, hash) = api_key(user.id, NOW);
    assert!(!create(pair, &one_more, hash).await);
    assert!(revoke(pair, made[7].id, NOW).await);
    assert!(create(pair, &one_more, hash).await);
    let (later, hash) = api_key(user.id, made[0].expires_at.unwrap() - Duration::microseconds(1));
    assert!(!create(pair, &later, hash).await);
    let (later, hash) = api_key(user.id, made[0].expires_at.unwrap());
    assert!(create(pair, &later, hash).await);
}

async fn revoked_at_once(pair: &Pair, user: &User) {
    let (key, hash) = api_key(user.id, NOW);
    assert!(create(pair, &key, hash).await);
    let done = at_once(8, |number| {
        let (sql, id) = (pair.of(number), key.id);
        async move { sql.revoke(id, NOW, &line(AuditAction::ApiKeyRevoke)).await.unwrap() }
    })
    .await;
    assert_eq!(done.iter().filter(|done| **done).count(), 1);
}
