//! People: who is logged in, and the first administrator.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use crate::graphql::error::{UserError, payload};
use crate::graphql::node::GlobalId;
use crate::graphql::scalar::DateTime;
use crate::graphql::{caller, core, starter};

/// What a user is allowed to do.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::user::Role")]
pub enum Role {
    /// Everything, and managing people.
    Admin,
    /// Market data, research and trading.
    Trader,
    /// Market data and research.
    Researcher,
    /// Market data.
    Viewer,
}

/// A person with an account here.
#[derive(Clone)]
pub struct User(domain::user::User);

impl From<domain::user::User> for User {
    fn from(user: domain::user::User) -> Self {
        Self(user)
    }
}

/// A person with an account here.
#[Object]
impl User {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::User(self.0.id).encode()
    }

    /// The log-in name.
    async fn username(&self) -> &str {
        self.0.username.as_str()
    }

    /// What the user is allowed to do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// Who becomes the first administrator.
#[derive(InputObject)]
pub struct UserSetUpInput {
    /// The token in the set-up link that the server printed when it started.
    #[graphql(secret)]
    set_up_token: String,
    /// The log-in name: 2 to 40 letters, digits or any of `. _ - @`.
    username: String,
    /// The password: at least 12 characters.
    #[graphql(secret)]
    password: String,
}

/// What became of a set-up.
#[derive(SimpleObject)]
pub struct UserSetUpPayload {
    /// The first administrator, who can log in now; null where it was refused.
    user: Option<User>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// Who is logged in; null where nobody is.
    async fn viewer(&self, context: &Context<'_>) -> Option<User> {
        caller(context).principal.as_ref().map(|principal| principal.user.clone().into())
    }
}

#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Makes the first administrator, with a first watchlist. It can be done once, with the token of the set-up link.
    async fn user_set_up(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who becomes the first administrator.")] input: UserSetUpInput,
    ) -> Result<UserSetUpPayload> {
        let core = core(context);
        let made = core.services.users.set_up(&input.set_up_token, &input.username, input.password).await;
        let (user, user_errors) = payload(made)?;
        if let Some(user) = &user {
            tracing::info!(user = %user.username, "the first administrator was made");
            core.monitor.look_now();
            starter::make_watchlist(Arc::clone(core), user.id).await;
        }
        Ok(UserSetUpPayload { user: user.map(User), user_errors })
    }
}
