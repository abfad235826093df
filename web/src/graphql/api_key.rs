//! API keys: what programs log in with.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::scalar::DateTime;
use super::schema;
use super::user::{Role, UserId};
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// The id of a key.
pub type ApiKeyId = cynic::Id;

/// What a key may do.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(non_exhaustive)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum Scope {
    MarketRead,
    AccountRead,
    TradePaper,
    TradeLive,
    Research,
    Admin,
    #[cynic(fallback)]
    Other,
}

impl Scope {
    /// What somebody of this role may give to a key: nothing that the role does not have itself.
    pub fn offered_to(role: Role) -> &'static [Self] {
        match role {
            Role::Admin => &[
                Self::MarketRead,
                Self::AccountRead,
                Self::TradePaper,
                Self::TradeLive,
                Self::Research,
                Self::Admin,
            ],
            Role::Trader => {
                &[Self::MarketRead, Self::AccountRead, Self::TradePaper, Self::TradeLive, Self::Research]
            }
            Role::Researcher => &[Self::MarketRead, Self::Research],
            Role::Viewer => &[Self::MarketRead],
        }
    }

    /// As documentation and error texts write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::MarketRead => "market:read",
            Self::AccountRead => "account:read",
            Self::TradePaper => "trade:paper",
            Self::TradeLive => "trade:live",
            Self::Research => "research",
            Self::Admin => "admin",
            Self::Other => "?",
        }
    }
}

/// A key, without its secret.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What its owner called it.
    pub name: String,
    /// How its secret begins.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// From where it may be used; empty for everywhere.
    pub addresses: Vec<String>,
    /// When it was made.
    pub created_at: DateTime,
    /// When it ends.
    pub expires_at: Option<DateTime>,
    /// When it was used last.
    pub last_used_at: Option<DateTime>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime>,
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl ApiKey {
    /// Whether it works at this moment.
    pub fn state(&self, now_millis: i64) -> KeyState {
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|end| end.millis() <= now_millis) {
            KeyState::Expired
        } else {
            KeyState::Active
        }
    }
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "User")]
struct Owner {
    api_keys: Option<Vec<ApiKey>>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct ViewerApiKeys {
    viewer: Option<Owner>,
}

/// The own keys.
pub async fn own(session: Session) -> Result<Vec<ApiKey>, Failure> {
    let viewer = session.call(&ViewerApiKeys::build(())).await?.viewer.ok_or(Failure::Unauthenticated)?;
    viewer.api_keys.ok_or(Failure::Unreachable)
}

#[derive(cynic::QueryVariables)]
struct OfUserVariables {
    user: UserId,
}

#[derive(cynic::InlineFragments)]
#[cynic(graphql_type = "Node")]
enum UserNode {
    User(Owner),
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "OfUserVariables")]
struct UserApiKeys {
    #[arguments(id: $user)]
    node: Option<UserNode>,
}

/// The keys of any user, for administrators.
pub async fn of_user(session: Session, user: UserId) -> Result<Vec<ApiKey>, Failure> {
    match session.call(&UserApiKeys::build(OfUserVariables { user })).await?.node {
        Some(UserNode::User(owner)) => owner.api_keys.ok_or(Failure::Unreachable),
        Some(UserNode::Other) | None => Err(Failure::Unreachable),
    }
}

/// A key to be made. No `Debug`: it holds the password.
#[derive(cynic::InputObject, Clone)]
pub struct ApiKeyCreateInput {
    /// What to call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends; never by default.
    pub expires_at: Option<DateTime>,
    /// From where it may be used; everywhere by default.
    pub addresses: Option<Vec<String>>,
    /// The password of who makes it.
    pub current_password: String,
}

#[derive(cynic::QueryVariables)]
struct CreateVariables {
    input: ApiKeyCreateInput,
}

#[derive(cynic::QueryFragment)]
struct ApiKeyCreatePayload {
    api_key: Option<ApiKey>,
    secret: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreateVariables")]
struct ApiKeyCreate {
    #[arguments(input: $input)]
    api_key_create: ApiKeyCreatePayload,
}

/// A key with its secret, which is told once. No `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// The key.
    pub key: ApiKey,
    /// What a program sends.
    pub secret: String,
}

/// Makes a key.
pub async fn create(session: Session, input: ApiKeyCreateInput) -> Result<NewApiKey, Refusal> {
    let payload = session.call(&ApiKeyCreate::build(CreateVariables { input })).await?.api_key_create;
    match (payload.api_key, payload.secret) {
        (Some(key), Some(secret)) => Ok(NewApiKey { key, secret }),
        _ => Err(Refusal::User(payload.user_errors)),
    }
}

#[derive(cynic::InputObject)]
struct ApiKeyRevokeInput {
    api_key: ApiKeyId,
}

#[derive(cynic::QueryVariables)]
struct RevokeVariables {
    input: ApiKeyRevokeInput,
}

#[derive(cynic::QueryFragment)]
struct ApiKeyRevokePayload {
    api_key: Option<ApiKey>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RevokeVariables")]
struct ApiKeyRevoke {
    #[arguments(input: $input)]
    api_key_revoke: ApiKeyRevokePayload,
}

/// Ends a key.
pub async fn revoke(session: Session, api_key: ApiKeyId) -> Result<ApiKey, Refusal> {
    let operation = ApiKeyRevoke::build(RevokeVariables { input: ApiKeyRevokeInput { api_key } });
    let payload = session.call(&operation).await?.api_key_revoke;
    payload.api_key.ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<ViewerApiKeys, ()>(),
        query::<UserApiKeys, OfUserVariables>(),
        mutation::<ApiKeyCreate, CreateVariables>(),
        mutation::<ApiKeyRevoke, RevokeVariables>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_works_until_it_ends_or_is_revoked() {
        let check = |expires: Option<i64>, revoked: Option<i64>, expect: KeyState| {
            let key = ApiKey {
                id: ApiKeyId::new("k"),
                name: "bot".into(),
                prefix: "tgk_ab".into(),
                scopes: vec![],
                addresses: vec![],
                created_at: DateTime::from_millis(0),
                expires_at: expires.map(DateTime::from_millis),
                last_used_at: None,
                revoked_at: revoked.map(DateTime::from_millis),
            };
            assert_eq!(key.state(1_000), expect, "{expires:?} {revoked:?}");
        };
        check(None, None, KeyState::Active);
        check(Some(1_001), None, KeyState::Active);
        check(Some(1_000), None, KeyState::Expired);
        check(Some(2_000), Some(500), KeyState::Revoked);
        check(Some(500), Some(400), KeyState::Revoked);
    }

    #[test]
    fn nobody_is_offered_more_than_the_role_has() {
        let codes =
            |role| Scope::offered_to(role).iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" ");
        assert_eq!(codes(Role::Viewer), "market:read");
        assert_eq!(codes(Role::Researcher), "market:read research");
        assert_eq!(codes(Role::Trader), "market:read account:read trade:paper trade:live research");
        assert_eq!(codes(Role::Admin), "market:read account:read trade:paper trade:live research admin");
    }
}
