//! Alerts: what a user wants to be told of a price, and what was told.
//!
//! The rules are in [`watch`]: pure, over values that the desk sees. An alert is watched by the leading desk alone; what
//! it says is an [`AlertEvent`], numbered per user, and goes out by the channels that the alert names.

use std::fmt;

use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::bar::BarSize;
use crate::error::Refusal;
use crate::indicator::Indicator;
use crate::instrument::{AssetClass, InstrumentId};
use crate::name;
use crate::named::named;
use crate::quote::QuoteValues;
use crate::user::UserId;
use crate::webhook::WebhookId;

mod alerts;
mod event;
mod life;
mod store;
mod watch;

pub use alerts::{AlertWanted, Alerts};
pub use event::{
    AlertEvent, AlertEventId, Delivery, DeliveryChannel, DeliveryId, DeliveryState, EVENTS_KEPT,
    EVENTS_KEPT_FOR, FailureText, Wording,
};
pub use store::{
    ActiveAlerts, AlertChange, AlertEventStore, AlertFilter, AlertStore, AlertWatchStore, Fired, Firing,
    Outcome, Pruned, Seen, Watched,
};
pub use watch::{Reading, Verdict, Watch};

/// The most alerts that a user keeps.
pub const MAX_ALERTS: u64 = 500;

/// How long an alert that goes off every time stays quiet afterwards.
pub const PAUSE: time::Duration = time::Duration::seconds(60);

/// The id of an alert (UUID version 7): later ones have greater ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertId(pub Uuid);

/// What a user called an alert: 1 to 100 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertName(String);

impl AlertName {
    /// Checks and trims a name that a person typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        name::parse(text, 100, "an alert").map(Self)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which price of an instrument an alert looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceField {
    /// The last trade; where none is printed, the mid price.
    Last,
    /// The best bid.
    Bid,
    /// The best offer.
    Ask,
    /// How far the last trade is from the previous close.
    Change,
    /// The same in percent of the previous close.
    ChangePercent,
}

named!(
    PriceField,
    "a price that an alert can look at",
    [(Last, "LAST"), (Bid, "BID"), (Ask, "ASK"), (Change, "CHANGE"), (ChangePercent, "CHANGE_PERCENT"),]
);

impl PriceField {
    /// What it is now of an instrument of this class, where it is known. The mid price stands in for the last trade only
    /// where none is ever printed: a share that was not traded yet has no last price.
    pub fn of(self, values: &QuoteValues, class: AssetClass) -> Option<Decimal> {
        let has_last = values.last.is_some() || !class.prints_trades();
        match self {
            Self::Last | Self::Change | Self::ChangePercent if !has_last => None,
            Self::Last => values.reference_price().map(crate::decimal::Price::value),
            Self::Bid => values.bid.map(|bid| bid.price.value()),
            Self::Ask => values.ask.map(|ask| ask.price.value()),
            Self::Change => values.change(),
            Self::ChangePercent => values.change_percent(),
        }
    }

    /// How a sentence names it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Bid => "bid",
            Self::Ask => "ask",
            Self::Change => "change",
            Self::ChangePercent => "change in percent",
        }
    }
}

/// What an alert looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertSubject {
    /// A price.
    Price(PriceField),
    /// A statistic over the live bars.
    Indicator(AlertIndicator),
}

/// A line of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertIndicator {
    /// How long the bars are.
    pub size: BarSize,
    /// The statistic.
    pub indicator: Indicator,
    line: usize,
}

impl AlertIndicator {
    /// The line of this name; the first where none is named.
    pub fn new(size: BarSize, indicator: Indicator, line: Option<&str>) -> Result<Self, Refusal> {
        Ok(Self { size, indicator, line: indicator.line(line)? })
    }

    /// The line's place among the indicator's values.
    pub fn place(&self) -> usize {
        self.line
    }

    /// The line's name.
    pub fn line(&self) -> &'static str {
        self.indicator.lines().get(self.line).copied().unwrap_or_default()
    }
}

impl AlertSubject {
    /// How a sentence names it.
    pub fn words(&self) -> String {
        match self {
            Self::Price(field) => field.words().to_owned(),
            Self::Indicator(AlertIndicator { size, indicator, line }) => {
                let name = format!("{} on {}", indicator.name(), size.as_str());
                match indicator.lines() {
                    [_] => name,
                    lines => format!("{name} {}", lines.get(*line).copied().unwrap_or_default()),
                }
            }
        }
    }
}

