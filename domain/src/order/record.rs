//! An order as it is kept.

use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Contradiction, OrderStatus, Pricing, Progress, Side, Terms};
use crate::account::AccountId;
use crate::decimal::{Price, Quantity};
use crate::instrument::InstrumentId;
use crate::user::UserId;

/// What our references begin with.
const MARK: &str = "tg:";

/// The id of an order (UUID version 7): later ones have greater ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub Uuid);

impl OrderId {
    /// What the broker is told to call it (`orderRef`), and tells us again.
    pub fn reference(self) -> String {
        format!("{MARK}{}", self.0.simple())
    }

    /// The order that a reference names, where it is one of ours.
    pub fn of_reference(reference: &str) -> Option<Self> {
        Uuid::try_parse(reference.strip_prefix(MARK)?).ok().map(Self)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What an order asks for, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderTerms {
    /// What one of our own orders could ask for.
    Known(Terms),
    /// What was asked for elsewhere, in words that we do not have.
    Foreign {
        /// Whether it is bought or sold.
        side: Side,
        /// How much.
        quantity: Quantity,
        /// The rest in the broker's words; none where the order is known by its executions alone, and the quantity is
        /// theirs.
        words: Option<String>,
    },
}

impl OrderTerms {
    /// Whether it is bought or sold.
    pub const fn side(&self) -> Side {
        match self {
            Self::Known(terms) => terms.side(),
            Self::Foreign { side, .. } => *side,
        }
    }

    /// How much.
    pub const fn quantity(&self) -> Quantity {
        match self {
            Self::Known(terms) => terms.quantity(),
            Self::Foreign { quantity, .. } => *quantity,
        }
    }

    /// The terms, where they are such as our own orders have.
    pub const fn known(&self) -> Option<&Terms> {
        match self {
            Self::Known(terms) => Some(terms),
            Self::Foreign { .. } => None,
        }
    }

    /// Whether these ask for the same. A trailing stop moves by itself, so that where it stands makes no difference.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(one), Self::Known(other)) => {
                let unmoved = |terms: &Terms| match terms.pricing() {
                    Pricing::TrailingStop { trail, .. } => Pricing::TrailingStop { trail, stop: None },
                    pricing => pricing,
                };
                unmoved(one) == unmoved(other)
                    && (one.side(), one.quantity()) == (other.side(), other.quantity())
                    && (one.time_in_force(), one.good_till()) == (other.time_in_force(), other.good_till())
                    && one.hours() == other.hours()
            }
            _ => self == other,
        }
    }
}

/// Where the broker knows an order as ours: the client that placed it, and that client's number of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BrokerSeat {
    /// The client.
    pub client_id: i32,
    /// Its number of the order. Never used for another.
    pub order_id: i32,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Ours.
    pub id: OrderId,
    /// For which account.
    pub account: AccountId,
    /// What is bought or sold.
    pub instrument: InstrumentId,
    /// Who placed it with us; none where it was placed elsewhere.
    pub placed_by: Option<UserId>,
    /// The order that the broker refused, and that this one repeats with the refusal overridden.
    pub confirms: Option<OrderId>,
    /// What it asks for.
    pub terms: OrderTerms,
    /// What a change asks for that is on its way.
    pub replacement: Option<Terms>,
    /// How far it has come.
    pub status: OrderStatus,
    /// Why it came to that: the broker's words, or ours.
    pub reason: Option<String>,
    /// What overrides the broker's refusal, in the broker's words; none where nothing does.
    pub overridable: Option<String>,
    /// How much was done: the sum of its executions.
    pub filled: Quantity,
    /// At which average price, to eight places.
    pub average_price: Option<Price>,
    /// The last thing that did not fit.
    pub contradiction: Option<Contradiction>,
    /// Where the broker knows it; none before it is sent, or where a person placed it at the broker's own screen.
    pub seat: Option<BrokerSeat>,
    /// The broker's own numbers of it, the least first; a change may give it another.
    pub perm_ids: Vec<i64>,
    /// When it was made, or adopted.
    pub created_at: OffsetDateTime,
    /// When it was handed out to be sent.
    pub sent_at: Option<OffsetDateTime>,
    /// When anything of it last changed.
    pub updated_at: OffsetDateTime,
    /// Grows with each change of what is asked for. What was done of it does not make it another.
    pub version: u32,
}

impl Order {
    /// Whether it was placed elsewhere.
    pub const fn is_external(&self) -> bool {
        self.placed_by.is_none()
    }

    /// Where it stands.
    pub const fn progress(&self) -> Progress {
        Progress { status: self.status, quantity: self.terms.quantity(), filled: self.filled }
    }

    /// Forgets what a change asks for, where none can be on its way any more.
    pub(super) fn forget_replacement(&mut self) {
        use OrderStatus::{PendingCancel, PendingReplace, Unknown};
        if !matches!(self.status, PendingReplace | PendingCancel | Unknown) {
            self.replacement = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::order::{Hours, OrderType, TermsWanted, TimeInForce, Trail};

    #[test]
    fn a_reference_names_its_order() {
        let id = OrderId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
        assert!(id.reference().len() < 40, "longer ones may be cut");
        assert_eq!(OrderId::of_reference(&id.reference()), Some(id));
        for foreign in ["", "tg:", "tg:my strategy", "01920000-0000-7000-8000-000000000001"] {
            assert_eq!(OrderId::of_reference(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_stop_that_trails_is_no_change() {
        let trailing = |stop: Option<i64>, amount: i64| {
            let wanted = TermsWanted {
                side: Side::Sell,
                quantity: Decimal::TEN,
                order_type: OrderType::TrailingStop,
                limit: None,
                stop: stop.map(|stop| Price::new(stop.into())),
                trail: Some(Trail::Amount(amount.into())),
                time_in_force: Some(TimeInForce::Gtc),
                good_till: None,
                hours: Hours::Regular,
            };
            OrderTerms::Known(Terms::check(&wanted).unwrap())
        };
        assert!(trailing(None, 1).asks_the_same(&trailing(Some(99), 1)));
        assert!(!trailing(None, 1).asks_the_same(&trailing(None, 2)));
    }
}
