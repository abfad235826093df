//! When a listing trades.
//!
//! The generated market never closes: its days are those of UTC, and each is a regular session from end to end. The
//! hours of real exchanges are those of the United States, without their holidays: shares from 9:30 to 16:00 (before and
//! after from 4:00 to 20:00), futures from 18:00 of the evening before to 17:00, currencies from 17:00 to 17:00.

use domain::order::{Hours, OrderType, Terms, TimeInForce};
use time::macros::time;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset, Weekday};

use crate::lean::day::ExchangeDay;
use crate::listing::ListingKind;

/// How many days ahead of a Friday a trading day is found for certain.
const AHEAD: i64 = 7;

/// Which hours a market keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Session {
    /// It never closes.
    #[default]
    Always,
    /// Those of the exchanges.
    Exchange,
}

/// What a market is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The regular session.
    Regular,
    /// Before or after it.
    Extended,
    /// Nothing.
    Closed,
}

impl Phase {
    /// Whether orders with these hours can be done.
    pub const fn serves(self, hours: Hours) -> bool {
        match self {
            Self::Regular => true,
            Self::Extended => matches!(hours, Hours::Extended),
            Self::Closed => false,
        }
    }
}

/// The hours of one listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    session: Session,
    kind: ListingKind,
}

/// One trading day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TradingDay {
    early: OffsetDateTime,
    open: OffsetDateTime,
    close: OffsetDateTime,
    late: OffsetDateTime,
}

impl Calendar {
    /// The hours of listings of this kind.
    pub const fn new(session: Session, kind: ListingKind) -> Self {
        Self { session, kind }
    }

    /// What the market is doing, and when that ends.
    pub fn phase(self, at: OffsetDateTime) -> (Phase, OffsetDateTime) {
        for day in self.days(at) {
            let phases = [
                (day.early, Phase::Closed),
                (day.open, Phase::Extended),
                (day.close, Phase::Regular),
                (day.late, Phase::Extended),
            ];
            if let Some((until, phase)) = phases.into_iter().find(|(until, _)| at < *until) {
                return (phase, until);
            }
        }
        (Phase::Closed, at + Duration::DAY)
    }

    /// When orders with these hours can next be done; `None` where they can be now.
    pub fn held_until(self, hours: Hours, at: OffsetDateTime) -> Option<OffsetDateTime> {
        if self.phase(at).0.serves(hours) {
            return None;
        }
        let begin = |day: TradingDay| if hours == Hours::Extended { day.early } else { day.open };
        self.days(at).map(begin).find(|begin| *begin > at)
    }

    /// The first opening that is not before a moment.
    pub fn next_open(self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        self.days(at).map(|day| day.open).find(|open| *open >= at)
    }

    /// The first close after a moment.
    pub fn next_close(self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        self.days(at).map(|day| day.close).find(|close| *close > at)
    }

    /// When an order that was placed at a moment ends by itself.
    pub fn end(self, terms: &Terms, since: OffsetDateTime) -> Option<OffsetDateTime> {
        let closing =
            matches!(terms.pricing().order_type(), OrderType::MarketOnClose | OrderType::LimitOnClose);
        match terms.time_in_force() {
            // The auction itself ends it.
            TimeInForce::Day if closing => None,
            TimeInForce::Day if terms.hours() == Hours::Extended => {
                self.days(since).map(|day| day.late).find(|late| *late > since)
            }
            TimeInForce::Day => self.next_close(since),
            TimeInForce::Gtd => terms.good_till(),
            TimeInForce::Opg => self.next_close(self.next_open(since)?),
            TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok => None,
        }
    }

    /// The trading days around a moment, in order, from the one before.
    fn days(self, at: OffsetDateTime) -> impl Iterator<Item = TradingDay> {
        let today = at.to_offset(UtcOffset::UTC).date();
        (-1..=AHEAD).filter_map(move |days| self.day(today.checked_add(Duration::days(days))?))
    }

