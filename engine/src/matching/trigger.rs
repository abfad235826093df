//! Stops: when one is reached, and how a trailing one follows the market.

use domain::order::{Side, Trail};
use rust_decimal::Decimal;

/// Whether the market has reached a stop: from below for those who buy, from above for those who sell.
pub(super) fn is_reached(side: Side, stop: Decimal, price: Decimal) -> bool {
    match side {
        Side::Buy => price >= stop,
        Side::Sell => price <= stop,
    }
}

/// Where a trailing stop stands once the market is at `price`: on the increment, at the trail's distance or a little
/// more, and never further from the market's best price so far than it was.
pub(super) fn trailed(side: Side, trail: Trail, market: Market, stop: Option<Decimal>) -> Decimal {
    let distance = match trail {
        Trail::Amount(amount) => amount,
        Trail::Percent(percent) => market.price * percent / Decimal::ONE_HUNDRED,
    };
    match side {
        Side::Buy => {
            let next = ((market.price + distance) / market.increment).ceil() * market.increment;
            stop.map_or(next, |stop| stop.min(next))
        }
        Side::Sell => {
            let next = ((market.price - distance) / market.increment).floor() * market.increment;
            stop.map_or(next, |stop| stop.max(next))
        }
    }
}

/// The price that a stop looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Market {
    pub(super) price: Decimal,
    /// The smallest step of the listing's price.
    pub(super) increment: Decimal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_stop_follows_at_its_distance_and_never_goes_back() {
        let amount = Trail::Amount(Decimal::TWO);
        let percent = Trail::Percent(Decimal::ONE);
        let cases = [
            (Side::Sell, amount, "100.00", None, "98.00"),
            (Side::Sell, amount, "101.00", Some("98.00"), "99.00"),
            (Side::Sell, amount, "99.50", Some("99.00"), "99.00"),
            (Side::Buy, amount, "100.00", None, "102.00"),
            (Side::Buy, amount, "99.00", Some("102.00"), "101.00"),
            (Side::Buy, amount, "100.50", Some("101.00"), "101.00"),
            (Side::Sell, percent, "100.55", None, "99.54"),
            (Side::Buy, percent, "100.55", None, "101.56"),
        ];
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        for (side, trail, price, stop, expected) in cases {
            let market = Market { price: decimal(price), increment: Decimal::new(1, 2) };
            let next = trailed(side, trail, market, stop.map(decimal));
            assert_eq!(next, decimal(expected), "{side:?} {trail:?} at {price}, from {stop:?}");
        }
    }

    #[test]
    fn stops_are_reached_from_the_right_side() {
        let (low, stop, high) = (Decimal::from(99), Decimal::from(100), Decimal::from(101));
        let reached = |side| [low, stop, high].map(|price| is_reached(side, stop, price));
        assert_eq!(reached(Side::Buy), [false, true, true]);
        assert_eq!(reached(Side::Sell), [true, true, false]);
    }
}
