//! Bars: history by query, the newest by subscription.

use cynic::QueryBuilder;

use super::document::{query, subscription};
use super::failure::Failure;
use super::instrument::InstrumentId;
use super::quote::{FeedState, StreamGap};
use super::scalar::{DateTime, Decimal};
use super::schema;
use crate::session::Session;

/// How long a bar lasts.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(non_exhaustive)]
#[allow(missing_docs, reason = "the names are the sizes")]
pub enum BarSize {
    #[cynic(rename = "SEC_1")]
    Sec1,
    #[cynic(rename = "SEC_5")]
    Sec5,
    #[cynic(rename = "SEC_10")]
    Sec10,
    #[cynic(rename = "SEC_15")]
    Sec15,
    #[cynic(rename = "SEC_30")]
    Sec30,
    #[cynic(rename = "MIN_1")]
    Min1,
    #[cynic(rename = "MIN_2")]
    Min2,
    #[cynic(rename = "MIN_3")]
    Min3,
    #[cynic(rename = "MIN_5")]
    Min5,
    #[cynic(rename = "MIN_10")]
    Min10,
    #[cynic(rename = "MIN_15")]
    Min15,
    #[cynic(rename = "MIN_20")]
    Min20,
    #[cynic(rename = "MIN_30")]
    Min30,
    #[cynic(rename = "HOUR_1")]
    Hour1,
    #[cynic(rename = "HOUR_2")]
    Hour2,
    #[cynic(rename = "HOUR_3")]
    Hour3,
    #[cynic(rename = "HOUR_4")]
    Hour4,
    #[cynic(rename = "HOUR_8")]
    Hour8,
    #[cynic(rename = "DAY_1")]
    Day1,
    #[cynic(rename = "WEEK_1")]
    Week1,
    #[cynic(rename = "MONTH_1")]
    Month1,
    #[cynic(fallback)]
    Other,
}

impl BarSize {
    /// Every size with its short name, the shortest first.
    pub const OFFERED: [(Self, &'static str); 21] = [
        (Self::Sec1, "1s"),
        (Self::Sec5, "5s"),
        (Self::Sec10, "10s"),
        (Self::Sec15, "15s"),
        (Self::Sec30, "30s"),
        (Self::Min1, "1m"),
        (Self::Min2, "2m"),
        (Self::Min3, "3m"),
        (Self::Min5, "5m"),
        (Self::Min10, "10m"),
        (Self::Min15, "15m"),
        (Self::Min20, "20m"),
        (Self::Min30, "30m"),
        (Self::Hour1, "1h"),
        (Self::Hour2, "2h"),
        (Self::Hour3, "3h"),
        (Self::Hour4, "4h"),
        (Self::Hour8, "8h"),
        (Self::Day1, "1d"),
        (Self::Week1, "1w"),
        (Self::Month1, "1M"),
    ];

    /// Those that traders use most: they have buttons, and the number keys in this order.
    pub const FREQUENT: [Self; 9] = [
        Self::Sec5,
        Self::Min1,
        Self::Min5,
        Self::Min15,
        Self::Min30,
        Self::Hour1,
        Self::Hour4,
        Self::Day1,
        Self::Week1,
    ];

    /// The size of this short name.
    pub fn from_short_name(text: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|(_, name)| *name == text).map(|(size, _)| size)
    }

    /// The short name.
    pub fn short_name(self) -> &'static str {
        Self::OFFERED.into_iter().find(|(size, _)| *size == self).map_or("", |(_, name)| name)
    }

    /// How long a bar is, in seconds; none where days are counted, which are as long as their sessions.
    pub fn seconds(self) -> Option<i64> {
        let name = self.short_name();
        let unit = match name.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => return None,
        };
        Some(name.get(..name.len() - 1)?.parse::<i64>().ok()? * unit)
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
#[cynic(graphql_type = "Instrument")]
struct Home {
    time_zone: String,
}

#[derive(cynic::QueryFragment)]
struct BarSeries {
    instrument: Home,
    bars: Vec<Bar>,
}

/// A stretch of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The bars, oldest first.
    pub bars: Vec<Bar>,
    /// The time zone of the instrument's exchange.
    pub zone: String,
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

impl Stretch {
    /// Its end; now where there is none.
    pub fn end(self) -> Option<DateTime> {
        match self {
            Self::Newest => None,
            Self::Before(moment) => Some(moment),
        }
    }
}

/// The most bars that the server tells at once.
pub const MOST_BARS: i32 = 5_000;

/// What to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose bars.
    pub instrument: InstrumentId,
    /// How long each lasts.
    pub size: BarSize,
    /// Which of them.
    pub stretch: Stretch,
    /// How many.
    pub count: i32,
}

/// Asks for a stretch of history.
pub async fn history(session: Session, wanted: Wanted) -> Result<Past, Failure> {
    let Wanted { instrument, size, stretch, count } = wanted;
    let operation =
        History::build(HistoryVariables { instrument, size, to: stretch.end(), last: Some(count) });
    let series = session.call(&operation).await?.bars.ok_or(Failure::Unreachable)?;
    Ok(Past { bars: series.bars, zone: series.instrument.time_zone })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_know_their_names_and_lengths() {
        for (size, name) in BarSize::OFFERED {
            assert_eq!(BarSize::from_short_name(name), Some(size));
        }
        let check = |size: BarSize, expect: Option<i64>| assert_eq!(size.seconds(), expect, "{size:?}");
        check(BarSize::Sec15, Some(15));
        check(BarSize::Min20, Some(1_200));
        check(BarSize::Hour8, Some(28_800));
        check(BarSize::Day1, None);
        check(BarSize::Month1, None);
        check(BarSize::Other, None);
    }
}
