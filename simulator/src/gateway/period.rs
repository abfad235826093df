//! Which stretch of time a request for history means: its bar size, its duration, its end.

use domain::bar::BarSize;
use time::macros::format_description;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime};
use time_tz::{PrimitiveDateTimeExt, timezones};

/// The most bars that one request yields.
const MAX_BARS: i64 = 50_000;

/// Every size by its name on the wire.
const SIZES: [(BarSize, &str); 21] = [
    (BarSize::Sec1, "1 secs"),
    (BarSize::Sec5, "5 secs"),
    (BarSize::Sec10, "10 secs"),
    (BarSize::Sec15, "15 secs"),
    (BarSize::Sec30, "30 secs"),
    (BarSize::Min1, "1 min"),
    (BarSize::Min2, "2 mins"),
    (BarSize::Min3, "3 mins"),
    (BarSize::Min5, "5 mins"),
    (BarSize::Min10, "10 mins"),
    (BarSize::Min15, "15 mins"),
    (BarSize::Min20, "20 mins"),
    (BarSize::Min30, "30 mins"),
    (BarSize::Hour1, "1 hour"),
    (BarSize::Hour2, "2 hours"),
    (BarSize::Hour3, "3 hours"),
    (BarSize::Hour4, "4 hours"),
    (BarSize::Hour8, "8 hours"),
    (BarSize::Day1, "1 day"),
    (BarSize::Week1, "1W"),
    (BarSize::Month1, "1M"),
];

/// The size of this name, or what is wrong with it.
pub(super) fn bar_size(name: &str) -> Result<BarSize, String> {
    let known = match name.trim() {
        "1 week" => "1W",
        "1 month" => "1M",
        "1 mins" => "1 min",
        "1 hours" => "1 hour",
        "1 days" => "1 day",
        other => other,
    };
    SIZES.into_iter().find(|(_, name)| *name == known).map(|(size, _)| size).ok_or_else(|| {
        let names: Vec<&str> = SIZES.into_iter().map(|(_, name)| name).collect();
        format!("Historical data bar size setting is invalid. Legal ones are: {}", names.join(", "))
    })
}

/// A duration: so many seconds, days, weeks, months or years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Exact(Duration),
    Months(i32),
}

impl Span {
    /// Reads `3600 S`, `10 D`, `2 W`, `6 M`, `1 Y`, or says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let malformed = || {
            "Historical data query duration string is invalid. Format is 'integer{SPACE}unit' with unit \
             S, D, W, M or Y"
                .to_owned()
        };
        let (count, unit) = match text.trim().split_once(' ') {
            Some((count, unit)) => (count, unit.trim()),
            None => (text.trim(), "S"),
        };
        let count: i32 = count.parse().ok().filter(|count| *count > 0).ok_or_else(malformed)?;
        let long = |unit: &str, limit: &str| {
            Err(format!("Historical data requests for durations longer than {limit} must be made in {unit}."))
        };
        match unit {
            "S" if count > 86_400 => long("days", "86400 seconds"),
            "S" => Ok(Self::Exact(Duration::seconds(i64::from(count)))),
            "D" if count > 365 => long("years", "365 days"),
            "D" => Ok(Self::Exact(Duration::days(i64::from(count)))),
            "W" if count > 52 => long("years", "52 weeks"),
            "W" => Ok(Self::Exact(Duration::weeks(i64::from(count)))),
            "M" if count > 12 => long("years", "12 months"),
            "M" => Ok(Self::Months(count)),
            "Y" if count <= 100 => Ok(Self::Months(count * 12)),
            _ => Err(malformed()),
        }
    }

    /// The moment this long before `end`. A day that the earlier month does not have becomes its last.
    pub(super) fn before(self, end: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::Exact(duration) => end.checked_sub(duration).unwrap_or(OffsetDateTime::UNIX_EPOCH),
            Self::Months(months) => {
                let total = end.year() * 12 + i32::from(u8::from(end.month())) - 1 - months;
                let number = u8::try_from(total.rem_euclid(12) + 1).unwrap_or(1);
                let month = Month::try_from(number).unwrap_or(Month::January);
                let year = total.div_euclid(12);
                let day = end.day().min(month.length(year));
                Date::from_calendar_date(year, month, day)
                    .map_or(OffsetDateTime::UNIX_EPOCH, |date| end.replace_date(date))
            }
        }
    }
}

