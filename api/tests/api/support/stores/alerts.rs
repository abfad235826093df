//! Alerts, what they said, webhooks, e-mail addresses, layouts and preferences; and what is sent.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use domain::alert::{
    Alert, AlertChange, AlertEvent, AlertEventId, AlertEventStore, AlertFilter, AlertId, AlertRemoval,
    AlertState, AlertStore, Delivery, DeliveryChannel, DeliveryId, DeliveryState, Outcome,
};
use domain::audit::AuditLine;
use domain::delivery::SendError;
use domain::instrument::InstrumentId;
use domain::layout::{Content, Layout, LayoutChange, LayoutId, LayoutStore};
use domain::mail::{Mail, MailAddress, MailCodeHash, Mailbox, MailboxStore, Mailer, NewMailbox};
use domain::page::{Found, Page};
use domain::preferences::{Preferences, PreferencesStore};
use domain::store::StoreError;
use domain::user::UserId;
use domain::webhook::{Post, Webhook, WebhookId, WebhookSecret, WebhookSender, WebhookStore};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::Stores;
use super::people::page;

#[derive(Default)]
pub struct AlertTables {
    alerts: Vec<Alert>,
    events: Vec<AlertEvent>,
    webhooks: Vec<(Webhook, WebhookSecret)>,
    mailboxes: Vec<(NewMailbox, Option<OffsetDateTime>)>,
    layouts: Vec<Layout>,
    preferences: Vec<(UserId, Preferences)>,
}

impl AlertTables {
    fn alert(&mut self, owner: UserId, id: AlertId) -> Option<&mut Alert> {
        self.alerts.iter_mut().find(|alert| alert.owner == owner && alert.id == id)
    }
}

#[async_trait]
impl AlertStore for Stores {
    async fn create(&self, alert: &Alert) -> Result<AlertChange, StoreError> {
        let mut tables = self.tables()?;
        if !tables.instruments.contains_key(&alert.instrument) {
            return Ok(AlertChange::InstrumentNotFound);
        }
        let own =
            |(webhook, _): &(Webhook, _)| webhook.owner == alert.owner && Some(webhook.id) == alert.webhook;
        if alert.webhook.is_some() && !tables.alerts.webhooks.iter().any(own) {
            return Ok(AlertChange::WebhookNotFound);
        }
        tables.alerts.alerts.push(alert.clone());
        Ok(AlertChange::Done(Box::new(alert.clone())))
    }

    async fn update(&self, alert: &Alert, expected: u32) -> Result<AlertChange, StoreError> {
        let mut tables = self.tables()?;
        let Some(present) = tables.alerts.alert(alert.owner, alert.id) else {
            return Ok(AlertChange::NotFound);
        };
        if present.version != expected {
            return Ok(AlertChange::Outdated);
        }
        *present = Alert { version: expected + 1, state: AlertState::Active, ..alert.clone() };
        Ok(AlertChange::Done(Box::new(present.clone())))
    }

    async fn set_resting(
        &self,
        owner: UserId,
        id: AlertId,
        outcome: Outcome,
    ) -> Result<AlertChange, StoreError> {
        let mut tables = self.tables()?;
        let Some(present) = tables.alerts.alert(owner, id) else { return Ok(AlertChange::NotFound) };
        present.state = if outcome == Outcome::Pause { AlertState::Paused } else { AlertState::Active };
        present.version += 1;
        Ok(AlertChange::Done(Box::new(present.clone())))
    }

    async fn delete(&self, owner: UserId, id: AlertId) -> Result<AlertRemoval, StoreError> {
        let alerts = &mut self.tables()?.alerts.alerts;
        let before = alerts.len();
        alerts.retain(|alert| alert.owner != owner || alert.id != id);
        Ok(if alerts.len() < before { AlertRemoval::Done } else { AlertRemoval::NotFound })
    }

