//! Bars: open, high, low, close and volume of a stretch of time.

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use crate::decimal::{Price, Quantity};
use crate::error::{Refusal, RefusalCode};
use crate::instrument::{AssetClass, InstrumentId};
use crate::quote::{FeedState, Stamp};
use crate::store::StoreError;

/// The most bars that one answer holds.
pub const MAX_BARS: usize = 5_000;

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its first moment. A daily or longer bar starts at midnight UTC of its trading date.
    pub time: OffsetDateTime,
    /// The first price.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price.
    pub close: Price,
    /// Shares or contracts traded; absent for mid-price bars.
    pub volume: Option<Quantity>,
}

/// The stretch of time that a bar spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the sizes")]
pub enum BarSize {
    Sec1,
    Sec5,
    Sec10,
    Sec15,
    Sec30,
    Min1,
    Min2,
    Min3,
    Min5,
    Min10,
    Min15,
    Min20,
    Min30,
    Hour1,
    Hour2,
    Hour3,
    Hour4,
    Hour8,
    Day1,
    Week1,
    Month1,
}

impl BarSize {
    /// Every size with its name in the database and the API, and its length in seconds (a month: 30 days).
    pub const ALL: [(Self, &'static str, i64); 21] = [
        (Self::Sec1, "SEC_1", 1),
        (Self::Sec5, "SEC_5", 5),
        (Self::Sec10, "SEC_10", 10),
        (Self::Sec15, "SEC_15", 15),
        (Self::Sec30, "SEC_30", 30),
        (Self::Min1, "MIN_1", 60),
        (Self::Min2, "MIN_2", 120),
        (Self::Min3, "MIN_3", 180),
        (Self::Min5, "MIN_5", 300),
        (Self::Min10, "MIN_10", 600),
        (Self::Min15, "MIN_15", 900),
        (Self::Min20, "MIN_20", 1_200),
        (Self::Min30, "MIN_30", 1_800),
        (Self::Hour1, "HOUR_1", 3_600),
        (Self::Hour2, "HOUR_2", 7_200),
        (Self::Hour3, "HOUR_3", 10_800),
        (Self::Hour4, "HOUR_4", 14_400),
        (Self::Hour8, "HOUR_8", 28_800),
        (Self::Day1, "DAY_1", 86_400),
        (Self::Week1, "WEEK_1", 604_800),
        (Self::Month1, "MONTH_1", 2_592_000),
    ];

    fn row(self) -> (Self, &'static str, i64) {
        Self::ALL.into_iter().find(|(size, ..)| *size == self).unwrap_or((Self::Sec1, "SEC_1", 1))
    }

    /// The name in the database and the API.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The size of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == name).map(|(size, ..)| size)
    }

    /// How long a bar lasts; a month counts as 30 days.
    pub fn duration(self) -> Duration {
        Duration::seconds(self.row().2)
    }

    /// The first moment of the bar that holds `moment`: multiples of the size since 1970-01-01 UTC,
    /// weeks from Monday, months from the first.
    pub fn floor(self, moment: OffsetDateTime) -> OffsetDateTime {
        let midnight = || moment.to_offset(time::UtcOffset::UTC).replace_time(time::Time::MIDNIGHT);
        match self {
            Self::Month1 => {
                let day = midnight();
                day.replace_day(1).unwrap_or(day)
            }
            Self::Week1 => {
                let day = midnight();
                day - Duration::days(i64::from(day.weekday().number_days_from_monday()))
            }
            _ => {
                let seconds = moment.unix_timestamp();
                let start = seconds - seconds.rem_euclid(self.row().2);
                OffsetDateTime::from_unix_timestamp(start).unwrap_or(moment)
            }
        }
    }

    /// The first moment after the bar that starts at `start`.
    pub fn end(self, start: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::Month1 => self.floor(start + Duration::days(31)),
            _ => start + self.duration(),
        }
    }
}

/// What bars are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarSource {
    /// Printed trades.
    Trades,
    /// The mid price, for what prints no trades.
    MidPoint,
}

impl BarSource {
    /// The source that fits this class.
    pub const fn of(class: AssetClass) -> Self {
        if class.prints_trades() { Self::Trades } else { Self::MidPoint }
    }

    /// The name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trades => "TRADES",
            Self::MidPoint => "MID_POINT",
        }
    }
}

/// Which bars: those of one instrument and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// Whose.
    pub instrument: InstrumentId,
    /// How long each is.
    pub size: BarSize,
}

/// A stretch of time: `from` is in it, `to` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// The first moment.
    pub from: OffsetDateTime,
    /// The first moment after.
    pub to: OffsetDateTime,
}

impl TimeRange {
    /// What of this range is not in `covered`, in order.
    pub fn without(self, covered: &[Self]) -> Vec<Self> {
        let mut sorted = covered.to_vec();
        sorted.sort_by_key(|range| range.from);
        let mut missing = Vec::new();
        let mut from = self.from;
        for range in sorted {
            if range.from > from {
                missing.push(Self { from, to: range.from.min(self.to) });
            }
            from = from.max(range.to);
            if from >= self.to {
                return missing;
            }
        }
        missing.push(Self { from, to: self.to });
        missing.retain(|range| range.from < range.to);
        missing
    }

    /// The same moments in as few ranges as possible: those that touch or overlap become one.
    pub fn merged(mut ranges: Vec<Self>) -> Vec<Self> {
        ranges.sort_by_key(|range| range.from);
        let mut merged: Vec<Self> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
                _ => merged.push(range),
            }
        }
        merged
    }
}

/// A bounded question for bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarQuery {
    /// All bars that start in the range.
    Range(TimeRange),
    /// The `count` bars up to `to`.
    Last {
        /// How many.
        count: usize,
        /// The first moment after the last of them.
        to: OffsetDateTime,
    },
}

