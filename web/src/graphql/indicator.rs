//! Indicators: their kinds, what each kind can be set to, and their values over bars.

use cynic::QueryBuilder;

use super::bar::{BarSize, Wanted};
use super::document::{query, subscription};
use super::failure::Failure;
use super::instrument::InstrumentId;
use super::quote::StreamGap;
use super::scalar::{DateTime, Decimal};
use super::schema;
use crate::session::Session;

/// What is computed.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(non_exhaustive)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum IndicatorKind {
    Sma,
    Ema,
    Wma,
    Rsi,
    Macd,
    Bollinger,
    Atr,
    Vwap,
    Stochastic,
    Adx,
    Cci,
    Obv,
    Mfi,
    Roc,
    WilliamsR,
    Donchian,
    Keltner,
    StandardDeviation,
    #[cynic(fallback)]
    Other,
}

impl IndicatorKind {
    /// Every kind with the name that traders know it by, the same in every language.
    pub const ALL: [(Self, &'static str); 18] = [
        (Self::Sma, "SMA"),
        (Self::Ema, "EMA"),
        (Self::Wma, "WMA"),
        (Self::Rsi, "RSI"),
        (Self::Macd, "MACD"),
        (Self::Bollinger, "Bollinger"),
        (Self::Atr, "ATR"),
        (Self::Vwap, "VWAP"),
        (Self::Stochastic, "Stochastic"),
        (Self::Adx, "ADX"),
        (Self::Cci, "CCI"),
        (Self::Obv, "OBV"),
        (Self::Mfi, "MFI"),
        (Self::Roc, "ROC"),
        (Self::WilliamsR, "Williams %R"),
        (Self::Donchian, "Donchian"),
        (Self::Keltner, "Keltner"),
        (Self::StandardDeviation, "StdDev"),
    ];

    /// Whether it looks back over a number of bars that can be chosen.
    pub fn has_length(self) -> bool {
        !matches!(self, Self::Macd | Self::Vwap | Self::Obv | Self::Other)
    }
}

/// Which price of a bar goes in.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum PriceSource {
    Open,
    High,
    Low,
    Close,
    Hl2,
    Hlc3,
    Ohlc4,
}

/// One indicator; what is left out is the kind's usual.
#[derive(cynic::InputObject, Clone, Debug, PartialEq, Eq)]
pub struct IndicatorInput {
    /// What is computed.
    pub kind: IndicatorKind,
    /// From which price.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub source: Option<PriceSource>,
    /// Over how many bars.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub length: Option<i32>,
    /// The fast length.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub fast: Option<i32>,
    /// The slow length.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub slow: Option<i32>,
    /// The length of the signal.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The width of the bands.
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub deviations: Option<Decimal>,
}

/// One line's values.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct IndicatorLine {
    /// Its name.
    pub name: String,
    /// One for each time; none before enough bars.
    pub values: Vec<Option<f64>>,
}

/// An indicator over a stretch of bars.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Indicator {
    /// Its name with its settings.
    pub name: String,
    /// Its lines.
    pub lines: Vec<IndicatorLine>,
}

/// Indicators over a stretch of bars.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct IndicatorSeries {
    /// The bars' times, oldest first.
    pub times: Vec<DateTime>,
    /// In the order in which they were asked for.
    pub indicators: Vec<Indicator>,
}

#[derive(cynic::QueryVariables)]
struct IndicatorHistoryVariables {
    instrument: InstrumentId,
    size: BarSize,
    indicators: Vec<IndicatorInput>,
    to: Option<DateTime>,
    last: Option<i32>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "IndicatorHistoryVariables")]
struct IndicatorHistory {
    #[arguments(instrument: $instrument, size: $size, indicators: $indicators, to: $to, last: $last)]
    indicators: Option<IndicatorSeries>,
}

/// Asks for indicators over a stretch of history.
pub async fn history(
    session: Session,
    wanted: Wanted,
    indicators: Vec<IndicatorInput>,
) -> Result<IndicatorSeries, Failure> {
    let Wanted { instrument, size, stretch, count } = wanted;
    let variables =
        IndicatorHistoryVariables { instrument, size, indicators, to: stretch.end(), last: Some(count) };
    let operation = IndicatorHistory::build(variables);
    session.call(&operation).await?.indicators.ok_or(Failure::Unreachable)
}

/// One line's value at a bar.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct IndicatorValue {
    /// None before enough bars.
    pub value: Option<f64>,
}

/// An indicator at a bar.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct IndicatorNow {
    /// In the order of its lines.
    pub lines: Vec<IndicatorValue>,
}

/// Indicators at the live bar.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct IndicatorUpdate {
    /// The bar's time.
    pub time: DateTime,
    /// In the order in which they were asked for.
    pub indicators: Vec<IndicatorNow>,
    /// The run of the producer: a new one means that it restarted.
    pub epoch: Decimal,
}

/// What the stream of indicators brings.
#[derive(cynic::InlineFragments, Clone, Debug, PartialEq)]
pub enum IndicatorEvent {
    /// Values changed.
    IndicatorUpdate(IndicatorUpdate),
    /// A hole: history has what was missed.
    StreamGap(StreamGap),
    /// Something that this client does not know.
    #[cynic(fallback)]
    Other,
}

/// Which indicators of whose bars.
#[derive(cynic::QueryVariables)]
pub struct LiveIndicatorsVariables {
    /// The instrument.
    pub instrument: InstrumentId,
    /// How long each bar lasts.
    pub size: BarSize,
    /// What to compute.
    pub indicators: Vec<IndicatorInput>,
}

/// Indicators at the newest bar, as it changes.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "LiveIndicatorsVariables")]
pub struct LiveIndicators {
    /// One event.
    #[arguments(instrument: $instrument, size: $size, indicators: $indicators)]
    pub indicators: IndicatorEvent,
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![
        query::<IndicatorHistory, IndicatorHistoryVariables>(),
        subscription::<LiveIndicators, LiveIndicatorsVariables>(),
    ]
}
