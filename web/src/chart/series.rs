//! The bars that a chart shows: history and the newest bars in one order, without holes or doubles.

use crate::graphql::bar::{Bar, MOST_BARS, Stretch};
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

/// Bars by their first moment, oldest first. Almost everything happens at the end, so that a vector serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    bars: Vec<Bar>,
    /// Up to which bar nothing is missing, where live bars may have been missed since.
    whole_until: Option<i64>,
}

fn seconds(bar: &Bar) -> i64 {
    bar.time.seconds()
}

/// What the newest stretch of history means for what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seam {
    /// It is joined to it.
    Closed,
    /// There was a hole between them, so that the older bars are gone; they can be fetched again.
    Cut,
}

impl Series {
    /// Takes in a stretch of history, oldest first. It is more exact than what came live, except for the
    /// newest bar, which is still growing unless history goes past it.
    pub fn merge(&mut self, history: &[Bar]) {
        let (Some(first), Some(last)) = (history.first().map(seconds), history.last().map(seconds)) else {
            return;
        };
        let growing = self.newest().filter(|newest| last <= *newest);
        let from = self.place(first);
        let to = self.place(last + 1);
        let own: Vec<Bar> = self.bars.get(from..to).unwrap_or_default().to_vec();
        let mut merged = Vec::with_capacity(own.len() + history.len());
        let mut own = own.into_iter().peekable();
        for bar in history {
            while let Some(before) = own.next_if(|own| own.time < bar.time) {
                merged.push(before);
            }
            let known = own.next_if(|own| own.time == bar.time);
            merged.push(known.filter(|known| Some(seconds(known)) == growing).unwrap_or(*bar));
        }
        self.bars.splice(from..to, merged);
    }

    /// The first place whose bar does not start before then.
    fn place(&self, start: i64) -> usize {
        if self.newest().is_none_or(|newest| newest < start) {
            return self.bars.len();
        }
        self.bars.partition_point(|bar| seconds(bar) < start)
    }

    /// Takes in the newest stretch of history. Where it does not reach back to the bars up to which nothing
    /// is missing, those give way: a chart must not hide a hole.
    pub fn merge_newest(&mut self, history: &[Bar]) -> Seam {
        let Some(start) = history.first().map(seconds) else { return Seam::Closed };
        let whole_until = self.whole_until.take().or(self.newest());
        self.merge(history);
        if whole_until.is_none_or(|until| until >= start) {
            return Seam::Closed;
        }
        let gone = self.place(start);
        self.bars.drain(..gone);
        Seam::Cut
    }

    /// Live bars may have been missed from here on, until the newest history is taken in.
    pub fn interrupt(&mut self) {
        self.whole_until = self.whole_until.or(self.newest());
    }

    fn newest(&self) -> Option<i64> {
        self.bars.last().map(seconds)
    }

    /// Takes in a bar that came live.
    pub fn apply(&mut self, bar: Bar) -> Drawing {
        let time = seconds(&bar);
        match self.newest() {
            Some(newest) if newest == time => {
                let last = self.bars.len() - 1;
                let old = std::mem::replace(&mut self.bars[last], bar);
                if old == bar { Drawing::Nothing } else { Drawing::Newest }
            }
            Some(newest) if time < newest => self.correct(bar),
            _ => {
                self.bars.push(bar);
                Drawing::Newest
            }
        }
    }

    fn correct(&mut self, bar: Bar) -> Drawing {
        let place = self.place(seconds(&bar));
        if self.bars[place].time != bar.time {
            self.bars.insert(place, bar);
            return Drawing::All;
        }
        let old = std::mem::replace(&mut self.bars[place], bar);
        if old == bar { Drawing::Nothing } else { Drawing::Earlier }
    }

    /// The bars of these seconds and between, as the server is asked for them: of too many, the newest.
    pub fn in_sight(&self, (first, last): (i64, i64)) -> Option<(Stretch, i32)> {
        let (from, to) = (self.place(first), self.place(last + 1));
        let count = i32::try_from(to.checked_sub(from)?).unwrap_or(MOST_BARS).min(MOST_BARS);
        let stretch = self.bars.get(to).map_or(Stretch::Newest, |after| Stretch::Before(after.time));
        (count > 0).then_some((stretch, count))
    }

    /// Every bar, oldest first.
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// The oldest bar's first moment.
    pub fn start(&self) -> Option<DateTime> {
        self.bars.first().map(|bar| bar.time)
    }

