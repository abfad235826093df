//! Logging in, staying logged in, logging out.

use super::scalar::DateTime;
use super::schema;
use super::user::User;
use super::user_error::UserError;

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

/// A name and its password.
#[derive(cynic::InputObject)]
pub struct SessionCreateInput {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
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
