//! An indicator as it was set in a chart.

use serde::{Deserialize, Serialize};

use crate::graphql::indicator::{IndicatorInput, IndicatorKind, PriceSource};
use crate::graphql::scalar::Decimal;

/// The most indicators of one chart: as many as the server computes at once.
pub const MOST_STUDIES: usize = 10;

/// The colour of an indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the colours")]
pub enum Tint {
    #[default]
    Blue,
    Orange,
    Purple,
    Teal,
    Pink,
    Green,
}

impl Tint {
    /// Every colour.
    pub const ALL: [Self; 6] = [Self::Blue, Self::Orange, Self::Purple, Self::Teal, Self::Pink, Self::Green];

    /// The token of the style sheet that has it; also the class of its dot.
    pub fn token(self) -> &'static str {
        match self {
            Self::Blue => "link-blue",
            Self::Orange => "link-orange",
            Self::Purple => "link-purple",
            Self::Teal => "link-teal",
            Self::Pink => "link-pink",
            Self::Green => "link-green",
        }
    }

    /// The colour that is so many places after this one.
    pub fn after(self, places: usize) -> Self {
        let at = Self::ALL.iter().position(|tint| *tint == self).unwrap_or_default();
        Self::ALL[(at + places) % Self::ALL.len()]
    }
}

/// One indicator. What is left out is the kind's usual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    /// What is computed.
    pub kind: IndicatorKind,
    /// From which price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<PriceSource>,
    /// Over how many bars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<i32>,
    /// The fast length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fast: Option<i32>,
    /// The slow length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<i32>,
    /// The length of the signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The width of the bands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviations: Option<Decimal>,
    /// Its first line's colour.
    #[serde(default)]
    pub tint: Tint,
}

impl Study {
    /// An indicator as it is usually set.
    pub fn usual(kind: IndicatorKind, tint: Tint) -> Self {
        Self {
            kind,
            source: None,
            length: None,
            fast: None,
            slow: None,
            signal: None,
            deviations: None,
            tint,
        }
    }

    /// As the server is asked for it.
    pub fn input(&self) -> IndicatorInput {
        IndicatorInput {
            kind: self.kind,
            source: self.source,
            length: self.length,
            fast: self.fast,
            slow: self.slow,
            signal: self.signal,
            deviations: self.deviations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_round() {
        assert_eq!(Tint::Blue.after(1), Tint::Orange);
        assert_eq!(Tint::Green.after(1), Tint::Blue);
        assert_eq!(Tint::Green.after(7), Tint::Blue);
    }
}
