//! People: who is logged in, who there is, and the first administrator.

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::mail::Mailbox;
use domain::session::SessionCursor;
use domain::user::{Permission, SetUp, Username};

use crate::graphql::api_key::ApiKey;
use crate::graphql::complexity::of_page;
use crate::graphql::connection::{MAX_PAGE, OpenSessionConnection, PageArguments, UserConnection};
use crate::graphql::error::{UserError, payload, top_level};
use crate::graphql::guard::{is_own, may_see, permitted};
use crate::graphql::loader::{KeysOfUsers, Mailboxes};
use crate::graphql::node::GlobalId;
use crate::graphql::scalar::DateTime;
use crate::graphql::session::OpenSession;
use crate::graphql::{caller, core, starter};

mod administration;
mod email;

pub use administration::AdministrationMutation;
pub use email::EmailMutation;

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

/// Whether a user can come in.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::user::UserState")]
pub enum UserState {
    /// Has not chosen a password yet.
    Invited,
    /// Can log in.
    Active,
    /// Locked out by an administrator, and the user's API keys too.
    Disabled,
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

    /// Whether the user can come in.
    async fn state(&self) -> UserState {
        self.0.state.into()
    }

    /// Whether a second factor is asked for when the user logs in.
    async fn second_factor(&self) -> bool {
        self.0.second_factor
    }

    /// How many recovery codes are left; null where it is not your own session that asks.
    async fn recovery_codes_left(&self, context: &Context<'_>) -> Option<Result<u32>> {
        if !is_own(context, self.0.id) {
            return None;
        }
        let second_factors = &core(context).services.people.second_factors;
        Some(second_factors.recovery_codes_left(self.0.id).await.map_err(top_level))
    }

    /// The open sessions, the one that was used last first; null where they are not your own and you are no administrator.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn sessions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Option<Result<OpenSessionConnection>> {
        if !may_see(context, self.0.id) {
            return None;
        }
        Some(self.open_sessions(context, PageArguments { first, after, last, before }).await)
    }

    /// The API keys, newest first, with those that were revoked or ended in the last 30 days, 200 at most; null where they are not your own and you are no administrator.
    #[graphql(complexity = "10 * child_complexity")]
    async fn api_keys(&self, context: &Context<'_>) -> Option<Result<Vec<ApiKey>>> {
        if !may_see(context, self.0.id) {
            return None;
        }
        let loader = context.data_unchecked::<DataLoader<KeysOfUsers>>();
        Some(
            loader
                .load_one(self.0.id)
                .await
                .map(|keys| keys.unwrap_or_default().into_iter().map(ApiKey::from).collect()),
        )
    }

    /// The e-mail address that was set last; null where there is none, or where it is not your own and you are no
    /// administrator.
    async fn email(&self, context: &Context<'_>) -> Option<Result<String>> {
        let mailbox = self.mailbox(context).await.transpose()?;
        Some(mailbox.map(|mailbox| mailbox.latest().as_str().to_owned()))
    }

    /// Whether the e-mail address is confirmed; false where it is not to be seen.
    async fn email_confirmed(&self, context: &Context<'_>) -> Result<bool> {
        Ok(self.mailbox(context).await?.is_some_and(|mailbox| mailbox.is_confirmed()))
    }

    /// Where alerts go by e-mail: the address that was confirmed last, also while a new one waits to be. Null where there
    /// is none, or where it is not to be seen.
    async fn alert_email(&self, context: &Context<'_>) -> Result<Option<String>> {
        let mailbox = self.mailbox(context).await?;
        Ok(mailbox.and_then(|mailbox| mailbox.in_force().map(|address| address.as_str().to_owned())))
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

impl User {
    /// The e-mail address, where it may be seen.
    async fn mailbox(&self, context: &Context<'_>) -> Result<Option<Mailbox>> {
        if !may_see(context, self.0.id) {
            return Ok(None);
        }
        context.data_unchecked::<DataLoader<Mailboxes>>().load_one(self.0.id).await
    }

    async fn open_sessions(
        &self,
        context: &Context<'_>,
        arguments: PageArguments,
    ) -> Result<OpenSessionConnection> {
        let page = arguments.page().map_err(|refusal| top_level(refusal.into()))?;
        let sessions = &core(context).services.people.sessions;
        let found = sessions.list(self.0.id, &page).await.map_err(top_level)?;
        Ok(OpenSessionConnection::of(
            &page,
            found.map(|session| {
                let cursor = SessionCursor { last_used_at: session.last_used_at, id: session.id };
                (cursor, OpenSession::from(session))
            }),
        ))
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

    /// Everybody, by user name. For administrators.
    #[graphql(complexity = "of_page(first.or(last), MAX_PAGE.into(), child_complexity)")]
    async fn users(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Option<Result<UserConnection>> {
        let arguments = PageArguments { first, after, last, before };
        permitted(context, Permission::Administer, list(context, arguments)).await
    }
}

async fn list(context: &Context<'_>, arguments: PageArguments) -> Result<Option<UserConnection>> {
    let page = arguments.page::<Username>().map_err(|refusal| top_level(refusal.into()))?;
    let found = core(context).services.people.users.list(&page).await.map_err(top_level)?;
    let found = found.map(|user| (user.username.clone(), User(user)));
    Ok(Some(UserConnection::of(&page, found)))
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
        let UserSetUpInput { set_up_token: token, username, password } = input;
        let wanted = SetUp { token, username, password };
        let made = core.services.people.users.set_up(wanted, &caller(context).origin).await;
        let (user, user_errors) = payload(made)?;
        if let Some(user) = &user {
            tracing::info!(user = %user.username, "the first administrator was made");
            core.monitor.look_now();
            starter::make_watchlist(Arc::clone(core), user.id).await;
        }
        Ok(UserSetUpPayload { user: user.map(User), user_errors })
    }
}
