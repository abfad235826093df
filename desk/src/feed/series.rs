//! The live bar of one series, seeded and corrected from history.

use std::time::Duration;

use domain::bar::{Bar, BarPhase, BarSize, BarSource, BarUpdate, Series};
use domain::instrument::Instrument;
use domain::live_bar::LiveBar;
use domain::market_data::SourceError;
use domain::quote::{FeedState, QuoteValues, Stamp};
use domain::trade::TradeValues;
use time::OffsetDateTime;
use time_tz::{OffsetDateTimeExt, Tz, timezones};
use tokio::time::Instant;

/// How long the source's history is given to hold a bar that has just closed.
const CORRECT_AFTER: Duration = Duration::from_secs(3);

/// Why history was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// For the part of the present bar that was not seen.
    Seed,
    /// For what really happened in the bars that closed.
    Correct,
}

/// What history said.
pub(super) struct Fetched {
    pub(super) series: Series,
    pub(super) purpose: Purpose,
    pub(super) bars: Result<Vec<Bar>, SourceError>,
}

/// A live bar with what was last told of it.
pub(super) struct SeriesFeed {
    series: Series,
    pub(super) live: LiveBar,
    /// Where a trading day has its date; only asked for bars of days and longer.
    zone: Option<&'static Tz>,
    closed: Option<Bar>,
    correct_at: Option<Instant>,
}

impl SeriesFeed {
    pub(super) fn new(series: Series, instrument: &Instrument) -> Self {
        let live = LiveBar::new(series.size, BarSource::of(instrument.asset_class));
        let zone = timezones::get_by_name(&instrument.time_zone);
        Self { series, live, zone, closed: None, correct_at: None }
    }

    /// Takes in a quote; returns what changed, oldest first.
    pub(super) fn apply(&mut self, values: &QuoteValues, moment: OffsetDateTime) -> Vec<(Bar, BarPhase)> {
        self.live.apply(values, self.trading_time(moment))
    }

    /// Takes in a print; returns what changed, oldest first.
    pub(super) fn print(&mut self, values: &TradeValues, moment: OffsetDateTime) -> Vec<(Bar, BarPhase)> {
        self.live.print(values, self.trading_time(moment))
    }

    /// Closes the bar whose time is over.
    pub(super) fn close_before(&mut self, moment: OffsetDateTime) -> Option<(Bar, BarPhase)> {
        self.live.close_before(self.trading_time(moment))
    }

    /// The moment as bars of this size count it. A day begins at midnight UTC of its *trading date*: for days and longer
    /// the exchange's own clock is read as if it were UTC, so that an evening in New York is not the next day.
    fn trading_time(&self, moment: OffsetDateTime) -> OffsetDateTime {
        match self.zone {
            Some(zone) if self.series.size >= BarSize::Day1 => {
                moment.to_timezone(zone).replace_offset(time::UtcOffset::UTC)
            }
            _ => moment,
        }
    }

    /// The message for a bar; a closed one is noted for correction.
    pub(super) fn update(&mut self, bar: Bar, phase: BarPhase, stamp: Stamp, state: FeedState) -> BarUpdate {
        if phase == BarPhase::Closed {
            self.closed = Some(bar);
            // Brokers allow few questions for the history of shorter bars.
            if self.series.size >= BarSize::Min1 {
                self.correct_at = Some(Instant::now() + CORRECT_AFTER);
            }
        }
        BarUpdate { series: self.series, bar, phase, stamp, state }
    }

    /// Whether it is time to ask history for the closed bar; true once for each.
    pub(super) fn correction_due(&mut self) -> bool {
        let due = self.correct_at.is_some_and(|at| Instant::now() >= at);
        if due {
            self.correct_at = None;
        }
        due
    }

    /// Takes in what history says; returns what changed, oldest first.
    pub(super) fn merge(
        &mut self,
        purpose: Purpose,
        bars: &[Bar],
        now: OffsetDateTime,
    ) -> Vec<(Bar, BarPhase)> {
        let now = self.trading_time(now);
        match purpose {
            Purpose::Seed => bars
                .last()
                .filter(|bar| self.series.size.end(bar.time) > now)
                .and_then(|bar| self.live.seed(*bar))
                .map(|bar| (bar, BarPhase::Forming))
                .into_iter()
                .collect(),
            Purpose::Correct => {
                let Some(closed) = self.closed.take() else { return Vec::new() };
                bars.iter()
                    .filter(|bar| bar.time == closed.time && **bar != closed)
                    .map(|bar| (*bar, BarPhase::Corrected))
                    .collect()
            }
        }
    }
}
