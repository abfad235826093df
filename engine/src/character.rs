//! What makes one listing's market different from another's.

use rust_decimal::Decimal;

use crate::rhythm::Rhythm;

/// The step of a price, as digits and their scale: `(1, 2)` is 0.01.
pub type Step = (i64, u32);

/// The numbers that a listing's market is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Character {
    /// The smallest step of the price.
    pub tick: Step,
    /// The price when 2026 began, in ticks.
    pub anchor: i64,
    /// The usual move of a day, in hundredths of a percent.
    pub volatility: i64,
    /// The trend, in millionths a day.
    pub drift: i64,
    /// How far bid and ask stand from the middle in busy hours, in path units (eighths of a tick).
    pub half_spread: i64,
    /// What is traded on a usual day.
    pub volume: i64,
    /// Events on a usual day: trades, or quotes where nothing is printed.
    pub events: i64,
    /// The step of the sizes in the book.
    pub lot: i64,
    /// How many lots usually stand at the best price.
    pub lots: i64,
    /// The shape of its day.
    pub rhythm: Rhythm,
}

impl Character {
    /// A number of ticks as a price.
    pub fn price(&self, ticks: i64) -> Decimal {
        let (digits, scale) = self.tick;
        Decimal::new(ticks * digits, scale)
    }

    /// A number of half ticks as a price.
    pub fn half_price(&self, halves: i64) -> Decimal {
        let (digits, scale) = self.tick;
        if halves % 2 == 0 { self.price(halves / 2) } else { Decimal::new(halves * digits * 5, scale + 1) }
    }

    /// A number of hundredths of a tick as a price.
    pub fn fine_price(&self, hundredths: i128) -> Decimal {
        let (digits, scale) = self.tick;
        Decimal::try_from_i128_with_scale(hundredths * i128::from(digits), scale + 2).unwrap_or_default()
    }
}
