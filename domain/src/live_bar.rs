//! A bar that is built from quotes or from prints while its time runs.
//!
//! Prints make it exact. A quote tells a cumulative volume and a last trade; the difference to the quote before is what was
//! traded in between. What the quotes skipped (a trade between two of them) is missing from the bar,
//! which is why closed bars are corrected from the source's history afterwards.
//!
//! Of a bar to which quotes have added volume, quotes tell the volume until its end: nobody knows which of its trades
//! both have told. Prints then tell its prices alone, and the bars after it in full.

use time::{Duration, OffsetDateTime};

use crate::bar::{Bar, BarPhase, BarSize, BarSource};
use crate::decimal::{Price, Quantity};
use crate::quote::{QuoteLevel, QuoteValues};
use crate::trade::TradeValues;

/// The live bar of one series.
#[derive(Clone, Debug)]
pub struct LiveBar {
    size: BarSize,
    source: BarSource,
    forming: Option<Built>,
    /// The bar that closed last, until history has told it.
    closed: Option<Built>,
    /// When the bar that closed last was over: none is begun before.
    over: Option<OffsetDateTime>,
    seen: Option<(Option<QuoteLevel>, Option<Quantity>)>,
}

/// A bar, and who tells its volume.
#[derive(Clone, Copy, Debug)]
struct Built {
    bar: Bar,
    /// Whether quotes have told a part of it.
    quoted: bool,
}

impl Built {
    fn grow(&mut self, price: Price, volume: Option<Quantity>) {
        self.bar.high = self.bar.high.max(price);
        self.bar.low = self.bar.low.min(price);
        self.bar.close = price;
        self.bar.volume = sum(self.bar.volume, volume);
    }

    fn print(&mut self, values: &TradeValues) {
        self.grow(values.price, values.size.filter(|_| !self.quoted));
    }
}

impl LiveBar {
    /// Nothing is known yet.
    pub fn new(size: BarSize, source: BarSource) -> Self {
        Self { size, source, forming: None, closed: None, over: None, seen: None }
    }

    /// The bar whose time runs now, where there is one.
    pub fn forming(&self) -> Option<Bar> {
        self.forming.map(|built| built.bar)
    }

    /// Takes over what history says of the present bar, for the time before the first quote was seen.
    pub fn seed(&mut self, history: Bar) -> Option<Bar> {
        let (bar, quoted) = match self.forming {
            Some(Built { bar, .. }) if bar.time > history.time => return None,
            Some(Built { bar, quoted }) if bar.time == history.time => {
                let merged = Bar {
                    high: history.high.max(bar.high),
                    low: history.low.min(bar.low),
                    close: bar.close,
                    volume: history.volume.max(bar.volume),
                    ..history
                };
                (merged, quoted)
            }
            _ => (history, false),
        };
        self.forming = Some(Built { bar, quoted });
        Some(bar)
    }

    /// Forgets what was built: after an outage the bar has a hole that only history can fill.
    pub fn interrupt(&mut self) {
        self.forming = None;
        self.closed = None;
        self.seen = None;
    }

    /// History has told the bars up to the one that began then: what comes late of them is in it.
    pub fn settle(&mut self, time: OffsetDateTime) {
        self.closed = self.closed.filter(|closed| closed.bar.time > time);
    }

    /// Takes in what the market was at `moment`; returns the bars that this changed, oldest first. For delayed
    /// data that is not the present moment, but the one that the data tells of.
    pub fn apply(&mut self, values: &QuoteValues, moment: OffsetDateTime) -> Vec<(Bar, BarPhase)> {
        let mut changed: Vec<_> = self.close_before(moment).into_iter().collect();
        let is_past = self.is_past(moment);
        if let Some((price, volume)) = self.news(values).filter(|_| !is_past) {
            let built = self.begun(price, moment);
            built.grow(price, volume);
            built.quoted |= volume.is_some();
            changed.push((built.bar, BarPhase::Forming));
        }
        changed
    }

    /// Takes in a quote while prints come one by one: only the volume of a bar whose volume quotes tell.
    pub fn count(&mut self, values: &QuoteValues, moment: OffsetDateTime) -> Vec<(Bar, BarPhase)> {
        let mut changed: Vec<_> = self.close_before(moment).into_iter().collect();
        if self.forming.is_some_and(|built| built.quoted)
            && let Some((_, volume)) = self.news(values)
            && let Some(built) = &mut self.forming
        {
            built.bar.volume = sum(built.bar.volume, volume);
            changed.push((built.bar, BarPhase::Forming));
        }
        changed
    }