/// Reads the end of a request: empty for now, `20261122 13:00:00 US/Eastern`, `20261122-18:00:00` (UTC).
/// Without a zone, New York is meant.
pub(super) fn end(text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let text = text.trim();
    if text.is_empty() {
        return Some(now);
    }
    let dashed = format_description!("[year][month][day]-[hour]:[minute]:[second]");
    if let Ok(utc) = PrimitiveDateTime::parse(text, &dashed) {
        return Some(utc.assume_utc());
    }
    let mut words = text.split_whitespace();
    let (date, clock) = (words.next()?, words.next()?);
    let zone = words.next().unwrap_or("US/Eastern");
    let local = PrimitiveDateTime::parse(&format!("{date}-{clock}"), &dashed).ok()?;
    if zone.eq_ignore_ascii_case("UTC") || zone.eq_ignore_ascii_case("GMT") {
        return Some(local.assume_utc());
    }
    local
        .assume_timezone(timezones::get_by_name(zone)?)
        .take_first()
        .map(|at| at.to_offset(time::UtcOffset::UTC))
}

/// Whether this is too long a time for one request. For bars of 30 seconds or less the limits are those of
/// the broker's documentation; for longer bars it gives none, but the answer must end somewhere.
pub(super) fn is_too_long(size: BarSize, from: OffsetDateTime, to: OffsetDateTime) -> bool {
    let limit = match size {
        BarSize::Sec1 => 1_800,
        BarSize::Sec5 => 3_600,
        BarSize::Sec10 | BarSize::Sec15 => 14_400,
        BarSize::Sec30 => 28_800,
        _ => size.duration().whole_seconds() * MAX_BARS,
    };
    (to - from).whole_seconds() > limit
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_size_has_its_name() {
        for (size, ..) in BarSize::ALL {
            let (_, name) = SIZES.into_iter().find(|(known, _)| *known == size).unwrap();
            assert_eq!(bar_size(name), Ok(size));
        }
        assert_eq!(bar_size("1 week"), Ok(BarSize::Week1));
        assert!(bar_size("7 mins").unwrap_err().contains("Legal ones are: 1 secs, 5 secs"));
    }

    #[test]
    fn a_duration_reaches_back() {
        let end = datetime!(2026-03-31 12:00 UTC);
        let cases = [
            ("3600 S", datetime!(2026-03-31 11:00 UTC)),
            ("60", datetime!(2026-03-31 11:59 UTC)),
            ("2 D", datetime!(2026-03-29 12:00 UTC)),
            ("1 W", datetime!(2026-03-24 12:00 UTC)),
            ("1 M", datetime!(2026-02-28 12:00 UTC)),
            ("3 M", datetime!(2025-12-31 12:00 UTC)),
            ("2 Y", datetime!(2024-03-31 12:00 UTC)),
        ];
        for (text, from) in cases {
            assert_eq!(Span::parse(text).unwrap().before(end), from, "{text}");
        }
        for text in ["", "D", "0 D", "-1 D", "1 X", "1 H", "366 D", "86401 S", "53 W", "13 M", "9999999999 S"]
        {
            assert!(Span::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_end_is_read_in_each_of_its_forms() {
        let now = datetime!(2026-11-22 13:00 UTC);
        let cases = [
            ("", Some(now)),
            ("20261120-18:30:00", Some(datetime!(2026-11-20 18:30 UTC))),
            ("20261120 18:30:00 UTC", Some(datetime!(2026-11-20 18:30 UTC))),
            ("20261120 18:30:00 US/Eastern", Some(datetime!(2026-11-20 23:30 UTC))),
            ("20261120 18:30:00 America/Chicago", Some(datetime!(2026-11-21 00:30 UTC))),
            ("20261120  18:30:00", Some(datetime!(2026-11-20 23:30 UTC))),
            ("20261120", None),
            ("yesterday", None),
            ("20261120 18:30:00 Mars/Olympus", None),
        ];
        for (text, expected) in cases {
            assert_eq!(end(text, now), expected, "{text:?}");
        }
    }

    #[test]
    fn short_bars_are_rationed() {
        let to = datetime!(2026-11-22 13:00 UTC);
        let cases = [
            (BarSize::Sec1, Duration::seconds(1_800), false),
            (BarSize::Sec1, Duration::seconds(1_801), true),
            (BarSize::Sec30, Duration::hours(8), false),
            (BarSize::Sec30, Duration::days(1), true),
            (BarSize::Min1, Duration::days(30), false),
            (BarSize::Min1, Duration::days(36), true),
        ];
        for (size, length, expected) in cases {
            assert_eq!(is_too_long(size, to - length, to), expected, "{size:?} {length}");
        }
    }
}
