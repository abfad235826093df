//! Where orders are kept. Every method is one transaction.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{
    Accepted, AllCanceled, Applied, CancelAll, Change, Changed, Claim, Claimed, Doubt, NewOrder, Order,
    OrderClient, OrderId, OrderStatus, Reports, Side,
};
use crate::account::AccountId;
use crate::audit::AuditLine;
use crate::instrument::InstrumentId;
use crate::page::{Found, Page};
use crate::store::StoreError;
use crate::world::{ConnectionId, Environment};

/// Which orders are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Those of these accounts; nothing where there is none.
    pub accounts: Vec<AccountId>,
    /// Only those in one of these states; in any where there is none.
    pub statuses: Vec<OrderStatus>,
    /// Only those of this instrument.
    pub instrument: Option<InstrumentId>,
    /// Only those of this side.
    pub side: Option<Side>,
    /// Only those made from this moment on.
    pub from: Option<OffsetDateTime>,
    /// Only those made before this moment.
    pub to: Option<OffsetDateTime>,
}

/// Where orders are kept, for those who place them. Whether a user may trade an account is asked in the transaction that
/// writes: a grant that was just taken away is not used any more. Who may read is the caller's to ask.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// Writes an order down, with its command, its event, its audit line and its key. The line is written only where the
    /// order is new.
    async fn accept(&self, new: &NewOrder, audit: &AuditLine) -> Result<Accepted, StoreError>;

    /// Writes a change down, with its command, its event and its audit line.
    async fn change(&self, change: &Change, audit: &AuditLine) -> Result<Changed, StoreError>;

    /// Cancels every order of an account that can be canceled.
    async fn cancel_all(&self, all: &CancelAll, audit: &AuditLine) -> Result<AllCanceled, StoreError>;

    /// These orders; others are left out.
    async fn find(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError>;

    /// A page, newest (greatest id) first.
    async fn list(&self, filter: &OrderFilter, page: &Page<OrderId>) -> Result<Found<Order>, StoreError>;
}

/// What the leading desk reads and writes. A desk before which another of a later `epoch` has led gets nothing and writes
/// nothing.
#[async_trait]
pub trait OrderDeskStore: Send + Sync {
    /// Hands out commands that are due. Each is handed out once, to whoever asks first, and nothing can make it due again.
    /// An order that is to be placed has its number at the broker, and is in flight, before this returns. What was not
    /// handed out in time ends here, and so does what is no longer needed. While trading is halted, only cancellations
    /// are handed out.
    async fn claim(&self, epoch: u64, claim: &Claim) -> Result<Claimed, StoreError>;

    /// Makes sure that the next number of an order is not less than this (`nextValidId`). It never becomes less.
    async fn raise_ids(&self, epoch: u64, client: &OrderClient, next: i32) -> Result<(), StoreError>;

    /// Writes down that it is not known whether the broker got what was handed out for these orders. Returns the accounts
    /// that have new events.
    async fn doubt(&self, epoch: u64, doubt: &Doubt) -> Result<Vec<AccountId>, StoreError>;

    /// Applies what the broker tells. All of it may be told again.
    async fn apply(&self, epoch: u64, reports: &Reports) -> Result<Applied, StoreError>;

    /// The orders of a connection of which the broker is to be asked: all that are not final, and those that were changed
    /// since this moment.
    async fn reconcilable(
        &self,
        connection: &ConnectionId,
        environment: Environment,
        since: OffsetDateTime,
    ) -> Result<Vec<Order>, StoreError>;
}
