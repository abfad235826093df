//! Where somebody is logged in.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::access::Authority;
use domain::session::Session;
use domain::user::Permission;

use crate::graphql::error::{UserError, payload};
use crate::graphql::guard::{Requires, person};
use crate::graphql::node::GlobalId;
use crate::graphql::scalar::DateTime;
use crate::graphql::{caller, core};

/// Where somebody is logged in.
#[derive(Clone)]
pub struct OpenSession(Session);

impl From<Session> for OpenSession {
    fn from(session: Session) -> Self {
        Self(session)
    }
}

/// Where somebody is logged in.
#[Object]
impl OpenSession {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::OpenSession(self.0.id).encode()
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last renewed, which a client does every few minutes.
    async fn last_used_at(&self) -> DateTime {
        self.0.last_used_at.into()
    }

    /// When it ends unless it is renewed before.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// From where it was opened; null where that is not known.
    async fn address(&self) -> Option<String> {
        self.0.address.map(|address| address.to_string())
    }

    /// What the client called itself when it was opened; null where it did not.
    async fn user_agent(&self) -> Option<&str> {
        self.0.agent.as_deref()
    }

    /// Whether it is the one that asks.
    async fn current(&self, context: &Context<'_>) -> bool {
        let asking = caller(context).principal.as_ref().map(|principal| principal.authority);
        asking == Some(Authority::Session(self.0.id))
    }
}

/// What became of all other sessions.
#[derive(SimpleObject)]
pub struct SessionRevokeOthersPayload {
    /// How many were ended.
    revoked: u64,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct OpenSessionMutation;

#[Object]
impl OpenSessionMutation {
    /// Ends all of your sessions but the one that asks.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn session_revoke_others(&self, context: &Context<'_>) -> Result<SessionRevokeOthersPayload> {
        let sessions = &core(context).services.people.sessions;
        let (revoked, user_errors) = payload(sessions.revoke_others(&person(context)?).await)?;
        Ok(SessionRevokeOthersPayload { revoked: revoked.unwrap_or(0), user_errors })
    }
}
