//! Whether somebody who is logged in still knows the own password.

use std::sync::Arc;

use crate::asker::Person;
use crate::audit::{AuditAction, AuditLog};
use crate::error::{Error, Refusal, RefusalCode};
use crate::throttle::Throttle;
use crate::user::{Password, PasswordHash, PasswordHasher, UserStore};

/// Asks for the current password where an open session alone is not enough.
pub struct PasswordCheck {
    /// Where hashes are kept.
    pub users: Arc<dyn UserStore>,
    /// How passwords are compared.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Slows down whoever guesses.
    pub throttle: Arc<Throttle>,
    /// A wrong password is written down.
    pub audit: Arc<AuditLog>,
}

impl PasswordCheck {
    /// The hash of the password, where it is right. `action` is what it is asked for.
    pub async fn check(
        &self,
        person: &Person,
        password: String,
        action: AuditAction,
    ) -> Result<PasswordHash, Error> {
        let tries = self.throttle.password(person.user.id, person.session).await?;
        let found = self.users.find_by_username(&person.user.username).await?;
        let hash = found.and_then(|(_, hash)| hash);
        let right = if password.len() <= Password::MAX_BYTES {
            self.hasher.verify(Password::claimed(password), hash.clone()).await
        } else {
            Ok(false)
        };
        if !matches!(right, Ok(false)) {
            self.throttle.give_back(tries).await;
        }
        let right = right?;
        let Some(hash) = hash.filter(|_| right) else {
            let message = "this is not your current password";
            let refusal = Refusal::of("currentPassword", RefusalCode::PasswordWrong, message);
            return Err(self.audit.refuse(self.audit.done(person, action), refusal).await);
        };
        Ok(hash)
    }
}
