use domain::audit::AuditAction;
use domain::second_factor::{Confirmed, RecoveryCodeHash, SecondFactor, SecondFactorId, SecondFactorStore};
use domain::session::SessionId;
use domain::user::{Role, User, UserId, UserState, UserStore};
use uuid::Uuid;

use super::sessions::{is_open, open};
use super::users::is_written;
use super::{Pair, users};
use crate::at_once;
use crate::samples::{NOW, line, password, password_token, random, recovery_codes, second_factor};

/// The step of the code by which factors are confirmed.
const FIRST: u64 = 59_000_000;

pub async fn contract(pair: &Pair) {
    life(pair).await;
    begun_anew(pair).await;
    codes(pair).await;
    steps(pair).await;
    removed(pair).await;
    confirmed_at_once(pair).await;
    nobody_has_none(pair).await;
    other_sessions_end(pair).await;
    recovered(pair).await;
}

/// Begins and confirms a second factor; returns it as it then is.
pub async fn confirm(pair: &Pair, user: &User, codes: &[RecoveryCodeHash]) -> SecondFactor {
    let factor = second_factor(user.id);
    assert!(pair.one.begin(&factor).await.unwrap());
    let confirmed = Confirmed { id: factor.id, step: FIRST, at: NOW, kept: SessionId(Uuid::nil()) };
    assert!(try_confirm(pair, &confirmed, codes).await);
    SecondFactor { confirmed_at: Some(NOW), ..factor }
}

async fn try_confirm(pair: &Pair, confirmed: &Confirmed, codes: &[RecoveryCodeHash]) -> bool {
    let line = line(AuditAction::TotpConfirm);
    let done = pair.other.confirm(confirmed, codes, &line).await.unwrap();
    assert_eq!(is_written(pair, &line).await, done);
    done
}

async fn remove(pair: &Pair, user: &User) -> bool {
    let line = line(AuditAction::TotpRemove);
    let done = pair.one.remove(user.id, &line).await.unwrap();
    assert_eq!(is_written(pair, &line).await, done);
    done
}

async fn life(pair: &Pair) {
    let user = users::active(pair, "2fa-life", Role::Viewer).await;
    assert_eq!(SecondFactorStore::find(&*pair.one, user.id).await.unwrap(), None);
    let factor = second_factor(user.id);
    assert!(pair.one.begin(&factor).await.unwrap());
    assert_eq!(SecondFactorStore::find(&*pair.other, user.id).await.unwrap(), Some(factor.clone()));
    assert_eq!(users::now(pair, &user).await, user, "it is not in force yet");
    assert!(!pair.one.use_step(factor.id, FIRST).await.unwrap());
    assert_eq!(pair.one.recovery_codes_left(user.id).await.unwrap(), 0);

    let confirmed = Confirmed { id: factor.id, step: FIRST, at: NOW, kept: SessionId(Uuid::nil()) };
    assert!(try_confirm(pair, &confirmed, &recovery_codes()).await);
    let in_force = SecondFactor { confirmed_at: Some(NOW), ..factor };
    assert_eq!(SecondFactorStore::find(&*pair.other, user.id).await.unwrap(), Some(in_force.clone()));
    assert_eq!(users::now(pair, &user).await, User { second_factor: true, ..user.clone() });
    assert_eq!(pair.one.recovery_codes_left(user.id).await.unwrap(), 10);

    // In force, it is neither confirmed again nor replaced.
    let again = Confirmed { step: FIRST + 5, ..confirmed };
    assert!(!try_confirm(pair, &again, &recovery_codes()).await);
    assert!(!pair.one.begin(&second_factor(user.id)).await.unwrap());
    assert_eq!(SecondFactorStore::find(&*pair.other, user.id).await.unwrap(), Some(in_force));
}

async fn begun_anew(pair: &Pair) {
    let user = users::active(pair, "2fa-anew", Role::Viewer).await;
    let (first, second) = (second_factor(user.id), second_factor(user.id));
    assert!(pair.one.begin(&first).await.unwrap());
    assert!(pair.one.begin(&second).await.unwrap());
    assert_eq!(SecondFactorStore::find(&*pair.other, user.id).await.unwrap(), Some(second.clone()));
    let stale = Confirmed { id: first.id, step: FIRST, at: NOW, kept: SessionId(Uuid::nil()) };
    assert!(!try_confirm(pair, &stale, &recovery_codes()).await);
    let fresh = Confirmed { id: second.id, ..stale };
    assert!(try_confirm(pair, &fresh, &recovery_codes()).await);
}