    /// Takes in a print of `moment`; returns the bars that this changed, oldest first. One that comes late completes the
    /// bar that closed last. The first quote after a print adds nothing: what it tells of may have been printed.
    pub fn print(&mut self, values: &TradeValues, moment: OffsetDateTime) -> Vec<(Bar, BarPhase)> {
        if let Some(late) = self.complete(values, moment) {
            return vec![late];
        }
        let mut changed: Vec<_> = self.close_before(moment).into_iter().collect();
        if !self.is_past(moment) {
            let built = self.begun(values.price, moment);
            built.print(values);
            changed.push((built.bar, BarPhase::Forming));
        }
        if !self.forming.is_some_and(|built| built.quoted) {
            self.seen = None;
        }
        changed
    }

    /// Adds a print to the bar that closed last, where it belongs there. Days and longer ones are left to history, since
    /// it alone knows when they begin.
    fn complete(&mut self, values: &TradeValues, moment: OffsetDateTime) -> Option<(Bar, BarPhase)> {
        let size = self.size;
        let is_in = |bar: &Bar| size < BarSize::Day1 && bar.time <= moment && moment < size.end(bar.time);
        let closed = self.closed.as_mut().filter(|closed| is_in(&closed.bar))?;
        closed.print(values);
        let phase = if self.forming.is_none() { BarPhase::Closed } else { BarPhase::Corrected };
        Some((closed.bar, phase))
    }

    /// Whether the bar of this moment is over, or the forming bar began after it. A trading day may begin on the evening
    /// before its date, and only history knows: what comes then belongs to the day that history has begun.
    fn is_past(&self, moment: OffsetDateTime) -> bool {
        let early = if self.size >= BarSize::Day1 { Duration::DAY } else { Duration::ZERO };
        let begin = self.forming.map(|built| built.bar.time - early).or(self.over);
        begin.is_some_and(|begin| moment < begin)
    }

    /// Closes the forming bar where its time is over at `moment`.
    pub fn close_before(&mut self, moment: OffsetDateTime) -> Option<(Bar, BarPhase)> {
        let over = self.forming.filter(|built| self.size.end(built.bar.time) <= moment)?;
        self.forming = None;
        self.closed = Some(over);
        self.over = Some(self.size.end(over.bar.time));
        Some((over.bar, BarPhase::Closed))
    }

    /// The price and the volume that this quote adds to the one before; `None` where it adds nothing.
    fn news(&mut self, values: &QuoteValues) -> Option<(Price, Option<Quantity>)> {
        if self.source == BarSource::MidPoint {
            return values.mid_price().map(|price| (price, None));
        }
        let now = (values.last, values.volume);
        let before = self.seen.replace(now);
        let price = values.last?.price;
        // The first quote's trade may be hours old, so it opens no bar.
        let (last, volume) = before?;
        if (last, volume) == now {
            return None;
        }
        let traded = match (volume, values.volume) {
            (Some(before), Some(after)) if after >= before => after.value() - before.value(),
            // A new trading day: the count began anew.
            (Some(_), Some(after)) => after.value(),
            _ => values.last?.size.unwrap_or(Quantity::ZERO).value(),
        };
        Some((price, Quantity::new(traded)))
    }

    /// The forming bar, begun at this price where there is none.
    fn begun(&mut self, price: Price, moment: OffsetDateTime) -> &mut Built {
        let time = self.size.floor(moment);
        self.forming.get_or_insert(Built {
            bar: Bar { time, open: price, high: price, low: price, close: price, volume: None },
            quoted: false,
        })
    }
}

