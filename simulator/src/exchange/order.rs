//! An order as the exchange's books have it, and what is told of it.

use domain::order::{Side, Terms};
use engine::matching::Liquidity;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::line;

/// What a client wants placed or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Who places it; 0 with the order id 0 is somebody at the broker's own screen.
    pub client_id: i32,
    /// The client's number of it.
    pub order_id: i32,
    /// Whose money; empty means the first account.
    pub account: String,
    /// What is traded.
    pub con_id: i32,
    /// The client's own words, echoed for ever (`orderRef`).
    pub reference: String,
    /// What is asked for.
    pub terms: Terms,
    /// Whether it is sent to the market, or only kept.
    pub transmit: Transmit,
    /// What is kept to be echoed.
    pub echo: OrderEcho,
}

/// Whether an order is sent to the market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transmit {
    /// At once.
    #[default]
    Now,
    /// Not before it is changed to [`Self::Now`].
    Later,
}

/// What a client says of an order that changes nothing here, and is told back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderEcho {
    /// Where it is sent: `SMART`, `CME`.
    pub exchange: String,
    /// `O` or `C`; empty where nothing was said.
    pub open_close: String,
    /// How much of it others may see; zero for all of it.
    pub display_size: i32,
    /// Whether others may see it at all.
    pub hidden: bool,
    /// What triggers a stop.
    pub trigger_method: i32,
    /// The model that it belongs to.
    pub model_code: String,
}

/// How far an order has come, in the broker's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RowStatus {
    /// Sent on, and not acknowledged yet.
    PendingSubmit,
    /// Accepted, and waiting: for its trigger, for an auction, or for the market to open.
    PreSubmitted,
    /// At work.
    Submitted,
    /// About to be canceled.
    PendingCancel,
    /// Canceled, by its owner or by its own terms.
    Cancelled,
    /// Canceled before it was sent to the market.
    ApiCancelled,
    /// Done.
    Filled,
    /// Refused by the broker, or not sent yet.
    Inactive,
}

impl RowStatus {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingSubmit => "PendingSubmit",
            Self::PreSubmitted => "PreSubmitted",
            Self::Submitted => "Submitted",
            Self::PendingCancel => "PendingCancel",
            Self::Cancelled => "Cancelled",
            Self::ApiCancelled => "ApiCancelled",
            Self::Filled => "Filled",
            Self::Inactive => "Inactive",
        }
    }
}

/// Why something was refused: the broker's code, with the broker's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The code.
    pub code: i32,
    /// The text.
    pub message: String,
}

impl Refused {
    /// A refusal of this code with this text.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// The exchange's number of it: never changes, and is never used again.
    pub perm_id: i64,
    /// Who placed it.
    pub client_id: i32,
    /// The client's number of it.
    pub order_id: i32,
    /// Whose money.
    pub account: String,
    /// What is traded.
    pub con_id: i32,
    /// The client's own words.
    pub reference: String,
    /// What is asked for.
    #[serde(with = "line::terms")]
    pub terms: Terms,
    /// Whether it was sent to the market.
    pub transmit: Transmit,
    /// How far it has come.
    pub status: RowStatus,
    /// How much was done.
    #[serde(with = "line::text")]
    pub filled: Decimal,
    /// What is still to be done; of an ended order, what was left.
    #[serde(with = "line::text")]
    pub remaining: Decimal,
    /// The average price of what was done.
    #[serde(with = "line::maybe")]
    pub average_price: Option<Decimal>,
    /// The price of the last execution.
    #[serde(with = "line::maybe")]
    pub last_price: Option<Decimal>,
    /// Where a stop stands: of a trailing one, where it has come to.
    #[serde(with = "line::maybe")]
    pub stop: Option<Decimal>,
    /// Whether a stop was reached.
    pub triggered: bool,
    /// Until when it waits, where the market is not open for it.
    #[serde(with = "line::maybe")]
    pub held_until: Option<OffsetDateTime>,
    /// Why it waits, in the broker's word (`trigger` for a stop).
    pub why_held: Option<String>,
    /// All commissions so far, in dollars.
    #[serde(with = "line::maybe")]
    pub commission: Option<Decimal>,
    /// Why it was refused, or ended by itself.
    pub reject: Option<Refused>,
    /// When it was placed.
    #[serde(with = "line::text")]
    pub placed_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "line::text")]
    pub changed_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "line::maybe")]
    pub completed_at: Option<OffsetDateTime>,
    /// Counts its changes, from 1.
    pub version: u32,
    /// What is echoed.
    pub echo: OrderEcho,
}

