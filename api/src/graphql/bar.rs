//! Bars: history in one answer, and the live bar as it grows.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject, Subscription, Union};
use domain::bar::{BarQuery as BarRange, BarSource as DomainSource, MAX_BARS, Series};
use domain::desk::{DeskAnswer, DeskQuestion};
use domain::market_data::SourceError;
use domain::user::Permission;
use futures::{Stream, StreamExt as _};

use crate::core::Core;
use crate::feed::{FeedEvent, Shown};
use crate::graphql::complexity::of_series;
use crate::graphql::core;
use crate::graphql::error::top_level;
use crate::graphql::guard::{Requires, permitted};
use crate::graphql::instrument::{Instrument, named};
use crate::graphql::quote::{FeedState, StreamGap, parse_pace, refused};
use crate::graphql::scalar::{DateTime, Decimal};
use crate::share::events;

/// How long the desk may take for history.
const HISTORY_DEADLINE: Duration = Duration::from_secs(25);

/// The stretch of time that a bar spans.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::bar::BarSize")]
pub enum BarSize {
    /// One second.
    #[graphql(name = "SEC_1")]
    Sec1,
    /// Five seconds.
    #[graphql(name = "SEC_5")]
    Sec5,
    /// Ten seconds.
    #[graphql(name = "SEC_10")]
    Sec10,
    /// Fifteen seconds.
    #[graphql(name = "SEC_15")]
    Sec15,
    /// Thirty seconds.
    #[graphql(name = "SEC_30")]
    Sec30,
    /// One minute.
    #[graphql(name = "MIN_1")]
    Min1,
    /// Two minutes.
    #[graphql(name = "MIN_2")]
    Min2,
    /// Three minutes.
    #[graphql(name = "MIN_3")]
    Min3,
    /// Five minutes.
    #[graphql(name = "MIN_5")]
    Min5,
    /// Ten minutes.
    #[graphql(name = "MIN_10")]
    Min10,
    /// A quarter of an hour.
    #[graphql(name = "MIN_15")]
    Min15,
    /// Twenty minutes.
    #[graphql(name = "MIN_20")]
    Min20,
    /// Half an hour.
    #[graphql(name = "MIN_30")]
    Min30,
    /// One hour.
    #[graphql(name = "HOUR_1")]
    Hour1,
    /// Two hours.
    #[graphql(name = "HOUR_2")]
    Hour2,
    /// Three hours.
    #[graphql(name = "HOUR_3")]
    Hour3,
    /// Four hours.
    #[graphql(name = "HOUR_4")]
    Hour4,
    /// Eight hours.
    #[graphql(name = "HOUR_8")]
    Hour8,
    /// A trading day.
    #[graphql(name = "DAY_1")]
    Day1,
    /// A week, from Monday.
    #[graphql(name = "WEEK_1")]
    Week1,
    /// A month.
    #[graphql(name = "MONTH_1")]
    Month1,
}

/// What bars are made from.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "DomainSource")]
pub enum BarSource {
    /// Printed trades.
    Trades,
    /// The mid price, for what prints no trades.
    MidPoint,
}

/// How final a live bar is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::bar::BarPhase")]
pub enum BarPhase {
    /// It still grows.
    Forming,
    /// Its time is over; it was built live. A trade that comes late closes it once more.
    Closed,
    /// Its time is over, and it is told anew: as the source's history says, or with a trade that came very late.
    Corrected,
}

/// Open, high, low, close and volume of a stretch of time.
#[derive(SimpleObject)]
pub struct Bar {
    /// Its first moment. A daily or longer bar starts at midnight UTC of its trading date.
    time: DateTime,
    /// The first price.
    open: Decimal,
    /// The highest price.
    high: Decimal,
    /// The lowest price.
    low: Decimal,
    /// The last price.
    close: Decimal,
    /// Shares or contracts traded; null for bars of the mid price.
    volume: Option<Decimal>,
}

impl From<domain::bar::Bar> for Bar {
    fn from(bar: domain::bar::Bar) -> Self {
        Self {
            time: bar.time.into(),
            open: bar.open.into(),
            high: bar.high.into(),
            low: bar.low.into(),
            close: bar.close.into(),
            volume: bar.volume.map(Into::into),
        }
    }
}

/// Bars of one instrument and size.
#[derive(SimpleObject)]
pub struct BarSeries {
    /// Whose.
    instrument: Instrument,
    /// How long each is.
    size: BarSize,
    /// What they are made from.
    source: BarSource,
    /// By time, oldest first; the last one may still be forming. A time without trades has no bar.
    bars: Vec<Bar>,
}

/// The newest state of a live bar.
#[derive(SimpleObject)]
pub struct BarUpdate {
    /// Whose.
    instrument: Instrument,
    /// How long the bar is.
    size: BarSize,
    /// The bar.
    bar: Bar,
    /// How final it is.
    phase: BarPhase,
    /// How far it can be trusted.
    state: FeedState,
    /// The run of the producer: a new one means that it restarted.
    epoch: Decimal,
    /// Grows inside an epoch; what `maxHz` left out is no gap.
    sequence: Decimal,
}

