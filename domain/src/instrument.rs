//! What can be quoted and traded.

use std::fmt;

use async_trait::async_trait;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::named::named;
use crate::store::StoreError;
use crate::world::{ConnectionId, Environment};

/// Our id of an instrument. It is computed from the connection, the environment and the broker's own
/// id, so that two nodes that meet the same contract name it alike without asking each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstrumentId(Uuid);

impl InstrumentId {
    /// The id of the instrument that the broker calls `broker_id` on this connection.
    pub fn derive(connection: &ConnectionId, environment: Environment, broker_id: i64) -> Self {
        const NAMESPACE: Uuid = Uuid::from_u128(0x8f0a_6c1e_52d7_4b0b_9d7e_3f6a_1c84_e2b5);
        let name = format!("{connection}:{environment}:{broker_id}");
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

impl fmt::Display for InstrumentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What kind of thing an instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssetClass {
    /// A share of a company.
    Stock,
    /// An exchange-traded fund.
    Etf,
    /// A currency pair.
    Fx,
    /// A future.
    Future,
    /// An index: quoted, not traded.
    Index,
    /// An option.
    Option,
    /// A bond.
    Bond,
    /// A crypto currency.
    Crypto,
}

named!(
    AssetClass,
    "an asset class",
    [
        (Stock, "STOCK"),
        (Etf, "ETF"),
        (Fx, "FX"),
        (Future, "FUTURE"),
        (Index, "INDEX"),
        (Option, "OPTION"),
        (Bond, "BOND"),
        (Crypto, "CRYPTO"),
    ]
);

impl AssetClass {
    /// Whether its trades can be followed one by one: an index is computed, and currencies are traded everywhere.
    pub const fn has_tape(self) -> bool {
        !matches!(self, Self::Fx | Self::Index)
    }

    /// Whether trades are printed for it; where not, bars are made from the mid price.
    pub const fn prints_trades(self) -> bool {
        !matches!(self, Self::Fx)
    }
}

/// An instrument as one broker connection knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Ours.
    pub id: InstrumentId,
    /// The connection that knows it.
    pub connection: ConnectionId,
    /// The world it belongs to.
    pub environment: Environment,
    /// The broker's own id (Interactive Brokers: the contract id).
    pub broker_id: i64,
    /// The symbol as traders write it: `AAPL`, `EUR.USD`, `ESZ6`.
    pub symbol: String,
    /// The full name: `APPLE INC`.
    pub name: String,
    /// What kind of thing it is.
    pub asset_class: AssetClass,
    /// Where it is quoted: `SMART`, `IDEALPRO`, `CME`.
    pub exchange: String,
    /// Its home exchange, where the broker names one: `NASDAQ`.
    pub primary_exchange: Option<String>,
    /// The currency of its price, ISO 4217.
    pub currency: String,
    /// The smallest step of its price; more than zero.
    pub price_increment: Decimal,
    /// How many units of the underlying one contract stands for; 1 for shares.
    pub multiplier: Decimal,
    /// The IANA time zone of its trading day: `America/New_York`.
    pub time_zone: String,
}

/// Where known instruments are kept.
#[async_trait]
pub trait InstrumentStore: Send + Sync {
    /// Writes these instruments, replacing what was known of them.
    async fn put(&self, instruments: &[Instrument]) -> Result<(), StoreError>;

    /// The instruments of these ids, in no particular order; unknown ids are left out.
    async fn find(&self, ids: &[InstrumentId]) -> Result<Vec<Instrument>, StoreError>;
}
