//! What every store port has in common.

use std::error::Error as StdError;

/// Why a store did not answer. One port method is one transaction: after an error nothing of it was
/// written, or (the connection broke during the commit) all of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or is too busy; the same call may succeed later.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The database answered with something that it should not have.
    #[error("the database answered wrongly")]
    Fault(#[source] Box<dyn StdError + Send + Sync>),
}