impl BarQuery {
    /// Checks the arguments of a question: exactly one of `from` and `last`, a range that is not upside
    /// down, and no more than [`MAX_BARS`] bars.
    pub fn parse(
        size: BarSize,
        from: Option<OffsetDateTime>,
        to: OffsetDateTime,
        last: Option<i64>,
    ) -> Result<Self, Refusal> {
        let refuse = |field, message: String| Err(Refusal::of(field, RefusalCode::RangeInvalid, message));
        match (from, last) {
            (Some(from), None) if from >= to => refuse("from", "'from' must be before 'to'".into()),
            (Some(from), None) => {
                let bars = (to - from).whole_seconds() / size.duration().whole_seconds().max(1);
                if usize::try_from(bars).is_ok_and(|bars| bars <= MAX_BARS) {
                    Ok(Self::Range(TimeRange { from, to }))
                } else {
                    refuse(
                        "from",
                        format!(
                            "the range holds about {bars} bars of {}; ask for at most {MAX_BARS}, or for longer bars",
                            size.as_str()
                        ),
                    )
                }
            }
            (None, Some(last)) => match usize::try_from(last) {
                Ok(count) if (1..=MAX_BARS).contains(&count) => Ok(Self::Last { count, to }),
                _ => refuse("last", format!("'last' must be from 1 to {MAX_BARS}")),
            },
            _ => refuse("from", "give exactly one of 'from' and 'last'".into()),
        }
    }
}

/// How final a live bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarPhase {
    /// It still grows.
    Forming,
    /// Its time is over; it was built from live quotes and prints. A print that comes late closes it once more.
    Closed,
    /// Its time is over, and it is told anew: as the source's history says, or with a print that came very late.
    Corrected,
}

/// The newest state of a live bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarUpdate {
    /// Which bars.
    pub series: Series,
    /// The bar.
    pub bar: Bar,
    /// How final it is.
    pub phase: BarPhase,
    /// Its place in the stream.
    pub stamp: Stamp,
    /// How far it can be trusted.
    pub state: FeedState,
}

/// Bars of the past that need not be asked for again. Only bars whose time is over are kept.
#[async_trait]
pub trait BarStore: Send + Sync {
    /// The kept bars that start in `range`, by time, and the parts of `range` that are known in full.
    async fn read(&self, series: Series, range: TimeRange) -> Result<(Vec<Bar>, Vec<TimeRange>), StoreError>;

    /// Keeps `bars` (replacing those of the same time) and notes that `covered` is now known in full.
    async fn write(&self, series: Series, covered: TimeRange, bars: &[Bar]) -> Result<(), StoreError>;

    /// The newest kept bar of a series.
    async fn newest(&self, series: Series) -> Result<Option<Bar>, StoreError>;

    /// Forgets what is kept of an instrument, whatever the size.
    async fn forget(&self, instrument: InstrumentId) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn range(from: i64, to: i64) -> TimeRange {
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        TimeRange { from: at(from), to: at(to) }
    }

    #[test]
    fn what_is_missing_of_a_range() {
        let cases = [
            (range(0, 10), vec![], vec![range(0, 10)]),
            (range(0, 10), vec![range(0, 10)], vec![]),
            (range(0, 10), vec![range(2, 4), range(6, 8)], vec![range(0, 2), range(4, 6), range(8, 10)]),
            (range(0, 10), vec![range(6, 20), range(-5, 3)], vec![range(3, 6)]),
            (range(0, 10), vec![range(20, 30)], vec![range(0, 10)]),
        ];
        for (whole, covered, missing) in cases {
            assert_eq!(whole.without(&covered), missing, "{covered:?}");
        }
    }

    #[test]
    fn ranges_that_touch_become_one() {
        let merged = TimeRange::merged(vec![range(5, 7), range(0, 3), range(3, 5), range(9, 10)]);
        assert_eq!(merged, vec![range(0, 7), range(9, 10)]);
    }

    #[test]
    fn a_bar_starts_where_its_size_says() {
        let moment = datetime!(2026-11-22 13:47:38.5 UTC);
        let cases = [
            (BarSize::Sec5, datetime!(2026-11-22 13:47:35 UTC)),
            (BarSize::Min15, datetime!(2026-11-22 13:45 UTC)),
            (BarSize::Hour8, datetime!(2026-11-22 08:00 UTC)),
            (BarSize::Day1, datetime!(2026-11-22 00:00 UTC)),
            (BarSize::Week1, datetime!(2026-11-16 00:00 UTC)),
            (BarSize::Month1, datetime!(2026-11-01 00:00 UTC)),
        ];
        for (size, start) in cases {
            assert_eq!(size.floor(moment), start, "{size:?}");
        }
        assert_eq!(BarSize::Month1.end(datetime!(2026-11-01 00:00 UTC)), datetime!(2026-12-01 00:00 UTC));
    }

    #[test]
    fn a_question_for_bars_is_bounded() {
        let to = datetime!(2026-11-22 00:00 UTC);
        let parse = |from, last| BarQuery::parse(BarSize::Min1, from, to, last);
        assert!(parse(Some(to - Duration::days(3)), None).is_ok());
        assert!(parse(None, Some(500)).is_ok());
        for (from, last) in [
            (None, None),
            (Some(to), None),
            (Some(to - Duration::days(365)), None),
            (None, Some(0)),
            (None, Some(5_001)),
            (Some(to - Duration::hours(1)), Some(10)),
        ] {
            assert_eq!(parse(from, last).unwrap_err().code, RefusalCode::RangeInvalid, "{from:?} {last:?}");
        }
    }
}
