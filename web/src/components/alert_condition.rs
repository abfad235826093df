//! The condition of an alert in words.

use crate::graphql::alert::{AlertComparison, AlertCondition, AlertField};
use crate::graphql::alert_event::AlertEvent;
use crate::graphql::bar::BarSize;
use crate::graphql::indicator::IndicatorKind;
use crate::graphql::scalar::Decimal;
use crate::number;
use crate::text::{Catalogue, Language, Text};

/// What is watched.
pub fn field(field: AlertField) -> Text {
    match field {
        AlertField::Last => Text::Last,
        AlertField::Bid => Text::Bid,
        AlertField::Ask => Text::Ask,
        AlertField::Change => Text::Change,
        AlertField::ChangePercent => Text::ChangePercent,
        AlertField::Indicator => Text::Indicator,
    }
}

/// How it is compared.
pub fn comparison(comparison: AlertComparison) -> Text {
    match comparison {
        AlertComparison::Above => Text::IsAbove,
        AlertComparison::Below => Text::IsBelow,
        AlertComparison::CrossesUp => Text::CrossesUp,
        AlertComparison::CrossesDown => Text::CrossesDown,
        AlertComparison::Crosses => Text::Crosses,
    }
}

/// Whether its value is a price of the instrument.
pub fn is_price(field: AlertField) -> bool {
    matches!(field, AlertField::Last | AlertField::Bid | AlertField::Ask | AlertField::Change)
}

/// The condition as a sentence; prices have the decimals of the instrument.
pub fn words(text: Catalogue, condition: &AlertCondition, increment: Decimal) -> String {
    let subject = match &condition.indicator {
        Some(indicator) => {
            let name = if indicator.name.is_empty() {
                kind_name(indicator.kind).to_owned()
            } else {
                indicator.name.clone()
            };
            format!("{name} ({})", size_name(indicator.size))
        }
        None => text.say(field(condition.field)).to_owned(),
    };
    let value = match condition.field {
        AlertField::ChangePercent => format!("{}%", number::size(condition.value)),
        field if is_price(field) => number::price(condition.value, number::scale_of(increment)),
        _ => number::size(condition.value),
    };
    format!("{subject} {} {value}", text.say(comparison(condition.comparison)))
}

/// What an alert said. The server's own sentence is English; elsewhere, its numbers have to tell it.
pub fn said(text: Catalogue, event: &AlertEvent) -> String {
    if text.0 == Language::English {
        return event.text.clone();
    }
    let (value, threshold) = (number::size(event.value), number::size(event.threshold));
    let values = [("symbol", event.instrument.symbol.as_str()), ("value", &value), ("threshold", &threshold)];
    text.fill(Text::AlertSaid, &values)
}

fn kind_name(kind: IndicatorKind) -> &'static str {
    IndicatorKind::ALL.into_iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name)
}

fn size_name(size: BarSize) -> &'static str {
    size.short_name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::alert::AlertIndicator;

    #[test]
    fn conditions_read_as_sentences() {
        let text = Catalogue(Language::English);
        let increment: Decimal = "0.01".parse().unwrap();
        let indicator = AlertIndicator {
            size: BarSize::Min5,
            kind: IndicatorKind::Rsi,
            name: "RSI 14".into(),
            line: "RSI".into(),
            source: None,
            length: Some(14),
            fast: None,
            slow: None,
            signal: None,
            deviations: None,
        };
        let check = |field, comparison, value: &str, indicator: Option<AlertIndicator>, expect: &str| {
            let condition = AlertCondition { field, comparison, value: value.parse().unwrap(), indicator };
            assert_eq!(words(text, &condition, increment), expect);
        };
        check(AlertField::Last, AlertComparison::Above, "1250.5", None, "Last is above 1,250.50");
        check(AlertField::ChangePercent, AlertComparison::Below, "-2", None, "Chg % is below \u{2212}2%");
        check(
            AlertField::Indicator,
            AlertComparison::CrossesUp,
            "70",
            Some(indicator),
            "RSI 14 (5m) crosses up 70",
        );
    }
}
