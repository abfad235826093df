//! Bars: history by query, the newest by subscription.

use cynic::QueryBuilder;

use super::document::{query, subscription};
use super::failure::Failure;
use super::instrument::InstrumentId;
use super::quote::{FeedState, StreamGap};
use super::scalar::{DateTime, Decimal};
use super::schema;
use crate::session::Session;

/// How long a bar lasts: those that the chart offers.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(non_exhaustive)]
#[allow(missing_docs, reason = "the names are the sizes")]
pub enum BarSize {
    #[cynic(rename = "SEC_5")]
    Sec5,
    #[cynic(rename = "SEC_15")]
    Sec15,
    #[cynic(rename = "SEC_30")]
    Sec30,
    #[cynic(rename = "MIN_1")]
    Min1,
    #[cynic(rename = "MIN_5")]
    Min5,
    #[cynic(rename = "MIN_15")]
    Min15,
    #[cynic(rename = "HOUR_1")]
    Hour1,
    #[cynic(rename = "DAY_1")]
    Day1,
    #[cynic(fallback)]
    Other,
}

impl BarSize {
    /// What the chart offers, with its short name.
    pub const OFFERED: [(Self, &'static str); 8] = [
        (Self::Sec5, "5s"),
        (Self::Sec15, "15s"),
        (Self::Sec30, "30s"),
        (Self::Min1, "1m"),
        (Self::Min5, "5m"),
        (Self::Min15, "15m"),
        (Self::Hour1, "1h"),
        (Self::Day1, "1d"),
    ];

    /// The size of this short name.
    pub fn from_short_name(text: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|(_, name)| *name == text).map(|(size, _)| size)
    }

    /// The short name.
    pub fn short_name(self) -> &'static str {
        Self::OFFERED.into_iter().find(|(size, _)| *size == self).map_or("", |(_, name)| name)
    }
}

/// One bar.
#[derive(cynic::QueryFragment, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its first moment.
    pub time: DateTime,
    /// The first price.
    pub open: Decimal,
    /// The highest price.
    pub high: Decimal,
    /// The lowest price.
    pub low: Decimal,
    /// The last price.
    pub close: Decimal,
    /// What was traded.
    pub volume: Option<Decimal>,
}

#[derive(cynic::QueryVariables)]
struct HistoryVariables {
    instrument: InstrumentId,
    size: BarSize,
    to: Option<DateTime>,
    last: Option<i32>,
}

#[derive(cynic::QueryFragment)]
struct BarSeries {
    bars: Vec<Bar>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "HistoryVariables")]
struct History {
    #[arguments(instrument: $instrument, size: $size, to: $to, last: $last)]
    bars: Option<BarSeries>,
}

/// Which stretch of history: the newest bars, or those before a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// Up to now.
    Newest,
    /// Up to that moment.
    Before(DateTime),
}

/// How many bars one stretch holds.
const STRETCH_BARS: i32 = 500;

/// Asks for a stretch of history, oldest bar first.
pub async fn history(
    session: Session,
    instrument: InstrumentId,
    size: BarSize,
    stretch: Stretch,
) -> Result<Vec<Bar>, Failure> {
    let to = match stretch {
        Stretch::Newest => None,
        Stretch::Before(moment) => Some(moment),
    };
    let operation = History::build(HistoryVariables { instrument, size, to, last: Some(STRETCH_BARS) });
    let series = session.call(&operation).await?.bars.ok_or(Failure::Unreachable)?;
    Ok(series.bars)
}

/// A change of the newest bar.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct BarUpdate {
    /// The bar as it is now.
    pub bar: Bar,
    /// How far it can be trusted.
    pub state: FeedState,
    /// The run of the producer: a new one means that it restarted.
    pub epoch: Decimal,
}

/// What the stream of bars brings.
#[derive(cynic::InlineFragments, Clone, Debug, PartialEq, Eq)]
pub enum BarEvent {
    /// A bar changed.
    BarUpdate(BarUpdate),
    /// A hole: history has what was missed.
    StreamGap(StreamGap),
    /// Something that this client does not know.
    #[cynic(fallback)]
    Other,
}

/// Whose bars.
#[derive(cynic::QueryVariables)]
pub struct LiveBarsVariables {
    /// The instrument.
    pub instrument: InstrumentId,
    /// How long each bar lasts.
    pub size: BarSize,
}

/// The newest bar, as it changes.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "LiveBarsVariables")]
pub struct LiveBars {
    /// One event.
    #[arguments(instrument: $instrument, size: $size)]
    pub bars: BarEvent,
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![query::<History, HistoryVariables>(), subscription::<LiveBars, LiveBarsVariables>()]
}
