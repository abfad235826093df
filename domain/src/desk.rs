//! The leading desk as others see it, and the questions that only it can answer.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::bar::{Bar, BarQuery, BarSize};
use crate::bus::BusError;
use crate::instrument::{AssetClass, Instrument, InstrumentId};
use crate::market_data::{ConnectionStatus, SourceError};
use crate::trade::TradeValues;

/// How often the leading desk publishes its [`DeskStatus`].
pub const HEARTBEAT: Duration = Duration::from_secs(1);

/// Without a heartbeat for this long, the desk counts as missing and its quotes as stale.
pub const HEARTBEAT_MISSED: Duration = Duration::from_secs(3);

/// The leading desk's heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskStatus {
    /// Which desk leads.
    pub desk: Uuid,
    /// The fencing token of its lease: grows with every new leader.
    pub epoch: u64,
    /// When it began to lead.
    pub leading_since: OffsetDateTime,
    /// When it said this.
    pub at: OffsetDateTime,
    /// Its broker connections.
    pub connections: Vec<ConnectionStatus>,
    /// The lines of each kind.
    pub lines: LineCounts,
}

/// Lines in use, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCount {
    /// In use.
    pub used: usize,
    /// How many the account has.
    pub limit: usize,
}

/// The lines of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// For quotes.
    pub quotes: LineCount,
    /// For trades, tick by tick.
    pub trades: LineCount,
    /// For the depth of the market.
    pub depth: LineCount,
}

/// A question to the broker, answered by the leading desk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeskQuestion {
    /// Instruments that match a text, at most 20.
    Search(String),
    /// The instruments of exactly these symbols and classes (of a future: the nearest expiry of this root).
    Named(Vec<(String, AssetClass)>),
    /// Bars of an instrument.
    Bars {
        /// Whose.
        instrument: InstrumentId,
        /// How long each is.
        size: BarSize,
        /// Which.
        query: BarQuery,
    },
    /// The latest prints of an instrument.
    Ticks {
        /// Whose.
        instrument: InstrumentId,
        /// How many.
        count: usize,
    },
}

/// The answer to a [`DeskQuestion`].
#[derive(Clone, Debug, PartialEq)]
pub enum DeskAnswer {
    /// To [`DeskQuestion::Search`] and [`DeskQuestion::Named`].
    Instruments(Vec<Instrument>),
    /// To [`DeskQuestion::Bars`].
    Bars(Vec<Bar>),
    /// To [`DeskQuestion::Ticks`], oldest first.
    Ticks(Vec<TradeValues>),
}

/// What comes back for a question.
pub type DeskReply = Result<DeskAnswer, SourceError>;

/// Request and reply between any node and the leading desk.
#[async_trait]
pub trait DeskRequests: Send + Sync {
    /// Asks, and waits at most `deadline`. No desk, no bus or no answer in time is
    /// [`SourceError::Unavailable`].
    async fn ask(&self, question: DeskQuestion, deadline: Duration) -> DeskReply;

    /// The questions as they come, for the desk that leads. A question whose deadline has passed is
    /// left out. Ends when the connection is lost: call again.
    async fn questions(&self) -> Result<BoxStream<'static, Asked>, BusError>;
}

/// Takes the answer to one question back to whoever asked.
pub type Responder = Box<dyn FnOnce(DeskReply) -> BoxFuture<'static, ()> + Send>;

/// A question on the desk's side.
pub struct Asked {
    /// What is asked.
    pub question: DeskQuestion,
    /// Where the answer goes; called once.
    pub answer: Responder,
}
