//! What is held of one listing, and what it cost: exact to the last digit.

use rust_decimal::Decimal;

/// To how many digits costs are divided. Whatever is rounded here stays in the cost of the rest: nothing is lost.
const DIGITS: u32 = 10;

/// What is held of one listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holding {
    /// How much; less than zero where it was sold short.
    pub(super) quantity: Decimal,
    /// What was paid for it, in points of price; less than zero where it was sold short.
    pub(super) cost: Decimal,
}

impl Holding {
    /// Buys (more than zero) or sells (less) at a price. What this gains, in points of price; `None` where nothing that was
    /// held is closed by it.
    pub(super) fn trade(&mut self, quantity: Decimal, price: Decimal) -> Option<Decimal> {
        let is_opening =
            self.quantity.is_zero() || self.quantity.is_sign_negative() == quantity.is_sign_negative();
        if is_opening {
            self.quantity += quantity;
            self.cost += quantity * price;
            return None;
        }
        let closed = if quantity.abs() < self.quantity.abs() { -quantity } else { self.quantity };
        let cost = if closed == self.quantity {
            self.cost
        } else {
            (self.cost * closed / self.quantity).round_dp(DIGITS)
        };
        self.quantity -= closed;
        self.cost -= cost;
        let opened = quantity + closed;
        if !opened.is_zero() {
            self.quantity += opened;
            self.cost += opened * price;
        }
        Some(closed * price - cost)
    }

    /// The average price of what is held; zero where nothing is.
    pub(super) fn average(&self) -> Decimal {
        self.cost.checked_div(self.quantity).unwrap_or_default().round_dp(DIGITS)
    }

    /// What it would gain at a price, in points of price.
    pub(super) fn gain_at(&self, price: Decimal) -> Decimal {
        self.quantity * price - self.cost
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_position_is_opened_reduced_and_turned_around() {
        let mut holding = Holding::default();
        let decimal = Decimal::from;
        // Quantity, price; then what was gained, what is held, its average price.
        let trades = [
            (100, 10, None, 100, 10),
            (100, 20, None, 200, 15),
            (-50, 25, Some(500), 150, 15),
            (-200, 25, Some(1_500), -50, 25),
            (50, 20, Some(250), 0, 0),
        ];
        for (quantity, price, gain, held, average) in trades {
            assert_eq!(holding.trade(decimal(quantity), decimal(price)), gain.map(decimal), "{quantity}");
            assert_eq!(
                (holding.quantity, holding.average()),
                (decimal(held), decimal(average)),
                "{quantity}"
            );
        }
        assert_eq!(holding.cost, Decimal::ZERO);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(trades in prop::collection::vec((-999_i64..999, 1_i64..99_999), 1..40), mark in 1_i64..99_999) {
            let mut holding = Holding::default();
            let (mut cash, mut gained, mut held) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
            for (quantity, cents) in trades.into_iter().filter(|(quantity, _)| *quantity != 0) {
                let (quantity, price) = (Decimal::from(quantity), Decimal::new(cents, 2));
                gained += holding.trade(quantity, price).unwrap_or_default();
                cash -= quantity * price;
                held += quantity;
            }
            let mark = Decimal::new(mark, 2);
            prop_assert_eq!(holding.quantity, held);
            prop_assert_eq!(cash + held * mark, gained + holding.gain_at(mark));
        }
    }
}
