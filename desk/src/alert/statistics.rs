//! The indicators over one live series that alerts look at.

use std::collections::{HashMap, HashSet};

use domain::bar::{Bar, BarPhase, BarUpdate, Series};
pub(super) use domain::indicator::{HistoryRequest as Request, Wants};
use domain::indicator::{Indicator, LiveIndicators, Sessions, Values};
use domain::instrument::Instrument;
use domain::quote::{FeedState, Stamp};
use rust_decimal::Decimal;
use time::OffsetDateTime;

/// What came of a request; no bars where they cannot be read.
pub(super) struct Answer {
    pub(super) series: Series,
    pub(super) request: Request,
    pub(super) bars: Option<Vec<Bar>>,
}

/// The bars that came since history was asked for.
struct Waiting {
    request: Request,
    updates: Vec<BarUpdate>,
}

impl Waiting {
    fn add(&mut self, update: &BarUpdate) {
        // Of a bar that has not closed, only the newest state counts.
        let is_newer =
            |last: &mut BarUpdate| last.phase == BarPhase::Forming && last.bar.time == update.bar.time;
        self.updates.pop_if(is_newer);
        self.updates.push(update.clone());
    }
}

/// The indicators over one series, with their newest values.
pub(super) struct Statistics {
    live: LiveIndicators,
    /// Where each indicator stands.
    places: HashMap<Indicator, usize>,
    values: Option<(Vec<Values>, FeedState)>,
    last: Option<Stamp>,
    waiting: Option<Waiting>,
}

impl Statistics {
    /// These indicators, each once: those that were there go on where they are the same.
    pub(super) fn of(
        old: Option<Self>,
        wanted: impl Iterator<Item = Indicator>,
        instrument: &Instrument,
        series: Series,
    ) -> Self {
        let wanted: HashSet<Indicator> = wanted.collect();
        let keeps = |old: &Self| wanted.iter().all(|wanted| old.places.contains_key(wanted));
        if let Some(old) = old.filter(keeps) {
            return old;
        }
        let indicators: Vec<Indicator> = wanted.into_iter().collect();
        Self {
            places: indicators.iter().enumerate().map(|(place, indicator)| (*indicator, place)).collect(),
            live: LiveIndicators::new(indicators, Sessions::of(instrument, series.size)),
            values: None,
            last: None,
            waiting: None,
        }
    }

    /// Where this indicator stands.
    pub(super) fn place(&self, indicator: Indicator) -> Option<usize> {
        self.places.get(&indicator).copied()
    }

    /// How far the newest values can be trusted; `None` where they are not known at the moment.
    pub(super) fn state(&self) -> Option<FeedState> {
        self.values.as_ref().map(|(_, state)| *state)
    }

    /// The newest value of a line of an indicator.
    pub(super) fn value(&self, place: usize, line: usize) -> Option<Decimal> {
        let (values, _) = self.values.as_ref()?;
        let value = values.get(place)?.get(line).copied().flatten()?;
        Some(Decimal::from_f64_retain(value)?.round_dp(8).normalize())
    }

    /// Whether the history that was wanted last could not be read.
    pub(super) fn has_failed(&self) -> bool {
        self.live.has_failed()
    }

    /// Takes in the newest state of a bar. Where nothing is wanted then, there may be new values.
    pub(super) fn take(&mut self, update: &BarUpdate, now: OffsetDateTime) -> Wants {
        let follows =
            |last: Stamp| last.epoch == update.stamp.epoch && last.sequence + 1 == update.stamp.sequence;
        if self.last.replace(update.stamp).is_some_and(|last| !follows(last)) {
            self.lose();
        }
        self.values = None;
        if let Some(waiting) = &mut self.waiting {
            waiting.add(update);
            return Wants::Patience;
        }
        match self.live.wants(&update.bar, now) {
            Wants::Nothing => self.apply(update),
            Wants::Patience => return Wants::Patience,
            Wants::History(request) => return self.wait(request, vec![update.clone()]),
        }
        Wants::Nothing
    }

    /// Takes in the history that was wanted, then the bars that came meanwhile; these may want more of it. What was not
    /// wanted, or not any more, is left out. Where there is none, a bar asks again after a while.
    pub(super) fn history(&mut self, answer: &Answer, now: OffsetDateTime) -> Wants {
        let Some(waiting) = self.waiting.take_if(|waiting| waiting.request == answer.request) else {
            return Wants::Patience;
        };
        let Some(bars) = &answer.bars else {
            self.values = None;
            self.live.fail(now);
            return Wants::Patience;
        };
        let mut updates = waiting.updates.into_iter();
        if let Some(first) = updates.next() {
            self.live.seed(bars, &first.bar);
            self.apply(&first);
        }
        while let Some(update) = updates.next() {
            if let Wants::History(request) = self.live.wants(&update.bar, now) {
                return self.wait(request, std::iter::once(update).chain(updates).collect());
            }
            self.apply(&update);
        }
        Wants::Nothing
    }

