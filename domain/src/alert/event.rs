//! What an alert said, and where it went.

use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::alert::{Alert, AlertId};
use crate::instrument::{Instrument, InstrumentId};
use crate::named::named;
use crate::user::UserId;
use crate::webhook::WebhookId;

/// How long what was said is kept. Each user's last event stays, so that numbers go on.
pub const EVENTS_KEPT_FOR: Duration = Duration::days(90);

/// The most events that are kept of a user.
pub const EVENTS_KEPT: u64 = 10_000;

/// The id of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertEventId(pub Uuid);

/// The id of a delivery: what a receiver tells repetitions by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub Uuid);

/// By what something goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryChannel {
    /// An e-mail to the user's confirmed address.
    Email,
    /// A POST to a webhook.
    Webhook,
}

named!(DeliveryChannel, "a channel", [(Email, "EMAIL"), (Webhook, "WEBHOOK")]);

/// How a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is tried, or will be again.
    Pending,
    /// The receiver has taken it.
    Delivered,
    /// It was given up.
    Failed,
}

named!(
    DeliveryState,
    "a state of a delivery",
    [(Pending, "PENDING"), (Delivered, "DELIVERED"), (Failed, "FAILED"),]
);

/// One way that an event goes out by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Ours.
    pub id: DeliveryId,
    /// By what.
    pub channel: DeliveryChannel,
    /// Which webhook, where it is one that is still there.
    pub webhook: Option<WebhookId>,
    /// How it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was taken.
    pub delivered_at: Option<OffsetDateTime>,
    /// When it is tried next.
    pub next_attempt_at: Option<OffsetDateTime>,
}

/// What an alert said. It stays when the alert is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// Ours.
    pub id: AlertEventId,
    /// To whom.
    pub owner: UserId,
    /// Counts from 1 for each user, without holes.
    pub number: u64,
    /// Which alert; it may be gone.
    pub alert: AlertId,
    /// Of what.
    pub instrument: InstrumentId,
    /// One sentence for a person.
    pub text: String,
    /// The value that was seen.
    pub value: Decimal,
    /// With what it was compared.
    pub threshold: Decimal,
    /// When it was seen.
    pub at: OffsetDateTime,
    /// Where it went.
    pub deliveries: Vec<Delivery>,
    /// When its owner read it.
    pub read_at: Option<OffsetDateTime>,
}

/// The sentence of an alert that goes off.
pub struct Wording<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// Of what.
    pub instrument: &'a Instrument,
    /// The value that was seen.
    pub value: Decimal,
}

impl Wording<'_> {
    /// As text: `AAPL last rose to or through 190 (now 190.12)`, after the alert's name where it has one.
    pub fn text(&self) -> String {
        let condition = &self.alert.condition;
        let subject = condition.subject.words();
        let said = format!(
            "{} {subject} {} {} (now {})",
            self.instrument.symbol, condition.comparison, condition.threshold, self.value
        );
        named_sentence(self.alert, &said)
    }
}

/// The sentence of an alert that cannot be watched any more.
pub struct FailureText<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// Of what.
    pub instrument: &'a Instrument,
    /// Why.
    pub reason: &'a str,
}

impl FailureText<'_> {
    /// As text.
    pub fn text(&self) -> String {
        let said =
            format!("the alert on {} cannot be watched any more: {}", self.instrument.symbol, self.reason);
        named_sentence(self.alert, &said)
    }
}

fn named_sentence(alert: &Alert, said: &str) -> String {
    match &alert.name {
        Some(name) => format!("{}: {said}", name.as_str()),
        None => said.to_owned(),
    }
}
