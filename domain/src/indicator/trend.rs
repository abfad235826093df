//! Wilder's measures of how far, and how surely, a price moves: ATR and ADX.

use crate::indicator::Candle;
use crate::indicator::formula::Formula;
use crate::indicator::smoothing::Smoothing;

/// The range of a bar, the gap to the close before included.
fn true_range(candle: &Candle, before: f64) -> f64 {
    candle.high.max(before) - candle.low.min(before)
}

/// The average true range.
#[derive(Clone)]
pub(super) struct Atr {
    before: f64,
    average: Smoothing,
}

impl Atr {
    pub(super) fn new(length: u16) -> Self {
        Self { before: f64::NAN, average: Smoothing::wilder(length) }
    }
}

impl Formula for Atr {
    type Numbers = [f64; 1];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 1] {
        let before = std::mem::replace(&mut self.before, candle.close);
        [if before.is_nan() { before } else { self.average.push(true_range(candle, before)) }]
    }
}

/// A sum that loses a part of itself with each number; Wilder's way, which begins with one number less than it spans.
#[derive(Clone)]
struct Decaying {
    keep: f64,
    sum: f64,
}

impl Decaying {
    fn new(length: u16) -> Self {
        Self { keep: 1.0 - 1.0 / f64::from(length), sum: 0.0 }
    }

    #[inline]
    fn gather(&mut self, number: f64) {
        self.sum += number;
    }

    #[inline]
    fn push(&mut self, number: f64) -> f64 {
        self.sum = self.sum * self.keep + number;
        self.sum
    }
}

/// The moves up and down as parts of the true range (+DI and -DI), and how far apart these are, smoothed (ADX).
#[derive(Clone)]
pub(super) struct Adx {
    before: Option<Candle>,
    gathering: u16,
    up: Decaying,
    down: Decaying,
    range: Decaying,
    average: Smoothing,
    latest: f64,
}

impl Adx {
    pub(super) fn new(length: u16) -> Self {
        Self {
            before: None,
            gathering: length.saturating_sub(1),
            up: Decaying::new(length),
            down: Decaying::new(length),
            range: Decaying::new(length),
            average: Smoothing::wilder(length),
            latest: 0.0,
        }
    }
}

impl Formula for Adx {
    type Numbers = [f64; 3];

    #[inline]
    fn push(&mut self, candle: &Candle) -> [f64; 3] {
        let Some(before) = self.before.replace(*candle) else { return [f64::NAN; 3] };
        let (rise, fall) = (candle.high - before.high, before.low - candle.low);
        let up = if rise > fall && rise > 0.0 { rise } else { 0.0 };
        let down = if fall > rise && fall > 0.0 { fall } else { 0.0 };
        let range = true_range(candle, before.close);
        if self.gathering > 0 {
            self.gathering -= 1;
            self.up.gather(up);
            self.down.gather(down);
            self.range.gather(range);
            return [f64::NAN; 3];
        }
        let (up, down, range) = (self.up.push(up), self.down.push(down), self.range.push(range));
        let share = |part: f64| if range > 0.0 { 100.0 * (part / range) } else { 0.0 };
        // Without any move the average stays where it is.
        let apart = if up + down > 0.0 { 100.0 * ((up - down).abs() / (up + down)) } else { self.latest };
        let average = self.average.push(apart);
        if !average.is_nan() {
            self.latest = average;
        }
        [average, share(up), share(down)]
    }
}
