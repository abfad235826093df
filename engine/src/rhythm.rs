//! How busy a listing is over the day and the week.
//!
//! Activity follows the clock of New York. Where the sun moves against UTC (daylight saving), the whole
//! UTC day uses one offset, so that a day splits into 24 hours always. Nothing ever stops: nights and
//! weekends are quieter.

use time::{OffsetDateTime, UtcOffset};
use time_tz::{Offset, TimeZone, timezones::db::america::NEW_YORK};

use crate::stretch::Weight;

/// Seconds in a day.
pub const DAY_SECONDS: i64 = 86_400;

/// The shape of a listing's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// US shares: a U over the session from 09:30 to 16:00, with quieter hours before and after.
    Shares,
    /// Currencies: busiest while London and New York are both awake.
    Currencies,
    /// Futures: the session of the shares on top of a steady night.
    Futures,
}

impl Rhythm {
    /// How intense this minute of New York's day is, from 15 (dead of night) to 48 (the open).
    fn minute(self, minute: i64) -> i64 {
        let u_shape = |floor: i64, rise: i64| {
            let from_middle = (minute - 765).abs();
            floor + rise * from_middle * from_middle / (195 * 195)
        };
        match (self, minute) {
            (Self::Shares, 570..960) => u_shape(24, 24),
            (Self::Shares, 240..570 | 960..1200) => 19,
            (Self::Shares, _) => 16,
            (Self::Currencies, 180..480) => 22,
            (Self::Currencies, 480..720) => 28,
            (Self::Currencies, 720..1020) => 18,
            (Self::Currencies, _) => 17,
            (Self::Futures, 570..960) => u_shape(22, 20),
            (Self::Futures, _) => 15,
        }
    }

    /// The weights of the minutes of an hour of New York's day.
    pub fn minutes(self, hour: i64) -> [Weight; 60] {
        let mut minute = hour * 60;
        [(); 60].map(|()| {
            let pace = self.minute(minute);
            minute += 1;
            Weight { pace, intensity: pace }
        })
    }

    /// The weights of the hours of New York's day, from its midnight.
    pub fn hours(self) -> [Weight; 24] {
        let mut hour = 0;
        [(); 24].map(|()| {
            let minutes = self.minutes(hour);
            hour += 1;
            let pace: i64 = minutes.iter().map(|minute| minute.pace).sum();
            let energy: i64 = minutes.iter().map(|minute| minute.pace * minute.intensity).sum();
            Weight { pace, intensity: energy / pace }
        })
    }
}

/// The hours from UTC to New York's clock on this day (days since 1970-01-01): -5 or -4.
pub fn new_york_hours(day: i64) -> i64 {
    let noon = OffsetDateTime::from_unix_timestamp(day * DAY_SECONDS + DAY_SECONDS / 2);
    let offset = noon.map_or(UtcOffset::UTC, |noon| NEW_YORK.get_offset_utc(&noon).to_utc());
    i64::from(offset.whole_hours())
}

/// Whether this day (days since 1970-01-01, a Thursday) is a Saturday or a Sunday.
pub const fn is_weekend(day: i64) -> bool {
    (day + 3).rem_euclid(7) >= 5
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn day(date: time::Date) -> i64 {
        i64::from(date.to_julian_day() - time::Date::from_ordinal_date(1970, 1).unwrap().to_julian_day())
    }

    #[test]
    fn the_session_of_shares_is_a_u() {
        let at = |hour: i64, minute: i64| Rhythm::Shares.minute(hour * 60 + minute);
        assert_eq!((at(9, 29), at(9, 30), at(12, 45), at(15, 59), at(16, 0)), (19, 48, 24, 47, 19));
        for rhythm in [Rhythm::Shares, Rhythm::Currencies, Rhythm::Futures] {
            assert!((0..1440).all(|minute| rhythm.minute(minute) >= 15), "{rhythm:?} is dead at some minute");
        }
    }

    #[test]
    fn new_york_keeps_daylight_saving_time() {
        let cases = [(date!(2026 - 01 - 15), -5), (date!(2026 - 07 - 15), -4), (date!(2026 - 11 - 01), -5)];
        for (date, hours) in cases {
            assert_eq!(new_york_hours(day(date)), hours, "{date}");
        }
    }

    #[test]
    fn a_weekend_is_saturday_and_sunday() {
        let cases =
            [(date!(2026 - 11 - 20), false), (date!(2026 - 11 - 21), true), (date!(2026 - 11 - 22), true)];
        for (date, weekend) in cases {
            assert_eq!(is_weekend(day(date)), weekend, "{date}");
        }
    }
}
