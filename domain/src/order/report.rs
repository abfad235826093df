//! What the broker tells of orders, free of any wire.

use time::OffsetDateTime;

use super::{BrokerSeat, OrderId, OrderTerms, Side};
use crate::account::AccountId;
use crate::decimal::{Price, Quantity};
use crate::execution::{BrokerExecutionId, Commission};
use crate::instrument::InstrumentId;
use crate::world::{ConnectionId, Environment};

/// How the broker names an order: by what it tells of these, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerKey {
    /// Our reference, or what another program gave it for one.
    pub reference: Option<String>,
    /// The broker's own number; none where it has not given one yet (0).
    pub perm_id: Option<i64>,
    /// The client and its number; none for orders without one (0).
    pub seat: Option<BrokerSeat>,
}

/// What an order is, as the broker describes it: enough to adopt one that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// For which account.
    pub account: AccountId,
    /// What is bought or sold.
    pub instrument: InstrumentId,
    /// What is asked for.
    pub terms: OrderTerms,
}

/// An execution as the broker tells it. It describes its order as well, as far as it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExecution {
    /// The broker's id.
    pub id: BrokerExecutionId,
    /// For which account.
    pub account: AccountId,
    /// What.
    pub instrument: InstrumentId,
    /// Whether it was bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// Where, in the broker's word.
    pub exchange: String,
    /// When, by the broker's clock.
    pub at: OffsetDateTime,
}

/// What is told of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The broker has it among its open orders; where it is described, with these terms. A change that was asked for is
    /// taken when its terms are told.
    Open,
    /// Something was bought or sold.
    Executed(NewExecution),
    /// The change was refused: the order stands as it was.
    ReplaceRefused(String),
    /// The cancellation was refused: the order stands as it was.
    CancelRefused(String),
    /// It is canceled.
    Canceled(Option<String>),
    /// The broker refused it.
    Rejected {
        /// The broker's words.
        reason: String,
        /// What would override the refusal, where something would.
        overridable: Option<String>,
    },
    /// It ended by its own terms.
    Expired(Option<String>),
    /// It was looked for everywhere, long enough, and is not there.
    NotFound,
}

/// What the broker tells of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderReport {
    /// Which order.
    pub key: BrokerKey,
    /// What the order is, where that is told.
    pub described: Option<Described>,
    /// What is told of it.
    pub fact: Fact,
    /// What the order is called where it has to be adopted.
    pub adopted: OrderId,
}

impl OrderReport {
    /// What the order is: as it is described, or as an execution lets one know.
    pub fn description(&self) -> Option<Described> {
        let told = match &self.fact {
            Fact::Executed(execution) => Some(Described {
                account: execution.account,
                instrument: execution.instrument,
                terms: OrderTerms::Foreign {
                    side: execution.side,
                    quantity: execution.quantity,
                    words: None,
                },
            }),
            _ => None,
        };
        self.described.clone().or(told)
    }
}

/// Something that the broker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Of an order.
    Order(Box<OrderReport>),
    /// What an execution cost. It may come before the execution.
    Commission(Commission),
}

/// What the broker of one connection tells, in the order in which it was told; at most a few hundred at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Which broker.
    pub connection: ConnectionId,
    /// In which world.
    pub environment: Environment,
    /// When it was heard.
    pub at: OffsetDateTime,
    /// What.
    pub reports: Vec<Report>,
}

/// What became of reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The accounts that have new events.
    pub accounts: Vec<AccountId>,
    /// The places, among the reports, of those that are about an order which is not known and not described, or whose
    /// account is not known: asking the broker for all its orders tells of it.
    pub unmatched: Vec<usize>,
}
