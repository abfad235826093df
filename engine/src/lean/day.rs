//! From the wall clock of the exchange to UTC.

use time::{Date, Duration, OffsetDateTime, Time};
use time_tz::{OffsetResult, PrimitiveDateTimeExt, timezones::db::america::NEW_YORK};

/// A date on the wall clock of New York.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeDay {
    date: Date,
    /// Its midnight, where all of the day has the same distance from UTC: every trading day, since the clocks are
    /// changed on Sundays.
    midnight: Option<OffsetDateTime>,
}

impl ExchangeDay {
    /// The day of this date.
    pub fn new(date: Date) -> Self {
        let midnight = on_wall_clock(date, 0);
        let next = date.next_day().and_then(|next| on_wall_clock(next, 0));
        let is_whole = midnight.zip(next).is_some_and(|(midnight, next)| next - midnight == Duration::DAY);
        Self { date, midnight: midnight.filter(|_| is_whole) }
    }

    /// Its date.
    pub const fn date(self) -> Date {
        self.date
    }

    /// The moment at which the wall clock shows so many milliseconds since midnight; `None` where it never does, in the
    /// hour that is skipped in spring. Of the hour that comes twice in autumn, the first is meant.
    pub fn at(self, milliseconds: i64) -> Option<OffsetDateTime> {
        match self.midnight {
            Some(midnight) => midnight.checked_add(Duration::milliseconds(milliseconds)),
            None => on_wall_clock(self.date, milliseconds),
        }
    }

    /// The moment at which the wall clock shows this time.
    pub fn time(self, time: Time) -> Option<OffsetDateTime> {
        let since = time - Time::MIDNIGHT;
        self.at(i64::try_from(since.whole_milliseconds()).ok()?)
    }
}

fn on_wall_clock(date: Date, milliseconds: i64) -> Option<OffsetDateTime> {
    let shown = date.midnight().checked_add(Duration::milliseconds(milliseconds))?;
    match shown.assume_timezone(NEW_YORK) {
        OffsetResult::Some(moment) | OffsetResult::Ambiguous(moment, _) => {
            Some(moment.to_offset(time::UtcOffset::UTC))
        }
        OffsetResult::None => None,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime, time};

    use super::*;

    #[test]
    fn wall_clock_becomes_utc_on_both_sides_of_the_change() {
        let cases = [
            (date!(2013 - 10 - 07), time!(09:30), Some(datetime!(2013-10-07 13:30 UTC))),
            (date!(2013 - 11 - 04), time!(09:30), Some(datetime!(2013-11-04 14:30 UTC))),
            (date!(2013 - 11 - 03), time!(00:30), Some(datetime!(2013-11-03 04:30 UTC))),
            (date!(2013 - 11 - 03), time!(01:30), Some(datetime!(2013-11-03 05:30 UTC))),
            (date!(2013 - 11 - 03), time!(09:30), Some(datetime!(2013-11-03 14:30 UTC))),
            (date!(2013 - 03 - 10), time!(01:30), Some(datetime!(2013-03-10 06:30 UTC))),
            (date!(2013 - 03 - 10), time!(02:30), None),
            (date!(2013 - 03 - 10), time!(09:30), Some(datetime!(2013-03-10 13:30 UTC))),
        ];
        for (date, time, expected) in cases {
            assert_eq!(ExchangeDay::new(date).time(time), expected, "{date} {time}");
        }
    }
}
