//! What can be done with webhooks: by people alone, never with a key.

use std::sync::Arc;

use crate::asker::Person;
use crate::audit::{AuditAction, AuditLog};
use crate::clock::Clock;
use crate::delivery::{DeliveryId, Notice, NoticeContent};
use crate::error::{Error, Refusal, RefusalCode};
use crate::random::{Random, new_id};
use crate::secret::Secret;
use crate::throttle::Throttle;
use crate::user::UserId;
use crate::webhook::{
    MAX_WEBHOOKS, Post, Reach, Webhook, WebhookId, WebhookName, WebhookSecret, WebhookSender, WebhookStore,
    WebhookUrl,
};

/// A webhook that was just made.
#[derive(Debug)]
pub struct MadeWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// What its messages are signed with; shown once.
    pub secret: WebhookSecret,
}

/// What [`Webhooks`] stands on.
pub struct WebhookPorts {
    /// Where they are kept.
    pub store: Arc<dyn WebhookStore>,
    /// Posts to them.
    pub sender: Arc<dyn WebhookSender>,
    /// Bounds how often one is tried.
    pub throttle: Arc<Throttle>,
    /// What is done is written down.
    pub audit: Arc<AuditLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids and secrets.
    pub random: Arc<dyn Random>,
}

/// What can be done with webhooks.
pub struct Webhooks {
    ports: WebhookPorts,
    reach: Reach,
}

impl Webhooks {
    /// Webhooks that may be at these addresses.
    pub fn new(ports: WebhookPorts, reach: Reach) -> Self {
        Self { ports, reach }
    }

    /// Makes one.
    pub async fn create(&self, person: &Person, name: &str, url: &str) -> Result<MadeWebhook, Error> {
        let WebhookPorts { store, audit, clock, random, .. } = &self.ports;
        let created_at = clock.now();
        let webhook = Webhook {
            id: WebhookId(new_id(created_at, random.as_ref())),
            owner: person.user.id,
            name: WebhookName::parse(name)?,
            url: WebhookUrl::parse(url, self.reach)?,
            created_at,
            last_delivered_at: None,
            last_error: None,
        };
        let secret = WebhookSecret(Secret::new(random.as_ref()));
        // The address may hold a secret of the receiver's: the line tells the machine alone.
        let line = audit.done(person, AuditAction::WebhookCreate).about(webhook.name.as_str());
        let line = line.telling(webhook.url.host());
        if store.create(&webhook, &secret, &line).await? {
            return Ok(MadeWebhook { webhook, secret });
        }
        let message = format!("you have {MAX_WEBHOOKS} webhooks, the most there can be; delete one first");
        Err(Refusal::whole(RefusalCode::LimitReached, message).into())
    }

    /// Posts a message that says that it is a test; how that ended is in the webhook that comes back.
    pub async fn test(&self, person: &Person, id: WebhookId) -> Result<Webhook, Error> {
        let WebhookPorts { store, sender, throttle, clock, random, .. } = &self.ports;
        let owner = person.user.id;
        let webhook = self.find(owner, &[id]).await?.pop().ok_or_else(not_found)?;
        let secret = store.secret(owner, id).await?.ok_or_else(not_found)?;
        throttle.webhook_test(owner).await?;
        let at = clock.now();
        let notice = Notice {
            id: DeliveryId(new_id(at, random.as_ref())),
            text: "This is a test of your webhook.".into(),
            at,
            content: NoticeContent::Test,
        };
        let sent = sender.post(&Post { url: webhook.url.clone(), secret, at, notice }).await;
        let error = sent.err().map(|error| error.to_string());
        store.note(id, at, error.as_deref()).await?;
        let last_delivered_at = if error.is_none() { Some(at) } else { webhook.last_delivered_at };
        Ok(Webhook { last_delivered_at, last_error: error, ..webhook })
    }

    /// Deletes one.
    pub async fn delete(&self, person: &Person, id: WebhookId) -> Result<(), Error> {
        let webhook = self.find(person.user.id, &[id]).await?.pop().ok_or_else(not_found)?;
        let line = self.ports.audit.done(person, AuditAction::WebhookDelete).about(webhook.name.as_str());
        let line = line.telling(webhook.url.host());
        if self.ports.store.delete(person.user.id, id, &line).await? {
            Ok(())
        } else {
            Err(not_found().into())
        }
    }

    /// These of the owner; others are left out.
    pub async fn find(&self, owner: UserId, ids: &[WebhookId]) -> Result<Vec<Webhook>, Error> {
        Ok(self.ports.store.find(owner, ids).await?)
    }

    /// All of the owner, oldest first.
    pub async fn list(&self, owner: UserId) -> Result<Vec<Webhook>, Error> {
        Ok(self.ports.store.list(owner).await?)
    }
}

fn not_found() -> Refusal {
    Refusal::of("webhook", RefusalCode::NotFound, "there is no such webhook")
}
