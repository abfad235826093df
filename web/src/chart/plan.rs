//! Which lines are drawn besides the prices: those of other instruments first, then those of indicators.

use serde::Serialize;

use super::kinds::{Kind, Unit};
use super::study::{Study, Tint};
use crate::graphql::indicator::IndicatorKind;

/// A line, as `bridge.js` reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedLine {
    style: &'static str,
    colour: &'static str,
    title: String,
}

/// Lines that belong together, as `bridge.js` reads them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    own: bool,
    compared: bool,
    large: bool,
    precision: u32,
    levels: &'static [f64],
    lines: Vec<PlannedLine>,
}

impl Group {
    /// Another instrument.
    pub fn compared(index: usize, symbol: &str, scale: u32) -> Self {
        let colour = compared_tint(index).token();
        let line = PlannedLine { style: "line", colour, title: symbol.to_owned() };
        Self { own: false, compared: true, large: false, precision: scale, levels: &[], lines: vec![line] }
    }

    /// An indicator.
    pub fn study(study: &Study, scale: u32) -> Self {
        let kind = Kind::of(study.kind);
        let lines = kind
            .lines
            .iter()
            .enumerate()
            .map(|(index, (_, stroke))| PlannedLine {
                style: stroke.code(),
                colour: line_token(study, index),
                title: String::new(),
            })
            .collect();
        Self {
            own: !kind.is_overlay(),
            compared: false,
            large: kind.unit == Unit::Volume,
            precision: kind.decimals(scale),
            levels: kind.levels,
            lines,
        }
    }
}

/// The colour of an instrument that is compared.
pub fn compared_tint(index: usize) -> Tint {
    Tint::Orange.after(index)
}

/// The token of the colour of an indicator's line.
pub fn line_token(study: &Study, line: usize) -> &'static str {
    match (study.kind, line) {
        (IndicatorKind::Bollinger | IndicatorKind::Keltner | IndicatorKind::Donchian, _) | (_, 0) => {
            study.tint.token()
        }
        (IndicatorKind::Macd, 2) => "text-muted",
        (IndicatorKind::Adx, 1) => "up",
        (IndicatorKind::Adx, _) => "down",
        (_, line) => study.tint.after(line).token(),
    }
}

/// In which pane each indicator is; the prices' is the first.
pub fn panes(studies: &[Study]) -> Vec<usize> {
    let mut next = 0;
    let place = |study: &Study| {
        if Kind::of(study.kind).is_overlay() {
            return 0;
        }
        next += 1;
        next
    };
    studies.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_indicator_that_is_no_price_has_a_pane_of_its_own() {
        let kinds = [IndicatorKind::Rsi, IndicatorKind::Sma, IndicatorKind::Macd, IndicatorKind::Vwap];
        let studies = kinds.map(|kind| Study::usual(kind, Tint::Blue));
        assert_eq!(panes(&studies), [1, 0, 2, 0]);
        let owns = studies.iter().map(|study| Group::study(study, 2).own).collect::<Vec<_>>();
        assert_eq!(owns, [true, false, true, false]);
    }

    #[test]
    fn lines_of_one_indicator_can_be_told_apart() {
        let study = |kind| Study::usual(kind, Tint::Blue);
        assert_eq!(line_token(&study(IndicatorKind::Macd), 1), "link-orange");
        assert_eq!(line_token(&study(IndicatorKind::Bollinger), 2), "link-blue");
        assert_eq!(line_token(&study(IndicatorKind::Adx), 1), "up");
    }
}
