//! The installation: one database, one world.

use async_trait::async_trait;
use uuid::Uuid;

use crate::store::StoreError;
use crate::world::Environment;

/// What the database remembers of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Made once, when the database was first opened.
    pub id: Uuid,
    /// The world its data belongs to; absent until a broker was connected once.
    pub environment: Option<Environment>,
}

/// Where that is kept.
#[async_trait]
pub trait InstallationStore: Send + Sync {
    /// The installation; `fresh_id` becomes its id where there is none yet.
    async fn open(&self, fresh_id: Uuid) -> Result<Installation, StoreError>;

    /// The world of this database, as far as it has one; a read, for those who look again and again.
    async fn environment(&self) -> Result<Option<Environment>, StoreError>;

    /// Makes `environment` the world of this database unless it has one, and returns the one it has.
    async fn claim_environment(&self, environment: Environment) -> Result<Environment, StoreError>;

    /// Makes `environment` the world of this database, whatever it was. Only on the operator's explicit word.
    async fn replace_environment(&self, environment: Environment) -> Result<(), StoreError>;

    /// Whether the database answers now: the `system` page asks.
    async fn ping(&self) -> Result<(), StoreError>;
}
