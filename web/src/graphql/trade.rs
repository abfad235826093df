//! Trades: every print of an instrument, one after the other.

use cynic::QueryBuilder;

use super::document::{query, subscription};
use super::failure::Failure;
use super::instrument::InstrumentId;
use super::scalar::{DateTime, Decimal};
use super::schema;
use crate::session::Session;

/// Which side was hit.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "TradeSide")]
#[allow(missing_docs, reason = "described in the contract")]
pub enum TradeSide {
    Buy,
    Sell,
}

/// One print.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// At which price.
    pub price: Decimal,
    /// How much; none where the source does not say.
    pub size: Option<Decimal>,
    /// Where.
    pub exchange: Option<String>,
    /// Its special conditions, as the source writes them.
    pub conditions: Option<String>,
    /// At the ask or above, at the bid or below; none between, or where it is not known.
    pub side: Option<TradeSide>,
    /// Whether it was reported outside the tape.
    pub unreported: bool,
    /// When it happened, by the source.
    pub source_at: Option<DateTime>,
    /// When it came in.
    pub received_at: DateTime,
}

impl Trade {
    /// When it happened, as well as that is known.
    pub fn at(&self) -> DateTime {
        self.source_at.unwrap_or(self.received_at)
    }

    /// Whether this is the same print, as far as prints can be told apart.
    pub fn is_twin(&self, other: &Self) -> bool {
        let said = |trade: &Self| (trade.source_at, trade.price, trade.size, trade.unreported);
        said(self) == said(other) && self.exchange == other.exchange && self.conditions == other.conditions
    }
}

#[derive(cynic::QueryVariables)]
struct LatestTradesVariables {
    instrument: InstrumentId,
    last: Option<i32>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "LatestTradesVariables")]
struct LatestTrades {
    #[arguments(instrument: $instrument, last: $last)]
    trades: Option<Vec<Trade>>,
}

/// How many prints are asked for when a panel opens.
const LATEST: i32 = 200;

/// The latest prints, oldest first.
pub async fn latest(session: Session, instrument: InstrumentId) -> Result<Vec<Trade>, Failure> {
    let operation = LatestTrades::build(LatestTradesVariables { instrument, last: Some(LATEST) });
    session.call(&operation).await?.trades.ok_or(Failure::Unreachable)
}

/// Prints were lost.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "StreamGap")]
pub struct TradeGap {
    /// When that was noticed.
    pub at: DateTime,
    /// Why.
    pub reason: String,
}

/// What the stream of trades brings.
#[derive(cynic::InlineFragments, Clone, Debug, PartialEq, Eq)]
pub enum TradeEvent {
    /// A print.
    Trade(Box<Trade>),
    /// Prints were lost.
    Gap(TradeGap),
    /// Something that this client does not know.
    #[cynic(fallback)]
    Other,
}

/// Whose trades.
#[derive(cynic::QueryVariables)]
pub struct LiveTradesVariables {
    /// The instrument.
    pub instrument: InstrumentId,
}

/// Every print as it happens.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "LiveTradesVariables")]
pub struct LiveTrades {
    /// One event.
    #[arguments(instrument: $instrument)]
    pub trades: TradeEvent,
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![query::<LatestTrades, LatestTradesVariables>(), subscription::<LiveTrades, LiveTradesVariables>()]
}
