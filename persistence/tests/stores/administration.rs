//! What administrators change of people; and that one always stays.

use domain::audit::{AuditAction, AuditLine};
use domain::session::{Rotation, SessionStore};
use domain::user::{Changed, Role, User, UserId, UserState, UserStore};
use uuid::Uuid;

use super::sessions::{is_open, open};
use super::users::is_written;
use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, invited, line, new_session, password_token, renewal, reused, token};

pub async fn contract(pair: &Pair) {
    roles(pair).await;
    states(pair).await;
    the_last_administrator_stays(pair).await;
    two_demote_each_other(pair).await;
    a_session_does_not_outlive_its_user(pair).await;
}

/// A line is written where something is another than before.
async fn is_told(pair: &Pair, before: &[User], changed: &Changed, line: &AuditLine) {
    let told = matches!(changed, Changed::Done(user) if !before.contains(user));
    assert_eq!(is_written(pair, line).await, told);
}

async fn give(pair: &Pair, user: &User, role: Role) -> Changed {
    let line = line(AuditAction::UserRoleSet);
    let before = pair.other.find(&[user.id]).await.unwrap();
    let changed = pair.one.set_role(user.id, role, &line).await.unwrap();
    is_told(pair, &before, &changed, &line).await;
    changed
}

async fn disable(pair: &Pair, user: &User) -> Changed {
    let line = line(AuditAction::UserDisable);
    let before = pair.other.find(&[user.id]).await.unwrap();
    let changed = pair.one.disable(user.id, NOW, &line).await.unwrap();
    is_told(pair, &before, &changed, &line).await;
    changed
}

async fn enable(pair: &Pair, user: &User) -> Changed {
    let line = line(AuditAction::UserEnable);
    let before = pair.other.find(&[user.id]).await.unwrap();
    let changed = pair.one.enable(user.id, &line).await.unwrap();
    is_told(pair, &before, &changed, &line).await;
    changed
}

async fn roles(pair: &Pair) {
    let user = users::active(pair, "mia", Role::Viewer).await;
    let (session, _) = open(pair, &user).await;
    for role in [Role::Trader, Role::Trader, Role::Admin, Role::Researcher] {
        let expected = User { role, ..user.clone() };
        assert_eq!(give(pair, &user, role).await, Changed::Done(expected.clone()));
        assert_eq!(users::now(pair, &user).await, expected);
    }
    assert!(is_open(pair, &session).await);
}

async fn states(pair: &Pair) {
    let user = users::active(pair, "ned", Role::Viewer).await;
    let (session, refresh) = open(pair, &user).await;
    let disabled = User { state: UserState::Disabled, ..user.clone() };
    assert_eq!(disable(pair, &user).await, Changed::Done(disabled.clone()));
    assert_eq!(users::now(pair, &user).await, disabled);
    assert!(!is_open(pair, &session).await);
    let rotated =
        pair.one.rotate(renewal(refresh, token(), NOW, session.expires_at), &reused()).await.unwrap();
    assert_eq!(rotated, Rotation::Refused);
    let log_in = line(AuditAction::SessionCreate);
    assert!(!pair.one.create(&new_session(user.id, NOW), &log_in).await.unwrap());
    assert_eq!(disable(pair, &user).await, Changed::Done(disabled));
    assert_eq!(enable(pair, &user).await, Changed::Done(user.clone()));
    assert_eq!(enable(pair, &user).await, Changed::Done(user.clone()));
    assert!(!is_open(pair, &session).await, "what has ended stays so");
    open(pair, &user).await;

    let (invited, token) = invited("oda", Role::Viewer);
    assert!(pair.one.invite(&invited, &token, &line(AuditAction::UserInvite)).await.unwrap());
    assert!(matches!(disable(pair, &invited).await, Changed::Done(_)));
    assert_eq!(enable(pair, &invited).await, Changed::Done(invited));

    let nobody = User { id: UserId(Uuid::new_v4()), ..user };
    for changed in
        [give(pair, &nobody, Role::Admin).await, disable(pair, &nobody).await, enable(pair, &nobody).await]
    {
        assert_eq!(changed, Changed::NotFound);
    }
}