async fn codes(pair: &Pair) {
    let user = users::active(pair, "2fa-codes", Role::Viewer).await;
    let other = users::active(pair, "2fa-other", Role::Viewer).await;
    let (first, of_other) = (recovery_codes(), recovery_codes());
    let renew = async |user: &User, codes: &[RecoveryCodeHash]| {
        let line = line(AuditAction::RecoveryCodesRenew);
        let done = pair.one.renew_recovery_codes(user.id, codes, &line).await.unwrap();
        assert_eq!(is_written(pair, &line).await, done);
        done
    };
    assert!(!renew(&user, &first).await, "none is in force");
    confirm(pair, &user, &first).await;
    confirm(pair, &other, &of_other).await;

    let successes = at_once(8, |number| {
        let (sql, id, code) = (pair.of(number), user.id, first[3]);
        async move { sql.use_recovery_code(id, code).await.unwrap() }
    })
    .await;
    assert_eq!(successes.iter().filter(|done| **done).count(), 1, "a code is used once");
    for foreign in [of_other[0], RecoveryCodeHash(random())] {
        assert!(!pair.one.use_recovery_code(user.id, foreign).await.unwrap());
    }
    assert_eq!(pair.other.recovery_codes_left(user.id).await.unwrap(), 9);
    assert_eq!(pair.other.recovery_codes_left(other.id).await.unwrap(), 10);

    let second = recovery_codes();
    assert!(renew(&user, &second).await);
    assert_eq!(pair.other.recovery_codes_left(user.id).await.unwrap(), 10);
    assert!(!pair.one.use_recovery_code(user.id, first[0]).await.unwrap());
    assert!(pair.one.use_recovery_code(user.id, second[0]).await.unwrap());
}

async fn steps(pair: &Pair) {
    let user = users::active(pair, "2fa-steps", Role::Viewer).await;
    let id = confirm(pair, &user, &[]).await.id;
    // The one of the confirmation is used; later ones count once each, and in order.
    for (step, expected) in
        [(FIRST, false), (FIRST - 1, false), (FIRST + 2, true), (FIRST + 2, false), (FIRST + 1, false)]
    {
        assert_eq!(pair.one.use_step(id, step).await.unwrap(), expected, "{step}");
    }
    let successes = at_once(8, |number| {
        let sql = pair.of(number);
        async move { sql.use_step(id, FIRST + 3).await.unwrap() }
    })
    .await;
    assert_eq!(successes.iter().filter(|done| **done).count(), 1, "a step is used once");
    assert!(!pair.one.use_step(SecondFactorId(Uuid::new_v4()), FIRST + 9).await.unwrap());
}

async fn removed(pair: &Pair) {
    let user = users::active(pair, "2fa-gone", Role::Viewer).await;
    assert!(!remove(pair, &user).await);
    assert!(pair.one.begin(&second_factor(user.id)).await.unwrap());
    assert!(!remove(pair, &user).await, "it was not in force");
    assert_eq!(SecondFactorStore::find(&*pair.other, user.id).await.unwrap(), None);

    let codes = recovery_codes();
    let factor = confirm(pair, &user, &codes).await;
    assert!(remove(pair, &user).await);
    assert!(!remove(pair, &user).await);
    assert_eq!(SecondFactorStore::find(&*pair.other, user.id).await.unwrap(), None);
    assert_eq!(users::now(pair, &user).await, user);
    assert!(!pair.one.use_step(factor.id, FIRST + 9).await.unwrap());
    assert!(!pair.one.use_recovery_code(user.id, codes[0]).await.unwrap());
    assert_eq!(pair.other.recovery_codes_left(user.id).await.unwrap(), 0);
    confirm(pair, &user, &codes).await;
}

