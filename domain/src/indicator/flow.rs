//! Measures of traded volume: VWAP, OBV and MFI. A bar without a volume has no value.

use crate::indicator::formula::Formula;
use crate::indicator::moving::{ROUNDING, Window, sum_of};
use crate::indicator::oscillator::percent;
use crate::indicator::{Candle, PriceSource};

fn has_all(candle: &Candle) -> bool {
    candle.has_prices() && candle.has_volume()
}

/// The average price of the session so far, weighted by volume.
///
/// Of the first session that is seen the beginning may be missing, so that it has no value; the others have. Daily and
/// longer bars are sessions of their own, and the first of those is whole.
#[derive(Clone)]
pub(super) struct Vwap {
    source: PriceSource,
    session: Option<i32>,
    is_whole: bool,
    value: f64,
    volume: f64,
}

impl Vwap {
    pub(super) fn new(source: PriceSource) -> Self {
        Self { source, session: None, is_whole: false, value: 0.0, volume: 0.0 }
    }
}

impl Formula for Vwap {
    type Numbers = [f64; 1];

    fn can_take(candle: &Candle) -> bool {
        has_all(candle)
    }

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        if self.session != Some(candle.session) {
            self.is_whole = self.session.is_some();
            (self.session, self.value, self.volume) = (Some(candle.session), 0.0, 0.0);
        }
        self.value += candle.price(self.source) * candle.volume;
        self.volume += candle.volume;
        [if self.is_whole && self.volume > 0.0 { self.value / self.volume } else { f64::NAN }]
    }
}

/// The volume of the bars that closed higher less that of those that closed lower, since the first bar.
#[derive(Clone, Default)]
pub(super) struct Obv {
    before: Option<f64>,
    balance: f64,
}

impl Formula for Obv {
    type Numbers = [f64; 1];

    fn can_take(candle: &Candle) -> bool {
        has_all(candle)
    }

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        let before = self.before.replace(candle.close);
        if before.is_none_or(|before| candle.close > before) {
            self.balance += candle.volume;
        } else if before.is_some_and(|before| candle.close < before) {
            self.balance -= candle.volume;
        }
        [self.balance]
    }
}

/// The share of the bars with a rising typical price in what changed hands.
#[derive(Clone)]
pub(super) struct Mfi {
    before: f64,
    flows: Window,
}

impl Mfi {
    pub(super) fn new(length: u16) -> Self {
        Self { before: f64::NAN, flows: Window::new(length) }
    }
}

impl Formula for Mfi {
    type Numbers = [f64; 1];

    fn can_take(candle: &Candle) -> bool {
        has_all(candle)
    }

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        let price = candle.typical();
        let before = std::mem::replace(&mut self.before, price);
        if before.is_nan() {
            return [before];
        }
        let change = price - before;
        // What is left of the rounding of equal prices is no change.
        let is_still = change.abs() <= ROUNDING * price.abs();
        let flow = if is_still { 0.0 } else { (price * candle.volume).abs().copysign(change) };
        self.flows.push(flow);
        if !self.flows.is_full() {
            return [f64::NAN];
        }
        // Summed anew at each bar: what a running sum keeps of large flows that are gone would count as flow.
        let risen = sum_of(self.flows.numbers(), |flow| flow.max(0.0));
        [percent(risen, sum_of(self.flows.numbers(), f64::abs))]
    }
}
