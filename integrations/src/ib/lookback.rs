//! How far back one question for bars may look, and how a longer question is cut.
//!
//! IB answers a question by an end and a duration, and limits the duration by the bar size. A question always
//! ends one bar late, and the windows of a long one overlap by one bar: the last bar of a window may be cut at
//! its end, so the window after it has the last word.

use domain::bar::{BarSize, TimeRange};
use domain::instrument::AssetClass;
use ibapi::market_data::historical;
use time::{Duration, OffsetDateTime};

const DAY: i64 = 86_400;

/// A duration in IB's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lookback {
    Seconds(i32),
    Days(i32),
    Weeks(i32),
    Months(i32),
    Years(i32),
}

impl From<Lookback> for historical::Duration {
    fn from(lookback: Lookback) -> Self {
        match lookback {
            Lookback::Seconds(count) => Self::seconds(count),
            Lookback::Days(count) => Self::days(count),
            Lookback::Weeks(count) => Self::weeks(count),
            Lookback::Months(count) => Self::months(count),
            Lookback::Years(count) => Self::years(count),
        }
    }
}

/// The longest stretch to ask for at once: IB's limit for the size, less the bar by which a question ends late.
pub(super) fn longest(size: BarSize) -> Duration {
    let limit = match size {
        BarSize::Sec1 => Duration::seconds(1_800),
        BarSize::Sec5 => Duration::seconds(3_600),
        BarSize::Sec10 | BarSize::Sec15 => Duration::seconds(14_400),
        BarSize::Sec30 => Duration::seconds(28_800),
        BarSize::Min1 | BarSize::Min2 => Duration::days(1),
        // A week and a month, less the day that is added because IB's days are sessions.
        BarSize::Min3 | BarSize::Min5 | BarSize::Min10 | BarSize::Min15 | BarSize::Min20 => Duration::days(6),
        BarSize::Min30
        | BarSize::Hour1
        | BarSize::Hour2
        | BarSize::Hour3
        | BarSize::Hour4
        | BarSize::Hour8 => Duration::days(28),
        BarSize::Day1 => Duration::days(5 * 365),
        BarSize::Week1 => Duration::days(10 * 365),
        BarSize::Month1 => Duration::days(20 * 365),
    };
    limit - size.duration()
}

/// The duration to ask for, so that the answer covers `span`. IB's days are trading sessions, which begin
/// somewhere in the day: so one more is asked for. Above a year it takes whole years only.
pub(super) fn covering(size: BarSize, span: Duration) -> Lookback {
    let seconds = span.whole_seconds().max(1) + i64::from(span.subsec_nanoseconds() > 0);
    let count = |unit: i64, more: i64| i32::try_from((seconds + unit - 1) / unit + more).unwrap_or(i32::MAX);
    let years = Lookback::Years(count(365 * DAY, 0));
    match size {
        BarSize::Month1 if seconds > 300 * DAY => years,
        BarSize::Month1 => Lookback::Months(count(28 * DAY, 1)),
        BarSize::Week1 if seconds > 350 * DAY => years,
        BarSize::Week1 => Lookback::Weeks(count(7 * DAY, 1)),
        BarSize::Day1 if seconds > 364 * DAY => years,
        BarSize::Day1 => Lookback::Days(count(DAY, 1)),
        _ if seconds > DAY => Lookback::Days(count(DAY, 1)),
        _ => Lookback::Seconds(count(1, 0).max(60)),
    }
}

/// The windows that cover a range, the latest first: each covers [`longest`] at most.
pub(super) fn windows(size: BarSize, range: TimeRange) -> Vec<TimeRange> {
    let overlap = size.duration();
    let mut windows = Vec::new();
    let mut to = range.to;
    while to > range.from {
        let from = range.from.max(to.saturating_sub(longest(size)));
        windows.push(TimeRange { from, to });
        if from == range.from {
            break;
        }
        to = from + overlap;
    }
    windows
}

/// A stretch that probably holds `count` bars: markets sleep at night, over weekends and holidays.
pub(super) fn stretch_of(count: usize, size: BarSize, class: AssetClass) -> Duration {
    let (factor, over) = match (size, class) {
        (BarSize::Week1 | BarSize::Month1, _) | (_, AssetClass::Crypto) => (1, 1),
        (BarSize::Day1, _) | (_, AssetClass::Fx | AssetClass::Future) => (3, 2),
        _ => (5, 2),
    };
    let bars = i32::try_from(count).unwrap_or(i32::MAX).saturating_add(2);
    let stretch: Duration = size.duration() * bars * factor / over;
    stretch.clamp(size.duration(), longest(size))
}

