//! Prices and quantities: exact decimals, never floats.

use std::fmt;

use rust_decimal::Decimal;

macro_rules! exact {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Decimal);

        impl $name {
            /// The exact value.
            pub const fn value(self) -> Decimal {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

exact! {
    /// A price in the instrument's currency. It may be negative or zero (spreads, some futures).
    Price
}

impl Price {
    /// A price of this exact value.
    pub const fn new(value: Decimal) -> Self {
        Self(value)
    }

    /// The multiple of `increment` nearest to `value`; `None` where `value` is not a number or too large.
    /// This is the one door for the floats that a broker sends.
    pub fn from_f64(value: f64, increment: Decimal) -> Option<Self> {
        let exact = Decimal::from_f64_retain(value)?;
        if increment <= Decimal::ZERO {
            return Some(Self(exact.round_dp(8).normalize()));
        }
        let steps = exact.checked_div(increment)?.round();
        let mut rounded = steps.checked_mul(increment)?;
        rounded.rescale(increment.normalize().scale());
        Some(Self(rounded))
    }
}

exact! {
    /// A quantity of shares, contracts or currency units; never negative.
    Quantity
}

impl Quantity {
    /// Nothing at all.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// A quantity of this exact value; `None` where it is negative.
    pub fn new(value: Decimal) -> Option<Self> {
        (!value.is_sign_negative() || value.is_zero()).then_some(Self(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_price_becomes_the_nearest_increment() {
        let cases = [
            (187.344_999_9, "0.01", "187.34"),
            (187.345_000_1, "0.01", "187.35"),
            (1.084_65, "0.00005", "1.08465"),
            (5321.25, "0.25", "5321.25"),
            (-37.63, "0.01", "-37.63"),
            (100.0, "0.01", "100.00"),
        ];
        for (value, increment, expected) in cases {
            let price = Price::from_f64(value, increment.parse().unwrap()).unwrap();
            assert_eq!(price.to_string(), expected, "{value} at {increment}");
        }
        assert_eq!(Price::from_f64(f64::NAN, Decimal::ONE), None);
        assert_eq!(Price::from_f64(f64::MAX, Decimal::ONE), None);
    }

    #[test]
    fn a_quantity_is_never_negative() {
        assert_eq!(Quantity::new(Decimal::NEGATIVE_ONE), None);
        assert!(Quantity::new(Decimal::ZERO).is_some());
    }
}
