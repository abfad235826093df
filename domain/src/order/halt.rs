//! The kill switch: while trading is halted, nothing is placed or changed; cancellations go out.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::account::AccountId;
use crate::audit::AuditLine;
use crate::store::StoreError;
use crate::user::UserId;

/// That trading is halted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradingHalt {
    /// For which account; for all where it is none.
    pub account: Option<AccountId>,
    /// Who halted it; nobody where it was done on the server's own machine.
    pub by: Option<UserId>,
    /// Since when.
    pub at: OffsetDateTime,
    /// Why, in one sentence.
    pub reason: String,
}

/// Where halts are kept.
#[async_trait]
pub trait HaltStore: Send + Sync {
    /// Halts trading. What was handed out to be sent before this returns may have left; after it nothing is handed out
    /// that places or changes an order. Returns whether it did: one who halts what is halted changes nothing.
    async fn halt(&self, halt: &TradingHalt, audit: &AuditLine) -> Result<bool, StoreError>;

    /// Lets trading go on; returns whether it was halted.
    async fn resume(&self, account: Option<AccountId>, audit: &AuditLine) -> Result<bool, StoreError>;

    /// All halts.
    async fn halts(&self) -> Result<Vec<TradingHalt>, StoreError>;
}
