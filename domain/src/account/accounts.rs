//! What can be done with accounts: granting them, and reading what is in them.

use std::sync::Arc;

use crate::account::{
    Account, AccountAccess, AccountEvent, AccountId, AccountSnapshot, AccountStore, AccountValues, Grant,
    GrantChange, MAX_EQUITY_POINTS, Position,
};
use crate::asker::Person;
use crate::audit::{AuditAction, AuditLog};
use crate::bar::TimeRange;
use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::user::UserId;

/// What can be done with accounts. Who may grant is asked before ([`crate::user::Permission::GrantAccess`]); who may
/// see an account is asked here.
pub struct Accounts {
    /// Where they are kept.
    pub store: Arc<dyn AccountStore>,
    /// What was done with them.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Accounts {
    /// Every account, for those who grant.
    pub async fn all(&self) -> Result<Vec<Account>, Error> {
        Ok(self.store.all().await?)
    }

    /// Who may see and trade an account, for those who grant.
    pub async fn grants(&self, account: AccountId) -> Result<Vec<Grant>, Error> {
        Ok(self.store.grants(account).await?)
    }

    /// Lets a user see or trade an account.
    pub async fn grant(
        &self,
        by: &Person,
        account: AccountId,
        user: UserId,
        access: AccountAccess,
    ) -> Result<(), Error> {
        let line = self.audit.done(by, AuditAction::AccountGrant).about(&account.to_string());
        let line = line.telling(&format!("{} to the user {}", access.as_str(), user.0));
        let grant = Grant { account, user, access, granted_by: by.user.id, granted_at: self.clock.now() };
        done(self.store.grant(&grant, &line).await?)
    }

    /// Takes a user's grant away.
    pub async fn revoke(&self, by: &Person, account: AccountId, user: UserId) -> Result<(), Error> {
        let line = self.audit.done(by, AuditAction::AccountRevoke).about(&account.to_string());
        let line = line.telling(&format!("from the user {}", user.0));
        done(self.store.revoke(account, user, &line).await?)
    }

    /// The accounts that this user may see, with what the user may do there.
    pub async fn list(&self, user: UserId) -> Result<Vec<(Account, AccountAccess)>, Error> {
        Ok(self.store.visible(user).await?)
    }

    /// One of them.
    pub async fn find(
        &self,
        user: UserId,
        account: AccountId,
    ) -> Result<Option<(Account, AccountAccess)>, Error> {
        Ok(self.list(user).await?.into_iter().find(|(visible, _)| visible.id == account))
    }

    /// The positions of those of these accounts that the user may see.
    pub async fn positions(&self, user: UserId, accounts: &[AccountId]) -> Result<Vec<Position>, Error> {
        Ok(self.store.positions(&self.seen(user, accounts).await?).await?)
    }

    /// The values of those of these accounts that the user may see.
    pub async fn values(&self, user: UserId, accounts: &[AccountId]) -> Result<Vec<AccountValues>, Error> {
        Ok(self.store.values(&self.seen(user, accounts).await?).await?)
    }

    /// What an account was worth in this range, in at most `points` points.
    pub async fn equity(
        &self,
        user: UserId,
        account: AccountId,
        range: TimeRange,
        points: u32,
    ) -> Result<Vec<AccountSnapshot>, Error> {
        self.must_see(user, account).await?;
        if range.from >= range.to {
            let message = "the range is empty; 'from' must be before 'to'";
            return Err(Refusal::of("from", RefusalCode::RangeInvalid, message).into());
        }
        if !(1..=MAX_EQUITY_POINTS).contains(&points) {
            let message = format!("an equity curve has 1 to {MAX_EQUITY_POINTS} points");
            return Err(Refusal::of("points", RefusalCode::RangeInvalid, message).into());
        }
        Ok(self.store.equity(account, range, points).await?)
    }

    /// What happened in an account after the event of this number, oldest first.
    pub async fn events_after(
        &self,
        user: UserId,
        account: AccountId,
        number: u64,
        count: u64,
    ) -> Result<Vec<AccountEvent>, Error> {
        self.must_see(user, account).await?;
        Ok(self.store.events_after(account, number, count).await?)
    }

    /// The number of the account's last event.
    pub async fn last_event(&self, user: UserId, account: AccountId) -> Result<u64, Error> {
        self.must_see(user, account).await?;
        Ok(self.store.last_event(account).await?)
    }

    async fn must_see(&self, user: UserId, account: AccountId) -> Result<(), Error> {
        match self.find(user, account).await? {
            Some(_) => Ok(()),
            None => Err(account_not_found().into()),
        }
    }

    async fn seen(&self, user: UserId, accounts: &[AccountId]) -> Result<Vec<AccountId>, Error> {
        let visible = self.list(user).await?.into_iter().map(|(account, _)| account.id);
        Ok(visible.filter(|id| accounts.contains(id)).collect())
    }
}

/// What is said of an account that is not there, or not to be seen.
pub(crate) fn account_not_found() -> Refusal {
    let message = "there is no such account, or you may not see it; ask an administrator for access";
    Refusal::of("account", RefusalCode::NotFound, message)
}

fn done(change: GrantChange) -> Result<(), Error> {
    match change {
        GrantChange::Done => Ok(()),
        GrantChange::AccountNotFound => {
            Err(Refusal::of("account", RefusalCode::NotFound, "there is no such account").into())
        }
        GrantChange::UserNotFound => {
            let message = "there is no such user, or the user has no access to this account";
            Err(Refusal::of("user", RefusalCode::NotFound, message).into())
        }
    }
}
