//! How exact values are written in the ledger's lines: decimals and moments as text, order terms by their own names.

use domain::decimal::Price;
use domain::order::{Hours, OrderType, Side, Terms, TermsWanted, TimeInForce, Trail};
use engine::matching::Liquidity;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is written as one word.
pub(super) trait Word: Sized {
    fn write(&self) -> String;
    fn read(word: &str) -> Result<Self, String>;
}

impl Word for Decimal {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(word: &str) -> Result<Self, String> {
        word.parse().map_err(|_| format!("'{word}' is no number"))
    }
}

impl Word for OffsetDateTime {
    fn write(&self) -> String {
        self.format(&Rfc3339).unwrap_or_default()
    }

    fn read(word: &str) -> Result<Self, String> {
        Self::parse(word, &Rfc3339).map_err(|_| format!("'{word}' is no moment"))
    }
}

impl Word for Side {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }

    fn read(word: &str) -> Result<Self, String> {
        word.parse()
    }
}

impl Word for Liquidity {
    fn write(&self) -> String {
        match self {
            Self::Added => "ADDED",
            Self::Removed => "REMOVED",
        }
        .to_owned()
    }

    fn read(word: &str) -> Result<Self, String> {
        match word {
            "ADDED" => Ok(Self::Added),
            "REMOVED" => Ok(Self::Removed),
            _ => Err(format!("'{word}' is no liquidity")),
        }
    }
}

/// A value as one word.
pub(super) mod text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Word;

    pub(in super::super) fn serialize<T: Word, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.write())
    }

    pub(in super::super) fn deserialize<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        T::read(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A value as one word, or nothing.
pub(super) mod maybe {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Word;

    #[expect(clippy::ref_option, reason = "serde hands the field over like this")]
    pub(in super::super) fn serialize<T: Word, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Word::write).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let word: Option<String> = Option::deserialize(from)?;
        word.map(|word| T::read(&word).map_err(D::Error::custom)).transpose()
    }
}

/// The terms of an order.
pub(super) mod terms {
    use domain::order::Terms;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TermsLine;

    pub(in super::super) fn serialize<S: Serializer>(terms: &Terms, to: S) -> Result<S::Ok, S::Error> {
        TermsLine::of(terms).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Terms, D::Error> {
        TermsLine::deserialize(from)?.terms().map_err(D::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
struct TermsLine {
    #[serde(with = "text")]
    side: Side,
    #[serde(with = "text")]
    quantity: Decimal,
    order_type: String,
    #[serde(with = "maybe")]
    limit: Option<Decimal>,
    #[serde(with = "maybe")]
    stop: Option<Decimal>,
    #[serde(with = "maybe")]
    trail_amount: Option<Decimal>,
    #[serde(with = "maybe")]
    trail_percent: Option<Decimal>,
    time_in_force: String,
    #[serde(with = "maybe")]
    good_till: Option<OffsetDateTime>,
    extended_hours: bool,
}

impl TermsLine {
    fn of(terms: &Terms) -> Self {
        let pricing = terms.pricing();
        let (trail_amount, trail_percent) = match pricing.trail() {
            Some(Trail::Amount(amount)) => (Some(amount), None),
            Some(Trail::Percent(percent)) => (None, Some(percent)),
            None => (None, None),
        };
        Self {
            side: terms.side(),
            quantity: terms.quantity().value(),
            order_type: pricing.order_type().as_str().to_owned(),
            limit: pricing.limit().map(Price::value),
            stop: pricing.stop().map(Price::value),
            trail_amount,
            trail_percent,
            time_in_force: terms.time_in_force().as_str().to_owned(),
            good_till: terms.good_till(),
            extended_hours: terms.hours() == Hours::Extended,
        }
    }

    fn terms(&self) -> Result<Terms, String> {
        let amount = self.trail_amount.map(Trail::Amount);
        let wanted = TermsWanted {
            side: self.side,
            quantity: self.quantity,
            order_type: self.order_type.parse::<OrderType>()?,
            limit: self.limit.map(Price::new),
            stop: self.stop.map(Price::new),
            trail: amount.or_else(|| self.trail_percent.map(Trail::Percent)),
            time_in_force: Some(self.time_in_force.parse::<TimeInForce>()?),
            good_till: self.good_till,
            hours: if self.extended_hours { Hours::Extended } else { Hours::Regular },
        };
        Terms::check(&wanted).map_err(|refusal| refusal.message)
    }
}
