//! People and their second factors.

use async_trait::async_trait;
use domain::audit::AuditLine;
use domain::page::{Found, Page};
use domain::second_factor::{Confirmed, RecoveryCodeHash, SecondFactor, SecondFactorId, SecondFactorStore};
use domain::store::StoreError;
use domain::user::{
    Changed, PasswordChange, PasswordHash, PasswordToken, PasswordTokenHash, Role, User, UserId, UserState,
    UserStore, Username,
};
use time::OffsetDateTime;

use super::Stores;
use super::people::{PeopleTables, page};

impl PeopleTables {
    /// Changes a user unless no active administrator would be left.
    fn change(&mut self, id: UserId, audit: &AuditLine, change: impl FnOnce(&mut User)) -> Changed {
        let Some(place) = self.users.iter().position(|(user, _)| user.id == id) else {
            return Changed::NotFound;
        };
        let before = self.users[place].0.clone();
        change(&mut self.users[place].0);
        if self.users[place].0 == before {
            return Changed::Done(self.user(id).unwrap());
        }
        let can_manage = |(user, password): &(User, Option<PasswordHash>)| {
            user.role == Role::Admin && user.state == UserState::Active && password.is_some()
        };
        if !self.users.iter().any(can_manage) {
            self.users[place].0 = before;
            return Changed::LastAdministrator;
        }
        self.audit.push(audit.clone());
        Changed::Done(self.user(id).unwrap())
    }

    fn of_token(&self, token: PasswordTokenHash, now: OffsetDateTime) -> Option<User> {
        let token =
            self.password_tokens.iter().find(|known| known.hash == token && known.expires_at > now)?;
        self.user(token.user).filter(|user| user.state != UserState::Disabled)
    }
}

