//! Margin, in dollars: what must be there to open a position (initial), and to keep it (maintenance).
//!
//! | kind | initial | maintenance |
//! |---|---|---|
//! | shares and funds (Regulation T) | 50 % | 25 % long, 30 % short |
//! | futures | a fixed amount a contract, by root ([`FUTURES`]) | nine tenths of it |
//! | currencies | 3 % | 3 % |
//!
//! An order is refused (201) where the initial margin of the account, after it and all that is open were done, is more than
//! the account is worth, unless the order makes it no larger. Nobody is liquidated.

use engine::listing::{Listing, ListingKind};
use rust_decimal::Decimal;

/// The initial margin of one contract, by root.
const FUTURES: [(&str, i64); 6] =
    [("ES", 23_000), ("NQ", 33_000), ("CL", 7_000), ("GC", 16_500), ("ZN", 2_200), ("6E", 3_000)];

/// The initial margin of a root that is not in the table.
const OTHER_FUTURE: i64 = 20_000;

/// What must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Margin {
    pub(super) initial: Decimal,
    pub(super) maintenance: Decimal,
}

impl std::ops::Add for Margin {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { initial: self.initial + other.initial, maintenance: self.maintenance + other.maintenance }
    }
}

impl std::iter::Sum for Margin {
    fn sum<I: Iterator<Item = Self>>(margins: I) -> Self {
        margins.fold(Self::default(), |sum, margin| sum + margin)
    }
}

/// The margin of a position of so much, where one share or unit is worth so many dollars.
pub(super) fn margin(listing: &Listing, quantity: Decimal, dollars: Decimal) -> Margin {
    let value = (quantity * dollars).abs();
    let (initial, maintenance) = match listing.kind {
        ListingKind::Stock | ListingKind::Etf => {
            let keep = if quantity.is_sign_negative() { 30 } else { 25 };
            (value / Decimal::TWO, value * Decimal::new(keep, 2))
        }
        ListingKind::Future => {
            let known = FUTURES.iter().find(|(root, _)| *root == listing.symbol);
            let each = Decimal::from(known.map_or(OTHER_FUTURE, |(_, each)| *each));
            (each * quantity.abs(), each * quantity.abs() * Decimal::new(9, 1))
        }
        ListingKind::Fx => (value * Decimal::new(3, 2), value * Decimal::new(3, 2)),
    };
    Margin { initial: initial.round_dp(2), maintenance: maintenance.round_dp(2) }
}

#[cfg(test)]
mod tests {
    use engine::market::GeneratedMarket;
    use time::macros::date;

    use super::*;

    #[test]
    fn margins_depend_on_kind_and_side() {
        let market = GeneratedMarket::new(1, date!(2026 - 11 - 22));
        let cases = [
            ("AAPL", 100, "200", "10000", "5000"),
            ("AAPL", -100, "200", "10000", "6000"),
            ("EUR", 100_000, "1.08", "3240", "3240"),
            ("ES", -2, "6800", "46000", "41400"),
        ];
        for (symbol, quantity, dollars, initial, maintenance) in cases {
            let listing = market.listings().iter().find(|listing| listing.symbol == symbol).unwrap();
            let found = margin(listing, Decimal::from(quantity), dollars.parse().unwrap());
            let expected =
                Margin { initial: initial.parse().unwrap(), maintenance: maintenance.parse().unwrap() };
            assert_eq!(found, expected, "{symbol} {quantity}");
        }
    }
}
