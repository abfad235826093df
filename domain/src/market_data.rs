//! The port to a broker's market data.

use std::fmt;

use async_trait::async_trait;
use futures::stream::BoxStream;
use time::OffsetDateTime;

use crate::bar::{Bar, BarQuery, BarSize};
use crate::depth::DepthValues;
use crate::error::{Error, Refusal, RefusalCode};
use crate::instrument::{AssetClass, Instrument};
use crate::named::named;
use crate::quote::{FeedState, QuoteValues};
use crate::trade::TradeValues;
use crate::world::{ConnectionId, Environment};

/// Why a source did not do what was asked, cut by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The source understood and refused: asking again will not help.
    #[error("{message}")]
    Rejected {
        /// The kind of refusal.
        code: RefusalCode,
        /// The source's words, made fit for a person.
        message: String,
    },
    /// The source is away, or did not answer in time: the same question may succeed later.
    #[error("{0}")]
    Unavailable(String),
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Rejected { code, message } => Refusal::whole(code, message).into(),
            SourceError::Unavailable(message) => Self::Unavailable { what: "the broker connection", message },
        }
    }
}

/// How a broker connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// Which connection.
    pub id: ConnectionId,
    /// The world it turned out to be in; absent until it was connected once.
    pub environment: Option<Environment>,
    /// How it is.
    pub state: ConnectionState,
    /// More about the state, in a sentence for the user.
    pub message: Option<String>,
    /// Since when it is in this state.
    pub since: OffsetDateTime,
}

/// How a broker connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// Not configured.
    Off,
    /// Trying to connect.
    Connecting,
    /// Connected, data flows.
    Connected,
    /// Connected to the gateway, but the gateway says that something behind it is broken.
    Degraded,
    /// Not connected; trying again by itself.
    Disconnected,
    /// Not used, because it belongs to another world than this database.
    Refused,
}

named!(
    ConnectionState,
    "a state of a connection",
    [
        (Off, "OFF"),
        (Connecting, "CONNECTING"),
        (Connected, "CONNECTED"),
        (Degraded, "DEGRADED"),
        (Disconnected, "DISCONNECTED"),
        (Refused, "REFUSED"),
    ]
);

/// What a broker rations: each kind of subscription has lines of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineKind {
    /// The latest prices.
    Quotes,
    /// Every print, one by one.
    Trades,
    /// The depth of the market.
    Depth,
}

named!(LineKind, "a kind of line", [(Quotes, "quotes"), (Trades, "trades"), (Depth, "depth")]);

impl fmt::Display for LineKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Quotes => "market-data",
            Self::Trades => "tick-by-tick",
            Self::Depth => "market-depth",
        })
    }
}

/// What a subscription yields.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceEvent<V = QuoteValues> {
    /// Of quotes and depth: all that is known now, older values folded in; the first one after (re)connecting holds
    /// only what the source has said since. Of trades: the next one.
    Values(V),
    /// How far the values can be trusted from now on, and why where the state is not LIVE.
    State(FeedState, Option<String>),
    /// Ticks were lost here (a slow consumer, an outage): say so downstream.
    Lost(String),
    /// The source refuses to go on: the subscription has ended and will not come back by itself.
    Ended(SourceError),
}

/// A broker's market data. The implementation reconnects and resubscribes by itself, says so in
/// [`Self::changes`] and in every subscription, and keeps the broker's limits.
#[async_trait]
pub trait MarketDataSource: Send + Sync {
    /// How the connection is now.
    fn status(&self) -> ConnectionStatus;

    /// Yields at each change of [`Self::status`].
    fn changes(&self) -> BoxStream<'static, ConnectionStatus>;

    /// How many lines of this kind the account has.
    fn line_limit(&self, kind: LineKind) -> usize;

    /// Instruments whose symbol or name matches `text`, best match first, at most 20.
    async fn search(&self, text: &str) -> Result<Vec<Instrument>, SourceError>;

    /// The instruments of exactly these symbols and classes (of a future: the nearest expiry of this root),
    /// in their order; what the broker does not know is left out. Cheaper than [`Self::search`].
    async fn named(&self, wanted: &[(String, AssetClass)]) -> Result<Vec<Instrument>, SourceError>;

    /// Subscribes to the quotes of an instrument; dropping the stream cancels and frees the line.
    /// Never fails at once: a refusal is the stream's [`SourceEvent::Ended`].
    fn quotes(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent>;

    /// Subscribes to every print of an instrument from now on; else like [`Self::quotes`]. A state that is told
    /// before a print holds for it.
    fn trades(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent<TradeValues>>;

    /// Subscribes to the depth of an instrument's market; else like [`Self::quotes`].
    fn depth(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent<DepthValues>>;

    /// The last `count` prints up to now, oldest first; `count` is at most [`crate::trade::MAX_TRADES`].
    async fn ticks(&self, instrument: &Instrument, count: usize) -> Result<Vec<TradeValues>, SourceError>;

    /// Bars by time, oldest first, the last one possibly still forming. A time without trades has no bar.
    async fn bars(
        &self,
        instrument: &Instrument,
        size: BarSize,
        query: BarQuery,
    ) -> Result<Vec<Bar>, SourceError>;
}
