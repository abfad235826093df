//! Indicators: statistics over bars, one implementation for charts, alerts and backtests.
//!
//! An [`Indicator`] is a kind with its parameters. It is computed over all bars at once ([`Indicator::values`]) or bar by
//! bar ([`Indicator::begin`]); the first is a loop over the second, so that both say the same to the last bit. What is
//! live, and may be corrected after it has closed, is followed by [`LiveIndicators`].
//!
//! Values equal those of TA-Lib, the library that traders compare with: an exponential average begins with the simple one
//! of its first bars, RSI, ATR and ADX smooth as Wilder did, deviations are those of the whole population. Two rules are
//! our own. Where nothing has moved, an oscillator stands in its middle (RSI, STOCHASTIC and MFI at 50, `WILLIAMS_R` at
//! -50); TA-Lib says 0, which reads as "oversold". And a bar that is not made of sensible numbers has no value and
//! changes none: neither NaN nor infinity ever comes out.
//!
//! These are statistics and not money, hence floats.

mod average;
mod band;
mod candle;
mod extreme;
mod flow;
mod formula;
mod kind;
mod live;
mod moving;
mod oscillator;
mod parameters;
mod session;
mod smoothing;
#[cfg(test)]
mod tests;
mod trend;

pub use candle::Candle;
pub use formula::{Line, MAX_LINES, Running, Values};
pub use kind::{IndicatorKind, PriceSource};
pub use live::{HistoryRequest, LiveIndicators, Wants};
pub use parameters::{Indicator, ParameterValue, Parameters};
pub use session::Sessions;