fn sum(a: Option<Quantity>, b: Option<Quantity>) -> Option<Quantity> {
    match (a, b) {
        (Some(a), Some(b)) => Quantity::new(a.value().saturating_add(b.value())),
        (some, None) | (None, some) => some,
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-11-22 14:30 UTC);

    fn trade(price: i64, volume: i64) -> QuoteValues {
        QuoteValues {
            last: Some(QuoteLevel { price: Price::new(Decimal::new(price, 2)), size: None }),
            volume: Quantity::new(Decimal::from(volume)),
            ..QuoteValues::default()
        }
    }

    fn shape(bar: Bar) -> String {
        let volume = bar.volume.map_or("-".into(), |volume| volume.to_string());
        format!("{} {} {} {} {volume}", bar.open, bar.high, bar.low, bar.close)
    }

    #[test]
    fn trades_make_a_bar_and_time_closes_it() {
        let mut live = LiveBar::new(BarSize::Sec5, BarSource::Trades);
        assert!(live.apply(&trade(100, 1_000), START).is_empty(), "an old trade opens no bar");
        live.apply(&trade(101, 1_010), START + Duration::seconds(1));
        live.apply(&trade(99, 1_030), START + Duration::seconds(2));
        assert!(live.apply(&trade(99, 1_030), START + Duration::seconds(3)).is_empty(), "nothing was traded");
        let changed = live.apply(&trade(100, 1_031), START + Duration::seconds(6));
        let shapes: Vec<_> = changed.iter().map(|(bar, phase)| (shape(*bar), *phase)).collect();
        assert_eq!(
            shapes,
            [
                ("1.01 1.01 0.99 0.99 30".to_owned(), BarPhase::Closed),
                ("1.00 1.00 1.00 1.00 1".to_owned(), BarPhase::Forming),
            ]
        );
        assert_eq!(changed[1].0.time, START + Duration::seconds(5));
        assert!(live.close_before(START + Duration::seconds(9)).is_none());
        assert!(live.close_before(START + Duration::seconds(10)).is_some());
    }

    #[test]
    fn history_gives_the_part_that_was_not_seen() {
        let mut live = LiveBar::new(BarSize::Min1, BarSource::Trades);
        live.apply(&trade(100, 1_000), START);
        live.apply(&trade(102, 1_005), START + Duration::seconds(30));
        let price = |cents| Price::new(Decimal::new(cents, 2));
        let history = Bar {
            time: START,
            open: price(95),
            high: price(101),
            low: price(90),
            close: price(101),
            volume: Quantity::new(Decimal::from(500)),
        };
        assert_eq!(live.seed(history).map(shape).unwrap(), "0.95 1.02 0.90 1.02 500");
        let older = Bar { time: START - Duration::minutes(1), ..history };
        assert_eq!(live.seed(older), None, "an older bar changes nothing");
    }

    #[test]
    fn a_new_day_counts_volume_anew_and_the_past_changes_nothing() {
        let mut live = LiveBar::new(BarSize::Min1, BarSource::Trades);
        live.apply(&trade(100, 90_000), START);
        live.apply(&trade(101, 70), START);
        assert_eq!(live.forming().map(shape).unwrap(), "1.01 1.01 1.01 1.01 70");
        assert!(live.apply(&trade(102, 80), START - Duration::seconds(1)).is_empty(), "its bar is over");
        assert_eq!(live.forming().map(shape).unwrap(), "1.01 1.01 1.01 1.01 70");
    }

    fn print(cents: i64, size: i64) -> TradeValues {
        TradeValues {
            price: Price::new(Decimal::new(cents, 2)),
            size: Quantity::new(Decimal::from(size)),
            exchange: None,
            conditions: None,
            unreported: false,
            past_limit: false,
            source_at: None,
        }
    }

    #[test]
    fn every_size_is_built_from_prints_and_closed_at_its_end() {
        for (size, name, _) in BarSize::ALL {
            let start = size.floor(START);
            let mut live = LiveBar::new(size, BarSource::Trades);
            let first = live.print(&print(100, 5), start);
            assert_eq!(shape(first[0].0), "1.00 1.00 1.00 1.00 5", "{name}: a print opens a bar");
            live.print(&print(103, 1), start + Duration::milliseconds(300));
            live.print(&print(99, 2), start + Duration::milliseconds(600));
            assert_eq!(live.close_before(size.end(start) - Duration::MILLISECOND), None, "{name}");
            let changed = live.print(&print(101, 7), size.end(start));
            assert_eq!(
                (shape(changed[0].0), changed[0].1),
                ("1.00 1.03 0.99 0.99 8".into(), BarPhase::Closed),
                "{name}"
            );
            assert_eq!((changed[1].0.time, changed[1].1), (size.end(start), BarPhase::Forming), "{name}");
            assert!(live.print(&print(500, 1), start - Duration::days(40)).is_empty(), "{name}: the past");
        }
    }

    #[test]
    fn what_was_printed_is_not_counted_again_by_the_next_quote() {
        let mut live = LiveBar::new(BarSize::Min1, BarSource::Trades);
        live.apply(&trade(100, 1_000), START);
        live.print(&print(101, 10), START);
        assert!(live.apply(&trade(101, 1_010), START).is_empty());
        live.apply(&trade(102, 1_015), START);
        assert_eq!(live.forming().map(shape).unwrap(), "1.01 1.02 1.01 1.02 15");
    }

    #[test]
    fn a_trade_that_a_quote_and_a_print_tell_is_counted_once() {
        let mut live = LiveBar::new(BarSize::Sec5, BarSource::Trades);
        live.apply(&trade(100, 1_000), START);
        live.apply(&trade(101, 1_010), START);
        live.print(&print(101, 10), START);
        live.print(&print(99, 4), START);
        assert_eq!(
            live.forming().map(shape).unwrap(),
            "1.01 1.01 0.99 0.99 10",
            "of prints, the prices alone"
        );
        let counted = live.count(&trade(103, 1_014), START);
        assert_eq!(shape(counted[0].0), "1.01 1.01 0.99 0.99 14", "of quotes, the volume alone");
        let next = START + Duration::seconds(5);
        let shapes: Vec<_> =
            live.print(&print(102, 7), next).into_iter().map(|(bar, _)| shape(bar)).collect();
        assert_eq!(shapes, ["1.01 1.01 0.99 0.99 14", "1.02 1.02 1.02 1.02 7"]);
        assert!(live.count(&trade(102, 1_021), next).is_empty(), "what prints began, they tell in full");
        assert!(live.count(&trade(102, 1_030), next).is_empty());
    }

    #[test]
    fn a_print_that_comes_late_completes_the_bar_that_has_closed() {
        let mut live = LiveBar::new(BarSize::Sec1, BarSource::Trades);
        live.print(&print(100, 1), START);
        live.close_before(START + Duration::seconds(3)).unwrap();
        let late = live.print(&print(104, 2), START);
        assert_eq!((shape(late[0].0), late[0].1), ("1.00 1.04 1.00 1.04 3".into(), BarPhase::Closed));
        live.print(&print(90, 5), START + Duration::seconds(1));
        let later = live.print(&print(105, 2), START);
        assert_eq!((shape(later[0].0), later[0].1), ("1.00 1.05 1.00 1.05 5".into(), BarPhase::Corrected));
        assert_eq!(live.forming().map(shape).unwrap(), "0.90 0.90 0.90 0.90 5");
        live.settle(START);
        assert!(live.print(&print(106, 2), START).is_empty(), "history has told it");
        live.close_before(START + Duration::seconds(2)).unwrap();
        assert!(live.print(&print(106, 2), START).is_empty(), "no bar is begun before one that is over");
    }

    #[test]
    fn a_volume_beyond_all_bounds_does_not_begin_anew() {
        let mut live = LiveBar::new(BarSize::Min1, BarSource::Trades);
        let most = TradeValues { size: Quantity::new(Decimal::MAX), ..print(100, 1) };
        for _ in 0..3 {
            live.print(&most, START);
        }
        assert_eq!(live.forming().unwrap().volume, Quantity::new(Decimal::MAX));
    }

    #[test]
    fn a_trading_day_may_begin_on_the_evening_before_its_date() {
        let mut live = LiveBar::new(BarSize::Day1, BarSource::Trades);
        let evening = datetime!(2026-11-22 18:30 UTC);
        let date = datetime!(2026-11-23 00:00 UTC);
        let price = |cents| Price::new(Decimal::new(cents, 2));
        live.print(&print(100, 1), evening);
        live.seed(Bar {
            time: date,
            open: price(99),
            high: price(101),
            low: price(98),
            close: price(100),
            volume: Quantity::new(Decimal::from(40)),
        });
        live.print(&print(105, 2), evening + Duration::minutes(1));
        let forming = live.forming().unwrap();
        assert_eq!((forming.time, shape(forming).as_str()), (date, "0.99 1.05 0.98 1.05 42"));
    }

    #[test]
    fn without_trades_the_mid_price_makes_the_bar() {
        let mut live = LiveBar::new(BarSize::Min1, BarSource::MidPoint);
        let level = |units| Some(QuoteLevel { price: Price::new(Decimal::new(units, 4)), size: None });
        let quote = |bid, ask| QuoteValues { bid: level(bid), ask: level(ask), ..QuoteValues::default() };
        live.apply(&quote(10_846, 10_848), START);
        live.apply(&quote(10_850, 10_852), START);
        assert_eq!(live.forming().map(shape).unwrap(), "1.0847 1.0851 1.0847 1.0851 -");
    }
}
