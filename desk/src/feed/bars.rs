//! The live bars of the feed.

use std::collections::HashSet;

use domain::bar::{Bar, BarPhase, BarQuery, BarUpdate, Series};
use domain::bus::{Message, Topic};
use domain::instrument::InstrumentId;
use domain::market_data::LineKind;
use domain::quote::{FeedState, QuoteValues};
use domain::trade::TradeValues;
use futures::FutureExt;
use time::{Duration, OffsetDateTime};
use tracing::debug;

use super::Feed;
use super::series::{Fetched, Purpose, SeriesFeed};

/// How far a source's clock may be ahead of ours.
const AHEAD: Duration = Duration::seconds(2);

impl Feed {
    /// Begins and ends live bars so that those that are wanted grow.
    pub(super) fn follow_series(&mut self, wanted: &HashSet<Series>) {
        let unwanted: Vec<_> =
            self.series.keys().filter(|series| !wanted.contains(series)).copied().collect();
        for series in unwanted {
            self.retire_bar(series);
        }
        for series in wanted {
            let Some(line) = self.quotes.get(series.instrument) else { continue };
            if !self.series.contains_key(series) {
                self.series.insert(*series, SeriesFeed::new(*series, &line.instrument));
                self.fetch(*series, Purpose::Seed);
            }
        }
    }

    /// The moment that an instrument's data tells of: now, unless it is delayed.
    fn moment(&self, instrument: InstrumentId) -> OffsetDateTime {
        let now = self.this.ports.market_clock.now();
        self.quotes.get(instrument).map_or(now, |line| line.body.moment(now))
    }

    /// Takes a quote into the bars of its instrument; hardly anything of it where each print comes by itself, which says
    /// it better.
    pub(super) fn grow_bars(&mut self, instrument: InstrumentId, values: &QuoteValues) {
        let moment = self.moment(instrument);
        if self.are_printed(instrument) {
            self.change_bars(instrument, |feed| feed.count(values, moment));
        } else {
            self.change_bars(instrument, |feed| feed.apply(values, moment));
        }
    }

    /// Takes a print into the bars of its instrument: into those of the moment at which it happened, since a recorded day
    /// may go by much faster than its prints arrive. A source whose clock is wrong is not believed.
    pub(super) fn print_bars(&mut self, instrument: InstrumentId, values: &TradeValues) {
        if values.unreported {
            return;
        }
        let arrived = self.moment(instrument);
        let moment = values.source_at.filter(|at| *at <= arrived + AHEAD).unwrap_or(arrived);
        self.change_bars(instrument, |feed| feed.print(values, moment));
    }

    /// Whether the trades of an instrument come one by one.
    pub(super) fn are_printed(&self, instrument: InstrumentId) -> bool {
        self.trades.is_open(instrument) && self.trades.get(instrument).is_some_and(|line| line.body.arrive())
    }

    fn change_bars(
        &mut self,
        instrument: InstrumentId,
        change: impl Fn(&mut SeriesFeed) -> Vec<(Bar, BarPhase)>,
    ) {
        for series in self.series_of(instrument) {
            let changed = self.series.get_mut(&series).map(&change).unwrap_or_default();
            for (bar, phase) in changed {
                self.tell_bar(series, bar, phase);
            }
        }
    }

    fn series_of(&self, instrument: InstrumentId) -> Vec<Series> {
        self.series.keys().filter(|series| series.instrument == instrument).copied().collect()
    }

    /// Closes the bars whose time is over, and asks history for what it should know by now, or could not tell before.
    pub(super) fn close_bars(&mut self) {
        let now = self.this.ports.market_clock.now();
        let moment =
            |series: &Series| self.quotes.get(series.instrument).map_or(now, |line| line.body.moment(now));
        let over: Vec<_> = self
            .series
            .iter_mut()
            .filter_map(|(series, feed)| Some((*series, feed.close_before(moment(series))?)))
            .collect();
        for (series, (bar, phase)) in over {
            self.tell_bar(series, bar, phase);
        }
        let due: Vec<_> = self
            .series
            .iter_mut()
            .flat_map(|(series, feed)| feed.due().map(|purpose| (*series, purpose)))
            .collect();
        for (series, purpose) in due {
            self.fetch(series, purpose);
        }
    }