impl OrderRow {
    /// Whether something can still happen to it.
    pub const fn is_open(&self) -> bool {
        self.completed_at.is_none()
    }
}

/// One execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The execution's id, in the broker's form: `0000e0d5.65a1b2c3.01.01`.
    pub execution_id: String,
    /// Of which order.
    pub perm_id: i64,
    /// Who placed it.
    pub client_id: i32,
    /// The client's number of it.
    pub order_id: i32,
    /// Whose money.
    pub account: String,
    /// What was traded.
    pub con_id: i32,
    /// The client's own words.
    pub reference: String,
    /// Whether it was bought or sold.
    #[serde(with = "line::text")]
    pub side: Side,
    /// How much.
    #[serde(with = "line::text")]
    pub quantity: Decimal,
    /// At which price.
    #[serde(with = "line::text")]
    pub price: Decimal,
    /// When.
    #[serde(with = "line::text")]
    pub at: OffsetDateTime,
    /// Where.
    pub exchange: String,
    /// How much of the order was done by then.
    #[serde(with = "line::text")]
    pub cumulative: Decimal,
    /// At which average price.
    #[serde(with = "line::text")]
    pub average_price: Decimal,
    /// Whether it waited in the book, or took what stood there.
    #[serde(with = "line::text")]
    pub liquidity: Liquidity,
    /// Its commission, in dollars.
    #[serde(with = "line::text")]
    pub commission: Decimal,
    /// The currency of the commission.
    pub commission_currency: String,
    /// The gain in dollars, less the commission; absent where nothing that was held is closed by it.
    #[serde(with = "line::maybe")]
    pub realized: Option<Decimal>,
}

/// What happened, in the exchange's order. It is in the ledger before it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerEvent {
    /// A new order was accepted.
    Accepted(OrderRow),
    /// An open order changed: its terms, or how far it has come. `Accepted` again for a changed order.
    Changed(OrderRow),
    /// Something was done; the row is as it stands after it.
    Executed {
        /// The order.
        row: OrderRow,
        /// The execution.
        fill: Box<Fill>,
    },
    /// An order ended, by a cancellation or by its own terms (then the row's `reject` says why).
    Cancelled(OrderRow),
    /// A new order was refused for want of money (201): it has a number, and is `Inactive` for ever.
    Rejected {
        /// The order.
        row: OrderRow,
        /// Why.
        refused: Refused,
    },
}

impl BrokerEvent {
    /// The order that it is about.
    pub const fn row(&self) -> &OrderRow {
        match self {
            Self::Accepted(row)
            | Self::Changed(row)
            | Self::Cancelled(row)
            | Self::Executed { row, .. }
            | Self::Rejected { row, .. } => row,
        }
    }
}

/// What an order would do to its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// What is needed to open positions: before, and after.
    pub initial_margin: (Decimal, Decimal),
    /// What is needed to keep them: before, and after.
    pub maintenance_margin: (Decimal, Decimal),
    /// What the account is worth: before, and after.
    pub equity_with_loan: (Decimal, Decimal),
    /// The commission, in dollars.
    pub commission: Decimal,
    /// The currency of the commission.
    pub commission_currency: String,
    /// What should be thought of before.
    pub warning: Option<String>,
}

/// Whose open orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Those of one client.
    Client(i32),
    /// Everybody's.
    All,
}

/// Which executions; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FillFilter {
    /// Of this client.
    pub client_id: Option<i32>,
    /// Of this account.
    pub account: Option<String>,
    /// Not before this moment; absent: since midnight UTC.
    pub since: Option<OffsetDateTime>,
    /// Of this contract.
    pub con_id: Option<i32>,
    /// Of this side.
    pub side: Option<Side>,
}
