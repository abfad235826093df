//! The people as an administrator manages them.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::page::{Page, PageInfo};
use super::scalar::DateTime;
use super::schema;
use super::user::{Role, UserId};
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// Whether somebody can log in.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum UserState {
    Invited,
    Active,
    Disabled,
}

/// Somebody with an account here.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "User")]
pub struct Person {
    /// The id.
    pub id: UserId,
    /// The name to log in with.
    pub username: String,
    /// What the person may do.
    pub role: Role,
    /// When the account was made.
    pub created_at: DateTime,
    /// Whether the person can log in.
    pub state: UserState,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
}

#[derive(cynic::QueryFragment)]
struct UserConnection {
    nodes: Vec<Person>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct AllVariables {
    first: Option<i32>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "AllVariables")]
struct Users {
    #[arguments(first: $first, after: $after)]
    users: Option<UserConnection>,
}

/// The most that a page may hold.
const PAGE: i32 = 100;

/// Everybody, by name.
pub async fn all(session: Session, after: Option<String>) -> Result<Page<Person>, Failure> {
    let operation = Users::build(AllVariables { first: Some(PAGE), after });
    let found = session.call(&operation).await?.users.ok_or(Failure::Unreachable)?;
    Ok(Page::new(found.nodes, found.page_info))
}

/// A token with which a password can be chosen once. No `Debug`: it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordToken {
    /// For whom.
    pub person: Person,
    /// The token.
    pub token: String,
    /// Until when it works.
    pub expires_at: DateTime,
}

#[derive(cynic::InputObject)]
struct UserInviteInput {
    username: String,
    role: Role,
}

#[derive(cynic::QueryVariables)]
struct InviteVariables {
    input: UserInviteInput,
}

#[derive(cynic::QueryFragment)]
struct UserInvitePayload {
    user: Option<Person>,
    password_token: Option<String>,
    password_token_expires_at: Option<DateTime>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "InviteVariables")]
struct UserInvite {
    #[arguments(input: $input)]
    user_invite: UserInvitePayload,
}

/// Makes an account, whose owner chooses the password.
pub async fn invite(session: Session, username: String, role: Role) -> Result<PasswordToken, Refusal> {
    let operation = UserInvite::build(InviteVariables { input: UserInviteInput { username, role } });
    let payload = session.call(&operation).await?.user_invite;
    match (payload.user, payload.password_token, payload.password_token_expires_at) {
        (Some(person), Some(token), Some(expires_at)) => Ok(PasswordToken { person, token, expires_at }),
        _ => Err(Refusal::User(payload.user_errors)),
    }
}

#[derive(cynic::InputObject)]
struct UserRoleSetInput {
    user: UserId,
    role: Role,
}

#[derive(cynic::QueryVariables)]
struct RoleSetVariables {
    input: UserRoleSetInput,
}

#[derive(cynic::QueryFragment)]
struct UserRoleSetPayload {
    user: Option<Person>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RoleSetVariables")]
struct UserRoleSet {
    #[arguments(input: $input)]
    user_role_set: UserRoleSetPayload,
}

/// Gives somebody another role.
pub async fn set_role(session: Session, user: UserId, role: Role) -> Result<Person, Refusal> {
    let operation = UserRoleSet::build(RoleSetVariables { input: UserRoleSetInput { user, role } });
    let payload = session.call(&operation).await?.user_role_set;
    payload.user.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct UserDisableInput {
    user: UserId,
}

#[derive(cynic::QueryVariables)]
struct DisableVariables {
    input: UserDisableInput,
}

#[derive(cynic::QueryFragment)]
struct UserDisablePayload {
    user: Option<Person>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "DisableVariables")]
struct UserDisable {
    #[arguments(input: $input)]
    user_disable: UserDisablePayload,
}

/// Shuts somebody out.
pub async fn disable(session: Session, user: UserId) -> Result<Person, Refusal> {
    let operation = UserDisable::build(DisableVariables { input: UserDisableInput { user } });
    let payload = session.call(&operation).await?.user_disable;
    payload.user.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct UserEnableInput {
    user: UserId,
}

#[derive(cynic::QueryVariables)]
struct EnableVariables {
    input: UserEnableInput,
}

#[derive(cynic::QueryFragment)]
struct UserEnablePayload {
    user: Option<Person>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EnableVariables")]
struct UserEnable {
    #[arguments(input: $input)]
    user_enable: UserEnablePayload,
}

/// Lets somebody in again.
pub async fn enable(session: Session, user: UserId) -> Result<Person, Refusal> {
    let operation = UserEnable::build(EnableVariables { input: UserEnableInput { user } });
    let payload = session.call(&operation).await?.user_enable;
    payload.user.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct UserPasswordResetInput {
    user: UserId,
}

#[derive(cynic::QueryVariables)]
struct PasswordResetVariables {
    input: UserPasswordResetInput,
}

#[derive(cynic::QueryFragment)]
struct UserPasswordResetPayload {
    user: Option<Person>,
    password_token: Option<String>,
    password_token_expires_at: Option<DateTime>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "PasswordResetVariables")]
struct UserPasswordReset {
    #[arguments(input: $input)]
    user_password_reset: UserPasswordResetPayload,
}

/// Voids somebody's password, who chooses a new one.
pub async fn reset_password(session: Session, user: UserId) -> Result<PasswordToken, Refusal> {
    let input = UserPasswordResetInput { user };
    let operation = UserPasswordReset::build(PasswordResetVariables { input });
    let payload = session.call(&operation).await?.user_password_reset;
    match (payload.user, payload.password_token, payload.password_token_expires_at) {
        (Some(person), Some(token), Some(expires_at)) => Ok(PasswordToken { person, token, expires_at }),
        _ => Err(Refusal::User(payload.user_errors)),
    }
}

#[derive(cynic::InputObject)]
struct UserSecondFactorResetInput {
    user: UserId,
}

#[derive(cynic::QueryVariables)]
struct SecondFactorResetVariables {
    input: UserSecondFactorResetInput,
}

#[derive(cynic::QueryFragment)]
struct UserSecondFactorResetPayload {
    user: Option<Person>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "SecondFactorResetVariables")]
struct UserSecondFactorReset {
    #[arguments(input: $input)]
    user_second_factor_reset: UserSecondFactorResetPayload,
}

/// Takes the second factor off somebody who lost it.
pub async fn reset_second_factor(session: Session, user: UserId) -> Result<Person, Refusal> {
    let input = UserSecondFactorResetInput { user };
    let operation = UserSecondFactorReset::build(SecondFactorResetVariables { input });
    let payload = session.call(&operation).await?.user_second_factor_reset;
    payload.user.ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<Users, AllVariables>(),
        mutation::<UserInvite, InviteVariables>(),
        mutation::<UserRoleSet, RoleSetVariables>(),
        mutation::<UserDisable, DisableVariables>(),
        mutation::<UserEnable, EnableVariables>(),
        mutation::<UserPasswordReset, PasswordResetVariables>(),
        mutation::<UserSecondFactorReset, SecondFactorResetVariables>(),
    ]
}
