//! Alerts, what they said, webhooks, e-mail addresses, layouts and preferences; and what is sent.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use domain::alert::{
    Alert, AlertChange, AlertEvent, AlertEventId, AlertEventStore, AlertFilter, AlertId, AlertStore,
    Delivery, DeliveryChannel, DeliveryId, DeliveryState, Outcome, Watched,
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
    alerts: Vec<Watched>,
    events: Vec<AlertEvent>,
    webhooks: Vec<(Webhook, WebhookSecret)>,
    mailboxes: Vec<(Mailbox, NewMailbox)>,
    layouts: Vec<Layout>,
    preferences: Vec<(UserId, Preferences)>,
}

impl AlertTables {
    fn alert(&mut self, owner: UserId, id: AlertId) -> Option<&mut Watched> {
        self.alerts.iter_mut().find(|watched| watched.alert.owner == owner && watched.alert.id == id)
    }

    fn alerts_of(&self, owner: UserId) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().map(|watched| &watched.alert).filter(move |alert| alert.owner == owner)
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
        tables.alerts.alerts.push(Watched::new(alert.clone()));
        Ok(AlertChange::Done(Box::new(alert.clone())))
    }

    async fn update(&self, alert: &Alert, expected: u32) -> Result<AlertChange, StoreError> {
        let mut tables = self.tables()?;
        let Some(present) = tables.alerts.alert(alert.owner, alert.id) else {
            return Ok(AlertChange::NotFound);
        };
        if present.alert.version != expected {
            return Ok(AlertChange::Outdated);
        }
        *present = present.clone().changed(alert);
        Ok(AlertChange::Done(Box::new(present.alert.clone())))
    }

    async fn set_resting(
        &self,
        owner: UserId,
        id: AlertId,
        outcome: Outcome,
    ) -> Result<AlertChange, StoreError> {
        let mut tables = self.tables()?;
        let Some(present) = tables.alerts.alert(owner, id) else { return Ok(AlertChange::NotFound) };
        let next = match outcome {
            Outcome::Pause => Some(present.clone().paused()),
            Outcome::Resume(now) => present.clone().resumed(now),
        };
        let Some(next) = next else { return Ok(AlertChange::Ended) };
        *present = next;
        Ok(AlertChange::Done(Box::new(present.alert.clone())))
    }

    async fn delete(&self, owner: UserId, id: AlertId) -> Result<bool, StoreError> {
        let alerts = &mut self.tables()?.alerts.alerts;
        let before = alerts.len();
        alerts.retain(|watched| watched.alert.owner != owner || watched.alert.id != id);
        Ok(alerts.len() < before)
    }

    async fn find(&self, owner: UserId, ids: &[AlertId]) -> Result<Vec<Alert>, StoreError> {
        let tables = self.tables()?;
        Ok(tables.alerts.alerts_of(owner).filter(|alert| ids.contains(&alert.id)).cloned().collect())
    }

    async fn list(
        &self,
        owner: UserId,
        filter: AlertFilter,
        wanted: &Page<AlertId>,
    ) -> Result<Found<Alert>, StoreError> {
        let mut alerts: Vec<Alert> = self.tables()?.alerts.alerts_of(owner).cloned().collect();
        alerts.retain(|alert| {
            filter.state.is_none_or(|state| alert.state == state)
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
        for event in events.iter_mut().filter(|event| event.owner == owner && event.number <= number) {
            event.read_at.get_or_insert(at);
        }
        let read = events.iter().filter(|event| event.owner == owner && event.read_at.is_some());
        Ok(read.map(|event| event.number).max().unwrap_or(0))
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
        Ok(found.map(|(mailbox, _)| mailbox.clone()).collect())
    }

    async fn set(&self, wanted: &NewMailbox, audit: &AuditLine) -> Result<(), StoreError> {
        let mut tables = self.tables()?;
        let mailboxes = &mut tables.alerts.mailboxes;
        let present = mailboxes.iter().position(|(known, _)| known.user == wanted.user);
        let present = present.map(|place| mailboxes.remove(place).0);
        let mailbox = match present.filter(|known| known.confirmed_at.is_some()) {
            Some(known) => Mailbox { replacement: Some(wanted.address.clone()), ..known },
            None => Mailbox {
                user: wanted.user,
                address: wanted.address.clone(),
                confirmed_at: None,
                replacement: None,
            },
        };
        mailboxes.push((mailbox, wanted.clone()));
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
        let waits = |(_, wanted): &&mut (Mailbox, NewMailbox)| {
            wanted.user == user && wanted.code == code && now < wanted.code_expires_at
        };
        let Some((mailbox, wanted)) = tables.alerts.mailboxes.iter_mut().find(waits) else {
            return Ok(false);
        };
        let address = wanted.address.clone();
        *mailbox = Mailbox { user, address, confirmed_at: Some(now), replacement: None };
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

    /// Lets go of what was said to the user up to this number.
    pub fn let_go(&self, owner: UserId, through: u64) {
        let events = &mut self.tables.lock().unwrap().alerts.events;
        events.retain(|event| event.owner != owner || event.number > through);
    }

    /// Gives the user a confirmed address.
    pub fn give_mailbox(&self, user: UserId, address: &str) {
        let confirmed_at = datetime!(2026-11-22 20:00 UTC);
        let address = MailAddress::parse(address).unwrap();
        let mailbox =
            Mailbox { user, address: address.clone(), confirmed_at: Some(confirmed_at), replacement: None };
        let used = NewMailbox { user, address, code: MailCodeHash([0; 32]), code_expires_at: confirmed_at };
        self.tables.lock().unwrap().alerts.mailboxes.push((mailbox, used));
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
