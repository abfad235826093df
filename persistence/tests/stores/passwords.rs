//! Passwords: chosen with a link, changed, made void.

use domain::audit::AuditAction;
use domain::user::{
    Changed, PasswordChange, PasswordHash, PasswordTokenHash, Role, User, UserId, UserState, UserStore,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::sessions::{is_open, open};
use super::users::is_written;
use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, invited, line, new_password, password, password_token};

pub async fn contract(pair: &Pair) {
    chosen(pair).await;
    a_token_ends(pair).await;
    the_same_token_at_once(pair).await;
    reset(pair).await;
    changed(pair).await;
    the_same_change_at_once(pair).await;
}

async fn set(pair: &Pair, token: PasswordTokenHash, to: &PasswordHash, now: OffsetDateTime) -> Option<User> {
    let line = line(AuditAction::PasswordSet);
    let found = pair.one.find_by_password_token(token, now).await.unwrap();
    let user = pair.other.set_password(token, to, now, &line).await.unwrap();
    assert_eq!(found.map(|user| user.id), user.as_ref().map(|user| user.id), "both find the same");
    assert_eq!(is_written(pair, &line).await, user.is_some());
    user
}

async fn password_of(pair: &Pair, user: &User) -> Option<PasswordHash> {
    pair.one.find_by_username(&user.username).await.unwrap().unwrap().1
}

async fn chosen(pair: &Pair) {
    let (user, token) = invited("finn", Role::Researcher);
    assert!(pair.one.invite(&user, &token, &line(AuditAction::UserInvite)).await.unwrap());
    let active = User { state: UserState::Active, ..user.clone() };
    let first = new_password();
    assert_eq!(set(pair, token.hash, &first, NOW).await, Some(active.clone()));
    assert_eq!(users::now(pair, &user).await, active);
    assert_eq!(password_of(pair, &user).await, Some(first.clone()));
    assert_eq!(set(pair, token.hash, &new_password(), NOW).await, None, "a token is used once");
    assert_eq!(password_of(pair, &user).await, Some(first));
}

async fn a_token_ends(pair: &Pair) {
    let (user, token) = invited("gus", Role::Viewer);
    assert!(pair.one.invite(&user, &token, &line(AuditAction::UserInvite)).await.unwrap());
    assert_eq!(set(pair, token.hash, &password(), token.expires_at).await, None);
    assert_eq!(users::now(pair, &user).await.state, UserState::Invited);

    // A new one makes the earlier void; one of a disabled user is of no use until the user is enabled.
    let newer = password_token(user.id, NOW + Duration::hours(1));
    let line = line(AuditAction::PasswordReset);
    assert_eq!(pair.one.reset_password(&newer, &line).await.unwrap(), Changed::Done(user.clone()));
    assert_eq!(set(pair, token.hash, &password(), NOW).await, None);
    let locked = crate::samples::line(AuditAction::UserDisable);
    assert!(matches!(pair.one.disable(user.id, NOW, &locked).await.unwrap(), Changed::Done(_)));
    assert_eq!(set(pair, newer.hash, &password(), NOW).await, None);
    let let_in = crate::samples::line(AuditAction::UserEnable);
    assert_eq!(pair.one.enable(user.id, &let_in).await.unwrap(), Changed::Done(user.clone()));
    let last_moment = newer.expires_at - Duration::microseconds(1);
    assert_eq!(set(pair, newer.hash, &password(), last_moment).await.unwrap().state, UserState::Active);
}

async fn the_same_token_at_once(pair: &Pair) {
    let (user, token) = invited("hal", Role::Viewer);
    assert!(pair.one.invite(&user, &token, &line(AuditAction::UserInvite)).await.unwrap());
    let done = at_once(8, |number| {
        let (sql, password) = (pair.of(number), new_password());
        async move {
            let set = line(AuditAction::PasswordSet);
            sql.set_password(token.hash, &password, NOW, &set).await.unwrap().map(|_| password)
        }
    })
    .await;
    let done: Vec<_> = done.into_iter().flatten().collect();
    assert_eq!(done.len(), 1, "exactly one used it");
    assert_eq!(password_of(pair, &user).await, Some(done[0].clone()));
}

async fn reset(pair: &Pair) {
    let user = users::active(pair, "ida", Role::Trader).await;
    let other = users::active(pair, "jon", Role::Trader).await;
    let (session, _) = open(pair, &user).await;
    let (of_other, _) = open(pair, &other).await;
    let (token, done) = (password_token(user.id, NOW), line(AuditAction::PasswordReset));
    assert_eq!(pair.one.reset_password(&token, &done).await.unwrap(), Changed::Done(user.clone()));
    assert!(is_written(pair, &done).await);
    assert_eq!(password_of(pair, &user).await, None);
    assert!(!is_open(pair, &session).await);
    assert!(is_open(pair, &of_other).await);
    assert_eq!(password_of(pair, &other).await, Some(password()));
    assert_eq!(set(pair, token.hash, &password(), NOW).await, Some(user));

    let (nobody, line) = (password_token(UserId(Uuid::new_v4()), NOW), line(AuditAction::PasswordReset));
    assert_eq!(pair.one.reset_password(&nobody, &line).await.unwrap(), Changed::NotFound);
    assert!(!is_written(pair, &line).await);
}

async fn changed(pair: &Pair) {
    let user = users::active(pair, "kim", Role::Viewer).await;
    let (kept, _) = open(pair, &user).await;
    let (other, _) = open(pair, &user).await;
    let change =
        PasswordChange { user: user.id, old: password(), new: new_password(), kept: kept.id, at: NOW };
    for wrong in [
        PasswordChange { old: new_password(), ..change.clone() },
        PasswordChange { user: UserId(Uuid::new_v4()), ..change.clone() },
    ] {
        let line = line(AuditAction::PasswordChange);
        assert!(!pair.one.change_password(&wrong, &line).await.unwrap());
        assert!(!is_written(pair, &line).await);
    }
    assert!(is_open(pair, &other).await);

    let line = line(AuditAction::PasswordChange);
    assert!(pair.one.change_password(&change, &line).await.unwrap());
    assert!(is_written(pair, &line).await);
    assert_eq!(password_of(pair, &user).await, Some(change.new.clone()));
    assert!(is_open(pair, &kept).await);
    assert!(!is_open(pair, &other).await);
    assert!(!pair.one.change_password(&change, &line).await.unwrap(), "the old one is no longer the user's");
}

async fn the_same_change_at_once(pair: &Pair) {
    let user = users::active(pair, "lou", Role::Viewer).await;
    let (kept, _) = open(pair, &user).await;
    let done = at_once(8, |number| {
        let (sql, id, kept) = (pair.of(number), user.id, kept.id);
        async move {
            let change = PasswordChange { user: id, old: password(), new: new_password(), kept, at: NOW };
            let line = line(AuditAction::PasswordChange);
            sql.change_password(&change, &line).await.unwrap().then_some(change.new)
        }
    })
    .await;
    let done: Vec<_> = done.into_iter().flatten().collect();
    assert_eq!(done.len(), 1);
    assert_eq!(password_of(pair, &user).await, Some(done[0].clone()));
}
