//! The second factor: six digits of an authenticator app (TOTP, RFC 6238), or a recovery code used once.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::AuditLine;
use crate::error::{Refusal, RefusalCode};
use crate::session::SessionId;
use crate::store::StoreError;
use crate::user::UserId;

mod factors;
mod recovery_code;

pub use factors::SecondFactors;
pub use recovery_code::RecoveryCode;

/// The id of a second factor: each that a user begins has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecondFactorId(pub Uuid);

/// What an authenticator app shares with us, in clear: 20 random bytes. It is never shown again or logged, and the
/// store seals it.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(pub [u8; 20]);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpSecret(…)")
    }
}

/// What is stored of a recovery code: its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryCodeHash(pub [u8; 32]);

impl fmt::Debug for RecoveryCodeHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecoveryCodeHash(…)")
    }
}

/// The arithmetic of TOTP: SHA-1, six digits, steps of 30 seconds.
pub trait Totp: Send + Sync {
    /// The step at which `code` is right for this secret: the one at `now`, the one before or the one after. Compares
    /// in constant time.
    fn step_of(&self, secret: &TotpSecret, code: &str, now: OffsetDateTime) -> Option<u64>;
}

/// A user's second factor; a user has one at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Ours.
    pub id: SecondFactorId,
    /// Whose.
    pub user: UserId,
    /// What the user's app knows.
    pub secret: TotpSecret,
    /// When it was begun.
    pub created_at: OffsetDateTime,
    /// When it came into force; not yet where there is none.
    pub confirmed_at: Option<OffsetDateTime>,
}

/// Where second factors are kept; secrets sealed, codes hashed. [`crate::user::User::second_factor`] tells wherever a
/// user is read whether one is in force.
#[async_trait]
pub trait SecondFactorStore: Send + Sync {
    /// Keeps one that is not in force yet, in place of an earlier one that is not. Returns whether it did: it does
    /// not where one is in force.
    async fn begin(&self, factor: &SecondFactor) -> Result<bool, StoreError>;

    /// The user's, in force or not.
    async fn find(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError>;

    /// Puts it into force, with `step` as the last one used and these recovery codes, and ends the other sessions. Returns whether it did: it does
    /// not where it has been replaced or is in force.
    async fn confirm(
        &self,
        confirmed: &Confirmed,
        codes: &[RecoveryCodeHash],
        audit: &AuditLine,
    ) -> Result<bool, StoreError>;

    /// Marks `step` (of 30 seconds since 1970) as used, where it is later than any used before and the factor is in
    /// force; returns whether it did. Of two that come with one step, one succeeds.
    async fn use_step(&self, id: SecondFactorId, step: u64) -> Result<bool, StoreError>;

    /// Uses a recovery code up; returns whether the user had it and had not used it. Of two that come with one code,
    /// one succeeds.
    async fn use_recovery_code(&self, user: UserId, code: RecoveryCodeHash) -> Result<bool, StoreError>;

    /// How many recovery codes are left.
    async fn recovery_codes_left(&self, user: UserId) -> Result<u32, StoreError>;

    /// Replaces all recovery codes, used or not; returns whether it did: it does not where no factor is in force.
    async fn renew_recovery_codes(
        &self,
        user: UserId,
        codes: &[RecoveryCodeHash],
        audit: &AuditLine,
    ) -> Result<bool, StoreError>;

    /// Takes the factor (in force or not) and the codes away; returns whether one was in force. The line is written
    /// only then.
    async fn remove(&self, user: UserId, audit: &AuditLine) -> Result<bool, StoreError>;
}

/// A second factor whose first code was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// Which.
    pub id: SecondFactorId,
    /// The step of that code.
    pub step: u64,
    /// When.
    pub at: OffsetDateTime,
    /// The session that stays open; all others of the user end: they were opened with the password alone.
    pub kept: SessionId,
}

/// What a code was that was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Six digits of the authenticator app.
    App,
    /// One of those that are kept for when the app is lost.
    Recovery,
}

/// The refusal of a wrong code.
pub(crate) fn code_invalid() -> Refusal {
    let message = "this code is wrong or was used before; wait for the next one, or use a recovery code";
    Refusal::of("code", RefusalCode::CodeInvalid, message)
}
