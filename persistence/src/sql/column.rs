//! How moments and exact decimals are kept: in the same way on both databases.
//!
//! A moment is an integer of microseconds, which compares and sorts; SQLite would keep it as a text that
//! does not (`…00Z` sorts after `…00.5Z`). A decimal is a text: SQLite has no decimals (SeaORM reads them
//! through a float there), and Postgres' `NUMERIC`, though exact, comes back from the driver without the
//! scale of a zero. Nothing here adds or orders decimals in SQL; where something must, Postgres casts.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use domain::decimal::{Price, Quantity};
use rust_decimal::Decimal;
use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use time::OffsetDateTime;

use super::failure::{Failure, in_column};

/// A moment in microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, DeriveValueType)]
pub struct Moment(pub(super) i64);

impl Moment {
    /// The moment as a date and time in UTC.
    pub(super) fn time(self) -> Result<OffsetDateTime, Failure> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .map_err(|_| Failure::row("a moment is out of range"))
    }

    /// The first kept moment that is not before `time`: the bound of a half-open range.
    pub(super) fn not_before(time: OffsetDateTime) -> Self {
        let nanos = time.unix_timestamp_nanos();
        let up = i128::from(nanos.rem_euclid(1_000) != 0);
        Self::from_micros(nanos.div_euclid(1_000) + up)
    }

    fn from_micros(micros: i128) -> Self {
        // The range of `OffsetDateTime` is well inside 64 bits of microseconds.
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl From<OffsetDateTime> for Moment {
    /// Cut to whole microseconds.
    fn from(time: OffsetDateTime) -> Self {
        Self::from_micros(time.unix_timestamp_nanos().div_euclid(1_000))
    }
}

/// An exact decimal, with its scale: `1.50` comes back as `1.50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DeriveValueType)]
#[sea_orm(value_type = "String", column_type = "Text")]
pub struct Exact(pub(super) Decimal);

impl fmt::Display for Exact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Exact {
    type Err = rust_decimal::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Decimal::from_str_exact(text).map(Self)
    }
}

impl From<Price> for Exact {
    fn from(price: Price) -> Self {
        Self(price.value())
    }
}

impl From<Quantity> for Exact {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.value())
    }
}

impl Exact {
    /// The value as a price.
    pub(super) fn price(self) -> Price {
        Price::new(self.0)
    }

    /// The value as a quantity.
    pub(super) fn quantity(self) -> Result<Quantity, Failure> {
        Quantity::new(self.0).ok_or_else(|| Failure::row("a quantity is negative"))
    }
}

/// Bytes that are not for any eye: the hash of a secret, or a sealed one.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
#[sea_orm(column_type = "Blob")]
pub struct Hidden(pub(super) Vec<u8>);

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hidden(…)")
    }
}

/// SeaORM asks it of whatever is in a primary key.
impl TryFromU64 for Hidden {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Hidden"))
    }
}

impl From<[u8; 32]> for Hidden {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash.to_vec())
    }
}

/// The hash of a password, as text.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct HiddenText(pub(super) String);

impl fmt::Debug for HiddenText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HiddenText(…)")
    }
}

/// An internet address that is kept as text.
pub(super) fn address(text: Option<&str>, column: &'static str) -> Result<Option<IpAddr>, Failure> {
    text.map(str::parse).transpose().map_err(in_column(column))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_moment_is_kept_in_microseconds() {
        let time = datetime!(2026-11-22 13:47:38.123_456_789 UTC);
        let cut = datetime!(2026-11-22 13:47:38.123_456 UTC);
        assert_eq!(Moment::from(time).time().unwrap(), cut);
        assert_eq!(Moment::not_before(time).0, Moment::from(cut).0 + 1);
        assert_eq!(Moment::not_before(cut), Moment::from(cut));
        let before = datetime!(1969-12-31 23:59:59.5 UTC);
        assert_eq!(Moment::from(before).0, -500_000);
        assert_eq!(Moment::from(before).time().unwrap(), before);
    }

    #[test]
    fn a_decimal_keeps_its_digits_and_its_scale() {
        for text in ["79228162514264337593543950335", "0.0000000000000000000000000001", "0.00", "-37.630"] {
            assert_eq!(text.parse::<Exact>().unwrap().to_string(), text);
        }
        for text in ["", "1e5", "NaN", "0.00000000000000000000000000001"] {
            assert!(text.parse::<Exact>().is_err(), "{text}");
        }
    }
}
