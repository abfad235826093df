//! Alerts, what they said, and receivers that do what the test says.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::alert::{
    ActiveAlerts, Alert, AlertCondition, AlertId, AlertState, AlertSubject, AlertWatchStore, Comparison,
    DeliveryChannel, DeliveryId, Fired, Firing, PriceField, Pruned, Repeat, Seen, Watched,
};
use domain::delivery::{
    Claim, DeliveryStore, Ending, Job, Load, Notice, NoticeContent, Receiver, SendError, Target,
};
use domain::instrument::Instrument;
use domain::mail::{Mail, MailAddress, Mailer};
use domain::random::Random;
use domain::secret::Secret;
use domain::store::StoreError;
use domain::user::UserId;
use domain::webhook::{Post, Reach, WebhookSecret, WebhookSender, WebhookUrl};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

/// The user to whom all alerts belong.
pub const OWNER: UserId = UserId(Uuid::from_u128(0xa11));

/// An alert on the last trade.
pub fn alert(instrument: &Instrument, comparison: Comparison, threshold: i64) -> Alert {
    Alert {
        id: AlertId(Uuid::new_v4()),
        owner: OWNER,
        instrument: instrument.id,
        name: None,
        condition: AlertCondition {
            subject: AlertSubject::Price(PriceField::Last),
            comparison,
            threshold: threshold.into(),
        },
        repeat: Repeat::Once,
        state: AlertState::Active,
        reason: None,
        email: false,
        webhook: None,
        expires_at: None,
        created_at: datetime!(2026-11-20 15:00 UTC),
        triggered_at: None,
        version: 1,
    }
}

/// Where alerts and deliveries are kept.
#[derive(Default)]
pub struct Outbox {
    pub away: AtomicBool,
    /// Writing takes half a second.
    pub slow: AtomicBool,
    pub writes: AtomicUsize,
    pub watched: Mutex<Vec<(Watched, Instrument)>>,
    pub fired: Mutex<Vec<Firing>>,
    pub kept: Mutex<Vec<Seen>>,
    pub notes: Mutex<Vec<(AlertId, Option<String>)>>,
    pub unreadable: Mutex<Vec<AlertId>>,
    /// Of which the database makes a fault.
    pub poisoned: Mutex<Option<AlertId>>,
    pub expirations: AtomicUsize,
    pub prunings: Mutex<Vec<Option<UserId>>>,
    /// What is due, with its channel.
    pub due: Mutex<Vec<(DeliveryChannel, Job)>>,
    pub settled: Mutex<HashMap<DeliveryId, Ending>>,
    numbers: AtomicU64,
}

impl Outbox {
    pub fn add(&self, alert: &Alert, instrument: &Instrument) {
        self.add_seen(alert, instrument, None);
    }

    /// Adds one of which something was seen before.
    pub fn add_seen(&self, alert: &Alert, instrument: &Instrument, last: Option<i64>) {
        let last = last.map(Into::into);
        let watched = Watched { alert: alert.clone(), arming: 1, last, armed: true };
        self.watched.lock().unwrap().push((watched, instrument.clone()));
    }

    pub fn fired(&self) -> Vec<Firing> {
        self.fired.lock().unwrap().clone()
    }

    /// Adds a delivery to this machine.
    pub fn post_to(&self, host: &str, now: OffsetDateTime) -> DeliveryId {
        self.post_of(OWNER, host, now)
    }

    /// Adds a delivery of this user to this machine.
    pub fn post_of(&self, owner: UserId, host: &str, now: OffsetDateTime) -> DeliveryId {
        let url = WebhookUrl::parse(&format!("https://{host}/"), Reach::Public).unwrap();
        let target = Target::Webhook(url, WebhookSecret(Secret([1; 32])));
        let receiver = Receiver { host: host.into(), owner };
        self.add_due(DeliveryChannel::Webhook, target, receiver, now)
    }

    /// Adds a letter.
    pub fn mail(&self, now: OffsetDateTime) -> DeliveryId {
        let target = Target::Email(MailAddress::parse("ann@example.com").unwrap());
        self.add_due(DeliveryChannel::Email, target, Receiver { host: "mail".into(), owner: OWNER }, now)
    }

    fn add_due(
        &self,
        channel: DeliveryChannel,
        target: Target,
        receiver: Receiver,
        now: OffsetDateTime,
    ) -> DeliveryId {
        let id = DeliveryId(Uuid::new_v4());
        let notice = Notice { id, text: "AAPL rose".into(), at: now, content: NoticeContent::Test };
        let job = Job { target, notice, receiver, attempt: 1, created_at: now };
        self.due.lock().unwrap().push((channel, job));
        id
    }