impl BarUpdate {
    fn new(instrument: Instrument, shown: &Shown<domain::bar::BarUpdate>) -> Self {
        let update = &shown.value;
        Self {
            instrument,
            size: update.series.size.into(),
            bar: update.bar.into(),
            phase: update.phase.into(),
            state: shown.state.into(),
            epoch: update.stamp.epoch.into(),
            sequence: update.stamp.sequence.into(),
        }
    }
}

/// What a subscription to bars yields.
#[derive(Union)]
pub enum BarEvent {
    /// A bar has changed.
    BarUpdate(BarUpdate),
    /// Something was lost; read the history again.
    StreamGap(StreamGap),
}

#[derive(Default)]
pub struct BarQuery;

#[Object]
impl BarQuery {
    /// The bars of an instrument. Exactly one of `from` and `last`; at most 5,000 bars.
    #[graphql(complexity = "of_series(last, MAX_BARS, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn bars(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How long each bar is.")] size: BarSize,
        #[graphql(desc = "The first moment; instead of `last`.")] from: Option<DateTime>,
        #[graphql(desc = "The first moment after the last bar; now by default.")] to: Option<DateTime>,
        #[graphql(desc = "How many bars up to `to`: 1 to 5,000; instead of `from`.")] last: Option<i32>,
    ) -> Option<Result<BarSeries>> {
        permitted(context, Permission::ReadMarket, async {
            let range = Span { from, to, last }.parse(core(context), size)?;
            history(context, &instrument, size, range).await.map(Some)
        })
        .await
    }
}

/// Which bars are asked for, as the arguments of a field tell.
pub struct Span {
    /// The first moment.
    pub from: Option<DateTime>,
    /// The first moment after; now by default.
    pub to: Option<DateTime>,
    /// How many up to there.
    pub last: Option<i32>,
}

impl Span {
    /// The bounded question that is meant.
    pub fn parse(self, core: &Core, size: BarSize) -> Result<BarRange> {
        let to = self.to.map_or_else(|| core.services.market_clock.now(), |to| to.0);
        BarRange::parse(size.into(), self.from.map(|from| from.0), to, self.last.map(i64::from))
            .map_err(|refusal| top_level(refusal.into()))
    }
}

async fn history(context: &Context<'_>, id: &ID, size: BarSize, query: BarRange) -> Result<BarSeries> {
    let instrument = named(context, id).await?;
    let of = Series { instrument: instrument.0.id, size: size.into() };
    let bars = bars_of(core(context), of, query).await.map_err(|error| top_level(error.into()))?;
    Ok(BarSeries {
        source: DomainSource::of(instrument.0.asset_class).into(),
        instrument,
        size,
        bars: bars.into_iter().map(Into::into).collect(),
    })
}

/// The bars of a series, asked of the desk.
pub async fn bars_of(
    core: &Core,
    of: Series,
    query: BarRange,
) -> std::result::Result<Vec<domain::bar::Bar>, SourceError> {
    let question = DeskQuestion::Bars { instrument: of.instrument, size: of.size, query };
    match core.services.desk.ask(question, HISTORY_DEADLINE).await? {
        DeskAnswer::Bars(bars) => Ok(bars),
        DeskAnswer::Instruments(_) | DeskAnswer::Ticks(_) => {
            tracing::error!("the desk's answer does not fit the question");
            Err(SourceError::Unavailable("the desk's answer cannot be read; try again shortly".into()))
        }
    }
}

#[derive(Default)]
pub struct BarSubscription;

#[Subscription]
impl BarSubscription {
    /// The live bar of an instrument, each time it changes; first its newest state where one is known. Bars of a minute
    /// and longer are CORRECTED from the broker's history after they have closed. Shorter ones are built print by print
    /// while the account has a tick-by-tick line to spare, else from quotes, where a trade between two quotes is missed.
    #[graphql(guard = "Requires(Permission::ReadMarket)", complexity = "1")]
    async fn bars(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How long each bar is.")] size: BarSize,
        #[graphql(desc = "The most events per second: 0.1 to 50, 10 by default.")] max_hz: Option<f64>,
    ) -> Result<impl Stream<Item = Result<BarEvent>> + 'static> {
        let pace = parse_pace(max_hz).map_err(|refusal| top_level(refusal.into()))?;
        let instrument = named(context, &instrument).await?;
        let series = Series { instrument: instrument.0.id, size: size.into() };
        let events = events(context, pace, |pace| core(context).feed.bars(series, pace));
        Ok(events.map(move |event| match event {
            FeedEvent::Value(shown) => Ok(BarEvent::BarUpdate(BarUpdate::new(instrument.clone(), &shown))),
            FeedEvent::Gap(gap) => {
                Ok(BarEvent::StreamGap(StreamGap { instrument: Arc::clone(&instrument.0), gap }))
            }
            FeedEvent::Refused(refusal) => Err(refused(&refusal)),
        }))
    }
}
