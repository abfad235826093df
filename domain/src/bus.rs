//! How the desk and the api nodes hear of each other: topics with a retained last message.
//!
//! The bus is not a source of truth. It may be emptied or lost at any time; whoever listens is told by
//! [`Delivery::Interrupted`], and reads again what it needs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use uuid::Uuid;

use crate::bar::{BarSize, BarUpdate, Series};
use crate::depth::Depth;
use crate::desk::DeskStatus;
use crate::instrument::InstrumentId;
use crate::market_data::LineKind;
use crate::quote::{FeedRefusal, Quote, StreamGap};
use crate::trade::Trade;
use crate::user::UserId;

/// What can be listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The quotes of an instrument.
    Quotes(InstrumentId),
    /// Every print of an instrument.
    Trades(InstrumentId),
    /// The depth of an instrument's market.
    Depth(InstrumentId),
    /// The live bars of an instrument.
    Bars(Series),
    /// The heartbeats of the leading desk.
    Desk,
    /// That alerts were changed by their owners: the desk reads them again.
    Alerts,
    /// What alerts said to a user: whoever listens reads the store.
    AlertEvents(UserId),
}

impl Topic {
    /// The topic of an instrument's line of this kind.
    pub fn of(kind: LineKind, instrument: InstrumentId) -> Self {
        match kind {
            LineKind::Quotes => Self::Quotes(instrument),
            LineKind::Trades => Self::Trades(instrument),
            LineKind::Depth => Self::Depth(instrument),
        }
    }
}

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// On [`Topic::Quotes`].
    Quote(Quote),
    /// On [`Topic::Trades`]; not retained.
    Trade(Trade),
    /// On [`Topic::Depth`].
    Depth(Depth),
    /// On the topic of that kind; not retained.
    Gap(LineKind, StreamGap),
    /// On the topic of that kind; not retained.
    Refused(LineKind, FeedRefusal),
    /// On [`Topic::Bars`] of that size: the quotes that they are built from do not come; not retained.
    BarsRefused(BarSize, FeedRefusal),
    /// On [`Topic::Bars`].
    Bar(BarUpdate),
    /// On [`Topic::Desk`].
    Desk(DeskStatus),
    /// On [`Topic::Alerts`]; not retained.
    AlertsChanged,
    /// On [`Topic::AlertEvents`], with the number of the event; not retained.
    AlertSaid(UserId, u64),
}

impl Message {
    /// The topic it is told on.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Quote(quote) => Topic::Quotes(quote.instrument),
            Self::Trade(trade) => Topic::Trades(trade.instrument),
            Self::Depth(depth) => Topic::Depth(depth.instrument),
            Self::Gap(kind, gap) => Topic::of(*kind, gap.instrument),
            Self::Refused(kind, refusal) => Topic::of(*kind, refusal.instrument),
            Self::BarsRefused(size, refusal) => {
                Topic::Bars(Series { instrument: refusal.instrument, size: *size })
            }
            Self::Bar(update) => Topic::Bars(update.series),
            Self::Desk(_) => Topic::Desk,
            Self::AlertsChanged => Topic::Alerts,
            Self::AlertSaid(user, _) => Topic::AlertEvents(*user),
        }
    }

    /// Whether [`Bus::latest`] keeps it as the topic's last message.
    pub fn retained(&self) -> bool {
        !matches!(
            self,
            Self::Trade(_)
                | Self::Gap(..)
                | Self::Refused(..)
                | Self::BarsRefused(..)
                | Self::AlertsChanged
                | Self::AlertSaid(..)
        )
    }
}

/// What a listener gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// A message, in the order of publication.
    Message(Arc<Message>),
    /// Messages may be missing from here on: the connection to the bus broke, or the listener was too slow.
    Interrupted,
    /// The connection to the bus is back.
    Resumed,
}

/// The bus is away; what was to be told is lost, and nobody waits for it.
#[derive(Debug, thiserror::Error)]
#[error("the message bus is not available")]
pub struct BusError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Publishing and listening.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Tells these messages, in order and in one round trip, and keeps the retained ones as the last of
    /// their topics (for [`RETAINED_FOR`]). Where the bus is away it fails at once rather than queue.
    async fn publish(&self, messages: &[Message]) -> Result<(), BusError>;

    /// The last retained message of each of these topics, in their order.
    async fn latest(&self, topics: &[Topic]) -> Result<Vec<Option<Arc<Message>>>, BusError>;

    /// Listens to a topic. Once this returned, nothing published later is missed without an
    /// [`Delivery::Interrupted`]; a lost connection is made again by itself.
    async fn subscribe(&self, topic: Topic) -> Result<BoxStream<'static, Delivery>, BusError>;

    /// Whether the bus answers now: the `system` page asks.
    async fn ping(&self) -> Result<(), BusError>;
}

/// How long a retained message is kept.
pub const RETAINED_FOR: Duration = Duration::from_hours(24);

/// Which topics somebody listens to, so that the desk feeds those alone.
#[async_trait]
pub trait Demand: Send + Sync {
    /// Says that `node` wants exactly `topics` for the next `lives`; replaces what it said before.
    /// Repeated well within `lives`, it also heals a bus that was emptied.
    async fn announce(&self, node: Uuid, topics: &[Topic], lives: Duration) -> Result<(), BusError>;

    /// All topics that some node wants now.
    async fn wanted(&self) -> Result<Vec<Topic>, BusError>;

    /// Yields soon after an announcement changed what is wanted; may yield without a change.
    async fn changes(&self) -> Result<BoxStream<'static, ()>, BusError>;
}
