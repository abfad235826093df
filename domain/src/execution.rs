//! Executions: what was bought or sold, piece by piece. They alone say how much of an order was done.

use std::fmt;

use async_trait::async_trait;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::AccountId;
use crate::decimal::{Price, Quantity};
use crate::instrument::InstrumentId;
use crate::order::{OrderId, Side};
use crate::page::{Found, Page};
use crate::store::StoreError;
use crate::world::{ConnectionId, Environment};

/// Our id of an execution: the same for an execution and all its corrections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExecutionId(Uuid);

impl ExecutionId {
    /// The id of what the broker of this connection calls so.
    pub fn derive(connection: &ConnectionId, environment: Environment, broker: &BrokerExecutionId) -> Self {
        const NAMESPACE: Uuid = Uuid::from_u128(0x61f2_8c4e_0b3d_4a6f_b7d5_19e8_a204_c6f1);
        let name = format!("{connection}:{environment}:{}", broker.stem());
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    /// An id read back from where we wrote it.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The id as a UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The broker's id of an execution: `0001f4e5.58bbad52.01.02`. What has the same id but for greater digits after the
/// last dot is a correction, and stands in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrokerExecutionId(String);

impl BrokerExecutionId {
    /// What the broker calls so.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What an execution and its corrections have in common.
    pub fn stem(&self) -> &str {
        self.split().map_or(&self.0, |(stem, _)| stem)
    }

    /// Which of them it is; later ones are greater.
    pub fn revision(&self) -> u32 {
        self.split().map_or(0, |(_, revision)| revision)
    }

    fn split(&self) -> Option<(&str, u32)> {
        let (stem, digits) = self.0.rsplit_once('.')?;
        Some((stem, digits.parse().ok()?))
    }
}

/// What an execution cost, and what was gained by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commission {
    /// Of which execution.
    pub execution: BrokerExecutionId,
    /// How much; less than zero where the broker pays.
    pub amount: Decimal,
    /// In which currency, ISO 4217.
    pub currency: String,
    /// What was gained, where something was closed.
    pub realized_pnl: Option<Decimal>,
}

/// Something that was bought or sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Ours.
    pub id: ExecutionId,
    /// The broker's, of the last correction.
    pub broker_id: BrokerExecutionId,
    /// Of which order.
    pub order: OrderId,
    /// For whom.
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
    /// What it cost; told after it, or before.
    pub commission: Option<Commission>,
}

/// Where an execution stands in the list: by time, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionCursor {
    /// When it was.
    pub at: OffsetDateTime,
    /// Its id.
    pub id: ExecutionId,
}

/// Which executions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// Those of these accounts; nothing where there is none.
    pub accounts: Vec<AccountId>,
    /// Only those of this order.
    pub order: Option<OrderId>,
    /// Only those of this instrument.
    pub instrument: Option<InstrumentId>,
    /// Only those of this side.
    pub side: Option<Side>,
    /// Only those from this moment on.
    pub from: Option<OffsetDateTime>,
    /// Only those before this moment.
    pub to: Option<OffsetDateTime>,
}

/// Where executions are read. Who may see them is the caller's to ask.
#[async_trait]
pub trait ExecutionStore: Send + Sync {
    /// These; others are left out.
    async fn find(&self, ids: &[ExecutionId]) -> Result<Vec<Execution>, StoreError>;

    /// All of these orders, oldest first.
    async fn of_orders(&self, orders: &[OrderId]) -> Result<Vec<Execution>, StoreError>;

    /// A page, newest first.
    async fn list(
        &self,
        filter: &ExecutionFilter,
        page: &Page<ExecutionCursor>,
    ) -> Result<Found<Execution>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_have_a_stem_in_common() {
        let cases = [
            ("0001f4e5.58bbad52.01.01", "0001f4e5.58bbad52.01", 1),
            ("0001f4e5.58bbad52.01.12", "0001f4e5.58bbad52.01", 12),
            ("U+1", "U+1", 0),
            ("a.b", "a.b", 0),
            ("a.", "a.", 0),
        ];
        for (text, stem, revision) in cases {
            let id = BrokerExecutionId::new(text);
            assert_eq!((id.stem(), id.revision()), (stem, revision), "{text}");
        }
        let id = |text| {
            ExecutionId::derive(&ConnectionId::new("ib"), Environment::Paper, &BrokerExecutionId::new(text))
        };
        assert_eq!(id("a.01"), id("a.02"));
        assert_ne!(id("a.01"), id("b.01"));
    }
}
