//! Commissions, in dollars: what Interactive Brokers' fixed prices come to, without the fees of exchanges.
//!
//! | kind | commission |
//! |---|---|
//! | shares and funds | 0.005 a share; at least 1.00 an order, at most 1 % of its value |
//! | futures | 2.25 a contract |
//! | currencies | 0.2 basis points of the value; at least 2.00 an order |

use engine::listing::ListingKind;
use rust_decimal::Decimal;

/// What was done of an order so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub(super) kind: ListingKind,
    pub(super) quantity: Decimal,
    /// What it was worth, in dollars.
    pub(super) value: Decimal,
}

/// The commission for all that was done of an order, in whole cents.
pub(super) fn commission(done: &Done) -> Decimal {
    let fee = match done.kind {
        ListingKind::Stock | ListingKind::Etf => {
            let by_share = (Decimal::new(5, 3) * done.quantity).max(Decimal::ONE);
            by_share.min(done.value / Decimal::ONE_HUNDRED)
        }
        ListingKind::Future => Decimal::new(225, 2) * done.quantity,
        ListingKind::Fx => (Decimal::new(2, 5) * done.value).max(Decimal::TWO),
    };
    fee.round_dp(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commissions_have_a_least_and_a_most() {
        use ListingKind::{Etf, Future, Fx, Stock};
        let cases = [
            (Stock, "100", "10000", "1.00"),
            (Stock, "1000", "100000", "5.00"),
            (Etf, "1000", "200", "2.00"),
            (Stock, "1", "5", "0.05"),
            (Future, "3", "1000000", "6.75"),
            (Fx, "20000", "21600", "2.00"),
            (Fx, "1000000", "1080000", "21.60"),
        ];
        for (kind, quantity, value, expected) in cases {
            let [quantity, value, expected] = [quantity, value, expected].map(|text| text.parse().unwrap());
            assert_eq!(commission(&Done { kind, quantity, value }), expected, "{kind:?} {quantity}");
        }
    }
}
