//! Where people are kept.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::audit::AuditLine;
use crate::page::{Found, Page};
use crate::store::StoreError;
use crate::user::{
    PasswordChange, PasswordHash, PasswordToken, PasswordTokenHash, Role, User, UserId, Username,
};

/// What became of a change that an administrator made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was done (or it was so already); this is the user now.
    Done(User),
    /// There is no such user.
    NotFound,
    /// It would leave no active administrator who has a password; nothing was changed.
    LastAdministrator,
}

/// Where people are kept. They are never deleted.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Adds `user` where there is no user at all yet; returns whether it did.
    async fn create_first(
        &self,
        user: &User,
        password: &PasswordHash,
        audit: &AuditLine,
    ) -> Result<bool, StoreError>;

    /// Whether there is any user.
    async fn any(&self) -> Result<bool, StoreError>;

    /// The user of this name, with the hash of the password where there is one.
    async fn find_by_username(
        &self,
        username: &Username,
    ) -> Result<Option<(User, Option<PasswordHash>)>, StoreError>;

    /// These users; unknown ones are left out.
    async fn find(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

    /// A page of all users, by name.
    async fn list(&self, page: &Page<Username>) -> Result<Found<User>, StoreError>;

    /// Adds a user without a password, and the token by which one is chosen; returns whether it did: it does not
    /// where the name is in use.
    async fn invite(&self, user: &User, token: &PasswordToken, audit: &AuditLine)
    -> Result<bool, StoreError>;

    /// Takes the user's password away and ends all sessions (at `token.created_at`); `token` is for the next one.
    /// The state stays.
    async fn reset_password(&self, token: &PasswordToken, audit: &AuditLine) -> Result<Changed, StoreError>;

    /// The same for whoever has the server's own machine: takes the second factor away as well and lets the user in
    /// again, the last administrator too. Returns the user as it is then, where there is one.
    async fn recover(&self, token: &PasswordToken, audit: &AuditLine) -> Result<Option<User>, StoreError>;

    /// The user whose password can be chosen with this token at `now`: it is in force, and the user not disabled.
    async fn find_by_password_token(
        &self,
        token: PasswordTokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<User>, StoreError>;

    /// Uses the token up, gives its user this password and ends all sessions; one who was invited becomes active.
    /// `None` (nothing was changed) where [`UserStore::find_by_password_token`] would find nobody.
    async fn set_password(
        &self,
        token: PasswordTokenHash,
        password: &PasswordHash,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<Option<User>, StoreError>;

    /// Changes a password and ends the user's other sessions; returns whether it did: it does not where the old one
    /// is no longer the user's.
    async fn change_password(&self, change: &PasswordChange, audit: &AuditLine) -> Result<bool, StoreError>;

    /// Gives a user another role. The line is written where something was changed.
    async fn set_role(&self, user: UserId, role: Role, audit: &AuditLine) -> Result<Changed, StoreError>;

    /// Locks a user out and ends all sessions. The line is written where something was changed.
    async fn disable(
        &self,
        user: UserId,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<Changed, StoreError>;

    /// Lets a disabled user in again: active where there is a password, else invited. Others stay as they are. The
    /// line is written where something was changed.
    async fn enable(&self, user: UserId, audit: &AuditLine) -> Result<Changed, StoreError>;
}
