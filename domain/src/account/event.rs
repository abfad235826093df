//! What happened in an account, numbered: whoever remembers the last number misses nothing.

use time::OffsetDateTime;

use crate::account::AccountId;
use crate::decimal::Quantity;
use crate::execution::ExecutionId;
use crate::instrument::InstrumentId;
use crate::named::named;
use crate::order::{Contradiction, OrderId, OrderStatus};

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountEventKind {
    /// An order was made, or changed.
    Order,
    /// Something was bought or sold, or what was told of it changed: a correction, a commission.
    Execution,
    /// A position has another size or average price.
    Position,
    /// The account's values changed; told when a snapshot of them is kept.
    Values,
    /// What the broker said of an order cannot be true together with what was known.
    Contradiction,
}

named!(
    AccountEventKind,
    "a kind of account event",
    [
        (Order, "ORDER"),
        (Execution, "EXECUTION"),
        (Position, "POSITION"),
        (Values, "VALUES"),
        (Contradiction, "CONTRADICTION"),
    ]
);

/// Something that happened in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    /// In which account.
    pub account: AccountId,
    /// 1, 2, 3 … within the account, without holes.
    pub number: u64,
    /// When it was written down.
    pub at: OffsetDateTime,
    /// What kind of thing.
    pub kind: AccountEventKind,
    /// The order that it is about.
    pub order: Option<OrderId>,
    /// How far that order had come then.
    pub status: Option<OrderStatus>,
    /// How much of it was done then.
    pub filled: Option<Quantity>,
    /// The execution that it is about.
    pub execution: Option<ExecutionId>,
    /// The instrument that it is about.
    pub instrument: Option<InstrumentId>,
    /// What does not fit, of a contradiction.
    pub contradiction: Option<Contradiction>,
    /// A sentence more, where there is one: the broker's words, or why something was not sent.
    pub text: Option<String>,
}
