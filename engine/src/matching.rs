//! Order matching: what becomes of orders while a market goes by.
//!
//! A [`Matcher`] holds the open orders of one listing, is led through its ticks, and says what happened to each order
//! ([`Event`]). The rules, in one place:
//!
//! - **Liquidity is what is displayed.** An order that arrives takes the other side's book from the best price on, level
//!   by level, as far as its limit allows. What stands at a price can be taken once; a new quote of a side brings new size.
//! - **A resting limit order** is done once the other side's best price reaches it, at its own limit, up to the size of the
//!   quote. Where several of ours wait for the same quote, the better limit goes first, then the older one.
//! - **Stops** are triggered by trades or, where nothing is printed (currencies), by the quote that the order would trade
//!   against. From then on a stop is a market order, a stop-limit order a limit order.
//! - **A trailing stop** follows the price that would trigger it, in its favour only.
//! - **Auctions** are made at one price, the first trade after the opening or the last one before the close, and take any
//!   size; an order whose limit does not allow the price ends.
//! - **Hours.** Outside of its hours an order waits, but for the end of its time ([`Calendar`]).
//!
//! Orders do not meet each other, and do not move the market.

mod auction;
mod calendar;
mod displayed;
mod matcher;
mod trigger;

pub use calendar::{Calendar, Phase, Session};
pub use matcher::Matcher;

use domain::order::Terms;
use rust_decimal::Decimal;
use time::OffsetDateTime;

/// An order, as far as matching knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whatever the caller calls it.
    pub id: i64,
    /// What is asked for.
    pub terms: Terms,
    /// How much was done before.
    pub filled: Decimal,
    /// Where its stop has come to, where it is known.
    pub stop: Option<Decimal>,
    /// Whether its stop was reached before.
    pub triggered: bool,
    /// Since when it stands: its day is the one that ends after this.
    pub since: OffsetDateTime,
}

impl Entry {
    /// An order that was never matched before.
    pub fn new(id: i64, terms: Terms, since: OffsetDateTime) -> Self {
        let stop = terms.pricing().stop().map(domain::decimal::Price::value);
        Self { id, terms, filled: Decimal::ZERO, stop, triggered: false, since }
    }

    /// The same order with other terms: what was done stays done, and a stop that is not changed stays where it has come
    /// to.
    #[must_use]
    pub fn changed(&self, terms: Terms, since: OffsetDateTime) -> Self {
        let stops = |terms: &Terms| {
            let pricing = terms.pricing();
            (pricing.order_type(), pricing.stop(), pricing.trail())
        };
        let fresh = Self { filled: self.filled, ..Self::new(self.id, terms, since) };
        let is_same_stop = stops(&self.terms) == stops(&terms);
        if is_same_stop { Self { stop: self.stop, triggered: self.triggered, ..fresh } } else { fresh }
    }

    /// How much is still to be done.
    pub fn remaining(&self) -> Decimal {
        self.terms.quantity().value() - self.filled
    }
}

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// What.
    pub happening: Happening,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Its hours have begun.
    Begun,
    /// Its stop stands here now.
    StopMoved(Decimal),
    /// Its stop was reached.
    Triggered,
    /// So much of it was done.
    Filled {
        /// How much; more than zero.
        quantity: Decimal,
        /// At which price.
        price: Decimal,
        /// How.
        liquidity: Liquidity,
    },
    /// It is over, though not all of it was done.
    Ended(End),
}

/// Whether an order waited in the book, or took what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Liquidity {
    /// It waited.
    Added,
    /// It took.
    Removed,
}

/// Why an order is over by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Its day is over, or its last moment has come.
    Expired,
    /// It was to be done at once, and the rest of it, or all, could not be.
    NotAtOnce,
    /// The auction was made at a price that its limit does not allow, or not at all.
    NotInAuction,
}
