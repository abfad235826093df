//! Numbers as the screen shows them: exact decimals in, text out, never through a float.

use rust_decimal::{Decimal as Number, RoundingStrategy};

use crate::graphql::scalar::Decimal;

/// The typographic minus: as wide as a plus, unlike the hyphen.
const MINUS: char = '\u{2212}';

/// Which way a number points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Above zero, or above what it was.
    Up,
    /// Below.
    Down,
}

impl Direction {
    /// The way from one value to another; none where they are equal.
    pub fn between(from: Decimal, to: Decimal) -> Option<Self> {
        match from.cmp(&to) {
            std::cmp::Ordering::Less => Some(Self::Up),
            std::cmp::Ordering::Greater => Some(Self::Down),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// The way from zero.
    pub fn of(value: Decimal) -> Option<Self> {
        Self::between(Decimal(Number::ZERO), value)
    }

    /// The class that colours it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// How many decimals prices with this step have.
pub fn scale_of(increment: Decimal) -> u32 {
    increment.0.normalize().scale().clamp(2, 10)
}

/// A price with this many decimals, its thousands grouped.
pub fn price(value: Decimal, scale: u32) -> String {
    grouped(value.0, scale)
}

/// A difference of prices, always with its sign.
pub fn change(value: Decimal, scale: u32) -> String {
    signed(value.0, scale)
}

/// A percentage with two decimals, always with its sign.
pub fn percent(value: Decimal) -> String {
    format!("{}%", signed(value.0, 2))
}

/// A size or a count: whole where it is whole, else with the decimals that it has.
pub fn size(value: Decimal) -> String {
    let value = value.0.normalize();
    grouped(value, value.scale())
}

/// A large number in short: `12.3M`.
pub fn compact(value: Decimal) -> String {
    let thousand = Number::ONE_THOUSAND;
    let mut scaled = value.0;
    let mut unit = "";
    for next in ["K", "M", "B", "T"] {
        if scaled.abs() < thousand {
            break;
        }
        scaled /= thousand;
        unit = next;
    }
    let digits = if unit.is_empty() { scaled.normalize().scale().min(2) } else { 2 };
    format!("{}{unit}", grouped(scaled, digits))
}

/// How long ago, in short.
pub fn age(millis: i64) -> String {
    match millis.max(0) / 1_000 {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3_600 => format!("{}m", seconds / 60),
        seconds @ 3_600..86_400 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// A number as people type it: with a plus or a typographic minus, its thousands grouped by commas; none where it is no
/// number. A comma that does not group is not taken for one: `187,34` is no number, rather than a hundred times too much.
pub fn typed(text: &str) -> Option<Decimal> {
    let plain = text.trim().replace(MINUS, "-");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default().trim_start_matches(['+', '-']);
    let is_grouped = whole.contains(',');
    let leads = !is_grouped || (1..=3).contains(&first.len());
    if fraction.contains(',') || !leads || groups.any(|group| group.len() != 3) {
        return None;
    }
    plain.replace(',', "").parse().ok()
}

fn signed(value: Number, scale: u32) -> String {
    let text = grouped(value, scale);
    if value > Number::ZERO && text.chars().any(|digit| ('1'..='9').contains(&digit)) {
        format!("+{text}")
    } else {
        text
    }
}

fn grouped(value: Number, scale: u32) -> String {
    let mut rounded = value.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(scale);
    let text = rounded.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut result = String::with_capacity(text.len() + 6);
    if rounded < Number::ZERO {
        result.push(MINUS);
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    if !fraction.is_empty() {
        result.push('.');
        result.push_str(fraction);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn prices_have_the_decimals_of_their_step() {
        let check = |value: &str, increment: &str, expect: &str| {
            assert_eq!(price(decimal(value), scale_of(decimal(increment))), expect, "{value} by {increment}");
        };
        check("187.3", "0.01", "187.30");
        check("1234567.891", "0.01", "1,234,567.89");
        check("1.0846", "0.00005", "1.08460");
        check("6712.25", "0.25", "6,712.25");
        check("12", "1", "12.00");
        check("-37.63", "0.01", "\u{2212}37.63");
        check("0.005", "0.01", "0.01");
        check("999.995", "0.010", "1,000.00");
    }

    #[test]
    fn a_change_always_has_its_sign() {
        let check = |value: &str, expect: &str| assert_eq!(change(decimal(value), 2), expect, "{value}");
        check("1.2", "+1.20");
        check("-0.5", "\u{2212}0.50");
        check("0", "0.00");
        check("0.001", "0.00");
        check("-0.001", "0.00");
        assert_eq!(percent(decimal("1.2345")), "+1.23%");
    }

    #[test]
    fn sizes_and_volumes_are_short() {
        let check = |value: &str, expect: &str| assert_eq!(compact(decimal(value)), expect, "{value}");
        check("0", "0");
        check("950", "950");
        check("12300", "12.30K");
        check("45678900", "45.68M");
        check("1000000000", "1.00B");
        assert_eq!(size(decimal("1500.000")), "1,500");
        assert_eq!(size(decimal("0.25")), "0.25");
    }

    #[test]
    fn a_typed_number_is_taken_as_meant_or_not_at_all() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(typed(text), expect.map(decimal), "{text}");
        check(" 187.34 ", Some("187.34"));
        check("+12", Some("12"));
        check("\u{2212}1,234.5", Some("-1234.5"));
        check("1,234,567", Some("1234567"));
        check("187,34", None);
        check("1,2345", None);
        check("1234,567", None);
        check(",500", None);
        check("1.234,5", None);
        check("12,", None);
        check("", None);
        check("12 3", None);
        check("5O", None);
    }

    #[test]
    fn ages_are_in_one_unit() {
        let check = |millis: i64, expect: &str| assert_eq!(age(millis), expect, "{millis}");
        check(-5, "0s");
        check(59_999, "59s");
        check(60_000, "1m");
        check(7_200_000, "2h");
        check(172_800_000, "2d");
    }

    #[test]
    fn a_direction_needs_a_difference() {
        assert_eq!(Direction::of(decimal("0.00")), None);
        assert_eq!(Direction::of(decimal("-1")), Some(Direction::Down));
        assert_eq!(Direction::between(decimal("1"), decimal("1.01")), Some(Direction::Up));
    }
}
