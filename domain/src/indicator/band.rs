//! Bands around a price, and the deviation that some are made of.

use crate::indicator::extreme::Channel;
use crate::indicator::formula::Formula;
use crate::indicator::moving::{Deviation, Spread};
use crate::indicator::smoothing::Smoothing;
use crate::indicator::trend::Atr;
use crate::indicator::{Candle, PriceSource};

/// Upper, middle and lower band.
fn around(middle: f64, distance: f64) -> [f64; 3] {
    [middle + distance, middle, middle - distance]
}

/// The average, and so many standard deviations above and below.
#[derive(Clone)]
pub(super) struct Bollinger {
    source: PriceSource,
    spread: Deviation,
    deviations: f64,
}

impl Bollinger {
    pub(super) fn new(source: PriceSource, length: u16, deviations: f64) -> Self {
        Self { source, spread: Deviation::new(length), deviations }
    }
}

impl Formula for Bollinger {
    type Numbers = [f64; 3];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 3] {
        let Spread { mean, deviation } = self.spread.push(candle.price(self.source));
        around(mean, self.deviations * deviation)
    }
}

/// The standard deviation of the price.
#[derive(Clone)]
pub(super) struct StandardDeviation {
    source: PriceSource,
    spread: Deviation,
}

impl StandardDeviation {
    pub(super) fn new(source: PriceSource, length: u16) -> Self {
        Self { source, spread: Deviation::new(length) }
    }
}

impl Formula for StandardDeviation {
    type Numbers = [f64; 1];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        [self.spread.push(candle.price(self.source)).deviation]
    }
}

/// The highest and the lowest price of the last bars, this one included, and their middle.
#[derive(Clone)]
pub(super) struct Donchian(Channel);

impl Donchian {
    pub(super) fn new(length: u16) -> Self {
        Self(Channel::new(length))
    }
}

impl Formula for Donchian {
    type Numbers = [f64; 3];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 3] {
        let (highest, lowest) = self.0.push(candle.high, candle.low);
        [highest, f64::midpoint(highest, lowest), lowest]
    }
}

/// The exponential average, and so many average true ranges of the same length above and below.
#[derive(Clone)]
pub(super) struct Keltner {
    source: PriceSource,
    middle: Smoothing,
    range: Atr,
    deviations: f64,
}

impl Keltner {
    pub(super) fn new(source: PriceSource, length: u16, deviations: f64) -> Self {
        Self { source, middle: Smoothing::exponential(length), range: Atr::new(length), deviations }
    }
}

impl Formula for Keltner {
    type Numbers = [f64; 3];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 3] {
        let middle = self.middle.push(candle.price(self.source));
        let [range] = self.range.push(candle);
        if range.is_nan() { [range; 3] } else { around(middle, self.deviations * range) }
    }
}
