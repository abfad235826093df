//! The own e-mail address, to which alerts are sent.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::schema;
use super::user_error::{Refusal, UserError};
use crate::session::Session;

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "User")]
struct Mailbox {
    email: Option<String>,
    email_confirmed: bool,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "System")]
struct MailSystem {
    mail: bool,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct OwnEmail {
    viewer: Option<Mailbox>,
    system: MailSystem,
}

/// How the own e-mail address stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The address, where there is one.
    pub address: Option<String>,
    /// Whether its owner has confirmed it.
    pub confirmed: bool,
    /// Whether this installation can send mail at all.
    pub possible: bool,
}

impl Email {
    /// Whether an alert can be sent there.
    pub fn works(&self) -> bool {
        self.possible && self.confirmed && self.address.is_some()
    }
}

/// How the own e-mail address stands.
pub async fn own(session: Session) -> Result<Email, Failure> {
    let answer = session.call(&OwnEmail::build(())).await?;
    let mailbox = answer.viewer.ok_or(Failure::Unauthenticated)?;
    let possible = answer.system.mail;
    Ok(Email { address: mailbox.email, confirmed: mailbox.email_confirmed, possible })
}

#[derive(cynic::InputObject)]
struct EmailSetInput {
    email: Option<String>,
    current_password: String,
}

#[derive(cynic::QueryVariables)]
struct EmailSetVariables {
    input: EmailSetInput,
}

#[derive(cynic::QueryFragment)]
struct EmailSetPayload {
    user: Option<Mailbox>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EmailSetVariables")]
struct EmailSet {
    #[arguments(input: $input)]
    email_set: EmailSetPayload,
}

/// Sets the address, or removes it; a new one is sent a code.
pub async fn set(session: Session, email: Option<String>, current_password: String) -> Result<(), Refusal> {
    let input = EmailSetInput { email, current_password };
    let payload = session.call(&EmailSet::build(EmailSetVariables { input })).await?.email_set;
    payload.user.map(|_| ()).ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct EmailConfirmInput {
    code: String,
}

#[derive(cynic::QueryVariables)]
struct EmailConfirmVariables {
    input: EmailConfirmInput,
}

#[derive(cynic::QueryFragment)]
struct EmailConfirmPayload {
    user: Option<Mailbox>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EmailConfirmVariables")]
struct EmailConfirm {
    #[arguments(input: $input)]
    email_confirm: EmailConfirmPayload,
}

/// Confirms the address by the code that was sent to it.
pub async fn confirm(session: Session, code: String) -> Result<(), Refusal> {
    let operation = EmailConfirm::build(EmailConfirmVariables { input: EmailConfirmInput { code } });
    let payload = session.call(&operation).await?.email_confirm;
    payload.user.map(|_| ()).ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<OwnEmail, ()>(),
        mutation::<EmailSet, EmailSetVariables>(),
        mutation::<EmailConfirm, EmailConfirmVariables>(),
    ]
}
