//! Whoever stands behind a request: an access token or an API key, checked against the database each time, so that
//! what was revoked stops at once.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::access::{Authority, Rights};
use domain::api_key::{ApiKey, ApiKeys};
use domain::session::Sessions;
use domain::user::{User, UserState};
use time::OffsetDateTime;

use crate::auth::{AccessTokens, TokenRejected};

/// What the text of an API key begins with; an access token never does.
const KEY_MARK: &str = "tgk_";

/// How often the last uses of keys are written.
const WRITE_USES_EVERY: Duration = Duration::from_secs(30);

/// A user who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who it is, as the database knows it now.
    pub user: User,
    /// By what the user was let in.
    pub authority: Authority,
    /// When the access token or the key ends; none where it does not.
    pub expires_at: Option<OffsetDateTime>,
    /// From where; a key may be good for some addresses alone.
    pub address: Option<IpAddr>,
}

impl Principal {
    /// What the user may do.
    pub fn rights(&self) -> Rights {
        Rights { role: self.user.role, authority: self.authority }
    }

    fn with_key(key: &ApiKey, user: User, address: Option<IpAddr>) -> Self {
        Self { user, authority: Authority::Key(key.id, key.scopes), expires_at: key.expires_at, address }
    }
}

/// Why nobody stands behind a request that claimed somebody.
#[derive(Debug, thiserror::Error)]
pub enum Unauthenticated {
    /// The token is not valid, or its session has ended; the key is not good, or not from there.
    #[error(transparent)]
    Rejected(#[from] TokenRejected),
    /// It could not be checked now.
    #[error(transparent)]
    Failed(#[from] domain::Error),
}

/// Turns access tokens and API keys into principals.
#[derive(Clone)]
pub struct Authenticator {
    /// How tokens are checked.
    pub tokens: AccessTokens,
    /// Where sessions are found.
    pub sessions: Arc<Sessions>,
    /// Where keys are found.
    pub api_keys: Arc<ApiKeys>,
}

impl Authenticator {
    /// The user behind this access token or API key, presented from this address.
    pub async fn principal(
        &self,
        token: &str,
        address: Option<IpAddr>,
    ) -> Result<Principal, Unauthenticated> {
        if token.starts_with(KEY_MARK) {
            let found = self.api_keys.authenticate(token, address).await?;
            let (key, user) = found.ok_or(TokenRejected)?;
            return Ok(Principal::with_key(&key, user, address));
        }
        let claims = self.tokens.check(token)?;
        match self.sessions.find_open(claims.session).await? {
            Some((session, user)) if user.id == claims.user && user.state == UserState::Active => {
                let authority = Authority::Session(session.id);
                Ok(Principal { user, authority, expires_at: Some(claims.expires_at), address })
            }
            _ => Err(TokenRejected.into()),
        }
    }

    /// The principal as the database knows it now; `None` where its session has ended, or its key is no longer good.
    pub async fn again(&self, principal: &Principal) -> Result<Option<Principal>, domain::Error> {
        match principal.authority {
            Authority::Session(id) => {
                let found = self.sessions.find_open(id).await?;
                let found = found.filter(|(_, user)| user.state == UserState::Active);
                Ok(found.map(|(_, user)| Principal { user, ..principal.clone() }))
            }
            Authority::Key(id, _) => {
                let found = self.api_keys.again(id, principal.address).await?;
                Ok(found.map(|(key, user)| Principal::with_key(&key, user, principal.address)))
            }
        }
    }

    /// Writes down now and then when keys were last used, without end.
    pub async fn write_uses(&self) {
        loop {
            tokio::time::sleep(WRITE_USES_EVERY).await;
            self.write_uses_now().await;
        }
    }

    /// Writes down when keys were last used.
    pub async fn write_uses_now(&self) {
        if let Err(error) = self.api_keys.write_uses().await {
            tracing::warn!(%error, "when API keys were last used could not be written down");
        }
    }
}
