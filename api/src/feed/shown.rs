//! Values as they are shown, and what is streamed beside them.

use std::sync::Arc;

use domain::bar::BarUpdate;
use domain::bus::{Message, Topic};
use domain::depth::{Depth, DepthValues};
use domain::instrument::InstrumentId;
use domain::quote::{FeedRefusal, FeedState, Published, Quote, QuoteValues, Stamp, StreamGap};
use domain::trade::Trade;
use time::OffsetDateTime;

/// A value with the state in which it is shown.
#[derive(Debug, PartialEq)]
pub struct Shown<V> {
    /// The value as the desk published it.
    pub value: Arc<V>,
    /// How far it can be trusted, as far as this node knows.
    pub state: FeedState,
    /// Why the state is not LIVE.
    pub reason: Option<String>,
}

impl<V> Clone for Shown<V> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), state: self.state, reason: self.reason.clone() }
    }
}

/// What a subscriber gets.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedEvent<V> {
    /// A value.
    Value(Shown<V>),
    /// Something was lost.
    Gap(StreamGap),
    /// The desk cannot serve this topic.
    Refused(FeedRefusal),
}

impl<V: Streamed> FeedEvent<V> {
    /// Which instrument it is about.
    pub fn instrument(&self) -> InstrumentId {
        match self {
            Self::Value(shown) => shown.value.instrument(),
            Self::Gap(gap) => gap.instrument,
            Self::Refused(refusal) => refusal.instrument,
        }
    }
}

/// What a subscriber gets that does not take its events in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The latest value.
    Latest,
    /// Every value, as far as they fit into a queue; else a gap, and those after it.
    Every,
}

/// What can be streamed.
pub trait Streamed: Clone + PartialEq + Send + Sync + 'static {
    /// What may be left out of it.
    const DELIVERY: Delivery;
    /// The value in a message, where it is one of this kind.
    fn of(message: &Message) -> Option<&Self>;
    /// The instrument behind a topic of this kind.
    fn instrument_of(topic: Topic) -> Option<InstrumentId>;
    /// Whose it is.
    fn instrument(&self) -> InstrumentId;
    /// Its place in the stream.
    fn stamp(&self) -> Stamp;
    /// How far its producer trusts it.
    fn state(&self) -> FeedState;
    /// Why its producer does not trust it fully.
    fn reason(&self) -> Option<&str>;
    /// What it replaces: a value replaces the last one of the same slot, and stands beside those of others.
    fn slot(&self) -> Option<OffsetDateTime>;
    /// Whether it is known to tell of an earlier moment than `other`.
    fn is_earlier_than(&self, other: &Self) -> bool;
    /// What is shown where nothing is known yet.
    fn placeholder(instrument: InstrumentId) -> Option<Self>;
}

/// What is published as a whole, so that the latest is enough.
pub trait Whole: Clone + Default + PartialEq + Send + Sync + 'static {
    /// What is waited for where nothing is known yet.
    const AWAITED: &'static str;
    /// What a message says, where it is one of this kind.
    fn of(message: &Message) -> Option<&Published<Self>>;
    /// The instrument behind a topic of this kind.
    fn instrument_of(topic: Topic) -> Option<InstrumentId>;
}

impl Whole for QuoteValues {
    const AWAITED: &'static str = "waiting for the first quote";

    fn of(message: &Message) -> Option<&Quote> {
        if let Message::Quote(quote) = message { Some(quote) } else { None }
    }

    fn instrument_of(topic: Topic) -> Option<InstrumentId> {
        if let Topic::Quotes(id) = topic { Some(id) } else { None }
    }
}

impl Whole for DepthValues {
    const AWAITED: &'static str = "waiting for the depth";

    fn of(message: &Message) -> Option<&Depth> {
        if let Message::Depth(depth) = message { Some(depth) } else { None }
    }

    fn instrument_of(topic: Topic) -> Option<InstrumentId> {
        if let Topic::Depth(id) = topic { Some(id) } else { None }
    }
}

impl<V: Whole> Streamed for Published<V> {
    const DELIVERY: Delivery = Delivery::Latest;

    fn of(message: &Message) -> Option<&Self> {
        V::of(message)
    }

    fn instrument_of(topic: Topic) -> Option<InstrumentId> {
        V::instrument_of(topic)
    }

    fn instrument(&self) -> InstrumentId {
        self.instrument
    }

    fn stamp(&self) -> Stamp {
        self.stamp
    }

    fn state(&self) -> FeedState {
        self.state
    }

    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn slot(&self) -> Option<OffsetDateTime> {
        None
    }

    fn is_earlier_than(&self, other: &Self) -> bool {
        self.received_at.is_some() && self.received_at <= other.received_at
    }

    fn placeholder(instrument: InstrumentId) -> Option<Self> {
        Some(Self::awaited(instrument, V::AWAITED))
    }
}

impl Streamed for Trade {
    const DELIVERY: Delivery = Delivery::Every;

    fn of(message: &Message) -> Option<&Self> {
        if let Message::Trade(trade) = message { Some(trade) } else { None }
    }

    fn instrument_of(topic: Topic) -> Option<InstrumentId> {
        if let Topic::Trades(id) = topic { Some(id) } else { None }
    }

    fn instrument(&self) -> InstrumentId {
        self.instrument
    }

    fn stamp(&self) -> Stamp {
        self.stamp
    }

    fn state(&self) -> FeedState {
        self.state
    }

    fn reason(&self) -> Option<&str> {
        None
    }

    fn slot(&self) -> Option<OffsetDateTime> {
        None
    }

    fn is_earlier_than(&self, other: &Self) -> bool {
        self.received_at <= other.received_at
    }

    fn placeholder(_: InstrumentId) -> Option<Self> {
        None
    }
}

impl Streamed for BarUpdate {
    const DELIVERY: Delivery = Delivery::Latest;

    fn of(message: &Message) -> Option<&Self> {
        if let Message::Bar(update) = message { Some(update) } else { None }
    }

    fn instrument_of(topic: Topic) -> Option<InstrumentId> {
        if let Topic::Bars(series) = topic { Some(series.instrument) } else { None }
    }

    fn instrument(&self) -> InstrumentId {
        self.series.instrument
    }

    fn stamp(&self) -> Stamp {
        self.stamp
    }

    fn state(&self) -> FeedState {
        self.state
    }

    fn reason(&self) -> Option<&str> {
        None
    }

    fn slot(&self) -> Option<OffsetDateTime> {
        Some(self.bar.time)
    }

    fn is_earlier_than(&self, other: &Self) -> bool {
        self.bar.time <= other.bar.time
    }

    fn placeholder(_: InstrumentId) -> Option<Self> {
        None
    }
}