    fn wait(&mut self, request: Request, updates: Vec<BarUpdate>) -> Wants {
        self.waiting = Some(Waiting { request, updates });
        Wants::History(request)
    }

    /// Bars may have been missed.
    pub(super) fn lose(&mut self) {
        self.live.lose();
        self.values = None;
        self.waiting = None;
    }

    fn apply(&mut self, update: &BarUpdate) {
        let values = self.live.apply(&update.bar, update.phase);
        // What is corrected is past: it goes into the next values, and is no news.
        if update.phase != BarPhase::Corrected {
            self.values = values.map(|values| (values, update.state));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::bar::BarSize;
    use domain::decimal::Price;
    use domain::indicator::{IndicatorKind, Parameters};
    use domain::instrument::{AssetClass, InstrumentId};
    use domain::world::{ConnectionId, Environment};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);
    const SIZE: BarSize = BarSize::Min1;

    fn instrument() -> Instrument {
        let connection = ConnectionId::new("ib");
        Instrument {
            id: InstrumentId::derive(&connection, Environment::Simulated, 1),
            connection,
            environment: Environment::Simulated,
            broker_id: 1,
            symbol: "AAPL".into(),
            name: "AAPL".into(),
            asset_class: AssetClass::Stock,
            exchange: "SMART".into(),
            primary_exchange: None,
            currency: "USD".into(),
            price_increment: Decimal::new(1, 2),
            multiplier: Decimal::ONE,
            time_zone: "America/New_York".into(),
        }
    }

    fn series() -> Series {
        Series { instrument: instrument().id, size: SIZE }
    }

    /// A simple moving average over two bars.
    fn statistics() -> Statistics {
        let two = Parameters { length: Some(2), ..Parameters::default() };
        let sma = Indicator::parse(IndicatorKind::Sma, two).unwrap();
        Statistics::of(None, std::iter::once(sma), &instrument(), series())
    }

    fn bar(minute: i64, price: i64) -> Bar {
        let price = Price::new(price.into());
        let time = NOW + Duration::minutes(minute);
        Bar { time, open: price, high: price, low: price, close: price, volume: None }
    }

    fn update(sequence: u64, phase: BarPhase, bar: Bar) -> BarUpdate {
        let stamp = Stamp { epoch: 1, sequence };
        BarUpdate { series: series(), bar, phase, stamp, state: FeedState::Live }
    }

    fn answer(request: Request, bars: Option<Vec<Bar>>) -> Answer {
        Answer { series: series(), request, bars }
    }

    fn request(wants: Wants) -> Request {
        let Wants::History(request) = wants else { panic!("{wants:?}") };
        request
    }

    #[test]
    fn an_answer_to_another_request_is_left_out() {
        let mut of = statistics();
        let asked = request(of.take(&update(1, BarPhase::Forming, bar(0, 100)), NOW));
        let other = Request { to: asked.to - Duration::MINUTE, ..asked };
        of.history(&answer(other, Some(vec![bar(-1, 500)])), NOW);
        of.history(&answer(other, None), NOW);
        assert!(of.value(0, 0).is_none() && !of.has_failed());
        of.history(&answer(asked, Some(vec![bar(-1, 200)])), NOW);
        assert_eq!(of.value(0, 0).unwrap(), 150.into());
    }

    #[test]
    fn a_bar_that_closes_while_history_is_awaited_counts() {
        let mut of = statistics();
        let first = request(of.take(&update(1, BarPhase::Forming, bar(0, 100)), NOW));
        of.history(&answer(first, Some(vec![bar(-1, 100)])), NOW);
        of.take(&update(2, BarPhase::Closed, bar(0, 100)), NOW);
        let second = request(of.take(&update(3, BarPhase::Forming, bar(1, 110)), NOW));
        assert_eq!(of.take(&update(4, BarPhase::Closed, bar(1, 120)), NOW), Wants::Patience);
        assert_eq!(of.take(&update(5, BarPhase::Forming, bar(2, 140)), NOW), Wants::Patience);
        let wants = of.history(&answer(second, Some(vec![bar(-1, 100), bar(0, 100)])), NOW);
        assert_eq!((wants, of.value(0, 0).unwrap()), (Wants::Nothing, 130.into()));
    }

    #[test]
    fn after_a_failure_it_rests_before_it_asks_again() {
        let mut of = statistics();
        let asked = request(of.take(&update(1, BarPhase::Forming, bar(0, 100)), NOW));
        of.history(&answer(asked, None), NOW);
        assert!(of.has_failed());
        let soon = NOW + Duration::seconds(9);
        assert_eq!(of.take(&update(2, BarPhase::Forming, bar(0, 101)), soon), Wants::Patience);
        let again = request(of.take(&update(3, BarPhase::Forming, bar(0, 102)), NOW + Duration::seconds(10)));
        of.history(&answer(again, Some(vec![bar(-1, 100)])), NOW + Duration::seconds(10));
        assert!(!of.has_failed());
        assert_eq!(of.value(0, 0).unwrap(), 101.into());
    }
}
