//! The chain of an underlying: which expiries and strikes its options have.

use engine::listing::Listing;
use engine::market::Market;
use rust_decimal::Decimal;
use time::{Date, Duration, OffsetDateTime, Weekday};

use super::option;
use crate::wire::double;

/// How many strikes there are on either side of the price.
const STRIKES_ASIDE: i64 = 20;

/// The expiries and strikes of the options on one underlying.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) expiries: Vec<Date>,
    /// In cents.
    pub(super) strikes: Vec<i64>,
}

impl Chain {
    /// The strikes, as the wire has them.
    pub(super) fn strikes(&self) -> Vec<f64> {
        self.strikes.iter().map(|strike| double(Decimal::new(*strike, 2))).collect()
    }
}

/// The chain of a listing; an empty one where it has no options.
pub(super) fn chain(market: &dyn Market, now: OffsetDateTime, underlying: &Listing) -> Chain {
    if !option::underlyings(market).any(|listing| listing.con_id == underlying.con_id) {
        return Chain::default();
    }
    // The price when the month began, so that strikes do not come and go with every tick.
    let month = now.replace_day(1).unwrap_or(now).replace_time(time::Time::MIDNIGHT);
    let values =
        market.snapshot(underlying.con_id, month).or_else(|| market.snapshot(underlying.con_id, now));
    let price =
        values.and_then(|values| i64::try_from((values.previous_close * Decimal::ONE_HUNDRED).round()).ok());
    Chain { expiries: expiries(now.date()), strikes: strikes(price.unwrap_or_default()) }
}

/// The next eight Fridays, and the third Friday of each of the twelve months from now on.
fn expiries(today: Date) -> Vec<Date> {
    let first = today + Duration::days(days_to_friday(today));
    let fridays = (0..53).map(|week| first + Duration::weeks(week));
    (0..)
        .zip(fridays)
        .filter(|(week, date)| *week < 8 || (15..=21).contains(&date.day()))
        .map(|(_, date)| date)
        .collect()
}

fn days_to_friday(date: Date) -> i64 {
    let friday = i64::from(Weekday::Friday.number_days_from_monday());
    (friday - i64::from(date.weekday().number_days_from_monday())).rem_euclid(7)
}

/// The strikes around a price, in cents: the dearer, the further apart.
fn strikes(price: i64) -> Vec<i64> {
    let steps = [(2_500, option::STRIKE_STEP), (10_000, 100), (20_000, 250), (50_000, 500)];
    let step = steps.into_iter().find(|(limit, _)| price < *limit).map_or(1_000, |(_, step)| step);
    let middle = price / step;
    let highest = i64::from(option::STRIKES - 1) * option::STRIKE_STEP;
    (middle - STRIKES_ASIDE..=middle + STRIKES_ASIDE)
        .map(|place| place * step)
        .filter(|strike| (1..=highest).contains(strike))
        .collect()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn expiries_are_weekly_at_first_and_then_monthly() {
        let dates = expiries(date!(2026 - 11 - 22));
        assert_eq!(dates[0], date!(2026 - 11 - 27));
        assert_eq!(dates[3], date!(2026 - 12 - 18));
        assert_eq!(dates[7], date!(2027 - 01 - 15));
        assert_eq!(dates[8], date!(2027 - 02 - 19));
        assert!(dates.iter().all(|date| date.weekday() == Weekday::Friday));
        assert_eq!(
            expiries(date!(2026 - 11 - 27))[0],
            date!(2026 - 11 - 27),
            "on its last day it still trades"
        );
    }

    #[test]
    fn strikes_lie_around_the_price() {
        assert_eq!(strikes(27_186)[20], 27_000);
        assert_eq!(strikes(27_186)[21], 27_500);
        assert_eq!(strikes(27_186).len(), 41);
        assert!(strikes(300).iter().all(|strike| *strike > 0));
        assert!(strikes(0).iter().all(|strike| *strike > 0));
        assert!(strikes(90_000_000).is_empty());
    }
}
