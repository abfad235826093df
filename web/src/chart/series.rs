//! The bars that a chart shows: history and the newest bars in one order, without holes or doubles.

use std::collections::BTreeMap;

use crate::graphql::bar::Bar;
use crate::graphql::scalar::DateTime;

/// What has to be drawn after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Nothing.
    Nothing,
    /// The last bar, or one after it.
    Newest,
    /// A bar before the last.
    Earlier,
    /// Everything.
    All,
}

/// Bars by their first moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    bars: BTreeMap<i64, Bar>,
}

impl Series {
    /// Takes in a stretch of history. Bars that came live since stay as they are only where history does not
    /// reach: it is the more exact of the two, except for the newest bar, which is still growing.
    pub fn merge(&mut self, history: &[Bar]) -> Drawing {
        let newest = self.bars.last_key_value().map(|(time, _)| *time);
        for bar in history {
            let time = bar.time.seconds();
            if Some(time) != newest {
                self.bars.insert(time, *bar);
            }
        }
        if history.is_empty() { Drawing::Nothing } else { Drawing::All }
    }

    /// Takes in a bar that came live.
    pub fn apply(&mut self, bar: Bar) -> Drawing {
        let time = bar.time.seconds();
        let newest = self.bars.last_key_value().map(|(time, _)| *time);
        let replaced = self.bars.insert(time, bar);
        match (newest, replaced) {
            (_, Some(old)) if old == bar => Drawing::Nothing,
            (Some(newest), None) if time < newest => Drawing::All,
            (Some(newest), Some(_)) if time < newest => Drawing::Earlier,
            _ => Drawing::Newest,
        }
    }

    /// Every bar, oldest first.
    pub fn bars(&self) -> impl Iterator<Item = &Bar> {
        self.bars.values()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// The oldest bar's first moment.
    pub fn start(&self) -> Option<DateTime> {
        self.bars.first_key_value().map(|(_, bar)| bar.time)
    }

    /// The last bar.
    pub fn last(&self) -> Option<Bar> {
        self.bars.last_key_value().map(|(_, bar)| *bar)
    }

    /// The bar that starts then.
    pub fn at(&self, seconds: i64) -> Option<Bar> {
        self.bars.get(&seconds).copied()
    }

    /// The bar before the one that starts then.
    pub fn before(&self, seconds: i64) -> Option<Bar> {
        self.bars.range(..seconds).next_back().map(|(_, bar)| *bar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::scalar::Decimal;

    fn bar(seconds: i64, close: &str) -> Bar {
        let price: Decimal = close.parse().unwrap();
        let time = DateTime::from_millis(seconds * 1_000);
        Bar { time, open: price, high: price, low: price, close: price, volume: None }
    }

    fn closes(series: &Series) -> Vec<String> {
        series.bars().map(|bar| bar.close.0.to_string()).collect()
    }

    #[test]
    fn live_bars_say_what_to_draw() {
        let mut series = Series::default();
        let mut check = |bar: Bar, expect: Drawing| assert_eq!(series.apply(bar), expect, "{bar:?}");
        check(bar(60, "1"), Drawing::Newest);
        check(bar(60, "2"), Drawing::Newest);
        check(bar(60, "2"), Drawing::Nothing);
        check(bar(120, "3"), Drawing::Newest);
        check(bar(60, "2.5"), Drawing::Earlier);
        check(bar(0, "1"), Drawing::All);
    }

    #[test]
    fn history_fills_holes_and_does_not_set_the_newest_bar_back() {
        let mut series = Series::default();
        series.apply(bar(60, "7"));
        series.apply(bar(240, "9"));
        assert_eq!(series.merge(&[bar(60, "1"), bar(120, "2"), bar(180, "3"), bar(240, "8")]), Drawing::All);
        assert_eq!(closes(&series), ["1", "2", "3", "9"]);
        assert_eq!(series.merge(&[]), Drawing::Nothing);
        assert_eq!(series.start().map(DateTime::seconds), Some(60));
        assert_eq!(series.before(120).map(|bar| bar.time.seconds()), Some(60));
        assert_eq!(series.before(60), None);
    }
}
