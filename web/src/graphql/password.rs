//! Passwords: choosing one with the token of a link, and changing one's own.

use cynic::MutationBuilder;

use super::document::mutation;
use super::schema;
use super::user::User;
use super::user_error::{Refusal, UserError};
use crate::graphql::http;
use crate::session::Session;

#[derive(cynic::InputObject)]
struct PasswordSetInput {
    password_token: String,
    password: String,
}

#[derive(cynic::QueryVariables)]
struct SetVariables {
    input: PasswordSetInput,
}

#[derive(cynic::QueryFragment)]
struct PasswordSetPayload {
    user: Option<User>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "SetVariables")]
struct PasswordSet {
    #[arguments(input: $input)]
    password_set: PasswordSetPayload,
}

/// Chooses the password of whom the token was made for. Nobody has to be logged in.
pub async fn set(password_token: String, password: String) -> Result<User, Refusal> {
    let operation = PasswordSet::build(SetVariables { input: PasswordSetInput { password_token, password } });
    let payload = http::post(&operation, None).await?.password_set;
    payload.user.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct PasswordChangeInput {
    current_password: String,
    new_password: String,
}

#[derive(cynic::QueryVariables)]
struct ChangeVariables {
    input: PasswordChangeInput,
}

#[derive(cynic::QueryFragment)]
struct PasswordChangePayload {
    user: Option<User>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ChangeVariables")]
struct PasswordChange {
    #[arguments(input: $input)]
    password_change: PasswordChangePayload,
}

/// Changes the own password; the other sessions end.
pub async fn change(
    session: Session,
    current_password: String,
    new_password: String,
) -> Result<User, Refusal> {
    let input = PasswordChangeInput { current_password, new_password };
    let payload = session.call(&PasswordChange::build(ChangeVariables { input })).await?.password_change;
    payload.user.ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![mutation::<PasswordSet, SetVariables>(), mutation::<PasswordChange, ChangeVariables>()]
}
