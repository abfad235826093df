//! Sessions: a family of refresh tokens, each used once.
//!
//! Logging in opens a session and hands out a refresh token. Using it returns the next one; using one
//! twice means that it was stolen, and ends the whole session.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::clock::Clock;
use crate::error::{Error, Refusal, RefusalCode};
use crate::random::{Random, new_id};
use crate::store::StoreError;
use crate::user::{Password, PasswordHasher, User, UserId, UserStore, Username};

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
    /// When it ends unless it is used before.
    pub expires_at: OffsetDateTime,
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

/// Hashes a refresh token for the store.
pub trait TokenDigest: Send + Sync {
    /// The SHA-256 of the token.
    fn digest(&self, token: &RefreshToken) -> RefreshTokenHash;
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
    /// Opens a session with its first refresh token.
    async fn create(&self, session: &Session, token: RefreshTokenHash) -> Result<(), StoreError>;

    /// Replaces the token `old` by `new` and moves the session's end to `expires_at`. Where `old` was
    /// replaced before, the session is ended in the same transaction.
    async fn rotate(
        &self,
        old: RefreshTokenHash,
        new: RefreshTokenHash,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<Rotation, StoreError>;

    /// The session and its user, where it is still open at `now`.
    async fn find_open(
        &self,
        id: SessionId,
        now: OffsetDateTime,
    ) -> Result<Option<(Session, User)>, StoreError>;

    /// Ends a session.
    async fn end(&self, id: SessionId, now: OffsetDateTime) -> Result<(), StoreError>;

    /// The session that `token` belongs to (in force or replaced), where it is known.
    async fn find_by_token(&self, token: RefreshTokenHash) -> Result<Option<SessionId>, StoreError>;
}

/// A session that was opened or renewed, with the refresh token to hand out.
#[derive(Debug)]
pub struct Granted {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// The token in force from now on.
    pub refresh_token: RefreshToken,
}

/// What can be done with sessions.
pub struct Sessions {
    /// Where they are kept.
    pub store: Arc<dyn SessionStore>,
    /// Whose they are.
    pub users: Arc<dyn UserStore>,
    /// How passwords are compared.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How tokens are hashed.
    pub digest: Arc<dyn TokenDigest>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids and tokens.
    pub random: Arc<dyn Random>,
}

impl Sessions {
    /// Logs in. An unknown user and a wrong password take the same time and give the same refusal.
    pub async fn create(&self, username: &str, password: String) -> Result<Granted, Error> {
        let wrong = || Refusal::whole(RefusalCode::InvalidCredentials, "unknown user name or wrong password");
        if password.len() > Password::MAX_BYTES {
            return Err(wrong().into());
        }
        let known = match Username::parse(username) {
            Ok(username) => self.users.find_by_username(&username).await?,
            Err(_) => None,
        };
        let (user, hash) = known.unzip();
        let right = self.hasher.verify(Password::claimed(password), hash).await?;
        let Some(user) = user.filter(|_| right) else { return Err(wrong().into()) };
        let now = self.clock.now();
        let id = SessionId(new_id(now, self.random.as_ref()));
        let session = Session { id, user: user.id, created_at: now, expires_at: now + SESSION_LIVES };
        let refresh_token = self.new_token();
        self.store.create(&session, self.digest.digest(&refresh_token)).await?;
        Ok(Granted { session, user, refresh_token })
    }

    /// Uses a refresh token. One that was used before ends its session.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<Granted, Error> {
        let next = self.new_token();
        let now = self.clock.now();
        let (old, new) = (self.digest.digest(token), self.digest.digest(&next));
        match self.store.rotate(old, new, now, now + SESSION_LIVES).await? {
            Rotation::Rotated(session, user) => Ok(Granted { session, user, refresh_token: next }),
            Rotation::Reused(_) | Rotation::Refused => {
                Err(Refusal::whole(RefusalCode::SessionEnded, "this session has ended; log in again").into())
            }
        }
    }

    /// Ends the session of a refresh token; an unknown token is no error.
    pub async fn revoke_by_token(&self, token: &RefreshToken) -> Result<(), Error> {
        if let Some(id) = self.store.find_by_token(self.digest.digest(token)).await? {
            self.revoke(id).await?;
        }
        Ok(())
    }

    /// Ends a session.
    pub async fn revoke(&self, id: SessionId) -> Result<(), Error> {
        Ok(self.store.end(id, self.clock.now()).await?)
    }

    /// The session and its user, where it is open.
    pub async fn find_open(&self, id: SessionId) -> Result<Option<(Session, User)>, Error> {
        Ok(self.store.find_open(id, self.clock.now()).await?)
    }

    fn new_token(&self) -> RefreshToken {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        RefreshToken(bytes)
    }
}