#[async_trait]
impl UserStore for Stores {
    async fn create_first(
        &self,
        user: &User,
        password: &PasswordHash,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        if !people.users.is_empty() {
            return Ok(false);
        }
        people.users.push((user.clone(), Some(password.clone())));
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn any(&self) -> Result<bool, StoreError> {
        Ok(!self.tables()?.people.users.is_empty())
    }

    async fn find_by_username(
        &self,
        name: &Username,
    ) -> Result<Option<(User, Option<PasswordHash>)>, StoreError> {
        let people = &self.tables()?.people;
        let found = people.users.iter().find(|(user, _)| user.username == *name);
        Ok(found.map(|(user, hash)| (people.user(user.id).unwrap(), hash.clone())))
    }

    async fn find(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let people = &self.tables()?.people;
        Ok(ids.iter().filter_map(|id| people.user(*id)).collect())
    }

    async fn list(&self, wanted: &Page<Username>) -> Result<Found<User>, StoreError> {
        let people = &self.tables()?.people;
        let mut users: Vec<User> =
            people.users.iter().map(|(user, _)| people.user(user.id).unwrap()).collect();
        let place = |name: &Username| name.as_str().to_owned();
        users.sort_by_key(|user| place(&user.username));
        Ok(page(users, wanted, |user| place(&user.username), place))
    }

    async fn invite(
        &self,
        user: &User,
        token: &PasswordToken,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        if people.users.iter().any(|(known, _)| known.username == user.username) {
            return Ok(false);
        }
        people.users.push((user.clone(), None));
        people.password_tokens.push(*token);
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn reset_password(&self, token: &PasswordToken, audit: &AuditLine) -> Result<Changed, StoreError> {
        let people = &mut self.tables()?.people;
        let is_other = |(user, password): &&(User, Option<PasswordHash>)| {
            let can_manage =
                user.role == Role::Admin && user.state == UserState::Active && password.is_some();
            can_manage && user.id != token.user
        };
        let others = people.users.iter().filter(is_other).count();
        let Some((user, password)) = people.user_mut(token.user) else { return Ok(Changed::NotFound) };
        let counts = user.role == Role::Admin && user.state == UserState::Active && password.is_some();
        if counts && others == 0 {
            return Ok(Changed::LastAdministrator);
        }
        *password = None;
        people.password_tokens.retain(|known| known.user != token.user);
        people.password_tokens.push(*token);
        people.end_sessions(token.user, None);
        people.audit.push(audit.clone());
        Ok(Changed::Done(people.user(token.user).unwrap()))
    }

    async fn recover(&self, token: &PasswordToken, audit: &AuditLine) -> Result<Option<User>, StoreError> {
        let people = &mut self.tables()?.people;
        let Some((user, password)) = people.user_mut(token.user) else { return Ok(None) };
        *password = None;
        if user.state == UserState::Disabled {
            user.state = UserState::Invited;
        }
        people.factors.retain(|(factor, _)| factor.user != token.user);
        people.recovery_codes.retain(|(owner, _)| *owner != token.user);
        people.password_tokens.retain(|known| known.user != token.user);
        people.password_tokens.push(*token);
        people.end_sessions(token.user, None);
        people.audit.push(audit.clone());
        Ok(people.user(token.user))
    }

    async fn find_by_password_token(
        &self,
        token: PasswordTokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<User>, StoreError> {
        Ok(self.tables()?.people.of_token(token, now))
    }

    async fn set_password(
        &self,
        token: PasswordTokenHash,
        password: &PasswordHash,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<Option<User>, StoreError> {
        let people = &mut self.tables()?.people;
        let Some(user) = people.of_token(token, now) else { return Ok(None) };
        people.password_tokens.retain(|known| known.hash != token);
        if let Some((known, hash)) = people.user_mut(user.id) {
            known.state = UserState::Active;
            *hash = Some(password.clone());
        }
        people.end_sessions(user.id, None);
        people.audit.push(audit.clone());
        Ok(people.user(user.id))
    }

    async fn change_password(&self, change: &PasswordChange, audit: &AuditLine) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        match people.user_mut(change.user) {
            Some((_, hash)) if hash.as_ref() == Some(&change.old) => *hash = Some(change.new.clone()),
            _ => return Ok(false),
        }
        people.end_sessions(change.user, Some(change.kept));
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn set_role(&self, id: UserId, role: Role, audit: &AuditLine) -> Result<Changed, StoreError> {
        Ok(self.tables()?.people.change(id, audit, |user| user.role = role))
    }

    async fn disable(&self, id: UserId, _: OffsetDateTime, audit: &AuditLine) -> Result<Changed, StoreError> {
        let people = &mut self.tables()?.people;
        let changed = people.change(id, audit, |user| user.state = UserState::Disabled);
        if matches!(changed, Changed::Done(_)) {
            people.end_sessions(id, None);
        }
        Ok(changed)
    }

    async fn enable(&self, id: UserId, audit: &AuditLine) -> Result<Changed, StoreError> {
        let people = &mut self.tables()?.people;
        let has_password = people.users.iter().any(|(user, hash)| user.id == id && hash.is_some());
        let state = if has_password { UserState::Active } else { UserState::Invited };
        let let_in = |user: &mut User| {
            if user.state == UserState::Disabled {
                user.state = state;
            }
        };
        Ok(people.change(id, audit, let_in))
    }
}

#[async_trait]
impl SecondFactorStore for Stores {
    async fn begin(&self, factor: &SecondFactor) -> Result<bool, StoreError> {
        let factors = &mut self.tables()?.people.factors;
        if factors.iter().any(|(known, _)| known.user == factor.user && known.confirmed_at.is_some()) {
            return Ok(false);
        }
        factors.retain(|(known, _)| known.user != factor.user);
        factors.push((factor.clone(), 0));
        Ok(true)
    }

    async fn find(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        let people = &self.tables()?.people;
        Ok(people.factors.iter().find(|(factor, _)| factor.user == user).map(|(factor, _)| factor.clone()))
    }

    async fn confirm(
        &self,
        confirmed: &Confirmed,
        codes: &[RecoveryCodeHash],
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        let waits = |(factor, _): &&mut (SecondFactor, u64)| {
            factor.id == confirmed.id && factor.confirmed_at.is_none()
        };
        let Some((factor, step)) = people.factors.iter_mut().find(waits) else { return Ok(false) };
        (factor.confirmed_at, *step) = (Some(confirmed.at), confirmed.step);
        let user = factor.user;
        people.recovery_codes.extend(codes.iter().map(|code| (user, *code)));
        people.end_sessions(user, Some(confirmed.kept));
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn use_step(&self, id: SecondFactorId, step: u64) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        let known = people
            .factors
            .iter_mut()
            .find(|(factor, last)| factor.id == id && factor.confirmed_at.is_some() && *last < step);
        Ok(known.map(|(_, last)| *last = step).is_some())
    }

    async fn use_recovery_code(&self, user: UserId, code: RecoveryCodeHash) -> Result<bool, StoreError> {
        let codes = &mut self.tables()?.people.recovery_codes;
        let before = codes.len();
        codes.retain(|known| *known != (user, code));
        Ok(codes.len() < before)
    }

    async fn recovery_codes_left(&self, user: UserId) -> Result<u32, StoreError> {
        let codes = &self.tables()?.people.recovery_codes;
        Ok(u32::try_from(codes.iter().filter(|(owner, _)| *owner == user).count()).unwrap())
    }

    async fn renew_recovery_codes(
        &self,
        user: UserId,
        codes: &[RecoveryCodeHash],
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        if !people.user(user).is_some_and(|user| user.second_factor) {
            return Ok(false);
        }
        people.recovery_codes.retain(|(owner, _)| *owner != user);
        people.recovery_codes.extend(codes.iter().map(|code| (user, *code)));
        people.audit.push(audit.clone());
        Ok(true)
    }

    async fn remove(&self, user: UserId, audit: &AuditLine) -> Result<bool, StoreError> {
        let people = &mut self.tables()?.people;
        let in_force = people.user(user).is_some_and(|user| user.second_factor);
        people.factors.retain(|(factor, _)| factor.user != user);
        people.recovery_codes.retain(|(owner, _)| *owner != user);
        if in_force {
            people.audit.push(audit.clone());
        }
        Ok(in_force)
    }
}
