//! Whoever stands behind a request: an access token, checked against the session in SQL.

use std::sync::Arc;

use domain::session::{SessionId, Sessions};
use domain::user::User;
use time::OffsetDateTime;

use crate::auth::{AccessTokens, TokenRejected};

/// A user, logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who it is, as the database knows it now.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// When the access token ends.
    pub expires_at: OffsetDateTime,
}

/// Why nobody stands behind a request that claimed somebody.
#[derive(Debug, thiserror::Error)]
pub enum Unauthenticated {
    /// The token is not valid, or its session has ended.
    #[error(transparent)]
    Rejected(#[from] TokenRejected),
    /// It could not be checked now.
    #[error(transparent)]
    Failed(#[from] domain::Error),
}

/// Turns access tokens into principals.
#[derive(Clone)]
pub struct Authenticator {
    /// How tokens are checked.
    pub tokens: AccessTokens,
    /// Where sessions are found.
    pub sessions: Arc<Sessions>,
}

impl Authenticator {
    /// The user behind this token. The session is looked up each time, so that one that was revoked stops at once.
    pub async fn principal(&self, token: &str) -> Result<Principal, Unauthenticated> {
        let claims = self.tokens.check(token)?;
        match self.sessions.find_open(claims.session).await? {
            Some((session, user)) if user.id == claims.user => {
                Ok(Principal { user, session: session.id, expires_at: claims.expires_at })
            }
            _ => Err(TokenRejected.into()),
        }
    }
}
