//! What every formula has in common: it takes a bar and says its values.

use std::fmt;
use std::ops::Deref;

use crate::indicator::average::{Average, Macd};
use crate::indicator::band::{Bollinger, Donchian, Keltner, StandardDeviation};
use crate::indicator::flow::{Mfi, Obv, Vwap};
use crate::indicator::moving::{Mean, Weighted};
use crate::indicator::oscillator::{Cci, Roc, Rsi, Stochastic, WilliamsR};
use crate::indicator::smoothing::Smoothing;
use crate::indicator::trend::{Adx, Atr};
use crate::indicator::{Candle, Indicator, IndicatorKind};

/// The most lines of an indicator.
pub const MAX_LINES: usize = 3;

/// How an indicator is computed, bar by bar. Inside, "not yet" is not a number.
pub(super) trait Formula: Clone + Send + Sync + 'static {
    /// One number per line.
    type Numbers: AsRef<[f64]> + Copy;
    /// Whether a bar is of use.
    fn can_take(candle: &Candle) -> bool {
        candle.has_prices()
    }
    /// Takes a bar.
    fn push(&mut self, candle: &Candle) -> Self::Numbers;
}

/// The values of an indicator at one bar, one per line; absent before there were enough bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values {
    values: [Option<f64>; MAX_LINES],
    count: usize,
}

impl Values {
    fn of(numbers: &[f64]) -> Self {
        let mut values = [None; MAX_LINES];
        for (value, number) in values.iter_mut().zip(numbers) {
            *value = finite(*number);
        }
        Self { values, count: numbers.len().min(MAX_LINES) }
    }

    /// No value on so many lines.
    pub(super) fn nothing(count: usize) -> Self {
        Self { values: [None; MAX_LINES], count }
    }
}

impl Deref for Values {
    type Target = [Option<f64>];

    fn deref(&self) -> &[Option<f64>] {
        &self.values[..self.count]
    }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// One line of an indicator over a series of bars.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is called.
    pub name: &'static str,
    numbers: Vec<f64>,
}

impl Line {
    /// The value at each bar; absent before there were enough.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Option<f64>> + '_ {
        self.numbers.iter().copied().map(finite)
    }
}

/// An indicator that is being computed.
pub struct Running {
    lines: &'static [&'static str],
    state: Box<dyn State>,
}

impl Running {
    /// Takes the next bar.
    pub fn push(&mut self, candle: &Candle) -> Values {
        self.state.push(candle).unwrap_or_else(|| Values::nothing(self.lines.len()))
    }

    /// What the values would be with this bar next, which may still change.
    pub fn peek(&self, candle: &Candle) -> Values {
        self.clone().push(candle)
    }

    /// Takes many bars.
    pub fn run(&mut self, candles: &[Candle]) -> Vec<Line> {
        let lines = self.state.run(candles, self.lines.len());
        self.lines.iter().zip(lines).map(|(name, numbers)| Line { name, numbers }).collect()
    }
}

impl Clone for Running {
    fn clone(&self) -> Self {
        Self { lines: self.lines, state: self.state.copy() }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Running").field("lines", &self.lines).finish_non_exhaustive()
    }
}

/// A formula, whichever it is: one call for many bars, so that the loop over them knows what it calls.
trait State: Send + Sync {
    fn push(&mut self, candle: &Candle) -> Option<Values>;
    fn run(&mut self, candles: &[Candle], lines: usize) -> Vec<Vec<f64>>;
    fn copy(&self) -> Box<dyn State>;
}

impl<F: Formula> State for F {
    fn push(&mut self, candle: &Candle) -> Option<Values> {
        F::can_take(candle).then(|| Values::of(Formula::push(self, candle).as_ref()))
    }

    fn run(&mut self, candles: &[Candle], lines: usize) -> Vec<Vec<f64>> {
        let mut numbers = vec![vec![0.0; candles.len()]; lines];
        for (place, candle) in candles.iter().enumerate() {
            if F::can_take(candle) {
                let values = Formula::push(self, candle);
                for (line, value) in numbers.iter_mut().zip(values.as_ref()) {
                    line[place] = *value;
                }
            } else {
                for line in &mut numbers {
                    line[place] = f64::NAN;
                }
            }
        }
        numbers
    }

    fn copy(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }
}

/// The beginning of an indicator.
pub(super) fn begin(of: &Indicator) -> Running {
    let (source, length) = (of.source(), of.length());
    let state: Box<dyn State> = match of.kind() {
        IndicatorKind::Sma => Box::new(Average::new(source, Mean::new(length))),
        IndicatorKind::Ema => Box::new(Average::new(source, Smoothing::exponential(length))),
        IndicatorKind::Wma => Box::new(Average::new(source, Weighted::new(length))),
        IndicatorKind::Rsi => Box::new(Rsi::new(source, length)),
        IndicatorKind::Macd => Box::new(Macd::new(source, of.fast(), of.slow(), of.signal())),
        IndicatorKind::Bollinger => Box::new(Bollinger::new(source, length, of.deviations())),
        IndicatorKind::Atr => Box::new(Atr::new(length)),
        IndicatorKind::Vwap => Box::new(Vwap::new(source)),
        IndicatorKind::Stochastic => Box::new(Stochastic::new(length, of.slow(), of.signal())),
        IndicatorKind::Adx => Box::new(Adx::new(length)),
        IndicatorKind::Cci => Box::new(Cci::new(source, length)),
        IndicatorKind::Obv => Box::new(Obv::default()),
        IndicatorKind::Mfi => Box::new(Mfi::new(length)),
        IndicatorKind::Roc => Box::new(Roc::new(source, length)),
        IndicatorKind::WilliamsR => Box::new(WilliamsR::new(length)),
        IndicatorKind::Donchian => Box::new(Donchian::new(length)),
        IndicatorKind::Keltner => Box::new(Keltner::new(source, length, of.deviations())),
        IndicatorKind::StandardDeviation => Box::new(StandardDeviation::new(source, length)),
    };
    Running { lines: of.lines(), state }
}
