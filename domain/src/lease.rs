//! Exactly one desk leads: a lease with a fencing token.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::store::StoreError;

/// The lease is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Grows by one each time the lease changes hands, so that what an earlier holder does late can be told
    /// from what the present one does. It stays the same where a holder takes its own lease anew after it ran
    /// out: nobody had it in between.
    pub fence: u64,
}

/// Where the lease is kept. Time is the database's own, so that no two machines' clocks are compared.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes the lease for `lives`, or extends it where `holder` has it already; `None` where another
    /// holder's lease still runs.
    async fn acquire(&self, holder: Uuid, lives: Duration) -> Result<Option<Lease>, StoreError>;

    /// Gives the lease back where `holder` still has it, so that another need not wait for its end.
    async fn release(&self, holder: Uuid) -> Result<(), StoreError>;
}
