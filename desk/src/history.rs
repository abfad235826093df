//! Bars of the past: from the store where they are kept, from the broker where not.

use std::sync::Arc;

use domain::bar::{Bar, BarQuery, BarSize, BarStore, Series, TimeRange};
use domain::clock::Clock;
use domain::instrument::Instrument;
use domain::market_data::{MarketDataSource, SourceError};
use time::{Duration, OffsetDateTime};
use tracing::warn;

use crate::answer::World;
use crate::leader::error_chain;

/// The history of a broker's instruments.
pub(crate) struct History {
    pub(crate) source: Arc<dyn MarketDataSource>,
    pub(crate) world: World,
    pub(crate) store: Arc<dyn BarStore>,
    pub(crate) market_clock: Arc<dyn Clock>,
}

impl History {
    /// The bars asked for, oldest first; the newest may still be forming.
    pub(crate) async fn bars(
        &self,
        instrument: &Instrument,
        size: BarSize,
        query: BarQuery,
    ) -> Result<Vec<Bar>, SourceError> {
        match query {
            BarQuery::Range(range) => self.range(instrument, size, range).await,
            BarQuery::Last { count, to } => self.last(instrument, size, count, to).await,
        }
    }

    /// As long as the market never closes, so many bars span so much time, and most of them are kept. Where that
    /// leaves too few, the broker looks back over nights and holidays.
    async fn last(
        &self,
        instrument: &Instrument,
        size: BarSize,
        count: usize,
        to: OffsetDateTime,
    ) -> Result<Vec<Bar>, SourceError> {
        let span = size.duration() * i32::try_from(count).unwrap_or(i32::MAX);
        let from = size.floor(to.checked_sub(span).unwrap_or(to));
        let mut bars = self.range(instrument, size, TimeRange { from, to }).await?;
        if bars.len() < count {
            self.world.check()?;
            bars = self.source.bars(instrument, size, BarQuery::Last { count, to }).await?;
            if let Some(first) = bars.first() {
                let series = Series { instrument: instrument.id, size };
                self.keep(series, TimeRange { from: first.time, to }, &bars).await;
            }
        }
        bars.drain(..bars.len().saturating_sub(count));
        Ok(bars)
    }

    async fn range(
        &self,
        instrument: &Instrument,
        size: BarSize,
        range: TimeRange,
    ) -> Result<Vec<Bar>, SourceError> {
        let series = Series { instrument: instrument.id, size };
        // The store only saves time: without it, everything is asked of the broker.
        let (mut bars, known) = self.store.read(series, range).await.unwrap_or_else(|error| {
            warn!(error = error_chain(&error), "cannot read kept bars");
            (Vec::new(), Vec::new())
        });
        // What a replay of the same day has kept earlier is its future.
        let settled = self.settled(size);
        let known: Vec<_> = known
            .into_iter()
            .map(|part| TimeRange { to: part.to.min(settled).max(part.from), ..part })
            .collect();
        for missing in range.without(&known) {
            self.world.check()?;
            let fetched = self.source.bars(instrument, size, BarQuery::Range(missing)).await?;
            self.keep(series, missing, &fetched).await;
            bars.retain(|bar| bar.time < missing.from || bar.time >= missing.to);
            bars.extend(fetched);
        }
        bars.sort_by_key(|bar| bar.time);
        Ok(bars)
    }

    /// The beginning of the first bar that may still change.
    fn settled(&self, size: BarSize) -> OffsetDateTime {
        size.floor(self.market_clock.now() - settles_after(size))
    }

    /// Keeps the bars that will not change any more.
    async fn keep(&self, series: Series, fetched: TimeRange, bars: &[Bar]) {
        let settled = self.settled(series.size);
        let covered = TimeRange { from: first_whole(series.size, fetched.from), to: fetched.to.min(settled) };
        if covered.from >= covered.to {
            return;
        }
        let covered = TimeRange { to: series.size.floor(covered.to), ..covered };
        let bars: Vec<_> =
            bars.iter().filter(|bar| (covered.from..covered.to).contains(&bar.time)).copied().collect();
        if let Err(error) = self.store.write(series, covered, &bars).await {
            warn!(error = error_chain(&error), "cannot keep bars");
        }
    }
}

/// The first bar that starts in the range: one that began before it was not fetched.
fn first_whole(size: BarSize, from: OffsetDateTime) -> OffsetDateTime {
    let start = size.floor(from);
    if start == from { start } else { size.end(start) }
}

/// How long after its end a bar may still change: trades are reported late, and a trading day does not
/// end at midnight UTC.
fn settles_after(size: BarSize) -> Duration {
    if size >= BarSize::Day1 { Duration::days(1) } else { Duration::minutes(1) }
}
