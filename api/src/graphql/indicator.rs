//! Indicators: statistics over bars, computed here for everybody who shows them.

use std::fmt::Write as _;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::bar::{Bar, BarQuery as BarRange, MAX_BARS, Series};
use domain::error::{Refusal, RefusalCode};
use domain::indicator::{MAX_LINES, ParameterValue, Parameters, Sessions};
use domain::market_data::SourceError;
use domain::user::Permission;
use time::OffsetDateTime;

use crate::core::Core;
use crate::graphql::bar::{BarSize, Span, bars_of};
use crate::graphql::complexity::of_series;
use crate::graphql::core;
use crate::graphql::error::top_level;
use crate::graphql::guard::permitted;
use crate::graphql::instrument::{Instrument, named};
use crate::graphql::scalar::{DateTime, Decimal};

mod live;

pub use live::IndicatorSubscription;

/// The most indicators in one question.
const MAX_INDICATORS: usize = 10;

/// Which statistic. Values are those of TA-Lib; lengths are from 1 (some kinds: 2) to 500 bars.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::indicator::IndicatorKind")]
pub enum IndicatorKind {
    /// The simple moving average of the last `length` (20) bars. Line `SMA`.
    Sma,
    /// The exponential moving average, begun with the simple one of its first `length` (20) bars. Line `EMA`.
    Ema,
    /// The moving average in which the newest of `length` (20) bars counts `length` times and the oldest once. Line `WMA`.
    Wma,
    /// Wilder's relative strength index over `length` (14): 0 to 100, 50 where nothing has moved. Line `RSI`.
    Rsi,
    /// The EMA of `fast` (12) bars less that of `slow` (26), with the EMA of `signal` (9) of it. Lines `MACD`, `SIGNAL`, `HISTOGRAM`.
    Macd,
    /// The SMA of `length` (20) bars and `deviations` (2) standard deviations above and below. Lines `UPPER`, `MIDDLE`, `LOWER`.
    Bollinger,
    /// Wilder's average true range over `length` (14). Line `ATR`.
    Atr,
    /// The average price of the session so far, weighted by volume. A session is a calendar day in the instrument's time zone
    /// (of American futures from 17:00 of the day before), and each daily or longer bar. Line `VWAP`.
    Vwap,
    /// Where the close is in the range of the last `length` (14) bars, averaged over `slow` (3), and its average over `signal` (3). Lines `K`, `D`.
    Stochastic,
    /// Wilder's average directional index over `length` (14). Lines `ADX`, `PLUS_DI`, `MINUS_DI`.
    Adx,
    /// The commodity channel index over `length` (20). Line `CCI`.
    Cci,
    /// The volume of bars that closed higher less that of those that closed lower. It counts from the first bar that was looked
    /// at: only differences mean something. Line `OBV`.
    Obv,
    /// The money flow index over `length` (14): 0 to 100, 50 where nothing has moved. Line `MFI`.
    Mfi,
    /// The change against `length` (10) bars before, in percent. Line `ROC`.
    Roc,
    /// How far the close is below the highest price of `length` (14) bars: -100 to 0, -50 where nothing has moved. Line `WILLIAMS_R`.
    WilliamsR,
    /// The highest and the lowest price of the last `length` (20) bars and their middle. Lines `UPPER`, `MIDDLE`, `LOWER`.
    Donchian,
    /// The EMA of `length` (20) bars and `deviations` (2) average true ranges of the same length above and below. Lines `UPPER`, `MIDDLE`, `LOWER`.
    Keltner,
    /// The standard deviation of the last `length` (20) bars, as of a whole population. Line `STANDARD_DEVIATION`.
    StandardDeviation,
}

/// Which price of a bar is looked at.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::indicator::PriceSource")]
pub enum PriceSource {
    /// The first.
    Open,
    /// The highest.
    High,
    /// The lowest.
    Low,
    /// The last.
    Close,
    /// The middle of the highest and the lowest.
    #[graphql(name = "HL2")]
    Hl2,
    /// The mean of the highest, the lowest and the last.
    #[graphql(name = "HLC3")]
    Hlc3,
    /// The mean of all four.
    #[graphql(name = "OHLC4")]
    Ohlc4,
}

/// An indicator. What is absent is the kind's usual value; what the kind does not have must be absent.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct IndicatorInput {
    /// Which statistic.
    pub kind: IndicatorKind,
    /// Which price of a bar is looked at: CLOSE, or HLC3 for VWAP and CCI.
    pub source: Option<PriceSource>,
    /// How many bars it spans, at most 500.
    pub length: Option<i32>,
    /// The bars of the fast average of a MACD; fewer than `slow`.
    pub fast: Option<i32>,
    /// The bars of the slow average of a MACD, or of the smoothing of a STOCHASTIC.
    pub slow: Option<i32>,
    /// The bars of the signal line of a MACD or STOCHASTIC.
    pub signal: Option<i32>,
    /// How far a band is from its middle: more than 0, at most 50, with at most 4 decimal places.
    pub deviations: Option<Decimal>,
}