    /// The trading day of a date; `None` where there is none.
    fn day(self, date: Date) -> Option<TradingDay> {
        if self.session == Session::Always {
            let (open, close) = (date.midnight().assume_utc(), date.next_day()?.midnight().assume_utc());
            return Some(TradingDay { early: open, open, close, late: close });
        }
        if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return None;
        }
        let at = |date: Date, time: Time| ExchangeDay::new(date).time(time);
        let day = match self.kind {
            ListingKind::Stock | ListingKind::Etf => TradingDay {
                early: at(date, time!(4:00))?,
                open: at(date, time!(9:30))?,
                close: at(date, time!(16:00))?,
                late: at(date, time!(20:00))?,
            },
            ListingKind::Future | ListingKind::Fx => {
                let evening = if self.kind == ListingKind::Fx { time!(17:00) } else { time!(18:00) };
                let (open, close) = (at(date.previous_day()?, evening)?, at(date, time!(17:00))?);
                TradingDay { early: open, open, close, late: close }
            }
        };
        Some(day)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn shares() -> Calendar {
        Calendar::new(Session::Exchange, ListingKind::Stock)
    }

    #[test]
    fn shares_keep_new_york_hours() {
        let cases = [
            (datetime!(2026-11-23 08:59 UTC), Phase::Closed, datetime!(2026-11-23 09:00 UTC)),
            (datetime!(2026-11-23 09:00 UTC), Phase::Extended, datetime!(2026-11-23 14:30 UTC)),
            (datetime!(2026-11-23 14:30 UTC), Phase::Regular, datetime!(2026-11-23 21:00 UTC)),
            (datetime!(2026-11-23 21:00 UTC), Phase::Extended, datetime!(2026-11-24 01:00 UTC)),
            (datetime!(2026-11-24 00:30 UTC), Phase::Extended, datetime!(2026-11-24 01:00 UTC)),
            (datetime!(2026-11-21 15:00 UTC), Phase::Closed, datetime!(2026-11-23 09:00 UTC)),
            (datetime!(2026-07-01 13:30 UTC), Phase::Regular, datetime!(2026-07-01 20:00 UTC)),
        ];
        for (at, phase, until) in cases {
            assert_eq!(shares().phase(at), (phase, until), "{at}");
        }
    }

    #[test]
    fn futures_and_currencies_trade_around_the_clock_but_not_at_the_weekend() {
        let future = Calendar::new(Session::Exchange, ListingKind::Future);
        let fx = Calendar::new(Session::Exchange, ListingKind::Fx);
        let phase = |calendar: Calendar, at| calendar.phase(at).0;
        assert_eq!(phase(future, datetime!(2026-11-23 05:00 UTC)), Phase::Regular);
        assert_eq!(phase(future, datetime!(2026-11-23 22:30 UTC)), Phase::Closed, "an hour's pause");
        assert_eq!(phase(fx, datetime!(2026-11-23 22:30 UTC)), Phase::Regular);
        assert_eq!(phase(fx, datetime!(2026-11-20 22:00 UTC)), Phase::Closed);
        assert_eq!(phase(fx, datetime!(2026-11-22 22:00 UTC)), Phase::Regular);
    }

    #[test]
    fn a_market_that_never_closes_has_days_all_the_same() {
        let always = Calendar::new(Session::Always, ListingKind::Stock);
        let at = datetime!(2026-11-21 15:00 UTC);
        assert_eq!(always.phase(at), (Phase::Regular, datetime!(2026-11-22 0:00 UTC)));
        assert_eq!(always.held_until(Hours::Regular, at), None);
        assert_eq!(always.next_open(at), Some(datetime!(2026-11-22 0:00 UTC)));
        assert_eq!(always.next_close(at), Some(datetime!(2026-11-22 0:00 UTC)));
    }

    #[test]
    fn who_comes_too_late_waits_for_the_next_day() {
        let friday_evening = datetime!(2026-11-20 23:00 UTC);
        let monday = datetime!(2026-11-23 14:30 UTC);
        assert_eq!(shares().held_until(Hours::Regular, friday_evening), Some(monday));
        assert_eq!(shares().held_until(Hours::Extended, friday_evening), None);
        let night = datetime!(2026-11-21 03:00 UTC);
        assert_eq!(shares().held_until(Hours::Extended, night), Some(datetime!(2026-11-23 09:00 UTC)));
        assert_eq!(shares().next_open(friday_evening), Some(monday));
        assert_eq!(shares().next_open(monday), Some(monday), "the opening itself");
        assert_eq!(shares().next_close(friday_evening), Some(datetime!(2026-11-23 21:00 UTC)));
    }
}
