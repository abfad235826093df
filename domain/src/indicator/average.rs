//! Averages of a price: SMA, EMA, WMA, and the MACD that is made of them.

use crate::indicator::formula::Formula;
use crate::indicator::moving::{Mean, Weighted};
use crate::indicator::smoothing::Smoothing;
use crate::indicator::{Candle, PriceSource};

/// An average of numbers.
pub(super) trait Averaging: Clone + Send + Sync + 'static {
    fn push(&mut self, number: f64) -> f64;
}

impl Averaging for Mean {
    fn push(&mut self, number: f64) -> f64 {
        self.push(number)
    }
}

impl Averaging for Smoothing {
    fn push(&mut self, number: f64) -> f64 {
        self.push(number)
    }
}

impl Averaging for Weighted {
    fn push(&mut self, number: f64) -> f64 {
        self.push(number)
    }
}

/// An average of a price.
#[derive(Clone)]
pub(super) struct Average<A> {
    source: PriceSource,
    average: A,
}

impl<A> Average<A> {
    pub(super) fn new(source: PriceSource, average: A) -> Self {
        Self { source, average }
    }
}

impl<A: Averaging> Formula for Average<A> {
    type Numbers = [f64; 1];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        [self.average.push(candle.price(self.source))]
    }
}

/// The fast exponential average less the slow one, and the exponential average of that.
///
/// As in TA-Lib the fast average begins so late that both have their first value at the same bar, and the lines begin
/// together, with the signal.
#[derive(Clone)]
pub(super) struct Macd {
    source: PriceSource,
    fast: Smoothing,
    slow: Smoothing,
    signal: Smoothing,
}

impl Macd {
    pub(super) fn new(source: PriceSource, fast: u16, slow: u16, signal: u16) -> Self {
        Self {
            source,
            fast: Smoothing::exponential(fast).after(slow.saturating_sub(fast)),
            slow: Smoothing::exponential(slow),
            signal: Smoothing::exponential(signal),
        }
    }
}

impl Formula for Macd {
    type Numbers = [f64; 3];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 3] {
        let price = candle.price(self.source);
        let difference = self.fast.push(price) - self.slow.push(price);
        if difference.is_nan() {
            return [f64::NAN; 3];
        }
        let signal = self.signal.push(difference);
        let shown = if signal.is_nan() { signal } else { difference };
        [shown, signal, difference - signal]
    }
}
