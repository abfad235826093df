//! API keys: what programs use in a user's place. Good for some scopes, never for more than the user's role.

use std::fmt;

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

pub use crate::access::ApiKeyId;
use crate::access::Scopes;
use crate::address::AddressRange;
use crate::audit::AuditLine;
use crate::error::Refusal;
use crate::name;
use crate::store::StoreError;
use crate::user::{User, UserId};

mod keys;

pub use keys::{ApiKeys, MadeKey, NewApiKey, Uses};

/// The most keys in use that a user has.
pub const MAX_API_KEYS: u64 = 50;

/// The most keys of a user that are listed.
pub const MAX_LISTED_API_KEYS: u64 = 200;

/// How many characters of the secret are shown, so that a person recognises the key.
pub const PREFIX_LENGTH: usize = 8;

/// How long a key that is revoked or has ended is still listed.
pub const LISTED_FOR: Duration = Duration::days(30);

/// What a user called a key: 1 to 60 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyName(String);

impl ApiKeyName {
    /// Checks and trims a name that a person typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        name::parse(text, 60, "an API key").map(Self)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is stored of a key's secret: its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash(pub [u8; 32]);

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKeyHash(…)")
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Ours.
    pub id: ApiKeyId,
    /// Whose.
    pub user: UserId,
    /// What its user called it.
    pub name: ApiKeyName,
    /// The first characters of the secret, by which a person recognises it.
    pub prefix: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// From where it may be used; from anywhere where there is none.
    pub addresses: Vec<AddressRange>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it ends, where it does.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, to within half a minute.
    pub last_used_at: Option<OffsetDateTime>,
    /// When it was made void, where it was.
    pub revoked_at: Option<OffsetDateTime>,
}

/// Where keys are kept.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Adds a key; returns whether it did: it does not where the user has [`MAX_API_KEYS`] that are neither revoked
    /// nor ended (at `key.created_at`).
    async fn create(&self, key: &ApiKey, hash: ApiKeyHash, audit: &AuditLine) -> Result<bool, StoreError>;

    /// The key of this secret and its user, whatever the state of both.
    async fn find_by_hash(&self, hash: ApiKeyHash) -> Result<Option<(ApiKey, User)>, StoreError>;

    /// These keys with their users, whatever the state of both; unknown ones are left out.
    async fn find(&self, ids: &[ApiKeyId]) -> Result<Vec<(ApiKey, User)>, StoreError>;

    /// The keys of these users, newest first; without those that were revoked or ended before `since`. Of a user at most
    /// [`MAX_LISTED_API_KEYS`], with all that are neither revoked nor ended.
    async fn list(&self, users: &[UserId], since: OffsetDateTime) -> Result<Vec<ApiKey>, StoreError>;

    /// Makes a key void; returns whether it was not void before. The line is written only then.
    async fn revoke(&self, id: ApiKeyId, now: OffsetDateTime, audit: &AuditLine) -> Result<bool, StoreError>;

    /// Notes when keys were last used; a later time that is stored already stays.
    async fn note_used(&self, uses: &[(ApiKeyId, OffsetDateTime)]) -> Result<(), StoreError>;
}
