//! Webhooks: where alerts are posted to.

use cynic::{MutationBuilder, QueryBuilder};

use super::document::{mutation, query};
use super::failure::Failure;
use super::scalar::DateTime;
use super::schema;
use super::user_error::{Refusal, UserError};
use crate::session::Session;

/// The id of a webhook.
pub type WebhookId = cynic::Id;

/// A place that alerts are posted to.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What its owner called it.
    pub name: String,
    /// Its address.
    pub url: String,
    /// When something was delivered last.
    pub last_delivered_at: Option<DateTime>,
    /// Why the last delivery failed.
    pub last_error: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct AllWebhooks {
    webhooks: Option<Vec<Webhook>>,
}

/// Every webhook of the user.
pub async fn all(session: Session) -> Result<Vec<Webhook>, Failure> {
    session.call(&AllWebhooks::build(())).await?.webhooks.ok_or(Failure::Unreachable)
}

#[derive(cynic::InputObject)]
struct WebhookCreateInput {
    name: String,
    url: String,
}

#[derive(cynic::QueryVariables)]
struct WebhookCreateVariables {
    input: WebhookCreateInput,
}

#[derive(cynic::QueryFragment)]
struct WebhookCreatePayload {
    webhook: Option<Webhook>,
    secret: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "WebhookCreateVariables")]
struct WebhookCreate {
    #[arguments(input: $input)]
    webhook_create: WebhookCreatePayload,
}

/// Makes a webhook; the answer is the secret that signs what is posted, which is told only now.
pub async fn create(session: Session, name: String, url: String) -> Result<String, Refusal> {
    let operation = WebhookCreate::build(WebhookCreateVariables { input: WebhookCreateInput { name, url } });
    let payload = session.call(&operation).await?.webhook_create;
    match (payload.webhook, payload.secret) {
        (Some(_), Some(secret)) => Ok(secret),
        _ => Err(Refusal::User(payload.user_errors)),
    }
}

#[derive(cynic::InputObject)]
struct WebhookTestInput {
    webhook: WebhookId,
}

#[derive(cynic::QueryVariables)]
struct WebhookTestVariables {
    input: WebhookTestInput,
}

#[derive(cynic::QueryFragment)]
struct WebhookTestPayload {
    webhook: Option<Webhook>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "WebhookTestVariables")]
struct WebhookTest {
    #[arguments(input: $input)]
    webhook_test: WebhookTestPayload,
}

/// Posts a sample, and says how that went.
pub async fn test(session: Session, webhook: WebhookId) -> Result<Webhook, Refusal> {
    let operation = WebhookTest::build(WebhookTestVariables { input: WebhookTestInput { webhook } });
    let payload = session.call(&operation).await?.webhook_test;
    payload.webhook.ok_or(Refusal::User(payload.user_errors))
}

#[derive(cynic::InputObject)]
struct WebhookDeleteInput {
    webhook: WebhookId,
}

#[derive(cynic::QueryVariables)]
struct WebhookDeleteVariables {
    input: WebhookDeleteInput,
}

#[derive(cynic::QueryFragment)]
struct WebhookDeletePayload {
    deleted_webhook_id: Option<WebhookId>,
    user_errors: Vec<UserError>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "WebhookDeleteVariables")]
struct WebhookDelete {
    #[arguments(input: $input)]
    webhook_delete: WebhookDeletePayload,
}

/// Deletes a webhook.
pub async fn delete(session: Session, webhook: WebhookId) -> Result<(), Refusal> {
    let operation = WebhookDelete::build(WebhookDeleteVariables { input: WebhookDeleteInput { webhook } });
    let payload = session.call(&operation).await?.webhook_delete;
    payload.deleted_webhook_id.map(|_| ()).ok_or(Refusal::User(payload.user_errors))
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<AllWebhooks, ()>(),
        mutation::<WebhookCreate, WebhookCreateVariables>(),
        mutation::<WebhookTest, WebhookTestVariables>(),
        mutation::<WebhookDelete, WebhookDeleteVariables>(),
    ]
}