    async fn find(&self, owner: UserId, ids: &[AlertId]) -> Result<Vec<Alert>, StoreError> {
        let alerts = &self.tables()?.alerts.alerts;
        let own = |alert: &&Alert| alert.owner == owner && ids.contains(&alert.id);
        Ok(alerts.iter().filter(own).cloned().collect())
    }

    async fn list(
        &self,
        owner: UserId,
        filter: AlertFilter,
        wanted: &Page<AlertId>,
    ) -> Result<Found<Alert>, StoreError> {
        let mut alerts = self.tables()?.alerts.alerts.clone();
        alerts.retain(|alert| {
            alert.owner == owner
                && filter.state.is_none_or(|state| alert.state == state)
                && filter.instrument.is_none_or(|instrument| alert.instrument == instrument)
        });
        let place = |id: AlertId| std::cmp::Reverse(id);
        alerts.sort_by_key(|alert| place(alert.id));
        Ok(page(alerts, wanted, |alert| place(alert.id), |id| place(*id)))
    }
}

#[async_trait]
impl AlertEventStore for Stores {
    async fn find(&self, owner: UserId, id: AlertEventId) -> Result<Option<AlertEvent>, StoreError> {
        let events = &self.tables()?.alerts.events;
        Ok(events.iter().find(|event| event.owner == owner && event.id == id).cloned())
    }

    async fn list(&self, owner: UserId, wanted: &Page<u64>) -> Result<Found<AlertEvent>, StoreError> {
        let mut events = self.tables()?.alerts.events.clone();
        events.retain(|event| event.owner == owner);
        let place = |number: u64| std::cmp::Reverse(number);
        events.sort_by_key(|event| place(event.number));
        Ok(page(events, wanted, |event| place(event.number), |number| place(*number)))
    }

    async fn after(&self, owner: UserId, number: u64, count: u64) -> Result<Vec<AlertEvent>, StoreError> {
        let events = &self.tables()?.alerts.events;
        let after = events.iter().filter(|event| event.owner == owner && event.number > number);
        Ok(after.take(usize::try_from(count).unwrap()).cloned().collect())
    }

    async fn last_number(&self, owner: UserId) -> Result<u64, StoreError> {
        let events = &self.tables()?.alerts.events;
        let numbers = events.iter().filter(|event| event.owner == owner).map(|event| event.number);
        Ok(numbers.max().unwrap_or(0))
    }

    async fn read_through(&self, owner: UserId, number: u64, at: OffsetDateTime) -> Result<u64, StoreError> {
        let events = &mut self.tables()?.alerts.events;
        let read = events.iter_mut().filter(|event| event.owner == owner && event.number <= number);
        Ok(read.map(|event| *event.read_at.get_or_insert(at)).count() as u64)
    }
}

#[async_trait]
impl WebhookStore for Stores {
    async fn create(
        &self,
        webhook: &Webhook,
        secret: &WebhookSecret,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables()?;
        tables.alerts.webhooks.push((webhook.clone(), secret.clone()));
        tables.people.audit.push(audit.clone());
        Ok(true)
    }

    async fn find(&self, owner: UserId, ids: &[WebhookId]) -> Result<Vec<Webhook>, StoreError> {
        let mut found = WebhookStore::list(self, owner).await?;
        found.retain(|webhook| ids.contains(&webhook.id));
        Ok(found)
    }

    async fn list(&self, owner: UserId) -> Result<Vec<Webhook>, StoreError> {
        let webhooks = &self.tables()?.alerts.webhooks;
        Ok(webhooks.iter().map(|(webhook, _)| webhook).filter(|one| one.owner == owner).cloned().collect())
    }

    async fn secret(&self, owner: UserId, id: WebhookId) -> Result<Option<WebhookSecret>, StoreError> {
        let webhooks = &self.tables()?.alerts.webhooks;
        let own = webhooks.iter().find(|(webhook, _)| webhook.owner == owner && webhook.id == id);
        Ok(own.map(|(_, secret)| secret.clone()))
    }