async fn confirmed_at_once(pair: &Pair) {
    let user = users::active(pair, "2fa-race", Role::Viewer).await;
    let factor = second_factor(user.id);
    assert!(pair.one.begin(&factor).await.unwrap());
    let done = at_once(8, |number| {
        let (sql, id, user) = (pair.of(number), factor.id, user.id);
        async move {
            if number % 4 == 3 {
                return sql.begin(&second_factor(user)).await.map(|_| false).unwrap();
            }
            let confirmed = Confirmed { id, step: FIRST, at: NOW, kept: SessionId(Uuid::nil()) };
            sql.confirm(&confirmed, &recovery_codes(), &line(AuditAction::TotpConfirm)).await.unwrap()
        }
    })
    .await;
    let done = done.iter().filter(|done| **done).count();
    let found = SecondFactorStore::find(&*pair.other, user.id).await.unwrap().unwrap();
    let codes = pair.other.recovery_codes_left(user.id).await.unwrap();
    if found.id == factor.id {
        assert_eq!((done, found.confirmed_at, codes), (1, Some(NOW), 10));
    } else {
        assert_eq!((done, found.confirmed_at, codes), (0, None, 0), "another was begun first");
    }
    assert_eq!(users::now(pair, &user).await.second_factor, done == 1);
}

async fn nobody_has_none(pair: &Pair) {
    let nobody = UserId(Uuid::new_v4());
    assert!(!pair.one.begin(&second_factor(nobody)).await.unwrap());
    assert_eq!(SecondFactorStore::find(&*pair.one, nobody).await.unwrap(), None);
    let line = line(AuditAction::RecoveryCodesRenew);
    assert!(!pair.one.renew_recovery_codes(nobody, &recovery_codes(), &line).await.unwrap());
    assert!(!pair.one.remove(nobody, &line).await.unwrap());
    assert!(!is_written(pair, &line).await);
}

async fn other_sessions_end(pair: &Pair) {
    let user = users::active(pair, "2fa-ends", Role::Viewer).await;
    let other = users::active(pair, "2fa-stays", Role::Viewer).await;
    let (kept, _) = open(pair, &user).await;
    let (ended, _) = open(pair, &user).await;
    let (of_other, _) = open(pair, &other).await;
    let factor = second_factor(user.id);
    assert!(pair.one.begin(&factor).await.unwrap());
    assert!(is_open(pair, &ended).await, "it is not in force yet");
    let confirmed = Confirmed { id: factor.id, step: FIRST, at: NOW, kept: kept.id };
    assert!(try_confirm(pair, &confirmed, &[]).await);
    for (session, open) in [(&kept, true), (&ended, false), (&of_other, true)] {
        assert_eq!(is_open(pair, session).await, open);
    }
}

/// Whoever has the server's own machine lets in whoever lost everything.
async fn recovered(pair: &Pair) {
    for (name, locked_out) in [("2fa-lost", false), ("2fa-locked", true)] {
        let user = users::active(pair, name, Role::Admin).await;
        let codes = recovery_codes();
        confirm(pair, &user, &codes).await;
        let (session, _) = open(pair, &user).await;
        if locked_out {
            pair.one.disable(user.id, NOW, &line(AuditAction::UserDisable)).await.unwrap();
        }
        let (token, done) = (password_token(user.id, NOW), line(AuditAction::PasswordReset));
        let recovered = pair.one.recover(&token, &done).await.unwrap();
        let state = if locked_out { UserState::Invited } else { UserState::Active };
        assert_eq!(recovered, Some(User { state, ..user.clone() }), "without a second factor");
        assert_eq!(users::now(pair, &user).await, User { state, ..user.clone() });
        assert!(is_written(pair, &done).await);
        assert!(!is_open(pair, &session).await);
        assert_eq!(pair.other.find_by_username(&user.username).await.unwrap().unwrap().1, None);
        assert_eq!(SecondFactorStore::find(&*pair.other, user.id).await.unwrap(), None);
        assert_eq!(pair.other.recovery_codes_left(user.id).await.unwrap(), 0);
        let set = line(AuditAction::PasswordSet);
        let chosen = pair.one.set_password(token.hash, &password(), NOW, &set).await.unwrap();
        assert_eq!(chosen, Some(user.clone()));
        let viewer = line(AuditAction::UserRoleSet);
        pair.one.set_role(user.id, Role::Viewer, &viewer).await.unwrap();
    }
    let (nobody, line) = (password_token(UserId(Uuid::new_v4()), NOW), line(AuditAction::PasswordReset));
    assert_eq!(pair.one.recover(&nobody, &line).await.unwrap(), None);
    assert!(!is_written(pair, &line).await);
}
