//! Webhooks: addresses of users' own programs that alerts are posted to. For people alone, never with a key.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::user::Permission;

use crate::graphql::core;
use crate::graphql::error::{UserError, payload, top_level};
use crate::graphql::guard::{Requires, permitted, person, user};
use crate::graphql::node::{GlobalId, given};
use crate::graphql::scalar::DateTime;

/// An address that alerts are posted to.
pub struct Webhook(domain::webhook::Webhook);

impl From<domain::webhook::Webhook> for Webhook {
    fn from(webhook: domain::webhook::Webhook) -> Self {
        Self(webhook)
    }
}

/// An address that alerts are posted to, as JSON signed with HMAC-SHA256. Each message arrives at least once; repetitions
/// have the same `Idempotency-Key`.
#[Object]
impl Webhook {
    /// The opaque id; `node` follows it.
    pub async fn id(&self) -> ID {
        GlobalId::Webhook(self.0.id).encode()
    }

    /// What its owner called it.
    async fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// Where it is.
    async fn url(&self) -> &str {
        self.0.url.as_str()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When something was last delivered.
    async fn last_delivered_at(&self) -> Option<DateTime> {
        self.0.last_delivered_at.map(DateTime)
    }

    /// Why the last try failed; null where it did not.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }
}

/// A new webhook.
#[derive(InputObject)]
pub struct WebhookCreateInput {
    /// What to call it: 1 to 60 characters.
    name: String,
    /// Where it is: `https://…`, at most 2,000 characters, at a public address unless the server allows others.
    url: String,
}

/// A webhook that is tried.
#[derive(InputObject)]
pub struct WebhookTestInput {
    /// The id of the webhook.
    webhook: ID,
}

/// A webhook that goes away.
#[derive(InputObject)]
pub struct WebhookDeleteInput {
    /// The id of the webhook.
    webhook: ID,
}

/// What became of a new webhook.
#[derive(SimpleObject)]
pub struct WebhookCreatePayload {
    /// The webhook; null where it was refused.
    webhook: Option<Webhook>,
    /// What its messages are signed with, `whsec_…`. It is shown here alone; null where it was refused.
    secret: Option<String>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a try.
#[derive(SimpleObject)]
pub struct WebhookTestPayload {
    /// The webhook; its `lastError` tells how the try ended. Null where it was refused.
    webhook: Option<Webhook>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

/// What became of a deletion.
#[derive(SimpleObject)]
pub struct WebhookDeletePayload {
    /// The id of the webhook that is no more; null where the deletion was refused.
    deleted_webhook_id: Option<ID>,
    /// Why it was refused; empty where it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct WebhookQuery;

#[Object]
impl WebhookQuery {
    /// Your webhooks, oldest first; at most 10.
    #[graphql(complexity = "1 + 10 * child_complexity")]
    async fn webhooks(&self, context: &Context<'_>) -> Option<Result<Vec<Webhook>>> {
        permitted(context, Permission::ManageSelf, async {
            let webhooks = &core(context).services.webhooks;
            let found = webhooks.list(user(context)?.id).await.map_err(top_level)?;
            Ok(Some(found.into_iter().map(Webhook).collect()))
        })
        .await
    }
}

#[derive(Default)]
pub struct WebhookMutation;

#[Object]
impl WebhookMutation {
    /// Makes a webhook; you have at most 10.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn webhook_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new webhook.")] input: WebhookCreateInput,
    ) -> Result<WebhookCreatePayload> {
        let person = person(context)?;
        let made = core(context).services.webhooks.create(&person, &input.name, &input.url).await;
        let (made, user_errors) = payload(made)?;
        let secret = made.as_ref().map(|made| made.secret.text());
        Ok(WebhookCreatePayload { webhook: made.map(|made| Webhook(made.webhook)), secret, user_errors })
    }

    /// Posts a message of the type `test` to a webhook, and waits at most 10 seconds for its answer.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn webhook_test(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: WebhookTestInput,
    ) -> Result<WebhookTestPayload> {
        let person = person(context)?;
        let tested =
            async { core(context).services.webhooks.test(&person, given("webhook", &input.webhook)?).await };
        let (tested, user_errors) = payload(tested.await)?;
        Ok(WebhookTestPayload { webhook: tested.map(Webhook), user_errors })
    }

    /// Deletes a webhook. Alerts that go to it go there no longer, and what was still to be delivered there is given up.
    #[graphql(guard = "Requires(Permission::ManageSelf)")]
    async fn webhook_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: WebhookDeleteInput,
    ) -> Result<WebhookDeletePayload> {
        let person = person(context)?;
        let deleted = async {
            core(context).services.webhooks.delete(&person, given("webhook", &input.webhook)?).await
        };
        let (done, user_errors) = payload(deleted.await)?;
        Ok(WebhookDeletePayload { deleted_webhook_id: done.map(|()| input.webhook), user_errors })
    }
}
