//! What each kind of indicator can be set to, and how it is drawn.

use crate::graphql::indicator::IndicatorKind;

/// A number that an indicator can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Over how many bars.
    Length,
    /// The fast length.
    Fast,
    /// The slow length.
    Slow,
    /// The length of the signal.
    Signal,
    /// The width of the bands.
    Deviations,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// As a line.
    Line,
    /// As a thin line.
    Thin,
    /// As a broken line.
    Dashed,
    /// As bars from nought.
    Histogram,
}

impl Stroke {
    /// As `bridge.js` knows it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Thin => "thin",
            Self::Dashed => "dashed",
            Self::Histogram => "histogram",
        }
    }
}

/// In what an indicator counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// In prices, so that it is drawn over them.
    Price,
    /// In differences of prices.
    Difference,
    /// In numbers around a hundred.
    Plain,
    /// In sizes.
    Volume,
}

/// A kind of indicator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kind {
    /// Its numbers, each with its usual value.
    pub numbers: &'static [(Number, &'static str)],
    /// Whether it can be computed from another price, and from which it usually is.
    pub source: Option<&'static str>,
    /// Its lines.
    pub lines: &'static [(&'static str, Stroke)],
    /// In what it counts.
    pub unit: Unit,
    /// Values that are marked.
    pub levels: &'static [f64],
}

const LENGTH_20: &[(Number, &str)] = &[(Number::Length, "20")];
const LENGTH_14: &[(Number, &str)] = &[(Number::Length, "14")];
const BANDS: &[(Number, &str)] = &[(Number::Length, "20"), (Number::Deviations, "2")];
const BAND_LINES: &[(&str, Stroke)] =
    &[("UPPER", Stroke::Thin), ("MIDDLE", Stroke::Dashed), ("LOWER", Stroke::Thin)];

const fn one(name: &'static [(&'static str, Stroke)], numbers: &'static [(Number, &'static str)]) -> Kind {
    Kind { numbers, source: None, lines: name, unit: Unit::Plain, levels: &[] }
}

impl Kind {
    /// The kind of this name. The server has the last word on all of it; see `docs/indicators.md`.
    pub fn of(kind: IndicatorKind) -> Self {
        match kind {
            IndicatorKind::Sma | IndicatorKind::Ema | IndicatorKind::Wma => Self {
                source: Some("CLOSE"),
                unit: Unit::Price,
                ..one(&[("AVERAGE", Stroke::Line)], LENGTH_20)
            },
            IndicatorKind::Bollinger | IndicatorKind::Keltner => {
                Self { source: Some("CLOSE"), unit: Unit::Price, ..one(BAND_LINES, BANDS) }
            }
            IndicatorKind::Donchian => Self { unit: Unit::Price, ..one(BAND_LINES, LENGTH_20) },
            IndicatorKind::Vwap => {
                Self { source: Some("HLC3"), unit: Unit::Price, ..one(&[("VWAP", Stroke::Line)], &[]) }
            }
            IndicatorKind::Macd => Self {
                source: Some("CLOSE"),
                unit: Unit::Difference,
                ..one(
                    &[("MACD", Stroke::Line), ("SIGNAL", Stroke::Line), ("HISTOGRAM", Stroke::Histogram)],
                    &[(Number::Fast, "12"), (Number::Slow, "26"), (Number::Signal, "9")],
                )
            },
            IndicatorKind::StandardDeviation => Self {
                source: Some("CLOSE"),
                unit: Unit::Difference,
                ..one(&[("DEVIATION", Stroke::Line)], LENGTH_20)
            },
            IndicatorKind::Atr => Self { unit: Unit::Difference, ..one(&[("ATR", Stroke::Line)], LENGTH_14) },
            IndicatorKind::Obv => Self { unit: Unit::Volume, ..one(&[("OBV", Stroke::Line)], &[]) },
            _ => Self::oscillator(kind),
        }
    }

    fn oscillator(kind: IndicatorKind) -> Self {
        match kind {
            IndicatorKind::Adx => {
                one(&[("ADX", Stroke::Line), ("+DI", Stroke::Thin), ("\u{2212}DI", Stroke::Thin)], LENGTH_14)
            }
            IndicatorKind::Stochastic => Self {
                levels: &[20.0, 80.0],
                ..one(
                    &[("%K", Stroke::Line), ("%D", Stroke::Line)],
                    &[(Number::Length, "14"), (Number::Slow, "3"), (Number::Signal, "3")],
                )
            },
            IndicatorKind::Cci => Self {
                source: Some("HLC3"),
                levels: &[-100.0, 100.0],
                ..one(&[("CCI", Stroke::Line)], LENGTH_20)
            },
            IndicatorKind::Roc => Self {
                source: Some("CLOSE"),
                levels: &[0.0],
                ..one(&[("ROC", Stroke::Line)], &[(Number::Length, "10")])
            },
            IndicatorKind::WilliamsR => {
                Self { levels: &[-80.0, -20.0], ..one(&[("%R", Stroke::Line)], LENGTH_14) }
            }
            IndicatorKind::Mfi => Self { levels: &[20.0, 80.0], ..one(&[("MFI", Stroke::Line)], LENGTH_14) },
            _ => Self {
                source: Some("CLOSE"),
                levels: &[30.0, 70.0],
                ..one(&[("RSI", Stroke::Line)], LENGTH_14)
            },
        }
    }

    /// Whether it is drawn over the prices.
    pub fn is_overlay(self) -> bool {
        self.unit == Unit::Price
    }

    /// How many decimals it is told with, where prices have so many.
    pub fn decimals(self, scale: u32) -> u32 {
        match self.unit {
            Unit::Price => scale,
            Unit::Difference => scale + 1,
            Unit::Plain => 2,
            Unit::Volume => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_drawn() {
        for (kind, name) in IndicatorKind::ALL {
            let found = Kind::of(kind);
            assert!(!found.lines.is_empty(), "{name}");
            assert!(!found.is_overlay() || found.levels.is_empty(), "{name}");
            assert_eq!(found.numbers.iter().any(|(number, _)| *number == Number::Length), kind.has_length());
        }
        assert_eq!(Kind::of(IndicatorKind::Atr).decimals(4), 5);
    }
}
