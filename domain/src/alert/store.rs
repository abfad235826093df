//! Where alerts and what they said are kept.

use async_trait::async_trait;
use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::alert::{Alert, AlertEvent, AlertEventId, AlertId, AlertState, DeliveryId};
use crate::instrument::{Instrument, InstrumentId};
use crate::page::{Found, Page};
use crate::store::StoreError;
use crate::user::UserId;

/// Which alerts are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Only those in this state.
    pub state: Option<AlertState>,
    /// Only those of this instrument.
    pub instrument: Option<InstrumentId>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertChange {
    /// It was done; this is the alert now.
    Done(Box<Alert>),
    /// The owner has no such alert.
    NotFound,
    /// The owner has no such webhook.
    WebhookNotFound,
    /// There is no such instrument.
    InstrumentNotFound,
    /// The owner has as many as there can be.
    LimitReached,
    /// It was changed in the meantime.
    Outdated,
    /// Its time is over.
    Ended,
}

/// What becomes of an alert whose owner wants it to rest, or to be watched again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It rests.
    Pause,
    /// It is watched again, as if it were new; this is the time.
    Resume(OffsetDateTime),
}

/// Where alerts are kept, for their owners. Every method sees only the alerts of `owner`.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// Adds an alert; a user has at most [`crate::alert::MAX_ALERTS`].
    async fn create(&self, alert: &Alert) -> Result<AlertChange, StoreError>;

    /// Changes an alert, whose version must still be `expected` ([`Watched::changed`]).
    async fn update(&self, alert: &Alert, expected: u32) -> Result<AlertChange, StoreError>;

    /// Lets an alert rest, or be watched again ([`Watched::paused`], [`Watched::resumed`]).
    async fn set_resting(
        &self,
        owner: UserId,
        id: AlertId,
        outcome: Outcome,
    ) -> Result<AlertChange, StoreError>;

    /// Deletes an alert; returns whether there was one. What it said stays.
    async fn delete(&self, owner: UserId, id: AlertId) -> Result<bool, StoreError>;

    /// These alerts of the owner; others are left out.
    async fn find(&self, owner: UserId, ids: &[AlertId]) -> Result<Vec<Alert>, StoreError>;

    /// A page of the owner's alerts, newest (greatest id) first.
    async fn list(
        &self,
        owner: UserId,
        filter: AlertFilter,
        page: &Page<AlertId>,
    ) -> Result<Found<Alert>, StoreError>;
}

/// Where what was said is kept, for those to whom it was said.
#[async_trait]
pub trait AlertEventStore: Send + Sync {
    /// One event of the owner.
    async fn find(&self, owner: UserId, id: AlertEventId) -> Result<Option<AlertEvent>, StoreError>;

    /// A page of the owner's events, newest (greatest number) first.
    async fn list(&self, owner: UserId, page: &Page<u64>) -> Result<Found<AlertEvent>, StoreError>;

    /// The owner's events after the one of this number that are kept, oldest first, at most `count`.
    async fn after(&self, owner: UserId, number: u64, count: u64) -> Result<Vec<AlertEvent>, StoreError>;

    /// The number of the owner's last event; 0 where there is none.
    async fn last_number(&self, owner: UserId) -> Result<u64, StoreError>;

    /// Marks the owner's events up to this one as read; returns the number of the last that is. What is kept no longer
    /// counts as read.
    async fn read_through(&self, owner: UserId, number: u64, at: OffsetDateTime) -> Result<u64, StoreError>;
}

/// An alert that is to be watched, with what was seen of it when it was last kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The alert.
    pub alert: Alert,
    /// Counts how often it was armed: by its owner, or by having gone off. What was seen under an earlier arming is void.
    pub arming: u64,
    /// The last value that counted.
    pub last: Option<Decimal>,
    /// Whether the condition was false since it last went off.
    pub armed: bool,
}

/// What was seen of an alert, to be kept over a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which alert.
    pub alert: AlertId,
    /// Under which arming.
    pub arming: u64,
    /// The last value that counted.
    pub last: Decimal,
    /// Whether the condition was false since it last went off.
    pub armed: bool,
}

/// An alert that goes off, or cannot be watched any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// Which alert.
    pub alert: AlertId,
    /// Whose.
    pub owner: UserId,
    /// Under which arming.
    pub arming: u64,
    /// The id of the event that this becomes.
    pub event: AlertEventId,
    /// The ids of the deliveries that it becomes: by e-mail, and to the webhook.
    pub deliveries: [DeliveryId; 2],
    /// One sentence for a person.
    pub text: String,
    /// The value that was seen.
    pub value: Decimal,
    /// When.
    pub at: OffsetDateTime,
    /// Whether it can go off again before its condition was false.
    pub armed: bool,
    /// Why it failed, where it did not go off.
    pub failure: Option<String>,
}

/// Who heard of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Which alert.
    pub alert: AlertId,
    /// To whom it was said.
    pub owner: UserId,
    /// The number of the event.
    pub number: u64,
}

/// Every active alert of users who can come in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActiveAlerts {
    /// Each with its instrument.
    pub watched: Vec<(Watched, Instrument)>,
    /// Those that cannot be read, or whose instrument cannot be.
    pub unreadable: Vec<AlertId>,
}

/// How far it was looked for events that are kept no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pruned {
    /// There are more of the same user.
    More,
    /// Up to this user.
    Through(UserId),
    /// All users.
    All,
}

/// What the leading desk reads and writes. A desk writes nothing once one of a later `epoch` has led: it may have slept,
/// and what it knows may be old.
#[async_trait]
pub trait AlertWatchStore: Send + Sync {
    /// What is to be watched. An alert that cannot be read leaves everybody else's watched.
    async fn watched(&self) -> Result<ActiveAlerts, StoreError>;

    /// Writes down that these went off: the event with its number, the alert as it is now ([`Watched::fired`]), and its
    /// deliveries. One that is no longer active under the same arming is left out, so that a repetition writes nothing
    /// twice. Returns those that were written.
    async fn trigger(&self, epoch: u64, firings: &[Firing]) -> Result<Vec<Fired>, StoreError>;

    /// Keeps what was seen; what is of an earlier arming is left out.
    async fn keep(&self, epoch: u64, seen: &[Seen]) -> Result<(), StoreError>;

    /// Notes why these active alerts are not watched at the moment, or that they are.
    async fn note(&self, epoch: u64, alerts: &[AlertId], reason: Option<&str>) -> Result<(), StoreError>;

    /// Ends alerts whose time is over, so many at most that it takes little time; returns how many.
    async fn expire(&self, epoch: u64, now: OffsetDateTime) -> Result<u64, StoreError>;

    /// Lets go of what was said to the first user after this one, as far as it is kept no longer
    /// ([`crate::alert::EVENTS_KEPT_FOR`], [`crate::alert::EVENTS_KEPT`]), so much at most that it takes little time. What
    /// is still being delivered stays, and each user's last event.
    async fn prune(
        &self,
        epoch: u64,
        after: Option<UserId>,
        now: OffsetDateTime,
    ) -> Result<Pruned, StoreError>;
}