impl IndicatorInput {
    /// The indicator that is meant.
    pub fn parse(&self) -> Result<domain::indicator::Indicator, Refusal> {
        let parameters = Parameters {
            source: self.source.map(Into::into),
            length: self.length,
            fast: self.fast,
            slow: self.slow,
            signal: self.signal,
            deviations: self.deviations.map(|deviations| deviations.0),
        };
        domain::indicator::Indicator::parse(self.kind.into(), parameters)
    }
}

/// The indicators that are meant: 1 to 10.
pub fn parse_indicators(given: &[IndicatorInput]) -> Result<Vec<domain::indicator::Indicator>, Refusal> {
    if given.is_empty() || given.len() > MAX_INDICATORS {
        let message = format!("give 1 to {MAX_INDICATORS} indicators, not {}", given.len());
        return Err(Refusal::of("indicators", RefusalCode::LimitReached, message));
    }
    given.iter().map(IndicatorInput::parse).collect()
}

/// Indicators as the one argument that means them, however they were asked for.
pub fn written(indicators: &[domain::indicator::Indicator]) -> String {
    let mut text = String::from("[");
    for indicator in indicators {
        let _ = write!(text, "{{kind:{}", indicator.kind().as_str());
        for (name, value) in indicator.parameters().named() {
            let _ = match value {
                ParameterValue::Deviations(deviations) => write!(text, " {name}:\"{deviations}\""),
                value => write!(text, " {name}:{value}"),
            };
        }
        text.push('}');
    }
    text.push(']');
    text
}

/// Indicators over the bars of one instrument and size.
#[derive(SimpleObject)]
pub struct IndicatorSeries {
    /// Whose.
    instrument: Instrument,
    /// How long each bar is.
    size: BarSize,
    /// The times of the bars, oldest first; the last one may still be forming.
    times: Vec<DateTime>,
    /// The indicators, in the order in which they were asked for.
    indicators: Vec<Indicator>,
}

/// An indicator over a series of bars.
#[derive(SimpleObject)]
pub struct Indicator {
    /// Which statistic.
    kind: IndicatorKind,
    /// The kind with its parameters, as on a chart: `MACD 12 26 9`.
    name: String,
    /// Its lines.
    #[graphql(complexity = "1 + MAX_LINES * child_complexity")]
    lines: Vec<IndicatorLine>,
}

/// One line of an indicator.
#[derive(SimpleObject)]
pub struct IndicatorLine {
    /// What it is called, as the kind's description tells.
    name: &'static str,
    /// The value at each of the times; null where there were not enough bars before. Statistics, not money.
    values: Vec<Option<f64>>,
}

impl Indicator {
    /// The values at the last bars of `candles`, as many as there are times.
    fn over(
        indicator: &domain::indicator::Indicator,
        candles: &[domain::indicator::Candle],
        warm_up: usize,
    ) -> Self {
        let line = |line: domain::indicator::Line| IndicatorLine {
            name: line.name,
            values: line.values().skip(warm_up).collect(),
        };
        Self {
            kind: indicator.kind().into(),
            name: indicator.name(),
            lines: indicator.values(candles).into_iter().map(line).collect(),
        }
    }
}

#[derive(Default)]
pub struct IndicatorQuery;

#[Object]
impl IndicatorQuery {
    /// Indicators over the bars that `bars` would answer with the same arguments. Earlier bars are looked at too, so that
    /// the first values are settled as well, as far as history reaches.
    #[graphql(
        complexity = "of_series(last, MAX_BARS, child_complexity).saturating_mul(indicators.len().max(1))"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn indicators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How long each bar is.")] size: BarSize,
        #[graphql(desc = "1 to 10 indicators.")] indicators: Vec<IndicatorInput>,
        #[graphql(desc = "The first moment; instead of `last`.")] from: Option<DateTime>,
        #[graphql(desc = "The first moment after the last bar; now by default.")] to: Option<DateTime>,
        #[graphql(desc = "How many bars up to `to`: 1 to 5,000; instead of `from`.")] last: Option<i32>,
    ) -> Option<Result<IndicatorSeries>> {
        permitted(context, Permission::ReadMarket, async {
            let indicators = parse_indicators(&indicators).map_err(|refusal| top_level(refusal.into()))?;
            let range = Span { from, to, last }.parse(core(context), size)?;
            series(context, &instrument, size, (&indicators, range)).await.map(Some)
        })
        .await
    }
}

