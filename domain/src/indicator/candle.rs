//! A bar as indicators see it.

use rust_decimal::prelude::ToPrimitive;

use crate::bar::Bar;
use crate::indicator::PriceSource;

/// Numbers from here on are no prices or volumes; the bound keeps sums and squares finite.
const LIMIT: f64 = 1e100;

/// A bar in floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candle {
    /// The trading session it belongs to: bars of one session have the same number.
    pub session: i32,
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
    /// What was traded; not a number where that is not known.
    pub volume: f64,
}

impl Candle {
    /// A bar of this session.
    pub fn new(bar: &Bar, session: i32) -> Self {
        let float = |value: rust_decimal::Decimal| value.to_f64().unwrap_or(f64::NAN);
        Self {
            session,
            open: float(bar.open.value()),
            high: float(bar.high.value()),
            low: float(bar.low.value()),
            close: float(bar.close.value()),
            volume: bar.volume.map_or(f64::NAN, |volume| float(volume.value())),
        }
    }

    /// Whether its prices are sensible numbers.
    pub(super) fn has_prices(&self) -> bool {
        [self.open, self.high, self.low, self.close].iter().all(|price| price.abs() < LIMIT)
    }

    /// Whether its volume is a sensible number.
    pub(super) fn has_volume(&self) -> bool {
        (0.0..LIMIT).contains(&self.volume)
    }

    /// The mean of high, low and close.
    pub(super) fn typical(&self) -> f64 {
        (self.high + self.low + self.close) / 3.0
    }

    /// The price that an indicator looks at.
    pub(super) fn price(&self, source: PriceSource) -> f64 {
        match source {
            PriceSource::Open => self.open,
            PriceSource::High => self.high,
            PriceSource::Low => self.low,
            PriceSource::Close => self.close,
            PriceSource::Hl2 => f64::midpoint(self.high, self.low),
            PriceSource::Hlc3 => self.typical(),
            PriceSource::Ohlc4 => (self.open + self.high + self.low + self.close) / 4.0,
        }
    }
}
