//! Which indicators there are, what they are called, and which parameters they have.

use crate::named::named;

/// Which statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndicatorKind {
    /// The simple moving average.
    Sma,
    /// The exponential moving average.
    Ema,
    /// The linearly weighted moving average.
    Wma,
    /// Wilder's relative strength index.
    Rsi,
    /// The convergence and divergence of two exponential averages.
    Macd,
    /// Bollinger's bands.
    Bollinger,
    /// Wilder's average true range.
    Atr,
    /// The average price of the session, weighted by volume.
    Vwap,
    /// The slow stochastic oscillator.
    Stochastic,
    /// Wilder's average directional index.
    Adx,
    /// The commodity channel index.
    Cci,
    /// The on-balance volume.
    Obv,
    /// The money flow index.
    Mfi,
    /// The rate of change, in percent.
    Roc,
    /// Williams' %R.
    WilliamsR,
    /// Donchian's channel.
    Donchian,
    /// Keltner's channel.
    Keltner,
    /// The standard deviation.
    StandardDeviation,
}

/// Which price of a bar is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceSource {
    /// The first.
    Open,
    /// The highest.
    High,
    /// The lowest.
    Low,
    /// The last.
    Close,
    /// The middle of the highest and the lowest.
    Hl2,
    /// The mean of the highest, the lowest and the last.
    Hlc3,
    /// The mean of all four.
    Ohlc4,
}

named!(
    PriceSource,
    "a price of a bar",
    [
        (Open, "OPEN"),
        (High, "HIGH"),
        (Low, "LOW"),
        (Close, "CLOSE"),
        (Hl2, "HL2"),
        (Hlc3, "HLC3"),
        (Ohlc4, "OHLC4"),
    ]
);

/// A whole-number parameter: the least that makes sense, and what is usual.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    pub(super) least: i32,
    pub(super) usual: i32,
}

/// What a kind is called, and the parameters that it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) label: &'static str,
    pub(super) lines: &'static [&'static str],
    pub(super) source: Option<PriceSource>,
    pub(super) length: Option<Whole>,
    pub(super) fast: Option<Whole>,
    pub(super) slow: Option<Whole>,
    pub(super) signal: Option<Whole>,
    pub(super) deviations: Option<i64>,
}

const fn whole(least: i32, usual: i32) -> Whole {
    Whole { least, usual }
}

impl Shape {
    const fn new(label: &'static str, lines: &'static [&'static str]) -> Self {
        Self {
            label,
            lines,
            source: None,
            length: None,
            fast: None,
            slow: None,
            signal: None,
            deviations: None,
        }
    }

    const fn of(self, source: PriceSource) -> Self {
        Self { source: Some(source), ..self }
    }

    const fn long(self, least: i32, usual: i32) -> Self {
        Self { length: Some(whole(least, usual)), ..self }
    }

    const fn wide(self, usual: i64) -> Self {
        Self { deviations: Some(usual), ..self }
    }
}

const BANDS: &[&str] = &["UPPER", "MIDDLE", "LOWER"];

named!(
    IndicatorKind,
    "an indicator",
    [
        (Sma, "SMA"),
        (Ema, "EMA"),
        (Wma, "WMA"),
        (Rsi, "RSI"),
        (Macd, "MACD"),
        (Bollinger, "BOLLINGER"),
        (Atr, "ATR"),
        (Vwap, "VWAP"),
        (Stochastic, "STOCHASTIC"),
        (Adx, "ADX"),
        (Cci, "CCI"),
        (Obv, "OBV"),
        (Mfi, "MFI"),
        (Roc, "ROC"),
        (WilliamsR, "WILLIAMS_R"),
        (Donchian, "DONCHIAN"),
        (Keltner, "KELTNER"),
        (StandardDeviation, "STANDARD_DEVIATION"),
    ]
);

impl IndicatorKind {
    pub(super) const fn shape(self) -> Shape {
        use PriceSource::{Close, Hlc3};
        match self {
            Self::Sma => Shape::new("SMA", &["SMA"]).of(Close).long(1, 20),
            Self::Ema => Shape::new("EMA", &["EMA"]).of(Close).long(1, 20),
            Self::Wma => Shape::new("WMA", &["WMA"]).of(Close).long(1, 20),
            Self::Rsi => Shape::new("RSI", &["RSI"]).of(Close).long(2, 14),
            Self::Macd => Shape {
                fast: Some(whole(2, 12)),
                slow: Some(whole(3, 26)),
                signal: Some(whole(1, 9)),
                ..Shape::new("MACD", &["MACD", "SIGNAL", "HISTOGRAM"]).of(Close)
            },
            Self::Bollinger => Shape::new("Bollinger", BANDS).of(Close).long(2, 20).wide(2),
            Self::Atr => Shape::new("ATR", &["ATR"]).long(1, 14),
            Self::Vwap => Shape::new("VWAP", &["VWAP"]).of(Hlc3),
            Self::Stochastic => Shape {
                slow: Some(whole(1, 3)),
                signal: Some(whole(1, 3)),
                ..Shape::new("Stochastic", &["K", "D"]).long(1, 14)
            },
            Self::Adx => Shape::new("ADX", &["ADX", "PLUS_DI", "MINUS_DI"]).long(2, 14),
            Self::Cci => Shape::new("CCI", &["CCI"]).of(Hlc3).long(2, 20),
            Self::Obv => Shape::new("OBV", &["OBV"]),
            Self::Mfi => Shape::new("MFI", &["MFI"]).long(2, 14),
            Self::Roc => Shape::new("ROC", &["ROC"]).of(Close).long(1, 10),
            Self::WilliamsR => Shape::new("Williams %R", &["WILLIAMS_R"]).long(2, 14),
            Self::Donchian => Shape::new("Donchian", BANDS).long(1, 20),
            Self::Keltner => Shape::new("Keltner", BANDS).of(Close).long(1, 20).wide(2),
            Self::StandardDeviation => {
                Shape::new("Std. deviation", &["STANDARD_DEVIATION"]).of(Close).long(2, 20)
            }
        }
    }
}