/// The end to ask for, so that the last bar before `to` is whole, yet never in the future.
pub(super) fn asked_end(size: BarSize, to: OffsetDateTime, now: OffsetDateTime) -> OffsetDateTime {
    let end = (to + size.duration()).min(now);
    let whole = end.replace_nanosecond(0).unwrap_or(end);
    if whole == end { end } else { whole + Duration::SECOND }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_duration_covers_its_span_in_a_unit_that_the_size_allows() {
        let cases = [
            (BarSize::Sec1, Duration::seconds(10), Lookback::Seconds(60)),
            (BarSize::Sec5, Duration::seconds(3_600), Lookback::Seconds(3_600)),
            (BarSize::Sec5, Duration::milliseconds(90_500), Lookback::Seconds(91)),
            (BarSize::Min1, Duration::days(1), Lookback::Seconds(86_400)),
            (BarSize::Min5, Duration::days(6), Lookback::Days(7)),
            (BarSize::Hour1, Duration::days(28), Lookback::Days(29)),
            (BarSize::Hour1, Duration::hours(25), Lookback::Days(3)),
            (BarSize::Day1, Duration::days(100), Lookback::Days(101)),
            (BarSize::Day1, Duration::days(364), Lookback::Days(365)),
            (BarSize::Day1, Duration::days(366), Lookback::Years(2)),
            (BarSize::Day1, Duration::days(1_825), Lookback::Years(5)),
            (BarSize::Week1, Duration::days(70), Lookback::Weeks(11)),
            (BarSize::Week1, Duration::days(3_650), Lookback::Years(10)),
            (BarSize::Month1, Duration::days(60), Lookback::Months(4)),
            (BarSize::Month1, Duration::days(7_300), Lookback::Years(20)),
        ];
        for (size, span, expected) in cases {
            assert_eq!(covering(size, span), expected, "{size:?} {span}");
        }
    }

    fn is_allowed(size: BarSize, lookback: Lookback) -> bool {
        match lookback {
            Lookback::Seconds(seconds) => {
                let most = match size {
                    BarSize::Sec1 => 1_800,
                    BarSize::Sec5 => 3_600,
                    BarSize::Sec10 | BarSize::Sec15 => 14_400,
                    BarSize::Sec30 => 28_800,
                    _ => 86_400,
                };
                (60..=most).contains(&seconds)
            }
            Lookback::Days(days) if size < BarSize::Min3 => days <= 0,
            Lookback::Days(days) if size < BarSize::Min30 => days <= 7,
            Lookback::Days(days) if size < BarSize::Day1 => days <= 30,
            Lookback::Days(days) => days <= 365,
            Lookback::Weeks(weeks) => weeks <= 52,
            Lookback::Months(months) => months <= 12,
            Lookback::Years(years) => years <= 20 && size >= BarSize::Day1,
        }
    }

    #[test]
    fn the_windows_of_a_range_overlap_and_cover_it() {
        let to = datetime!(2026-11-22 13:47:38 UTC);
        for (size, ..) in BarSize::ALL {
            for bars in [1, 100, 5_000] {
                let range = TimeRange { from: to - size.duration() * bars, to };
                let windows = windows(size, range);
                assert_eq!(windows.first().map(|window| window.to), Some(range.to), "{size:?}");
                assert_eq!(windows.last().map(|window| window.from), Some(range.from), "{size:?}");
                for window in &windows {
                    let asked = covering(size, window.to + size.duration() - window.from);
                    assert!(is_allowed(size, asked), "{size:?} {asked:?}");
                }
                for pair in windows.windows(2) {
                    assert_eq!(pair[1].to - pair[0].from, size.duration(), "{size:?}");
                }
            }
        }
    }

    #[test]
    fn a_long_question_stays_within_the_pacing_rules() {
        let to = datetime!(2026-11-22 13:47:38 UTC);
        for size in [BarSize::Sec1, BarSize::Sec5, BarSize::Sec10, BarSize::Sec15, BarSize::Sec30] {
            let range = TimeRange { from: to - size.duration() * 5_000, to };
            assert!(windows(size, range).len() <= 10, "{size:?}");
        }
    }

    #[test]
    fn the_last_bars_are_asked_for_with_room_for_closed_markets() {
        let cases = [
            (100, BarSize::Min1, AssetClass::Stock, Duration::minutes(255)),
            (100, BarSize::Min1, AssetClass::Fx, Duration::minutes(153)),
            (100, BarSize::Min1, AssetClass::Crypto, Duration::minutes(102)),
            (100, BarSize::Day1, AssetClass::Stock, Duration::days(153)),
            (5_000, BarSize::Min1, AssetClass::Stock, Duration::minutes(1_439)),
        ];
        for (count, size, class, expected) in cases {
            assert_eq!(stretch_of(count, size, class), expected, "{size:?} {class:?}");
        }
    }

    #[test]
    fn the_end_is_one_bar_late_but_not_in_the_future() {
        let now = datetime!(2026-11-22 13:47:38.25 UTC);
        let cases = [
            (datetime!(2026-11-22 13:00 UTC), datetime!(2026-11-22 13:01 UTC)),
            (datetime!(2026-11-22 13:47:30 UTC), datetime!(2026-11-22 13:47:39 UTC)),
            (datetime!(2027-01-01 00:00 UTC), datetime!(2026-11-22 13:47:39 UTC)),
        ];
        for (to, expected) in cases {
            assert_eq!(asked_end(BarSize::Min1, to, now), expected, "{to}");
        }
    }
}
