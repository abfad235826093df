//! When an alert goes off: pure rules over the values that are seen of it.
//!
//! - Only values that can be trusted count (LIVE or DELAYED); others are as if they had not been seen.
//! - ABOVE and BELOW look at the value alone. The crossings look at the value before as well: a value that was on one
//!   side and is now on the threshold or past it has crossed, however far it jumped. Leaving the threshold is no crossing.
//! - The value before is remembered over a restart of the desk, as it was kept last: what was crossed meanwhile counts
//!   once, at the first value that is seen again.
//! - An alert that goes off every time does so when its condition becomes true, not while it stays true, and not within
//!   [`PAUSE`] of the last time. What happens within the pause is left out; a condition that still holds at its end,
//!   having been false in between, counts then.

use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::alert::{Comparison, PAUSE, Repeat};
use crate::quote::FeedState;

/// One value of what an alert looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The value.
    pub value: Decimal,
    /// How far it can be trusted.
    pub state: FeedState,
    /// When it was seen.
    pub at: OffsetDateTime,
}

/// What a value means for an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Quiet,
    /// It goes off.
    GoesOff,
}

/// An alert's condition with what was seen of its subject so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// How the value is compared.
    pub comparison: Comparison,
    /// With what.
    pub threshold: Decimal,
    /// How often the alert goes off.
    pub repeat: Repeat,
    /// The last value that counted.
    pub last: Option<Decimal>,
    /// Whether the condition was false since it last went off, or it never did.
    pub armed: bool,
    /// When it last went off.
    pub went_off_at: Option<OffsetDateTime>,
}

impl Watch {
    /// Takes in a value.
    pub fn see(&mut self, reading: Reading) -> Verdict {
        if !matches!(reading.state, FeedState::Live | FeedState::Delayed) {
            return Verdict::Quiet;
        }
        let before = self.last.replace(reading.value);
        let holds = self.holds(before, reading.value);
        if !holds {
            self.armed = true;
            return Verdict::Quiet;
        }
        if !self.armed || self.rests(reading.at) {
            return Verdict::Quiet;
        }
        // A crossing is over in the moment in which it happens; a level holds on.
        self.armed = self.is_crossing();
        self.went_off_at = Some(reading.at);
        Verdict::GoesOff
    }

    /// Whether the value before is looked at.
    pub fn is_crossing(&self) -> bool {
        !matches!(self.comparison, Comparison::Above | Comparison::Below)
    }

    fn holds(&self, before: Option<Decimal>, now: Decimal) -> bool {
        let level = self.threshold;
        let up = before.is_some_and(|before| before < level) && now >= level;
        let down = before.is_some_and(|before| before > level) && now <= level;
        match self.comparison {
            Comparison::Above => now > level,
            Comparison::Below => now < level,
            Comparison::CrossesUp => up,
            Comparison::CrossesDown => down,
            Comparison::Crosses => up || down,
        }
    }

