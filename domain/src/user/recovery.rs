//! The way back in from the server's own machine, for an administrator who lost the password or the phone.

use std::sync::Arc;

use crate::address::Origin;
use crate::audit::{AuditAction, AuditLog, Doer};
use crate::clock::Clock;
use crate::error::Error;
use crate::random::Random;
use crate::secret::{Digest, Secret};
use crate::user::users::{RESET_LIVES, no_such_user};
use crate::user::{PasswordLink, PasswordToken, PasswordTokenHash, UserStore, Username};

/// What whoever has the server's own machine can do for a user.
pub struct Recovery {
    /// Where people are kept.
    pub users: Arc<dyn UserStore>,
    /// How tokens are hashed.
    pub digest: Arc<dyn Digest>,
    /// What is done is written down.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Tokens.
    pub random: Arc<dyn Random>,
}

impl Recovery {
    /// Makes the user's password void, ends the sessions, takes the second factor away and lets the user in again, who
    /// chooses another password with the token.
    pub async fn reset(&self, username: &str) -> Result<PasswordLink, Error> {
        let username = Username::parse(username)?;
        let found = self.users.find_by_username(&username).await?;
        let (user, _) = found.ok_or_else(no_such_user)?;
        let token = Secret::new(self.random.as_ref());
        let created_at = self.clock.now();
        let stored = PasswordToken {
            user: user.id,
            hash: PasswordTokenHash(self.digest.sha256(&token.0)),
            created_at,
            expires_at: created_at + RESET_LIVES,
        };
        let line = self.audit.done(Doer::outside(None, &Origin::default()), AuditAction::PasswordReset);
        let line = line.about(username.as_str()).telling("from the server's own machine");
        let user = self.users.recover(&stored, &line).await?.ok_or_else(no_such_user)?;
        Ok(PasswordLink { user, token, expires_at: stored.expires_at })
    }
}
