//! Bars of the past: from the store where they are kept, from the broker where not.
//!
//! A split changes the past. So whatever is fetched overlaps what is kept, by a bar at least: where the broker now tells
//! another price for it, all that is kept of the instrument is dropped, and fetched again when it is asked for.

use std::sync::Arc;

use domain::bar::{Bar, BarQuery, BarSize, BarStore, Series, TimeRange};
use domain::clock::Clock;
use domain::instrument::Instrument;
use domain::market_data::{MarketDataSource, SourceError};
use time::{Duration, OffsetDateTime};
use tracing::{info, warn};

use crate::answer::World;
use crate::leader::error_chain;

/// How many bars further a question reaches at most, so that it overlaps what is kept.
const NEAR: i32 = 100;

/// Whether the broker still tells the past as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Past {
    Same,
    /// What is told now and what is kept must not stand side by side.
    Rewritten,
    /// It cannot be asked now.
    Unknown,
}

impl Past {
    /// Volumes are corrected late, prices are not.
    fn of(kept: &Bar, told: &Bar) -> Self {
        let prices = |bar: &Bar| (bar.open, bar.high, bar.low, bar.close);
        if prices(kept) == prices(told) { Self::Same } else { Self::Rewritten }
    }
}

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
                let (series, told) =
                    (Series { instrument: instrument.id, size }, TimeRange { from: first.time, to });
                let (kept, _) = self.read(series, told).await;
                let may_keep = match self.compare(instrument, size, &kept, &bars).await {
                    Past::Same => true,
                    Past::Rewritten => self.forget(instrument).await,
                    Past::Unknown => false,
                };
                if may_keep {
                    self.keep(series, told, &bars).await;
                }
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
        let (kept, known) = self.read(series, range).await;
        let mut bars = kept.clone();
        for missing in range.without(&known) {
            self.world.check()?;
            let asked = BarQuery::Range(overlapping(size, missing, &kept));
            let mut told = self.source.bars(instrument, size, asked).await?;
            let past = self.compare(instrument, size, &kept, &told).await;
            if past == Past::Rewritten {
                return self.anew(instrument, size, range).await;
            }
            told.retain(|bar| (missing.from..missing.to).contains(&bar.time));
            if past == Past::Same {
                self.keep(series, missing, &told).await;
            }
            bars.extend(told);
        }
        bars.sort_by_key(|bar| bar.time);
        Ok(bars)
    }

    /// What is kept of a stretch, and the parts of it that are known in full.
    async fn read(&self, series: Series, range: TimeRange) -> (Vec<Bar>, Vec<TimeRange>) {
        // The store only saves time: without it, everything is asked of the broker.
        let (mut bars, mut known) = self.store.read(series, range).await.unwrap_or_else(|error| {
            warn!(error = error_chain(&error), "cannot read kept bars");
            (Vec::new(), Vec::new())
        });
        // What a replay of the same day has kept earlier is its future.
        let settled = self.settled(series.size);
        for part in &mut known {
            part.to = part.to.min(settled).max(part.from);
        }
        bars.retain(|bar| known.iter().any(|part| (part.from..part.to).contains(&bar.time)));
        (bars, known)
    }

    /// Compares what is kept with what was told. Where they have no bar in common, the broker is asked for the newest that
    /// is kept of the series.
    async fn compare(&self, instrument: &Instrument, size: BarSize, kept: &[Bar], told: &[Bar]) -> Past {
        let in_both = kept.iter().filter_map(|bar| Some((bar, find(told, bar.time)?)));
        if let Some(past) = in_both.map(|(kept, told)| Past::of(kept, told)).max() {
            return past;
        }
        let Ok(newest) = self.store.newest(Series { instrument: instrument.id, size }).await else {
            return Past::Unknown;
        };
        let Some(newest) = newest.filter(|bar| bar.time < self.settled(size)) else { return Past::Same };
        let only = TimeRange { from: newest.time, to: size.end(newest.time) };
        match self.source.bars(instrument, size, BarQuery::Range(only)).await {
            Ok(told) => find(&told, newest.time).map_or(Past::Same, |told| Past::of(&newest, told)),
            Err(_) => Past::Unknown,
        }
    }

    /// Drops what is kept of an instrument, and asks for everything.
    async fn anew(
        &self,
        instrument: &Instrument,
        size: BarSize,
        range: TimeRange,
    ) -> Result<Vec<Bar>, SourceError> {
        let is_forgotten = self.forget(instrument).await;
        let bars = self.source.bars(instrument, size, BarQuery::Range(range)).await?;
        if is_forgotten {
            self.keep(Series { instrument: instrument.id, size }, range, &bars).await;
        }
        Ok(bars)
    }

    /// Drops what is kept of an instrument; false where that cannot be done now, and nothing may be kept beside it.
    async fn forget(&self, instrument: &Instrument) -> bool {
        info!(instrument = %instrument.symbol, "the broker tells another past, as after a split: kept bars are dropped");
        let forgotten = self.store.forget(instrument.id).await;
        if let Err(error) = &forgotten {
            warn!(error = error_chain(error), "cannot drop kept bars");
        }
        forgotten.is_ok()
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

/// A stretch that reaches to the nearest kept bar, where that is not far.
fn overlapping(size: BarSize, missing: TimeRange, kept: &[Bar]) -> TimeRange {
    let distance =
        |bar: &Bar| if bar.time < missing.from { missing.from - bar.time } else { bar.time - missing.to };
    let nearest = kept.iter().min_by_key(|bar| distance(bar));
    match nearest.filter(|bar| distance(bar) <= size.duration() * NEAR) {
        Some(bar) => TimeRange { from: missing.from.min(bar.time), to: missing.to.max(size.end(bar.time)) },
        None => missing,
    }
}

/// The bar of this time among bars that are sorted by time.
fn find(bars: &[Bar], time: OffsetDateTime) -> Option<&Bar> {
    bars.binary_search_by_key(&time, |bar| bar.time).ok().and_then(|place| bars.get(place))
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
