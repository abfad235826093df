//! Oscillators: where the price is in what it has done of late. Where it has done nothing, they stand in their middle.

use crate::indicator::extreme::Channel;
use crate::indicator::formula::Formula;
use crate::indicator::moving::{Mean, ROUNDING, Window, sum_of};
use crate::indicator::smoothing::Smoothing;
use crate::indicator::{Candle, PriceSource};

/// What part of a whole something is, in percent; half where there is nothing.
pub(super) fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * (part / whole) } else { 50.0 }
}

/// The share of the rises in all moves.
#[derive(Clone)]
pub(super) struct Rsi {
    source: PriceSource,
    before: f64,
    rises: Smoothing,
    falls: Smoothing,
}

impl Rsi {
    pub(super) fn new(source: PriceSource, length: u16) -> Self {
        Self { source, before: f64::NAN, rises: Smoothing::wilder(length), falls: Smoothing::wilder(length) }
    }
}

impl Formula for Rsi {
    type Numbers = [f64; 1];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        let price = candle.price(self.source);
        let change = price - self.before;
        self.before = price;
        if change.is_nan() {
            return [f64::NAN];
        }
        let (rises, falls) = (self.rises.push(change.max(0.0)), self.falls.push((-change).max(0.0)));
        [if rises.is_nan() { rises } else { percent(rises, rises + falls) }]
    }
}

/// Where the last price is in the range of the last bars (%K, smoothed), and the average of that (%D).
#[derive(Clone)]
pub(super) struct Stochastic {
    channel: Channel,
    slow: Mean,
    signal: Mean,
}

impl Stochastic {
    pub(super) fn new(length: u16, slow: u16, signal: u16) -> Self {
        Self { channel: Channel::new(length), slow: Mean::new(slow), signal: Mean::new(signal) }
    }
}

impl Formula for Stochastic {
    type Numbers = [f64; 2];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 2] {
        let (highest, lowest) = self.channel.push(candle.high, candle.low);
        if highest.is_nan() {
            return [f64::NAN; 2];
        }
        let slow = self.slow.push(percent(candle.close - lowest, highest - lowest));
        if slow.is_nan() {
            return [f64::NAN; 2];
        }
        let signal = self.signal.push(slow);
        [if signal.is_nan() { signal } else { slow }, signal]
    }
}

/// How far the last price is below the highest, in the range of the last bars: 0 to -100.
#[derive(Clone)]
pub(super) struct WilliamsR(Channel);

impl WilliamsR {
    pub(super) fn new(length: u16) -> Self {
        Self(Channel::new(length))
    }
}

impl Formula for WilliamsR {
    type Numbers = [f64; 1];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        let (highest, lowest) = self.0.push(candle.high, candle.low);
        [if highest.is_nan() { highest } else { -percent(highest - candle.close, highest - lowest) }]
    }
}

/// How far the price is from its average, in units of 0.015 mean distances.
#[derive(Clone)]
pub(super) struct Cci {
    source: PriceSource,
    window: Window,
    share: f64,
}

impl Cci {
    pub(super) fn new(source: PriceSource, length: u16) -> Self {
        Self { source, window: Window::new(length), share: 1.0 / f64::from(length.max(1)) }
    }
}

impl Formula for Cci {
    type Numbers = [f64; 1];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        let price = candle.price(self.source);
        self.window.push(price);
        if !self.window.is_full() {
            return [f64::NAN];
        }
        let mean = self.share * sum_of(self.window.numbers(), |number| number);
        let distance = price - mean;
        if distance.abs() <= ROUNDING * price.abs() {
            return [0.0];
        }
        let distances = sum_of(self.window.numbers(), |number| (number - mean).abs());
        [distance / (0.015 * self.share * distances)]
    }
}

/// The change against the price so many bars before, in percent of that.
#[derive(Clone)]
pub(super) struct Roc {
    source: PriceSource,
    window: Window,
}

impl Roc {
    pub(super) fn new(source: PriceSource, length: u16) -> Self {
        Self { source, window: Window::new(length) }
    }
}

impl Formula for Roc {
    type Numbers = [f64; 1];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        let price = candle.price(self.source);
        let is_full = self.window.is_full();
        let before = self.window.push(price);
        [if is_full { (price / before - 1.0) * 100.0 } else { f64::NAN }]
    }
}