    fn tell_bar(&mut self, series: Series, bar: Bar, phase: BarPhase) {
        let stamp = self.outbox.stamp(Topic::Bars(series));
        let state = self.quotes.get(series.instrument).map_or(FeedState::Stale, |line| line.body.quote.state);
        let Some(feed) = self.series.get_mut(&series) else { return };
        self.outbox.put(Message::Bar(feed.update(bar, phase, stamp, state)));
    }

    /// After an outage a bar has a hole: it is dropped, and begun again from history.
    pub(super) fn bars_follow_state(&mut self, instrument: InstrumentId, was: FeedState, now: FeedState) {
        let back = matches!(was, FeedState::Stale | FeedState::Recovering)
            && matches!(now, FeedState::Live | FeedState::Delayed);
        // What comes print by print has no hole where quotes paused.
        if back && !self.are_printed(instrument) {
            return self.restart_bars(instrument);
        }
        let forming: Vec<_> = self
            .series
            .iter()
            .filter(|(series, _)| series.instrument == instrument)
            .filter_map(|(series, feed)| feed.live.forming().map(|bar| (*series, bar)))
            .collect();
        for (series, bar) in forming {
            self.tell_bar(series, bar, BarPhase::Forming);
        }
    }

    /// Drops the live bars of an instrument, which have a hole, and begins them again from history.
    pub(super) fn restart_bars(&mut self, instrument: InstrumentId) {
        for series in self.series_of(instrument) {
            if let Some(feed) = self.series.get_mut(&series) {
                feed.interrupt();
            }
            // The number that nobody gets tells every listener that bars are missing here.
            self.outbox.stamp(Topic::Bars(series));
            self.fetch(series, Purpose::Seed);
        }
    }

    /// Tells the newest bar of each series anew, after the bus may have forgotten it.
    pub(super) fn tell_bars_again(&mut self) {
        for (series, last) in self.series.iter().filter_map(|(series, feed)| Some((series, feed.last()?))) {
            let stamp = self.outbox.stamp(Topic::Bars(*series));
            self.outbox.put(Message::Bar(BarUpdate { stamp, ..last.clone() }));
        }
    }

    /// Whoever listens to bars alone does not hear of quotes: why these do not come is told to them as well.
    pub(super) fn refuse_bars(&mut self) {
        let refusal_of = |message: &Message| match message {
            Message::Refused(LineKind::Quotes, refusal) => Some(refusal.clone()),
            _ => None,
        };
        let refusals: Vec<_> = self.outbox.waiting().iter().filter_map(refusal_of).collect();
        for refusal in refusals {
            let series = self.series_of(refusal.instrument).into_iter();
            self.outbox.extend(series.map(|series| Message::BarsRefused(series.size, refusal.clone())));
        }
    }

    /// Drops a live bar that nobody listens to; what the bus keeps of it is marked as no longer growing.
    fn retire_bar(&mut self, series: Series) {
        let Some(mut feed) = self.series.remove(&series) else { return };
        if let Some(bar) = feed.live.forming() {
            let stamp = self.outbox.stamp(Topic::Bars(series));
            self.outbox.put(Message::Bar(feed.update(bar, BarPhase::Forming, stamp, FeedState::Stale)));
        }
    }

    /// Asks history for the newest bars of a series.
    fn fetch(&mut self, series: Series, purpose: Purpose) {
        let Some(line) = self.quotes.get(series.instrument) else { return };
        let (instrument, source) = (line.instrument.clone(), self.source.clone());
        let waiting = self.series.get(&series).map_or(0, SeriesFeed::uncorrected);
        let to = self.this.ports.market_clock.now() + series.size.duration();
        let query = BarQuery::Last { count: waiting + 2, to };
        self.fetches.push(
            async move {
                let bars = source.bars(&instrument, series.size, query).await;
                Fetched { series, purpose, bars }
            }
            .boxed(),
        );
    }

    /// Takes in what history says.
    pub(super) fn fetched(&mut self, fetched: Fetched) {
        let series = fetched.series;
        let moment = self.moment(series.instrument);
        let Some(feed) = self.series.get_mut(&series) else { return };
        let bars = match fetched.bars {
            Ok(bars) => bars,
            Err(error) => {
                debug!(%error, "no history for a live bar, which goes on without for now");
                return feed.try_again(fetched.purpose);
            }
        };
        for (bar, phase) in feed.merge(fetched.purpose, &bars, moment) {
            self.tell_bar(series, bar, phase);
        }
    }
}
