//! Scalars of our own: exact decimals and instants, both as strings.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::decimal::{Price, Quantity};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// An exact decimal number in plain notation, always a string: `"187.34"`. Never goes through a float. At most 28 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub rust_decimal::Decimal);

/// The most digits that the number type holds exactly.
const MAX_DIGITS: usize = 28;

impl Decimal {
    fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || whole.len() + fraction.len() > MAX_DIGITS + 1 {
            return None;
        }
        rust_decimal::Decimal::from_str_exact(text).ok().map(Self)
    }
}

/// An exact decimal number in plain notation, always a string: `"187.34"`. Never goes through a float. At most 28 digits.
#[Scalar(name = "Decimal", specified_by_url = "https://scalars.graphql.org/chillicream/decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Self::from_text(text).ok_or_else(|| {
            InputValueError::custom(
                "write a number of at most 28 digits in plain notation, such as \"187.34\"",
            )
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<Price> for Decimal {
    fn from(price: Price) -> Self {
        Self(price.value())
    }
}

impl From<Quantity> for Decimal {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.value())
    }
}

impl From<rust_decimal::Decimal> for Decimal {
    fn from(value: rust_decimal::Decimal) -> Self {
        Self(value)
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

/// An instant in UTC, RFC 3339: `2026-11-22T19:35:08.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub OffsetDateTime);

/// An instant in UTC, RFC 3339: `2026-11-22T19:35:08.123Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .and_then(|moment| moment.checked_to_offset(UtcOffset::UTC))
            .filter(|moment| (1900..=2200).contains(&moment.year()))
            .map(Self)
            .ok_or_else(|| {
                InputValueError::custom(
                    "write an instant between 1900 and 2200 such as \"2026-11-22T19:35:08Z\"",
                )
            })
    }

    fn to_value(&self) -> Value {
        // Formatting fails only for years past 9999, which no source of ours yields.
        Value::String(self.0.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default())
    }
}

impl From<OffsetDateTime> for DateTime {
    fn from(moment: OffsetDateTime) -> Self {
        Self(moment)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[test]
    fn a_decimal_is_a_plain_string() {
        let good = [
            "0",
            "187.34",
            "-37.630",
            "100.00",
            "0.0000000000000000000000000001",
            "9999999999999999999999999999",
        ];
        for text in good {
            let parsed = <Decimal as ScalarType>::parse(Value::from(text)).unwrap();
            assert_eq!(ScalarType::to_value(&parsed), Value::from(text), "{text}");
        }
        let bad =
            ["", "-", ".5", "5.", "1e3", "+1", "1_000", "0x1", "NaN", " 1", "1,5", "١", &"9".repeat(30)];
        for text in bad {
            assert!(<Decimal as ScalarType>::parse(Value::from(text)).is_err(), "{text}");
        }
        for not_text in [value!(1), value!(1.5), value!(null), value!(true), value!(["1"])] {
            assert!(<Decimal as ScalarType>::parse(not_text).is_err());
        }
    }

    #[test]
    fn an_instant_is_told_in_utc() {
        let cases = [
            ("2026-11-22T19:35:08.123Z", Some("2026-11-22T19:35:08.123Z")),
            ("2026-11-22T20:35:08+01:00", Some("2026-11-22T19:35:08Z")),
            ("2026-11-22", None),
            ("2026-11-22 19:35", None),
            ("1899-12-31T23:59:59Z", None),
            ("9999-12-31T23:59:59-23:59", None),
            ("tomorrow", None),
        ];
        for (text, expected) in cases {
            let parsed = <DateTime as ScalarType>::parse(Value::from(text)).ok();
            assert_eq!(
                parsed.map(|moment| ScalarType::to_value(&moment)),
                expected.map(Value::from),
                "{text}"
            );
        }
        assert!(<DateTime as ScalarType>::parse(value!(1_700_000_000)).is_err());
    }
}