    async fn note(&self, id: WebhookId, at: OffsetDateTime, error: Option<&str>) -> Result<(), StoreError> {
        let webhooks = &mut self.tables()?.alerts.webhooks;
        for (webhook, _) in webhooks.iter_mut().filter(|(webhook, _)| webhook.id == id) {
            webhook.last_error = error.map(str::to_owned);
            webhook.last_delivered_at = if error.is_none() { Some(at) } else { webhook.last_delivered_at };
        }
        Ok(())
    }

    async fn delete(&self, owner: UserId, id: WebhookId, audit: &AuditLine) -> Result<bool, StoreError> {
        let mut tables = self.tables()?;
        let before = tables.alerts.webhooks.len();
        tables.alerts.webhooks.retain(|(webhook, _)| webhook.owner != owner || webhook.id != id);
        let gone = tables.alerts.webhooks.len() < before;
        tables.people.audit.extend(gone.then(|| audit.clone()));
        Ok(gone)
    }
}

#[async_trait]
impl MailboxStore for Stores {
    async fn find(&self, users: &[UserId]) -> Result<Vec<Mailbox>, StoreError> {
        let mailboxes = &self.tables()?.alerts.mailboxes;
        let found = mailboxes.iter().filter(|(mailbox, _)| users.contains(&mailbox.user));
        let mailbox = |(known, confirmed_at): &(NewMailbox, Option<OffsetDateTime>)| Mailbox {
            user: known.user,
            address: known.address.clone(),
            confirmed_at: *confirmed_at,
        };
        Ok(found.map(mailbox).collect())
    }

    async fn set(&self, mailbox: &NewMailbox, audit: &AuditLine) -> Result<(), StoreError> {
        let mut tables = self.tables()?;
        tables.alerts.mailboxes.retain(|(known, _)| known.user != mailbox.user);
        tables.alerts.mailboxes.push((mailbox.clone(), None));
        tables.people.audit.push(audit.clone());
        Ok(())
    }

    async fn remove(&self, user: UserId, audit: &AuditLine) -> Result<(), StoreError> {
        let mut tables = self.tables()?;
        tables.alerts.mailboxes.retain(|(known, _)| known.user != user);
        tables.people.audit.push(audit.clone());
        Ok(())
    }

    async fn confirm(
        &self,
        user: UserId,
        code: MailCodeHash,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables()?;
        let waits = |(known, _): &&mut (NewMailbox, Option<OffsetDateTime>)| {
            known.user == user && known.code == code && now < known.code_expires_at
        };
        let Some((_, confirmed_at)) = tables.alerts.mailboxes.iter_mut().find(waits) else {
            return Ok(false);
        };
        *confirmed_at = Some(now);
        tables.people.audit.push(audit.clone());
        Ok(true)
    }
}

#[async_trait]
impl LayoutStore for Stores {
    async fn list(&self, owner: UserId) -> Result<Vec<Layout>, StoreError> {
        Ok(self.tables()?.alerts.layouts.iter().filter(|layout| layout.owner == owner).cloned().collect())
    }

    async fn find(&self, owner: UserId, id: LayoutId) -> Result<Option<Layout>, StoreError> {
        Ok(LayoutStore::list(self, owner).await?.into_iter().find(|layout| layout.id == id))
    }

    async fn create(&self, layout: &Layout) -> Result<LayoutChange, StoreError> {
        self.tables()?.alerts.layouts.push(layout.clone());
        Ok(LayoutChange::Done(layout.clone()))
    }

    async fn update(&self, layout: &Layout, expected: Option<u32>) -> Result<LayoutChange, StoreError> {
        let mut tables = self.tables()?;
        let own = |known: &&mut Layout| known.owner == layout.owner && known.id == layout.id;
        let Some(present) = tables.alerts.layouts.iter_mut().find(own) else {
            return Ok(LayoutChange::NotFound);
        };
        if expected.is_some_and(|expected| expected != present.version) {
            return Ok(LayoutChange::Outdated);
        }
        *present = Layout { version: present.version + 1, ..layout.clone() };
        Ok(LayoutChange::Done(present.clone()))
    }

