//! How the user wants the dashboard, as the server keeps it.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::schema;
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// The preferences as the server keeps them.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// A JSON object.
    pub content: String,
    /// Grows with every change.
    pub version: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct OwnPreferences {
    preferences: Option<Preferences>,
}

/// What was kept last; none where nothing was.
pub async fn own(session: Session) -> Result<Option<Preferences>, Failure> {
    Ok(session.call(&OwnPreferences::build(())).await?.preferences)
}

#[derive(cynic::InputObject)]
struct PreferencesSaveInput {
    content: String,
    expected_version: Option<i32>,
}

#[derive(cynic::QueryVariables)]
struct PreferencesSaveVariables {
    input: PreferencesSaveInput,
}

#[derive(cynic::QueryFragment)]
struct PreferencesSavePayload {
    preferences: Option<Preferences>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "PreferencesSaveVariables")]
struct PreferencesSave {
    #[arguments(input: $input)]
    preferences_save: PreferencesSavePayload,
}

/// Keeps the preferences, where they are still at this version.
pub async fn save(
    session: Session,
    content: String,
    expected_version: Option<i32>,
) -> Result<Preferences, Refusal> {
    let input = PreferencesSaveInput { content, expected_version };
    let operation = PreferencesSave::build(PreferencesSaveVariables { input });
    let payload = session.call(&operation).await?.preferences_save;
    payload.preferences.ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![query::<OwnPreferences, ()>(), mutation::<PreferencesSave, PreferencesSaveVariables>()]
}
