//! API keys: what programs use in a user's place.

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, Error, ID, InputObject, Object, Result, SimpleObject};
use domain::api_key::{MadeKey, NewApiKey};
use domain::user::Permission;

use crate::graphql::core;
use crate::graphql::error::{UserError, code, coded, payload};
use crate::graphql::guard::{Requires, RequiresEither, asker, person};
use crate::graphql::loader::Users;
use crate::graphql::node::{GlobalId, given};
use crate::graphql::scalar::DateTime;
use crate::graphql::user::User;

/// One thing that an API key may be good for; never more than its user's role allows.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::access::Scope")]
pub enum Scope {
    /// Quotes, bars and instruments; its user's watchlists and alerts, which it may change too.
    MarketRead,
    /// Accounts, orders and positions.
    AccountRead,
    /// Orders of simulated and paper accounts.
    TradePaper,
    /// Orders of live accounts.
    TradeLive,
    /// Strategies and backtests.
    Research,
    /// People and settings; but inviting, giving roles, and resetting passwords and second factors need a session.
    Admin,
}

/// A key that a program sends in its user's place, as `Authorization: Bearer tgk_…`.
pub struct ApiKey(domain::api_key::ApiKey);

impl From<domain::api_key::ApiKey> for ApiKey {
    fn from(key: domain::api_key::ApiKey) -> Self {
        Self(key)
    }
}

/// A key that a program sends in its user's place, as `Authorization: Bearer tgk_…`.
#[Object]
impl ApiKey {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::ApiKey(self.0.id).encode()
    }

    /// Whose it is.
    async fn user(&self, context: &Context<'_>) -> Result<User> {
        let found = context.data_unchecked::<DataLoader<Users>>().load_one(self.0.user).await?;
        found.map(User::from).ok_or_else(gone)
    }

    /// What its user called it.
    async fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// The first eight characters after `tgk_`, by which it is recognised.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it is good for.
    async fn scopes(&self) -> Vec<Scope> {
        self.0.scopes.iter().map(Scope::from).collect()
    }

    /// The addresses and ranges from which it may be used; from anywhere where there is none.
    async fn addresses(&self) -> Vec<String> {
        self.0.addresses.iter().map(ToString::to_string).collect()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it ends; null where it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// When it was last used, to within a minute; null where it was not.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// When it was made void; null where it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}

/// The error where a key has no user any more, which no store yields.
fn gone() -> Error {
    coded(code::INTERNAL, "internal fault")
}

/// A new key.
#[derive(InputObject)]
pub struct ApiKeyCreateInput {
    /// What to call it: 1 to 60 characters.
    name: String,
    /// What it is to be good for: at least one, none beyond your role.
    scopes: Vec<Scope>,
    /// When it is to end; never where it is left out.
    expires_at: Option<DateTime>,
    /// The addresses and ranges (`10.1.0.0/16`) from which it may be used, at most 20; from anywhere where there is none.
    addresses: Option<Vec<String>>,
    /// Your password.
    #[graphql(secret)]
    current_password: String,
}

/// A key that is made void.
#[derive(InputObject)]
pub struct ApiKeyRevokeInput {
    /// The id of the key.
    api_key: ID,
}

/// What became of a new key.
#[derive(SimpleObject)]
pub struct ApiKeyCreatePayload {
    /// The key; null where it was refused.
    api_key: Option<ApiKey>,
    /// What the program sends, `tgk_…`. It is shown here alone; null where it was refused.
    secret: Option<String>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a key that is made void.
#[derive(SimpleObject)]
pub struct ApiKeyRevokePayload {
    /// The key, void; null where it was refused.
    api_key: Option<ApiKey>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Makes a key for your programs; at most 50 are in use at once.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn api_key_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new key.")] input: ApiKeyCreateInput,
    ) -> Result<ApiKeyCreatePayload> {
        let wanted = NewApiKey {
            name: input.name,
            scopes: input.scopes.into_iter().map(domain::access::Scope::from).collect(),
            expires_at: input.expires_at.map(|DateTime(end)| end),
            addresses: input.addresses.unwrap_or_default(),
            password: input.current_password,
        };
        let made = core(context).services.people.api_keys.create(&person(context)?, wanted).await;
        let (made, user_errors) = payload(made)?;
        let secret = made.as_ref().map(MadeKey::text);
        let api_key = made.map(|made| ApiKey(made.key));
        Ok(ApiKeyCreatePayload { api_key, secret, user_errors })
    }

    /// Makes a key void at once: one of your own, or as administrator anybody's.
    #[graphql(guard = "RequiresEither(Permission::ManageSelf, Permission::Administer)")]
    async fn api_key_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApiKeyRevokeInput,
    ) -> Result<ApiKeyRevokePayload> {
        let asker = asker(context)?;
        let revoked = async {
            let id = given("apiKey", &input.api_key)?;
            core(context).services.people.api_keys.revoke(&asker, id).await
        };
        let (key, user_errors) = payload(revoked.await)?;
        Ok(ApiKeyRevokePayload { api_key: key.map(ApiKey), user_errors })
    }
}
