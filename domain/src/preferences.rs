//! Preferences: what a user set up in the dashboard. Their content is the dashboard's own; here it is a JSON object as
//! text.

use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Error;
use crate::layout::{Content, outdated};
use crate::store::StoreError;
use crate::user::UserId;

/// The largest content, in bytes.
pub const MAX_PREFERENCES: usize = 16 * 1_024;

/// What a user set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// What was set.
    pub content: Content,
    /// Grows with each change; 0 before the first.
    pub version: u32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { content: Content::kept("{}".into()), version: 0 }
    }
}

/// Where preferences are kept.
#[async_trait]
pub trait PreferencesStore: Send + Sync {
    /// The user's preferences; the default ones where none were saved.
    async fn find(&self, user: UserId) -> Result<Preferences, StoreError>;

    /// Replaces the user's preferences, whose version must still be `expected`, where that is given. `None` (nothing was
    /// changed) where it is another.
    async fn save(
        &self,
        user: UserId,
        content: &Content,
        expected: Option<u32>,
    ) -> Result<Option<Preferences>, StoreError>;
}

/// What can be done with preferences.
pub struct PreferencesOfUsers {
    /// Where they are kept.
    pub store: Arc<dyn PreferencesStore>,
}

impl PreferencesOfUsers {
    /// The user's preferences.
    pub async fn find(&self, user: UserId) -> Result<Preferences, Error> {
        Ok(self.store.find(user).await?)
    }

    /// Replaces the user's preferences.
    pub async fn save(
        &self,
        user: UserId,
        content: &Content,
        expected: Option<u32>,
    ) -> Result<Preferences, Error> {
        let saved = self.store.save(user, content, expected).await?;
        let message = "the preferences were changed in the meantime, perhaps in another window";
        saved.ok_or_else(|| outdated(message).into())
    }
}