    /// The last bar.
    pub fn last(&self) -> Option<Bar> {
        self.bars.last().copied()
    }

    /// The bar that starts then.
    pub fn at(&self, start: i64) -> Option<Bar> {
        self.bars.get(self.place(start)).filter(|bar| seconds(bar) == start).copied()
    }

    /// The first bar that does not start before then, else the last one.
    pub fn from(&self, start: i64) -> Option<Bar> {
        self.bars.get(self.place(start)).copied().or(self.last())
    }

    /// The bar before the one that starts then.
    pub fn before(&self, start: i64) -> Option<Bar> {
        self.place(start).checked_sub(1).and_then(|place| self.bars.get(place)).copied()
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
        series.bars().iter().map(|bar| bar.close.0.to_string()).collect()
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
    fn what_is_in_sight_is_asked_for_by_its_end_and_its_number() {
        let mut series = Series::default();
        assert_eq!(series.in_sight((0, 600)), None);
        series.merge(&[bar(60, "1"), bar(120, "2"), bar(180, "3")]);
        let before = |seconds: i64| Stretch::Before(DateTime::from_millis(seconds * 1_000));
        let check = |sight: (i64, i64), expect: Option<(Stretch, i32)>| {
            assert_eq!(series.in_sight(sight), expect, "{sight:?}");
        };
        check((60, 180), Some((Stretch::Newest, 3)));
        check((120, 120), Some((before(180), 1)));
        check((61, 179), Some((before(180), 1)));
        check((0, 60), Some((before(120), 1)));
        check((240, 600), None);
        check((180, 60), None);
        let long: Vec<Bar> = (0..6_000).map(|at| bar(at * 60, "1")).collect();
        series.merge(&long);
        assert_eq!(series.in_sight((0, 360_000)), Some((Stretch::Newest, MOST_BARS)));
    }

    #[test]
    fn history_fills_holes_and_does_not_set_the_newest_bar_back() {
        let mut series = Series::default();
        series.apply(bar(60, "7"));
        series.apply(bar(240, "9"));
        series.merge(&[bar(60, "1"), bar(120, "2"), bar(180, "3"), bar(240, "8")]);
        assert_eq!(closes(&series), ["1", "2", "3", "9"]);
        series.merge(&[]);
        assert_eq!(series.start().map(DateTime::seconds), Some(60));
        assert_eq!(series.before(120).map(|bar| bar.time.seconds()), Some(60));
        assert_eq!(series.before(60), None);
    }

    #[test]
    fn history_that_goes_past_the_newest_bar_knows_it_better() {
        let mut series = Series::default();
        series.apply(bar(60, "7"));
        assert_eq!(series.merge_newest(&[bar(60, "1"), bar(120, "2")]), Seam::Closed);
        assert_eq!(closes(&series), ["1", "2"]);
        series.merge(&[bar(0, "5"), bar(60, "1.5")]);
        assert_eq!(closes(&series), ["5", "1.5", "2"]);
    }

    #[test]
    fn bars_before_a_hole_give_way_to_the_newest_history() {
        let whole = || {
            let mut series = Series::default();
            series.merge_newest(&[bar(0, "1"), bar(60, "2")]);
            series
        };
        let check = |mut series: Series, first: i64, expect: (Seam, &[&str])| {
            let seam = series.merge_newest(&[bar(first, "8"), bar(600, "9")]);
            let closes = closes(&series);
            assert_eq!(
                (seam, closes.iter().map(String::as_str).collect::<Vec<_>>()),
                (expect.0, expect.1.into())
            );
        };
        check(Series::default(), 540, (Seam::Closed, &["8", "9"]));
        check(whole(), 60, (Seam::Closed, &["1", "8", "9"]));
        check(whole(), 540, (Seam::Cut, &["8", "9"]));
        // A bar of after the interruption does not bridge the hole.
        let mut interrupted = whole();
        interrupted.interrupt();
        interrupted.apply(bar(600, "9.5"));
        interrupted.interrupt();
        check(interrupted.clone(), 60, (Seam::Closed, &["1", "8", "9.5"]));
        assert_eq!(interrupted.merge_newest(&[]), Seam::Closed);
        check(interrupted, 540, (Seam::Cut, &["8", "9.5"]));
        // Nothing was missed: what came live reaches up to the history.
        let mut lively = whole();
        lively.apply(bar(540, "7"));
        check(lively, 540, (Seam::Closed, &["1", "2", "8", "9"]));
    }
}