async fn the_last_administrator_stays(pair: &Pair) {
    let ann = users::only(pair).await;
    // None of these can take ann's place: not active, or without a password, or no administrator.
    let (invited, token) = invited("pam", Role::Admin);
    assert!(pair.one.invite(&invited, &token, &line(AuditAction::UserInvite)).await.unwrap());
    let disabled = users::active(pair, "quin", Role::Admin).await;
    assert!(matches!(disable(pair, &disabled).await, Changed::Done(_)));
    let reset = users::active(pair, "rob", Role::Admin).await;
    let new = password_token(reset.id, NOW);
    assert!(matches!(
        pair.one.reset_password(&new, &line(AuditAction::PasswordReset)).await.unwrap(),
        Changed::Done(_)
    ));
    users::active(pair, "sue", Role::Trader).await;
    for role in [Role::Trader, Role::Researcher, Role::Viewer] {
        assert_eq!(give(pair, &ann, role).await, Changed::LastAdministrator);
    }
    let (session, _) = open(pair, &ann).await;
    assert_eq!(disable(pair, &ann).await, Changed::LastAdministrator);
    let refused = line(AuditAction::PasswordReset);
    let void = pair.one.reset_password(&password_token(ann.id, NOW), &refused).await.unwrap();
    assert_eq!(void, Changed::LastAdministrator);
    assert!(!is_written(pair, &refused).await);
    assert!(is_open(pair, &session).await, "nothing was changed");
    assert_eq!(users::now(pair, &ann).await, ann);
    assert_eq!(give(pair, &ann, Role::Admin).await, Changed::Done(ann.clone()));

    // They themselves can be changed: nobody is lost by it.
    assert!(matches!(give(pair, &invited, Role::Viewer).await, Changed::Done(_)));
    assert!(matches!(give(pair, &disabled, Role::Viewer).await, Changed::Done(_)));
    assert!(matches!(disable(pair, &reset).await, Changed::Done(_)));

    // With another, one can go; and be brought back.
    let tom = users::active(pair, "tom", Role::Admin).await;
    assert!(matches!(give(pair, &ann, Role::Viewer).await, Changed::Done(_)));
    assert_eq!(disable(pair, &tom).await, Changed::LastAdministrator);
    assert!(matches!(give(pair, &ann, Role::Admin).await, Changed::Done(_)));
    assert!(matches!(give(pair, &tom, Role::Viewer).await, Changed::Done(_)));
}

async fn two_demote_each_other(pair: &Pair) {
    let ann = users::only(pair).await;
    let uma = users::active(pair, "uma", Role::Viewer).await;
    for round in 0..8 {
        for user in [&ann, &uma] {
            assert!(matches!(enable(pair, user).await, Changed::Done(_)));
            assert!(matches!(give(pair, user, Role::Admin).await, Changed::Done(_)));
        }
        let outcomes = at_once(2, |number| {
            let (sql, user) = (pair.of(number), [ann.id, uma.id][number]);
            async move {
                if round % 2 == number {
                    sql.disable(user, NOW, &line(AuditAction::UserDisable)).await.unwrap()
                } else {
                    sql.set_role(user, Role::Viewer, &line(AuditAction::UserRoleSet)).await.unwrap()
                }
            }
        })
        .await;
        let refused = outcomes.iter().filter(|outcome| **outcome == Changed::LastAdministrator).count();
        assert_eq!(refused, 1, "round {round}: one stays: {outcomes:?}");
    }
    for (user, role) in [(&ann, Role::Admin), (&uma, Role::Viewer)] {
        assert!(matches!(enable(pair, user).await, Changed::Done(_)));
        assert!(matches!(give(pair, user, role).await, Changed::Done(_)));
    }
}

/// Whoever is locked out while logging in, or whose password is made void, is out.
async fn a_session_does_not_outlive_its_user(pair: &Pair) {
    for round in 0..8 {
        let user = users::active(pair, &format!("vic{round}"), Role::Viewer).await;
        let (open_before, refresh) = open(pair, &user).await;
        let tried = at_once(6, |number| {
            let (sql, id, ends) = (pair.of(number), user.id, open_before.expires_at);
            async move {
                if number == 0 && round % 2 == 0 {
                    sql.disable(id, NOW, &line(AuditAction::UserDisable)).await.unwrap();
                } else if number == 0 {
                    let reset = line(AuditAction::PasswordReset);
                    sql.reset_password(&password_token(id, NOW), &reset).await.unwrap();
                } else if number == 1 {
                    sql.rotate(renewal(refresh, token(), NOW, ends), &reused()).await.unwrap();
                } else {
                    let new = new_session(id, NOW);
                    let done = sql.create(&new, &line(AuditAction::SessionCreate)).await.unwrap();
                    return done.then_some(new.session);
                }
                None
            }
        })
        .await;
        for session in tried.into_iter().flatten().chain([open_before]) {
            assert!(!is_open(pair, &session).await, "round {round}");
        }
    }
}
