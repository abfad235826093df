//! Indicators of the live bar, as it grows.

use std::sync::Arc;

use async_graphql::{Context, ID, Result, SimpleObject, Subscription, Union};
use domain::bar::{Bar, BarQuery as BarRange, BarUpdate, Series};
use domain::indicator::{HistoryRequest, LiveIndicators, MAX_LINES, Sessions, Values, Wants};
use domain::user::Permission;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};

use crate::core::Core;
use crate::feed::{FeedEvent, Shown};
use crate::graphql::bar::{BarPhase, BarSize, bars_of};
use crate::graphql::core;
use crate::graphql::error::top_level;
use crate::graphql::guard::Requires;
use crate::graphql::indicator::{IndicatorInput, IndicatorKind, parse_indicators};
use crate::graphql::instrument::{Instrument, named};
use crate::graphql::quote::{FeedState, StreamGap, parse_pace, refused};
use crate::graphql::scalar::{DateTime, Decimal};
use crate::share::events;

/// Indicators at a live bar.
#[derive(SimpleObject)]
pub struct IndicatorUpdate {
    /// Whose.
    instrument: Instrument,
    /// How long the bar is.
    size: BarSize,
    /// The first moment of the bar.
    time: DateTime,
    /// How final the bar is; the values change with it.
    phase: BarPhase,
    /// The indicators, in the order in which they were asked for.
    #[graphql(complexity = "1 + child_complexity")]
    indicators: Vec<IndicatorNow>,
    /// How far the bar can be trusted.
    state: FeedState,
    /// The run of the producer: a new one means that it restarted.
    epoch: Decimal,
    /// That of the bar: grows inside an epoch; what `maxHz` left out is no gap.
    sequence: Decimal,
}

/// An indicator at one bar.
#[derive(SimpleObject)]
pub struct IndicatorNow {
    /// Which statistic.
    kind: IndicatorKind,
    /// The kind with its parameters, as on a chart: `MACD 12 26 9`.
    name: String,
    /// Its lines.
    #[graphql(complexity = "1 + MAX_LINES * child_complexity")]
    lines: Vec<IndicatorValue>,
}

/// One line of an indicator, at one bar.
#[derive(SimpleObject)]
pub struct IndicatorValue {
    /// What it is called, as the kind's description tells.
    name: &'static str,
    /// The value; null where there are not enough bars before, or their history cannot be read. Statistics, not money.
    value: Option<f64>,
}

impl IndicatorNow {
    fn new(indicator: &domain::indicator::Indicator, values: &Values) -> Self {
        let lines = indicator.lines().iter().zip(values.iter());
        Self {
            kind: indicator.kind().into(),
            name: indicator.name(),
            lines: lines.map(|(name, value)| IndicatorValue { name, value: *value }).collect(),
        }
    }
}

/// What a subscription to indicators yields.
#[derive(Union)]
pub enum IndicatorEvent {
    /// The values at a bar that has changed.
    IndicatorUpdate(IndicatorUpdate),
    /// Bars were lost; read the history again.
    StreamGap(StreamGap),
}

#[derive(Default)]
pub struct IndicatorSubscription;

#[Subscription]
impl IndicatorSubscription {
    /// Indicators at the live bar of an instrument, each time that it changes: forming, closed or corrected. A correction changes
    /// later values too; the next event tells them.
    #[graphql(guard = "Requires(Permission::ReadMarket)", complexity = "1 + indicators.len()")]
    async fn indicators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of an instrument.")] instrument: ID,
        #[graphql(desc = "How long each bar is.")] size: BarSize,
        #[graphql(desc = "1 to 10 indicators.")] indicators: Vec<IndicatorInput>,
        #[graphql(desc = "The most events per second: 0.1 to 50, 10 by default.")] max_hz: Option<f64>,
    ) -> Result<impl Stream<Item = Result<IndicatorEvent>> + 'static> {
        let pace = parse_pace(max_hz).map_err(|refusal| top_level(refusal.into()))?;
        let indicators = parse_indicators(&indicators).map_err(|refusal| top_level(refusal.into()))?;
        let instrument = named(context, &instrument).await?;
        let series = Series { instrument: instrument.0.id, size: size.into() };
        let live = LiveIndicators::new(indicators, Sessions::of(&instrument.0, series.size));
        let events = events(context, pace, |pace| core(context).feed.bars(series, pace));
        let followed = Followed { core: Arc::clone(core(context)), instrument, series, live };
        Ok(followed.into_stream(events))
    }
}

/// The indicators of one series while they are followed.
struct Followed {
    core: Arc<Core>,
    instrument: Instrument,
    series: Series,
    live: LiveIndicators,
}

impl Followed {
    fn into_stream(
        self,
        events: BoxStream<'static, FeedEvent<BarUpdate>>,
    ) -> impl Stream<Item = Result<IndicatorEvent>> + 'static {
        stream::unfold((self, events), |(mut followed, mut events)| async move {
            loop {
                let event = events.next().await?;
                if let Some(told) = followed.take(event).await {
                    return Some((told, (followed, events)));
                }
            }
        })
    }

    /// What is told of an event; nothing of a bar that is too old to count.
    async fn take(&mut self, event: FeedEvent<BarUpdate>) -> Option<Result<IndicatorEvent>> {
        match event {
            FeedEvent::Value(shown) => {
                let update = &shown.value;
                self.read_history(&update.bar).await;
                let values = self.live.apply(&update.bar, update.phase)?;
                Some(Ok(IndicatorEvent::IndicatorUpdate(self.update(&shown, &values))))
            }
            FeedEvent::Gap(gap) => {
                self.live.lose();
                let instrument = Arc::clone(&self.instrument.0);
                Some(Ok(IndicatorEvent::StreamGap(StreamGap { instrument, gap })))
            }
            FeedEvent::Refused(refusal) => Some(Err(refused(&refusal))),
        }
    }

    /// Reads the bars before this one, where they are wanted.
    async fn read_history(&mut self, bar: &Bar) {
        let clock = &self.core.services.clock;
        let Wants::History(HistoryRequest { count, to }) = self.live.wants(bar, clock.now()) else { return };
        match bars_of(&self.core, self.series, BarRange::Last { count, to }).await {
            Ok(history) => self.live.seed(&history, bar),
            Err(error) => {
                tracing::debug!(%error, "no history for indicators");
                self.live.fail(clock.now());
            }
        }
    }

    fn update(&self, shown: &Shown<BarUpdate>, values: &[Values]) -> IndicatorUpdate {
        let update = &shown.value;
        let indicators = self.live.indicators().iter().zip(values);
        IndicatorUpdate {
            instrument: self.instrument.clone(),
            size: self.series.size.into(),
            time: update.bar.time.into(),
            phase: update.phase.into(),
            indicators: indicators.map(|(indicator, values)| IndicatorNow::new(indicator, values)).collect(),
            state: shown.state.into(),
            epoch: update.stamp.epoch.into(),
            sequence: update.stamp.sequence.into(),
        }
    }
}
