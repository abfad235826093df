//! The scalars of the contract: exact decimals and instants.

use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::schema;

/// An exact decimal number; a string on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(pub rust_decimal::Decimal);

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self(rust_decimal::Decimal::ZERO);

    /// The nearest float, for drawing and for nothing else.
    pub fn for_drawing(self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }
}

impl FromStr for Decimal {
    type Err = rust_decimal::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        rust_decimal::Decimal::from_str(text).map(Self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

cynic::impl_scalar!(Decimal, schema::Decimal);

/// An instant, in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(i64);

impl DateTime {
    /// The instant that is so many milliseconds after 1970-01-01 UTC.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01 UTC.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
        let millis = i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000));
        millis.map(Self).map_err(de::Error::custom)
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let nanos = i128::from(self.0) * 1_000_000;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(S::Error::custom)?;
        serializer.serialize_str(&moment.format(&Rfc3339).map_err(S::Error::custom)?)
    }
}

cynic::impl_scalar!(DateTime, schema::DateTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit_both_ways() {
        for text in ["187.30", "0.00005", "-12", "7922816251426433759354395033.5"] {
            let decimal: Decimal = serde_json::from_value(text.into()).unwrap();
            assert_eq!(serde_json::to_value(decimal).unwrap(), text);
        }
        assert!(serde_json::from_str::<Decimal>("1.5").is_err(), "a number is no decimal");
        assert!(serde_json::from_str::<Decimal>("\"1,5\"").is_err());
    }

    #[test]
    fn instants_are_read_in_any_zone_and_written_in_utc() {
        let check = |text: &str, millis: i64, written: &str| {
            let instant: DateTime = serde_json::from_value(text.into()).unwrap();
            assert_eq!(instant.millis(), millis, "{text}");
            assert_eq!(serde_json::to_value(instant).unwrap(), written);
        };
        check("2026-11-22T19:35:08.123Z", 1_795_376_108_123, "2026-11-22T19:35:08.123Z");
        check("2026-11-22T20:35:08+01:00", 1_795_376_108_000, "2026-11-22T19:35:08Z");
        check("1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z");
        assert_eq!(DateTime::from_millis(-1).seconds(), -1);
    }
}
