//! The indicators over one live series that alerts look at.

use domain::bar::{Bar, BarPhase, BarUpdate, Series};
use domain::indicator::{Indicator, LiveIndicators, Sessions, Values};
use domain::instrument::Instrument;
use domain::quote::{FeedState, Stamp};
use rust_decimal::Decimal;
use time::OffsetDateTime;

/// What is to be done after a live bar was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// Nothing: there may be new values.
    Nothing,
    /// To wait for history that was asked for.
    Patience,
    /// So many bars before this moment.
    History(usize, OffsetDateTime),
}

/// The indicators over one series, with their newest values.
pub(super) struct Statistics {
    live: LiveIndicators,
    values: Option<(Vec<Values>, FeedState)>,
    last: Option<Stamp>,
    /// The bar that came last while history is asked for.
    waiting: Option<BarUpdate>,
}

impl Statistics {
    /// These indicators, each once: those that were there go on where they are the same.
    pub(super) fn of(
        old: Option<Self>,
        wanted: impl Iterator<Item = Indicator>,
        instrument: &Instrument,
        series: Series,
    ) -> Self {
        let mut indicators: Vec<Indicator> = Vec::new();
        for indicator in wanted {
            if !indicators.contains(&indicator) {
                indicators.push(indicator);
            }
        }
        let keeps = |old: &Self| indicators.iter().all(|wanted| old.live.indicators().contains(wanted));
        old.filter(keeps).unwrap_or_else(|| Self {
            live: LiveIndicators::new(indicators, Sessions::of(instrument, series.size)),
            values: None,
            last: None,
            waiting: None,
        })
    }

    /// Where this indicator stands.
    pub(super) fn place(&self, indicator: Indicator) -> Option<usize> {
        self.live.indicators().iter().position(|known| *known == indicator)
    }

    /// The newest value of a line of an indicator.
    pub(super) fn value(&self, place: usize, line: usize) -> Option<(Decimal, FeedState)> {
        let (values, state) = self.values.as_ref()?;
        let value = values.get(place)?.get(line).copied().flatten()?;
        let exact = Decimal::from_f64_retain(value)?.round_dp(8).normalize();
        Some((exact, *state))
    }

    /// Takes in the newest state of a bar.
    pub(super) fn take(&mut self, update: &BarUpdate) -> Wants {
        let follows =
            |last: Stamp| last.epoch == update.stamp.epoch && last.sequence + 1 == update.stamp.sequence;
        if self.last.replace(update.stamp).is_some_and(|last| !follows(last)) {
            self.live.lose();
        }
        self.values = None;
        if self.waiting.is_some() {
            self.waiting = Some(update.clone());
            return Wants::Patience;
        }
        if self.live.wants_history(&update.bar) {
            self.waiting = Some(update.clone());
            return Wants::History(self.live.warm_up(), update.bar.time);
        }
        self.apply(update);
        Wants::Nothing
    }

    /// Takes in the history that was wanted; `None` where there is none: the next bar asks again.
    pub(super) fn history(&mut self, bars: Option<&[Bar]>) {
        let Some(update) = self.waiting.take() else { return };
        match bars {
            Some(bars) => {
                self.live.seed(bars, &update.bar);
                self.apply(&update);
            }
            None => self.live.lose(),
        }
    }

    /// Bars may have been missed.
    pub(super) fn lose(&mut self) {
        self.live.lose();
        self.values = None;
    }

    fn apply(&mut self, update: &BarUpdate) {
        let values = self.live.apply(&update.bar, update.phase);
        // What is corrected is past: it goes into the next values, and is no news.
        if update.phase != BarPhase::Corrected {
            self.values = values.map(|values| (values, update.state));
        }
    }
}