/// How the value is compared with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// It is greater; true at once where it is so already.
    Above,
    /// It is less; true at once where it is so already.
    Below,
    /// It was less, and is now the same or greater.
    CrossesUp,
    /// It was greater, and is now the same or less.
    CrossesDown,
    /// One of the two.
    Crosses,
}

named!(
    Comparison,
    "a comparison",
    [
        (Above, "ABOVE"),
        (Below, "BELOW"),
        (CrossesUp, "CROSSES_UP"),
        (CrossesDown, "CROSSES_DOWN"),
        (Crosses, "CROSSES"),
    ]
);

/// How often an alert goes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// Once; then it rests until it is resumed.
    Once,
    /// Each time that the condition becomes true, but not again within [`PAUSE`].
    EveryTime,
}

named!(Repeat, "a way to repeat", [(Once, "ONCE"), (EveryTime, "EVERY_TIME")]);

/// How an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlertState {
    /// It is watched.
    Active,
    /// Its owner told it to rest.
    Paused,
    /// It went off, and rests.
    Triggered,
    /// Its time is over.
    Expired,
    /// It cannot be watched any more; the alert's reason says why.
    Failed,
}

named!(
    AlertState,
    "a state of an alert",
    [
        (Active, "ACTIVE"),
        (Paused, "PAUSED"),
        (Triggered, "TRIGGERED"),
        (Expired, "EXPIRED"),
        (Failed, "FAILED"),
    ]
);

/// What must hold for an alert to go off.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertCondition {
    /// What is looked at.
    pub subject: AlertSubject,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub threshold: Decimal,
}

/// What a user wants to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Ours.
    pub id: AlertId,
    /// Whose.
    pub owner: UserId,
    /// Of what.
    pub instrument: InstrumentId,
    /// What its owner called it.
    pub name: Option<AlertName>,
    /// When it goes off.
    pub condition: AlertCondition,
    /// How often.
    pub repeat: Repeat,
    /// How it is.
    pub state: AlertState,
    /// Why it failed; of an active one, why it is not watched at the moment.
    pub reason: Option<String>,
    /// Whether it goes out by e-mail, where its owner has a confirmed address.
    pub email: bool,
    /// The webhook that it goes to.
    pub webhook: Option<WebhookId>,
    /// When its time is over.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last went off.
    pub triggered_at: Option<OffsetDateTime>,
    /// Grows with each change that its owner makes.
    pub version: u32,
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Above => "is above",
            Self::Below => "is below",
            Self::CrossesUp => "rose to or through",
            Self::CrossesDown => "fell to or through",
            Self::Crosses => "crossed",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;
    use crate::decimal::Price;
    use crate::quote::QuoteLevel;

    #[test]
    fn names_are_read_back() {
        fn check<T: Copy + fmt::Debug + PartialEq + FromStr<Err = String>>(all: &[(T, &str)]) {
            for (value, name) in all {
                assert_eq!(name.parse::<T>(), Ok(*value));
            }
            assert!("SOMETHING".parse::<T>().is_err());
        }
        check(PriceField::ALL);
        check(Comparison::ALL);
        check(Repeat::ALL);
        check(AlertState::ALL);
        check(DeliveryChannel::ALL);
        check(DeliveryState::ALL);
        assert_eq!(Comparison::CrossesUp.as_str(), "CROSSES_UP");
    }

    #[test]
    fn the_mid_price_stands_in_only_where_no_trades_are_printed() {
        let level = |price: &str| QuoteLevel { price: Price::new(price.parse().unwrap()), size: None };
        let values = QuoteValues {
            bid: Some(level("99")),
            ask: Some(level("101")),
            previous_close: Some(level("50").price),
            ..QuoteValues::default()
        };
        let looked = [
            (PriceField::Last, Some(Decimal::ONE_HUNDRED)),
            (PriceField::Change, Some(50.into())),
            (PriceField::ChangePercent, Some(100.into())),
        ];
        for (field, mid) in looked {
            assert_eq!(field.of(&values, AssetClass::Fx), mid, "{field:?}");
            assert_eq!(field.of(&values, AssetClass::Stock), None, "{field:?}");
            let traded = QuoteValues { last: Some(level("60")), ..values.clone() };
            assert!(field.of(&traded, AssetClass::Stock).is_some(), "{field:?}");
        }
        assert_eq!(PriceField::Bid.of(&values, AssetClass::Stock), Some(99.into()));
    }

    #[test]
    fn a_name_has_no_line_breaks() {
        assert_eq!(AlertName::parse("  breakout ").unwrap().as_str(), "breakout");
        for bad in ["", "  ", "a\r\nBcc: x", &"x".repeat(101)] {
            assert!(AlertName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
