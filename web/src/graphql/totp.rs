//! The second factor: an app that shows six digits, and recovery codes for the day it is lost.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::schema;
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// How the own second factor stands.
#[derive(cynic::QueryFragment, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "User")]
pub struct SecondFactor {
    /// Whether it is in force.
    pub second_factor: bool,
    /// How many recovery codes are left.
    pub recovery_codes_left: Option<i32>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct ViewerSecondFactor {
    viewer: Option<SecondFactor>,
}

/// How the own second factor stands.
pub async fn own(session: Session) -> Result<SecondFactor, Failure> {
    session.call(&ViewerSecondFactor::build(())).await?.viewer.ok_or(Failure::Unauthenticated)
}

#[derive(cynic::InputObject)]
struct TotpBeginInput {
    current_password: String,
}

#[derive(cynic::QueryVariables)]
struct BeginVariables {
    input: TotpBeginInput,
}

#[derive(cynic::QueryFragment)]
struct TotpBeginPayload {
    secret: Option<String>,
    uri: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "BeginVariables")]
struct TotpBegin {
    #[arguments(input: $input)]
    totp_begin: TotpBeginPayload,
}

/// What an authenticator app needs. No `Debug`: it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// To be typed.
    pub secret: String,
    /// To be scanned.
    pub uri: String,
}

/// Makes a secret, which is not in force before [`confirm`].
pub async fn begin(session: Session, current_password: String) -> Result<Enrolment, Refusal> {
    let operation = TotpBegin::build(BeginVariables { input: TotpBeginInput { current_password } });
    let payload = session.call(&operation).await?.totp_begin;
    match (payload.secret, payload.uri) {
        (Some(secret), Some(uri)) => Ok(Enrolment { secret, uri }),
        _ => Err(Refusal::User(payload.user_errors)),
    }
}

#[derive(cynic::InputObject)]
struct TotpConfirmInput {
    code: String,
}

#[derive(cynic::QueryVariables)]
struct ConfirmVariables {
    input: TotpConfirmInput,
}

#[derive(cynic::QueryFragment)]
struct TotpConfirmPayload {
    recovery_codes: Option<Vec<String>>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ConfirmVariables")]
struct TotpConfirm {
    #[arguments(input: $input)]
    totp_confirm: TotpConfirmPayload,
}

/// Puts the second factor in force, and tells the recovery codes once.
pub async fn confirm(session: Session, code: String) -> Result<Vec<String>, Refusal> {
    let operation = TotpConfirm::build(ConfirmVariables { input: TotpConfirmInput { code } });
    let payload = session.call(&operation).await?.totp_confirm;
    payload.recovery_codes.ok_or(Refusal::User(payload.user_errors))
}

/// What shows that it is really the owner. No `Debug`: it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    /// The password.
    pub current_password: String,
    /// Six digits or a recovery code.
    pub code: String,
}

#[derive(cynic::InputObject)]
struct TotpRemoveInput {
    current_password: String,
    code: String,
}

#[derive(cynic::QueryVariables)]
struct RemoveVariables {
    input: TotpRemoveInput,
}

#[derive(cynic::QueryFragment)]
struct TotpRemovePayload {
    user: Option<SecondFactor>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RemoveVariables")]
struct TotpRemove {
    #[arguments(input: $input)]
    totp_remove: TotpRemovePayload,
}

/// Takes the second factor off.
pub async fn remove(session: Session, proof: Proof) -> Result<(), Refusal> {
    let Proof { current_password, code } = proof;
    let operation = TotpRemove::build(RemoveVariables { input: TotpRemoveInput { current_password, code } });
    let payload = session.call(&operation).await?.totp_remove;
    payload.user.map(|_| ()).ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct RecoveryCodesRenewInput {
    current_password: String,
    code: String,
}

#[derive(cynic::QueryVariables)]
struct RenewVariables {
    input: RecoveryCodesRenewInput,
}

#[derive(cynic::QueryFragment)]
struct RecoveryCodesRenewPayload {
    recovery_codes: Option<Vec<String>>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RenewVariables")]
struct RecoveryCodesRenew {
    #[arguments(input: $input)]
    recovery_codes_renew: RecoveryCodesRenewPayload,
}

/// Makes new recovery codes; the old ones are void.
pub async fn renew_codes(session: Session, proof: Proof) -> Result<Vec<String>, Refusal> {
    let Proof { current_password, code } = proof;
    let input = RecoveryCodesRenewInput { current_password, code };
    let operation = RecoveryCodesRenew::build(RenewVariables { input });
    let payload = session.call(&operation).await?.recovery_codes_renew;
    payload.recovery_codes.ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<ViewerSecondFactor, ()>(),
        mutation::<TotpBegin, BeginVariables>(),
        mutation::<TotpConfirm, ConfirmVariables>(),
        mutation::<TotpRemove, RemoveVariables>(),
        mutation::<RecoveryCodesRenew, RenewVariables>(),
    ]
}