    async fn delete(&self, owner: UserId, id: LayoutId) -> Result<bool, StoreError> {
        let layouts = &mut self.tables()?.alerts.layouts;
        let before = layouts.len();
        layouts.retain(|layout| layout.owner != owner || layout.id != id);
        Ok(layouts.len() < before)
    }
}

#[async_trait]
impl PreferencesStore for Stores {
    async fn find(&self, user: UserId) -> Result<Preferences, StoreError> {
        let preferences = &self.tables()?.alerts.preferences;
        Ok(preferences.iter().find(|(owner, _)| *owner == user).map(|(_, it)| it.clone()).unwrap_or_default())
    }

    async fn save(
        &self,
        user: UserId,
        content: &Content,
        expected: Option<u32>,
    ) -> Result<Option<Preferences>, StoreError> {
        let present = PreferencesStore::find(self, user).await?;
        if expected.is_some_and(|expected| expected != present.version) {
            return Ok(None);
        }
        let saved = Preferences { content: content.clone(), version: present.version + 1 };
        let preferences = &mut self.tables()?.alerts.preferences;
        preferences.retain(|(owner, _)| *owner != user);
        preferences.push((user, saved.clone()));
        Ok(Some(saved))
    }
}

impl Stores {
    /// Every user.
    pub fn all_users(&self) -> Vec<UserId> {
        self.tables.lock().unwrap().people.users.iter().map(|(user, _)| user.id).collect()
    }

    /// An alert of the user says something; returns the number.
    pub fn say(&self, owner: UserId, alert: AlertId, instrument: InstrumentId) -> u64 {
        self.say_at_length(owner, alert, instrument, 0)
    }

    /// The same in a text that has so many bytes more.
    pub fn say_at_length(&self, owner: UserId, alert: AlertId, instrument: InstrumentId, more: usize) -> u64 {
        let events = &mut self.tables.lock().unwrap().alerts.events;
        let number = events.iter().filter(|event| event.owner == owner).count() as u64 + 1;
        let delivery = Delivery {
            id: DeliveryId(Uuid::new_v4()),
            channel: DeliveryChannel::Webhook,
            webhook: None,
            state: DeliveryState::Pending,
            attempts: 2,
            last_error: Some("the receiver answered with 500".into()),
            delivered_at: None,
            next_attempt_at: Some(datetime!(2026-11-22 20:01 UTC)),
        };
        events.push(AlertEvent {
            id: AlertEventId(Uuid::from_u128(0xe000 + u128::from(number))),
            owner,
            number,
            alert,
            instrument,
            text: format!("event {number}{}", "x".repeat(more)),
            value: "190.10".parse().unwrap(),
            threshold: "190".parse().unwrap(),
            at: datetime!(2026-11-22 20:00 UTC),
            deliveries: vec![delivery],
            read_at: None,
        });
        number
    }

    /// Gives the user a confirmed address.
    pub fn give_mailbox(&self, user: UserId, address: &str) {
        let confirmed_at = datetime!(2026-11-22 20:00 UTC);
        let address = MailAddress::parse(address).unwrap();
        let mailbox =
            NewMailbox { user, address, code: MailCodeHash([0; 32]), code_expires_at: confirmed_at };
        self.tables.lock().unwrap().alerts.mailboxes.push((mailbox, Some(confirmed_at)));
    }
}

/// What was sent to the outside.
#[derive(Default)]
pub struct Outside {
    /// Whether receivers fail.
    pub fails: AtomicBool,
    pub mails: Mutex<Vec<Mail>>,
    pub posts: Mutex<Vec<Post>>,
}

impl Outside {
    fn answer(&self) -> Result<(), SendError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(SendError::Passing("the receiver answered with 500".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Mailer for Outside {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        self.mails.lock().unwrap().push(mail.clone());
        self.answer()
    }
}

#[async_trait]
impl WebhookSender for Outside {
    async fn post(&self, post: &Post) -> Result<(), SendError> {
        self.posts.lock().unwrap().push(post.clone());
        self.answer()
    }
}
