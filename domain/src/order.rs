//! Orders: what somebody wants bought or sold ([`Terms`]), and how far it has come ([`OrderStatus`]).
//!
//! An execution says what was done, a status only what is expected: [`Progress::advance`] keeps the two apart. What the
//! broker tells of an order is taken by its [`Book`]; what we tell the broker is a [`Command`], written down with the
//! order before anybody sends it.

use crate::named::named;

mod book;
mod check;
mod command;
mod halt;
mod orders;
mod record;
mod report;
mod status;
mod store;
mod terms;

pub use book::{Book, Happening};
pub use command::{
    Accepted, AllCanceled, CancelAll, Change, ChangeWanted, Changed, Claim, Claimed, Command, CommandKind,
    DISPATCH_WITHIN, Doubt, InDoubt, InputDigest, NewOrder, OrderClient, PlaceKey,
};
pub use halt::{HaltStore, TradingHalt};
pub use orders::{Orders, PlaceWanted};
pub use record::{BrokerSeat, Order, OrderId, OrderTerms};
pub use report::{Applied, BrokerKey, Described, Fact, NewExecution, OrderReport, Report, Reports};
pub use status::{Advance, Contradiction, OrderEvent, OrderStatus, Progress};
pub use store::{OrderDeskStore, OrderFilter, OrderStore};
pub use terms::{Hours, Pricing, Terms, TermsWanted, Trail};

/// Whether something is bought or sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Bought.
    Buy,
    /// Sold, whether it is owned or not.
    Sell,
}

named!(Side, "a side", [(Buy, "BUY"), (Sell, "SELL")]);

impl Side {
    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// At which price an order is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderType {
    /// At the best price there is.
    Market,
    /// At the limit or better.
    Limit,
    /// At the best price there is, once the market has reached the stop.
    Stop,
    /// At the limit or better, once the market has reached the stop.
    StopLimit,
    /// Like [`Self::Stop`], with a stop that follows the market at a distance and never goes back.
    TrailingStop,
    /// In the opening auction.
    MarketOnOpen,
    /// In the closing auction.
    MarketOnClose,
    /// In the closing auction, at the limit or better.
    LimitOnClose,
}

named!(
    OrderType,
    "an order type",
    [
        (Market, "MARKET"),
        (Limit, "LIMIT"),
        (Stop, "STOP"),
        (StopLimit, "STOP_LIMIT"),
        (TrailingStop, "TRAILING_STOP"),
        (MarketOnOpen, "MARKET_ON_OPEN"),
        (MarketOnClose, "MARKET_ON_CLOSE"),
        (LimitOnClose, "LIMIT_ON_CLOSE"),
    ]
);

/// How long an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeInForce {
    /// Until the end of the trading day.
    Day,
    /// Until it is canceled.
    Gtc,
    /// What cannot be done at once is canceled.
    Ioc,
    /// All at once, or nothing.
    Fok,
    /// Until a moment of one's choice.
    Gtd,
    /// In the opening auction only.
    Opg,
}

named!(
    TimeInForce,
    "a time in force",
    [(Day, "DAY"), (Gtc, "GTC"), (Ioc, "IOC"), (Fok, "FOK"), (Gtd, "GTD"), (Opg, "OPG")]
);

#[cfg(test)]
mod tests;
