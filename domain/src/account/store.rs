//! Where accounts are kept, and what the broker told of them.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::account::{
    Account, AccountAccess, AccountEvent, AccountId, AccountSnapshot, AccountValues, Grant, Position,
};
use crate::audit::AuditLine;
use crate::bar::TimeRange;
use crate::store::StoreError;
use crate::user::UserId;

/// What became of a change of grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantChange {
    /// It was done, or was so already.
    Done,
    /// There is no such account.
    AccountNotFound,
    /// There is no such user; of a grant that is taken away: the user had none.
    UserNotFound,
}

/// Where accounts are kept, for people.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Every account, by code. For those who grant.
    async fn all(&self) -> Result<Vec<Account>, StoreError>;

    /// The accounts that this user may see, by code, with what the user may do there.
    async fn visible(&self, user: UserId) -> Result<Vec<(Account, AccountAccess)>, StoreError>;

    /// Who may see and trade an account, oldest grant first.
    async fn grants(&self, account: AccountId) -> Result<Vec<Grant>, StoreError>;

    /// Gives a grant, in place of another that the user has there.
    async fn grant(&self, grant: &Grant, audit: &AuditLine) -> Result<GrantChange, StoreError>;

    /// Takes a grant away. What the user's orders have left to do goes on.
    async fn revoke(
        &self,
        account: AccountId,
        user: UserId,
        audit: &AuditLine,
    ) -> Result<GrantChange, StoreError>;

    /// The positions of these accounts, those of no quantity too, as long as the broker tells of them.
    async fn positions(&self, accounts: &[AccountId]) -> Result<Vec<Position>, StoreError>;

    /// The values of these accounts; of some none may have been told yet.
    async fn values(&self, accounts: &[AccountId]) -> Result<Vec<AccountValues>, StoreError>;

    /// What the account was worth in this range, oldest first: the last snapshot in each of at most `points` equal
    /// parts ([`crate::account::MAX_EQUITY_POINTS`] at most).
    async fn equity(
        &self,
        account: AccountId,
        range: TimeRange,
        points: u32,
    ) -> Result<Vec<AccountSnapshot>, StoreError>;

    /// What happened in the account after the event of this number, oldest first, at most `count`.
    async fn events_after(
        &self,
        account: AccountId,
        number: u64,
        count: u64,
    ) -> Result<Vec<AccountEvent>, StoreError>;

    /// The number of the account's last event; 0 where nothing has happened yet.
    async fn last_event(&self, account: AccountId) -> Result<u64, StoreError>;
}

/// What the broker tells of an account's positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PositionsTold {
    /// All that there are: whatever is not among them has no quantity.
    All(Vec<Position>),
    /// These; of the others nothing is said.
    Some(Vec<Position>),
}

/// What the leading desk writes of accounts. Nothing is written where a desk of a later `epoch` has led; what returns
/// a `bool` says whether there is a new event to wake readers for.
#[async_trait]
pub trait AccountFeedStore: Send + Sync {
    /// Writes down that there are these accounts.
    async fn meet(&self, epoch: u64, accounts: &[Account]) -> Result<(), StoreError>;

    /// Writes what was told of one account's positions, all of which are of `account`.
    async fn keep_positions(
        &self,
        epoch: u64,
        account: AccountId,
        told: &PositionsTold,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError>;

    /// Writes what was told of an account's values. A snapshot is kept with it where they changed, and none was kept in
    /// the last [`crate::account::SNAPSHOT_EVERY`].
    async fn keep_values(&self, epoch: u64, values: &AccountValues) -> Result<bool, StoreError>;
}