    /// Whether it went off too short a time ago. A clock that was set back does not silence it for long.
    fn rests(&self, now: OffsetDateTime) -> bool {
        let since = self.went_off_at.map(|at| (now - at).abs());
        self.repeat == Repeat::EveryTime && since.is_some_and(|since| since < PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-11-22 14:30 UTC);

    fn watch(comparison: Comparison, repeat: Repeat) -> Watch {
        Watch {
            comparison,
            threshold: Decimal::ONE_HUNDRED,
            repeat,
            last: None,
            armed: true,
            went_off_at: None,
        }
    }

    /// The places of the values at which it goes off, seen a minute apart.
    fn run(watch: &mut Watch, values: &[i64]) -> Vec<usize> {
        let see = |(index, value): (usize, &i64)| {
            let at = START + Duration::minutes(i64::try_from(index).unwrap());
            let reading = Reading { value: Decimal::from(*value), state: FeedState::Live, at };
            (watch.see(reading) == Verdict::GoesOff).then_some(index)
        };
        values.iter().enumerate().filter_map(see).collect()
    }

    #[test]
    fn each_comparison_goes_off_where_it_should() {
        use Comparison::*;
        let cases: [(Comparison, &[i64], &[usize]); 16] = [
            (Above, &[101], &[0]),
            (Above, &[100, 101, 102, 99, 101], &[1, 4]),
            (Below, &[100, 99, 98, 100, 99], &[1, 4]),
            (CrossesUp, &[101, 102], &[]),
            (CrossesUp, &[99, 100], &[1]),
            (CrossesUp, &[99, 150], &[1]),
            (CrossesUp, &[100, 101], &[]),
            (CrossesUp, &[99, 100, 101, 99, 101], &[1, 4]),
            (CrossesUp, &[101, 99, 98], &[]),
            (CrossesDown, &[101, 100, 99], &[1]),
            (CrossesDown, &[150, 50], &[1]),
            (CrossesDown, &[100, 99], &[]),
            (Crosses, &[99, 101, 99, 101], &[1, 2, 3]),
            (Crosses, &[99, 100, 99], &[1]),
            (Crosses, &[100], &[]),
            (Crosses, &[], &[]),
        ];
        for (comparison, values, expected) in cases {
            let mut watch = watch(comparison, Repeat::EveryTime);
            assert_eq!(run(&mut watch, values), expected, "{comparison:?} {values:?}");
        }
    }

    #[test]
    fn only_what_can_be_trusted_counts() {
        let states = [
            (FeedState::Live, true),
            (FeedState::Delayed, true),
            (FeedState::Recovering, false),
            (FeedState::Stale, false),
            (FeedState::Closed, false),
        ];
        for (state, counts) in states {
            let mut above = watch(Comparison::Above, Repeat::Once);
            let reading = Reading { value: Decimal::from(101), state, at: START };
            assert_eq!(above.see(reading) == Verdict::GoesOff, counts, "{state:?}");
            assert_eq!(above.last.is_some(), counts, "{state:?}");
        }
        // What was not trusted is no value before.
        let mut up = watch(Comparison::CrossesUp, Repeat::Once);
        for (value, state) in [(101, FeedState::Live), (99, FeedState::Stale), (101, FeedState::Live)] {
            let reading = Reading { value: Decimal::from(value), state, at: START };
            assert_eq!(up.see(reading), Verdict::Quiet, "{value}");
        }
    }

    #[test]
    fn what_was_kept_is_the_value_before() {
        let mut up = Watch { last: Some(Decimal::from(90)), ..watch(Comparison::CrossesUp, Repeat::Once) };
        assert_eq!(run(&mut up, &[110]), [0]);
    }

    #[test]
    fn it_rests_for_a_minute() {
        let see = |watch: &mut Watch, seconds, value: i64| {
            let at = START + Duration::seconds(seconds);
            watch.see(Reading { value: Decimal::from(value), state: FeedState::Live, at }) == Verdict::GoesOff
        };
        let mut above = watch(Comparison::Above, Repeat::EveryTime);
        assert!(see(&mut above, 0, 101));
        assert!(!see(&mut above, 10, 99));
        assert!(!see(&mut above, 20, 101), "within the pause");
        assert!(see(&mut above, 60, 102), "it holds still, and was false in between");
        assert!(!see(&mut above, 300, 103), "it was never false since");

        let mut up = watch(Comparison::CrossesUp, Repeat::EveryTime);
        assert!(!see(&mut up, 0, 99));
        assert!(see(&mut up, 1, 101));
        assert!(!see(&mut up, 2, 99));
        assert!(!see(&mut up, 3, 101), "within the pause");
        assert!(!see(&mut up, 62, 102), "a crossing within the pause is left out");
        assert!(!see(&mut up, 63, 99));
        assert!(see(&mut up, 64, 101));
    }

    #[test]
    fn one_that_did_not_become_false_since_stays_quiet_after_a_restart() {
        let mut above = Watch { armed: false, ..watch(Comparison::Above, Repeat::EveryTime) };
        assert_eq!(run(&mut above, &[101, 102, 99, 101]), [3]);
    }
}