async fn series(
    context: &Context<'_>,
    id: &ID,
    size: BarSize,
    (indicators, range): (&[domain::indicator::Indicator], BarRange),
) -> Result<IndicatorSeries> {
    let instrument = named(context, id).await?;
    let of = Series { instrument: instrument.0.id, size: size.into() };
    let wanted = indicators.iter().map(|indicator| indicator.warm_up(of.size)).max().unwrap_or(0);
    let (earlier, asked) = match range {
        BarRange::Last { count, to } => last(core(context), of, (count, wanted), to).await?,
        BarRange::Range(_) => ranged(core(context), of, range, wanted).await?,
    };
    let candles = Sessions::of(&instrument.0, of.size).candles(earlier.iter().chain(&asked));
    let over = |indicator| Indicator::over(indicator, &candles, earlier.len());
    Ok(IndicatorSeries {
        instrument,
        size,
        times: asked.iter().map(|bar| bar.time.into()).collect(),
        indicators: indicators.iter().map(over).collect(),
    })
}

/// Bars in two parts: those that are looked at too, and those that were asked for.
type Parts = (Vec<Bar>, Vec<Bar>);

/// The last bars and so many before them, in one question: brokers ration those.
async fn last(core: &Core, of: Series, (count, wanted): (usize, usize), to: OffsetDateTime) -> Result<Parts> {
    let mut bars = bars_of(core, of, BarRange::Last { count: count + wanted, to })
        .await
        .map_err(|error| top_level(error.into()))?;
    let asked = bars.split_off(bars.len().saturating_sub(count));
    Ok((bars, asked))
}

/// The bars of a range and so many before them.
async fn ranged(core: &Core, of: Series, range: BarRange, wanted: usize) -> Result<Parts> {
    let asked = bars_of(core, of, range).await.map_err(|error| top_level(error.into()))?;
    let Some(first) = asked.first().filter(|_| wanted > 0) else { return Ok((Vec::new(), asked)) };
    let mut earlier = match bars_of(core, of, BarRange::Last { count: wanted, to: first.time }).await {
        Ok(earlier) => earlier,
        // There is nothing so early; what there is counts.
        Err(SourceError::Rejected { .. }) => Vec::new(),
        Err(error) => return Err(top_level(error.into())),
    };
    earlier.retain(|bar| bar.time < first.time);
    Ok((earlier, asked))
}

#[cfg(test)]
mod tests {
    use async_graphql::{InputType as _, Value};

    use super::*;

    fn input(kind: IndicatorKind) -> IndicatorInput {
        IndicatorInput {
            kind,
            source: None,
            length: None,
            fast: None,
            slow: None,
            signal: None,
            deviations: None,
        }
    }

    #[test]
    fn indicators_are_written_so_that_they_mean_the_same() {
        let two = Decimal::from(rust_decimal::Decimal::new(250, 2));
        let given = [
            IndicatorInput { source: Some(PriceSource::Hl2), ..input(IndicatorKind::Sma) },
            IndicatorInput { deviations: Some(two), ..input(IndicatorKind::Keltner) },
            IndicatorInput { fast: Some(5), ..input(IndicatorKind::Macd) },
            input(IndicatorKind::WilliamsR),
        ];
        let indicators = parse_indicators(&given).unwrap();
        let text = written(&indicators);
        let expected = "[{kind:SMA source:HL2 length:20}{kind:KELTNER source:CLOSE length:20 deviations:\"2.5\"}\
            {kind:MACD source:CLOSE fast:5 slow:26 signal:9}{kind:WILLIAMS_R length:14}]";
        assert_eq!(text, expected);
        let document = format!("{{ x(a: {text}) }}");
        let document = async_graphql::parser::parse_query(document).unwrap();
        let set = &document.operations.iter().next().unwrap().1.node.selection_set.node;
        let async_graphql::parser::types::Selection::Field(field) = &set.items[0].node else {
            panic!("a field")
        };
        let value: Value = field.node.arguments[0].1.node.clone().into_const().unwrap();
        let again = <Vec<IndicatorInput>>::parse(Some(value)).unwrap();
        assert_eq!(parse_indicators(&again).unwrap(), indicators);
    }

    #[test]
    fn how_many_is_bounded() {
        for (count, is_good) in [(0, false), (1, true), (10, true), (11, false)] {
            assert_eq!(parse_indicators(&vec![input(IndicatorKind::Rsi); count]).is_ok(), is_good, "{count}");
        }
    }
}
