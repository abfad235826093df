//! Logging in, staying logged in, logging out; and the sessions that are open.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::page::{Page, PageInfo};
use super::scalar::DateTime;
use super::schema;
use super::user::{User, UserId};
use super::user_error::{Refusal, UserError};
use crate::session::Session as Caller;

/// A session. No `Debug`: it holds a secret.
#[derive(cynic::QueryFragment)]
pub struct Session {
    /// What every request carries.
    pub access_token: String,
    /// When the access token ends.
    pub access_token_expires_at: DateTime,
    /// Whose session it is.
    pub user: User,
}

/// A name, its password, and the second factor where one is asked for.
#[derive(cynic::InputObject)]
pub struct SessionCreateInput {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
    /// Six digits, or a recovery code.
    pub code: Option<String>,
}

/// The argument of the mutation.
#[derive(cynic::QueryVariables)]
pub struct SessionCreateVariables {
    /// The one input.
    pub input: SessionCreateInput,
}

/// What became of a log-in.
#[derive(cynic::QueryFragment)]
pub struct SessionCreatePayload {
    /// The new session.
    pub session: Option<Session>,
    /// Why there is none.
    pub user_errors: Vec<UserError>,
}

/// Logs in.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "SessionCreateVariables")]
pub struct SessionCreate {
    /// What became of it.
    #[arguments(input: $input)]
    pub session_create: SessionCreatePayload,
}

/// What became of a renewal.
#[derive(cynic::QueryFragment)]
pub struct SessionRefreshPayload {
    /// The session with its new access token.
    pub session: Option<Session>,
}

/// Renews the session of the browser's refresh cookie.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation")]
pub struct SessionRefresh {
    /// What became of it.
    pub session_refresh: SessionRefreshPayload,
}

/// What became of a log-out.
#[derive(cynic::QueryFragment)]
pub struct SessionRevokePayload {
    /// Whether a session ended.
    pub revoked: bool,
}

/// Logs out.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation")]
pub struct SessionRevoke {
    /// What became of it.
    pub session_revoke: SessionRevokePayload,
}

/// The id of a session.
pub type SessionId = cynic::Id;

/// A log-in that has not ended.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: DateTime,
    /// When it was used last.
    pub last_used_at: DateTime,
    /// From where it was used.
    pub address: Option<String>,
    /// What the program calls itself.
    pub user_agent: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

#[derive(cynic::QueryFragment)]
struct OpenSessionConnection {
    nodes: Vec<OpenSession>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct OwnVariables {
    first: Option<i32>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "User", variables = "OwnVariables")]
struct SessionsOfViewer {
    #[arguments(first: $first, after: $after)]
    sessions: Option<OpenSessionConnection>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "OwnVariables")]
struct ViewerSessions {
    viewer: Option<SessionsOfViewer>,
}

fn page(sessions: Option<OpenSessionConnection>) -> Result<Page<OpenSession>, Failure> {
    let found = sessions.ok_or(Failure::Unreachable)?;
    Ok(Page::new(found.nodes, found.page_info))
}

/// The own sessions, the one used last first.
pub async fn own(session: Caller, after: Option<String>) -> Result<Page<OpenSession>, Failure> {
    let operation = ViewerSessions::build(OwnVariables { first: Some(PAGE), after });
    let viewer = session.call(&operation).await?.viewer.ok_or(Failure::Unauthenticated)?;
    page(viewer.sessions)
}

/// How many sessions one page holds.
const PAGE: i32 = 20;

#[derive(cynic::QueryVariables)]
struct OfUserVariables {
    user: UserId,
    first: Option<i32>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "User", variables = "OfUserVariables")]
struct SessionsOfUser {
    #[arguments(first: $first, after: $after)]
    sessions: Option<OpenSessionConnection>,
}

#[derive(cynic::InlineFragments)]
#[cynic(graphql_type = "Node", variables = "OfUserVariables")]
enum UserNode {
    User(SessionsOfUser),
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "OfUserVariables")]
struct UserSessions {
    #[arguments(id: $user)]
    node: Option<UserNode>,
}

/// The sessions of any user, for administrators.
pub async fn of_user(
    session: Caller,
    user: UserId,
    after: Option<String>,
) -> Result<Page<OpenSession>, Failure> {
    let operation = UserSessions::build(OfUserVariables { user, first: Some(PAGE), after });
    match session.call(&operation).await?.node {
        Some(UserNode::User(user)) => page(user.sessions),
        Some(UserNode::Other) | None => Err(Failure::Unreachable),
    }
}

#[derive(cynic::InputObject)]
struct SessionRevokeInput {
    session: Option<SessionId>,
}

#[derive(cynic::QueryVariables)]
struct EndVariables {
    input: SessionRevokeInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "SessionRevokePayload")]
struct EndPayload {
    revoked: bool,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EndVariables")]
struct SessionEnd {
    #[arguments(input: $input)]
    session_revoke: EndPayload,
}

/// Ends a session that is not this one.
pub async fn end(session: Caller, ended: SessionId) -> Result<(), Refusal> {
    let operation = SessionEnd::build(EndVariables { input: SessionRevokeInput { session: Some(ended) } });
    let payload = session.call(&operation).await?.session_revoke;
    if payload.revoked { Ok(()) } else { Err(Refusal::User(payload.user_errors)) }
}

#[derive(cynic::QueryFragment)]
struct SessionRevokeOthersPayload {
    revoked: i32,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation")]
struct SessionsEnd {
    session_revoke_others: SessionRevokeOthersPayload,
}

/// Ends every own session but this one, and says how many that were.
pub async fn end_others(session: Caller) -> Result<i32, Refusal> {
    let payload = session.call(&SessionsEnd::build(())).await?.session_revoke_others;
    if payload.user_errors.is_empty() { Ok(payload.revoked) } else { Err(Refusal::User(payload.user_errors)) }
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        mutation::<SessionCreate, SessionCreateVariables>(),
        mutation::<SessionRefresh, ()>(),
        mutation::<SessionRevoke, ()>(),
        query::<ViewerSessions, OwnVariables>(),
        query::<UserSessions, OfUserVariables>(),
        mutation::<SessionEnd, EndVariables>(),
        mutation::<SessionsEnd, ()>(),
    ]
}
