//! The clock of a recorded day.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::clock::Clock;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;

/// What is slow, and what is fast.
const SLOWEST: f64 = 0.1;
const FASTEST: f64 = 10_000.0;

/// How much of the day is played in one go at the highest speed.
const STEP: Duration = Duration::SECOND;

/// How fast a day is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as it was.
    Times(f64),
    /// As fast as those who watch can take it.
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            _ if text.eq_ignore_ascii_case("max") => Ok(Self::Max),
            Ok(times) if (SLOWEST..=FASTEST).contains(&times) => Ok(Self::Times(times)),
            _ => Err(format!("'{text}' is no speed; give a number from {SLOWEST} to {FASTEST}, or max")),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(formatter, "{times}"),
            Self::Max => formatter.write_str("max"),
        }
    }
}

/// Shows the recorded moment.
#[derive(Debug)]
pub(crate) struct ReplayClock {
    from: OffsetDateTime,
    /// A moment after the last event: the clock stops here.
    end: OffsetDateTime,
    speed: Speed,
    began: Instant,
    /// Microseconds since `from` that were played at the highest speed.
    played: AtomicI64,
}

impl ReplayClock {
    /// Begins now, and stops once `last` is over.
    pub(crate) fn begin(from: OffsetDateTime, last: OffsetDateTime, speed: Speed) -> Self {
        let end = last + Duration::MILLISECOND;
        Self { from, end, speed, began: Instant::now(), played: AtomicI64::new(0) }
    }

    /// How fast it runs.
    pub(crate) fn speed(&self) -> Speed {
        self.speed
    }

    /// Whether the day is over.
    pub(crate) fn is_over(&self) -> bool {
        self.now() >= self.end
    }

    /// At the highest speed, goes on by a little.
    pub(crate) fn step(&self) {
        let step = i64::try_from(STEP.whole_microseconds()).unwrap_or_default();
        self.played.fetch_add(step, Ordering::Relaxed);
    }
}

impl ReplayClock {
    /// The recorded moment so much wall-clock time after the beginning.
    fn shown_after(&self, waited: std::time::Duration) -> OffsetDateTime {
        let passed = match self.speed {
            Speed::Times(times) => Duration::try_from(waited.mul_f64(times)).unwrap_or(Duration::MAX),
            Speed::Max => Duration::microseconds(self.played.load(Ordering::Relaxed)),
        };
        self.from.checked_add(passed).map_or(self.end, |now| now.min(self.end))
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> OffsetDateTime {
        self.shown_after(self.began.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const FROM: OffsetDateTime = datetime!(2013-10-07 13:30 UTC);
    const LAST: OffsetDateTime = datetime!(2013-10-07 20:00 UTC);

    #[test]
    fn recorded_time_runs_at_its_speed_and_ends_with_the_day() {
        let clock = ReplayClock::begin(FROM, LAST, Speed::Times(10.0));
        let after = |seconds| clock.shown_after(std::time::Duration::from_secs(seconds));
        assert_eq!(after(0), FROM);
        assert_eq!(after(60), FROM + Duration::minutes(10));
        assert_eq!(after(3_600), LAST + Duration::MILLISECOND);
        assert_eq!(after(u64::from(u32::MAX)), LAST + Duration::MILLISECOND);
        assert!(!clock.is_over());
    }

    #[test]
    fn at_the_highest_speed_it_goes_on_when_told() {
        let clock = ReplayClock::begin(FROM, FROM + Duration::SECOND, Speed::Max);
        assert_eq!(clock.shown_after(std::time::Duration::from_mins(1)), FROM);
        clock.step();
        assert_eq!((clock.now(), clock.is_over()), (FROM + Duration::SECOND, false));
        clock.step();
        assert!(clock.is_over());
    }

    #[test]
    fn a_speed_is_a_number_or_max() {
        for (text, expected) in
            [("10", Some(Speed::Times(10.0))), ("0.5", Some(Speed::Times(0.5))), ("max", Some(Speed::Max))]
        {
            assert_eq!(text.parse().ok(), expected);
        }
        for text in ["0", "-1", "NaN", "inf", "fast", "", "10001"] {
            assert!(text.parse::<Speed>().unwrap_err().contains("or max"), "{text}");
        }
    }
}
