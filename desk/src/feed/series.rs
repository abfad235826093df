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

/// How long after a question that history could not answer it is asked again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How often that time is doubled at most, while history answers nothing: to some five minutes.
const MOST_DOUBLINGS: u32 = 5;

/// How many closed bars wait for history at most: a recorded day may be played ten thousand times as fast as it was.
const MOST_UNCORRECTED: usize = 500;

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
    /// What was told of bars that have closed and that history has not told yet, oldest first.
    closed: Vec<Bar>,
    seed_at: Option<Instant>,
    correct_at: Option<Instant>,
    /// How often in a row history could not answer.
    failures: u32,
    /// What was told of the newest bar.
    last: Option<BarUpdate>,
}

impl SeriesFeed {
    pub(super) fn new(series: Series, instrument: &Instrument) -> Self {
        let live = LiveBar::new(series.size, BarSource::of(instrument.asset_class));
        let zone = timezones::get_by_name(&instrument.time_zone);
        Self {
            series,
            live,
            zone,
            closed: Vec::new(),
            seed_at: None,
            correct_at: None,
            failures: 0,
            last: None,
        }
    }

    /// Takes in a quote; returns what changed, oldest first.
    pub(super) fn apply(&mut self, values: &QuoteValues, moment: OffsetDateTime) -> Vec<(Bar, BarPhase)> {
        self.live.apply(values, self.trading_time(moment))
    }

    /// Takes in a quote while prints come one by one; returns what changed, oldest first.
    pub(super) fn count(&mut self, values: &QuoteValues, moment: OffsetDateTime) -> Vec<(Bar, BarPhase)> {
        self.live.count(values, self.trading_time(moment))
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
        // Brokers allow few questions for the history of shorter bars.
        if phase == BarPhase::Closed && self.series.size >= BarSize::Min1 {
            self.closed.retain(|known| known.time != bar.time);
            self.closed.push(bar);
            let most = self.closed.len().saturating_sub(MOST_UNCORRECTED);
            self.closed.drain(..most);
            self.correct_at.get_or_insert(Instant::now() + CORRECT_AFTER);
        }
        let update = BarUpdate { series: self.series, bar, phase, stamp, state };
        if self.last.as_ref().is_none_or(|last| last.bar.time <= bar.time) {
            self.last = Some(update.clone());
        }
        update
    }

    /// What was told of the newest bar.
    pub(super) fn last(&self) -> Option<&BarUpdate> {
        self.last.as_ref()
    }

    /// Drops the bar that is built, which has a hole; it is begun again from history.
    pub(super) fn interrupt(&mut self) {
        self.live.interrupt();
        self.last.take_if(|last| last.phase == BarPhase::Forming);
        self.seed_at = None;
    }

    /// How many closed bars wait for history.
    pub(super) fn uncorrected(&self) -> usize {
        self.closed.len()
    }

    /// What it is time to ask history for; each once for each time.
    pub(super) fn due(&mut self) -> impl Iterator<Item = Purpose> {
        let now = Instant::now();
        let asked = [(&mut self.seed_at, Purpose::Seed), (&mut self.correct_at, Purpose::Correct)];
        asked.into_iter().filter_map(move |(at, purpose)| at.take_if(|at| now >= *at).map(|_| purpose))
    }

    /// Notes that history could not answer: it is asked again, after twice as long each time in a row.
    pub(super) fn try_again(&mut self, purpose: Purpose) {
        let at = Instant::now() + TRY_AGAIN_AFTER * (1 << self.failures);
        self.failures = (self.failures + 1).min(MOST_DOUBLINGS);
        match purpose {
            Purpose::Seed => self.seed_at = Some(at),
            Purpose::Correct => self.correct_at = Some(at),
        }
    }

    /// Takes in what history says; returns what changed, oldest first.
    pub(super) fn merge(
        &mut self,
        purpose: Purpose,
        bars: &[Bar],
        now: OffsetDateTime,
    ) -> Vec<(Bar, BarPhase)> {
        let now = self.trading_time(now);
        self.failures = 0;
        match purpose {
            Purpose::Seed => bars
                .last()
                .filter(|bar| self.series.size.end(bar.time) > now)
                .and_then(|bar| self.live.seed(*bar))
                .map(|bar| (bar, BarPhase::Forming))
                .into_iter()
                .collect(),
            Purpose::Correct => self.correct(bars),
        }
    }

    /// Compares the closed bars with history, which may not reach to the newest of them yet.
    fn correct(&mut self, bars: &[Bar]) -> Vec<(Bar, BarPhase)> {
        let Some(newest) = bars.last() else { return Vec::new() };
        let (told, waiting) =
            std::mem::take(&mut self.closed).into_iter().partition(|bar| bar.time <= newest.time);
        self.closed = waiting;
        self.live.settle(newest.time);
        let told: Vec<Bar> = told;
        let differs = |bar: &&Bar| told.iter().any(|closed| closed.time == bar.time && closed != *bar);
        bars.iter().filter(differs).map(|bar| (*bar, BarPhase::Corrected)).collect()
    }
}
