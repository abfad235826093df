//! When an alert goes off.

use async_graphql::{Enum, InputObject, SimpleObject};
use domain::alert::{AlertIndicator as DomainIndicator, AlertSubject, PriceField};
use domain::error::{Refusal, RefusalCode};

use crate::graphql::bar::BarSize;
use crate::graphql::indicator::{IndicatorInput, IndicatorKind, PriceSource};
use crate::graphql::scalar::Decimal;

/// What an alert looks at.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertField {
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
    /// A line of an indicator over the live bars.
    Indicator,
}

impl AlertField {
    fn price(self) -> Option<PriceField> {
        Some(match self {
            Self::Last => PriceField::Last,
            Self::Bid => PriceField::Bid,
            Self::Ask => PriceField::Ask,
            Self::Change => PriceField::Change,
            Self::ChangePercent => PriceField::ChangePercent,
            Self::Indicator => return None,
        })
    }
}

impl From<PriceField> for AlertField {
    fn from(field: PriceField) -> Self {
        match field {
            PriceField::Last => Self::Last,
            PriceField::Bid => Self::Bid,
            PriceField::Ask => Self::Ask,
            PriceField::Change => Self::Change,
            PriceField::ChangePercent => Self::ChangePercent,
        }
    }
}

/// How the value is compared with the threshold. Only LIVE and DELAYED values count.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::alert::Comparison")]
pub enum AlertComparison {
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

/// A line of an indicator over the live bars.
#[derive(SimpleObject)]
pub struct AlertIndicator {
    /// How long the bars are.
    size: BarSize,
    /// Which statistic.
    kind: IndicatorKind,
    /// The kind with its parameters, as on a chart: `MACD 12 26 9`.
    name: String,
    /// Which of its lines.
    line: &'static str,
    /// Which price of a bar is looked at; null where the kind has no choice.
    source: Option<PriceSource>,
    /// How many bars it spans; null where the kind has no such parameter.
    length: Option<i32>,
    /// The bars of the fast average; null where the kind has no such parameter.
    fast: Option<i32>,
    /// The bars of the slow average, or of the smoothing; null where the kind has no such parameter.
    slow: Option<i32>,
    /// The bars of the signal line; null where the kind has no such parameter.
    signal: Option<i32>,
    /// How far a band is from its middle; null where the kind has no bands.
    deviations: Option<Decimal>,
}

impl From<DomainIndicator> for AlertIndicator {
    fn from(subject: DomainIndicator) -> Self {
        let parameters = subject.indicator.parameters();
        Self {
            size: subject.size.into(),
            kind: subject.indicator.kind().into(),
            name: subject.indicator.name(),
            line: subject.line(),
            source: parameters.source.map(Into::into),
            length: parameters.length,
            fast: parameters.fast,
            slow: parameters.slow,
            signal: parameters.signal,
            deviations: parameters.deviations.map(Into::into),
        }
    }
}

/// What must hold for an alert to go off.
#[derive(SimpleObject)]
pub struct AlertCondition {
    /// What is looked at.
    field: AlertField,
    /// How it is compared.
    comparison: AlertComparison,
    /// With what: a price, a difference, a percentage, or a value of the indicator.
    value: Decimal,
    /// Which indicator, where `field` is INDICATOR.
    indicator: Option<AlertIndicator>,
}

impl From<domain::alert::AlertCondition> for AlertCondition {
    fn from(condition: domain::alert::AlertCondition) -> Self {
        let (field, indicator) = match condition.subject {
            AlertSubject::Price(field) => (field.into(), None),
            AlertSubject::Indicator(indicator) => (AlertField::Indicator, Some(indicator.into())),
        };
        let (comparison, value) = (condition.comparison.into(), condition.threshold.into());
        Self { field, comparison, value, indicator }
    }
}

/// A line of an indicator over the live bars.
#[derive(InputObject)]
pub struct AlertIndicatorInput {
    /// How long the bars are.
    size: BarSize,
    /// The indicator.
    indicator: IndicatorInput,
    /// Which of its lines; the first where it is left out.
    line: Option<String>,
}

/// What must hold for an alert to go off.
#[derive(InputObject)]
pub struct AlertConditionInput {
    /// What is looked at.
    field: AlertField,
    /// How it is compared.
    comparison: AlertComparison,
    /// With what: a price, a difference, a percentage, or a value of the indicator.
    value: Decimal,
    /// Which indicator, where `field` is INDICATOR; else left out.
    indicator: Option<AlertIndicatorInput>,
}

impl AlertConditionInput {
    /// The condition that is meant.
    pub fn parse(self) -> Result<domain::alert::AlertCondition, Refusal> {
        let refuse = |message| Err(Refusal::of("indicator", RefusalCode::Invalid, message));
        let subject = match (self.field.price(), self.indicator) {
            (Some(field), None) => AlertSubject::Price(field),
            (Some(_), Some(_)) => return refuse("leave 'indicator' out, or ask for the field INDICATOR"),
            (None, None) => return refuse("name the indicator that the alert looks at"),
            (None, Some(given)) => {
                let indicator = given.indicator.parse()?;
                let line = given.line.as_deref();
                AlertSubject::Indicator(DomainIndicator::new(given.size.into(), indicator, line)?)
            }
        };
        let (comparison, threshold) = (self.comparison.into(), self.value.0);
        Ok(domain::alert::AlertCondition { subject, comparison, threshold })
    }
}
