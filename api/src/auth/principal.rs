//! Whoever stands behind a request: an access token, checked against the session in SQL.

use std::net::IpAddr;
use std::sync::Arc;

use domain::access::{Authority, Rights};
use domain::session::Sessions;
use domain::user::User;
use time::OffsetDateTime;

use crate::auth::{AccessTokens, TokenRejected};

/// A user who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who it is, as the database knows it now.
    pub user: User,
    /// By what the user was let in.
    pub authority: Authority,
    /// When the access token ends; none where it does not.
    pub expires_at: Option<OffsetDateTime>,
}

impl Principal {
    /// What the user may do.
    pub fn rights(&self) -> Rights {
        Rights { role: self.user.role, authority: self.authority }
    }
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
    /// The user behind this token, presented from this address. The session is looked up each time, so that one that was revoked stops at once.
    pub async fn principal(
        &self,
        token: &str,
        _address: Option<IpAddr>,
    ) -> Result<Principal, Unauthenticated> {
        let claims = self.tokens.check(token)?;
        match self.sessions.find_open(claims.session).await? {
            Some((session, user)) if user.id == claims.user => {
                let authority = Authority::Session(session.id);
                Ok(Principal { user, authority, expires_at: Some(claims.expires_at) })
            }
            _ => Err(TokenRejected.into()),
        }
    }

    /// The principal as the database knows it now; `None` where its session has ended.
    pub async fn again(&self, principal: &Principal) -> Result<Option<Principal>, domain::Error> {
        match principal.authority {
            Authority::Session(id) => {
                let found = self.sessions.find_open(id).await?;
                Ok(found.map(|(_, user)| Principal { user, ..principal.clone() }))
            }
            Authority::Key(..) => Ok(None),
        }
    }
}
