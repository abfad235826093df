//! Sessions: a family of refresh tokens, each used once.
//!
//! Logging in opens a session and hands out a refresh token. Using it returns the next one; using one
//! twice means that it was stolen, and ends the whole session.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::audit::AuditLine;
use crate::page::{Found, Page};
use crate::store::StoreError;
use crate::user::{PasswordHash, User, UserId, Username};

mod sessions;

pub use sessions::{Granted, LogIn, Sessions};

/// How long a session lives without being used.
pub const SESSION_LIVES: Duration = Duration::days(14);

/// The id of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub Uuid);

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Ours.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When it was last renewed.
    pub last_used_at: OffsetDateTime,
    /// When it ends unless it is used before.
    pub expires_at: OffsetDateTime,
    /// From where it was opened, where that is known.
    pub address: Option<IpAddr>,
    /// What the client called itself when it was opened; at most 200 characters.
    pub agent: Option<String>,
}

/// Where a session stands in the list of a user's: the latest use first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCursor {
    /// When it was last renewed.
    pub last_used_at: OffsetDateTime,
    /// Which; of two with one time, the greater first.
    pub id: SessionId,
}

/// A session that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// Its first refresh token.
    pub token: RefreshTokenHash,
    /// The password that was found right; it must still be the user's.
    pub password: PasswordHash,
}

/// A refresh token in clear: 32 random bytes. It is never shown or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(pub [u8; 32]);

impl fmt::Debug for RefreshToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RefreshToken(…)")
    }
}

/// What is stored of a refresh token: its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefreshTokenHash(pub [u8; 32]);

/// A token that is to take another's place.
#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    /// The one that was presented.
    pub old: RefreshTokenHash,
    /// The next one.
    pub new: RefreshTokenHash,
    /// When: the session's last use from then on.
    pub now: OffsetDateTime,
    /// The session's new end.
    pub expires_at: OffsetDateTime,
}

/// What became of a refresh token that was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was the current one; the next is in force.
    Rotated(Session, User),
    /// It had been used before: the session has been ended.
    Reused(SessionId),
    /// It is unknown, or its session has ended.
    Refused,
}

/// Where sessions are kept.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Opens a session; returns whether it did: it does not where its user is no longer active, or the password has
    /// been changed meanwhile.
    async fn create(&self, new: &NewSession, audit: &AuditLine) -> Result<bool, StoreError>;

    /// Replaces the token `old` by `new`, moves the session's end and its last use. Where `old` was replaced before,
    /// the session is ended in the same transaction; the line is written only then.
    async fn rotate(&self, renewal: Renewal, reused: &AuditLine) -> Result<Rotation, StoreError>;

    /// The session and its user, where it is still open at `now`.
    async fn find_open(
        &self,
        id: SessionId,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError>;

    /// The session that `token` belongs to (in force or replaced) and its user, where it is open at `now`.
    async fn find_by_token(
        &self,
        token: RefreshTokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError>;

    /// A page of the user's sessions that are open at `now`, the latest use first.
    async fn list(
        &self,
        user: UserId,
        now: OffsetDateTime,
        page: &Page<SessionCursor>,
    ) -> Result<Found<Session>, StoreError>;

    /// Ends a session; returns whether it was open. The line is written only then.
    async fn end(&self, id: SessionId, now: OffsetDateTime, audit: &AuditLine) -> Result<bool, StoreError>;

    /// Ends every open session of the user but this one; returns how many.
    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<u64, StoreError>;

    /// The addresses from which the user of this name has opened sessions since then, each once, at most 200, the
    /// latest first; none where there is no such user.
    async fn addresses(&self, username: &Username, since: OffsetDateTime) -> Result<Vec<IpAddr>, StoreError>;
}