    pub fn ending(&self, id: DeliveryId) -> Option<Ending> {
        self.settled.lock().unwrap().get(&id).cloned()
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::SeqCst) { Err(StoreError::Unavailable("away".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl AlertWatchStore for Outbox {
    async fn watched(&self) -> Result<ActiveAlerts, StoreError> {
        self.check()?;
        let watched = self.watched.lock().unwrap().clone();
        Ok(ActiveAlerts { watched, unreadable: self.unreadable.lock().unwrap().clone() })
    }

    async fn trigger(&self, _: u64, firings: &[Firing]) -> Result<Vec<Fired>, StoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.slow.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        self.check()?;
        let poisoned = *self.poisoned.lock().unwrap();
        if firings.iter().any(|firing| Some(firing.alert) == poisoned) {
            return Err(StoreError::Fault("a bad row".into()));
        }
        let mut watched = self.watched.lock().unwrap();
        let mut fired = Vec::new();
        for firing in firings {
            let due = |(watched, _): &(Watched, Instrument)| {
                watched.alert.id == firing.alert && watched.arming == firing.arming
            };
            let Some(place) = watched.iter().position(due) else { continue };
            let rests = watched[place].0.alert.repeat == Repeat::Once || firing.failure.is_some();
            if rests {
                watched.remove(place);
            } else {
                let entry = &mut watched[place].0;
                entry.arming += 1;
                entry.alert.triggered_at = Some(firing.at);
            }
            self.fired.lock().unwrap().push(firing.clone());
            let number = self.numbers.fetch_add(1, Ordering::SeqCst) + 1;
            fired.push(Fired { alert: firing.alert, owner: firing.owner, number });
        }
        Ok(fired)
    }

    async fn keep(&self, _: u64, seen: &[Seen]) -> Result<(), StoreError> {
        self.check()?;
        self.kept.lock().unwrap().extend_from_slice(seen);
        Ok(())
    }

    async fn note(&self, _: u64, alerts: &[AlertId], reason: Option<&str>) -> Result<(), StoreError> {
        self.check()?;
        let noted = alerts.iter().map(|alert| (*alert, reason.map(str::to_owned)));
        self.notes.lock().unwrap().extend(noted);
        Ok(())
    }

    async fn expire(&self, _: u64, _: OffsetDateTime) -> Result<u64, StoreError> {
        self.expirations.fetch_add(1, Ordering::SeqCst);
        self.check().map(|()| 0)
    }

    async fn prune(&self, _: u64, after: Option<UserId>, _: OffsetDateTime) -> Result<Pruned, StoreError> {
        self.prunings.lock().unwrap().push(after);
        self.check().map(|()| if after.is_none() { Pruned::Through(OWNER) } else { Pruned::All })
    }
}

#[async_trait]
impl DeliveryStore for Outbox {
    async fn claim(&self, _: u64, claim: &Claim) -> Result<Vec<Job>, StoreError> {
        self.check()?;
        let mut load = Load::of(claim);
        let mut claimed = Vec::new();
        self.due.lock().unwrap().retain(|(channel, job)| {
            let takes = *channel == claim.channel && load.take(&job.receiver);
            if takes {
                claimed.push(job.clone());
            }
            !takes
        });
        Ok(claimed)
    }

    async fn settle(&self, id: DeliveryId, _: OffsetDateTime, ending: &Ending) -> Result<(), StoreError> {
        self.check()?;
        self.settled.lock().unwrap().insert(id, ending.clone());
        Ok(())
    }
}

/// Receivers: `hanging….…` takes ten seconds, `gone.…` is gone, and this program stumbles over `odd.…`.
#[derive(Default)]
pub struct Receivers {
    pub most_at_once: AtomicUsize,
    at_once: AtomicUsize,
}

#[async_trait]
impl WebhookSender for Receivers {
    async fn post(&self, post: &Post) -> Result<(), SendError> {
        match post.url.host().split('.').next() {
            Some(name) if name.starts_with("hanging") => {
                let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
                self.most_at_once.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(10)).await;
                self.at_once.fetch_sub(1, Ordering::SeqCst);
                Err(SendError::Passing("no answer".into()))
            }
            Some("gone") => Err(SendError::Final("gone".into())),
            Some("odd") => panic!("an odd receiver"),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Mailer for Receivers {
    async fn send(&self, _: &Mail) -> Result<(), SendError> {
        Ok(())
    }
}

/// Ids that differ.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (index, byte) in bytes.iter_mut().rev().enumerate() {
            *byte = number[7 - index % 8];
        }
    }
}
