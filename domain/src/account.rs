//! A broker's accounts: who may see and trade them, what they hold, what they are worth, and what happened in them.
//!
//! Nobody sees an account without a grant, administrators neither; they may grant one to themselves, and the audit log
//! tells of it.

use std::fmt;

use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::decimal::Price;
use crate::instrument::InstrumentId;
use crate::named::named;
use crate::user::UserId;
use crate::world::{ConnectionId, Environment};

mod accounts;
mod event;
mod store;

pub use accounts::Accounts;
pub(crate) use accounts::account_not_found;
pub use event::{AccountEvent, AccountEventKind};
pub use store::{AccountFeedStore, AccountStore, GrantChange, PositionsTold};

/// How far apart two kept snapshots of an account are at least.
pub const SNAPSHOT_EVERY: time::Duration = time::Duration::minutes(1);

/// The most points of one equity curve.
pub const MAX_EQUITY_POINTS: u32 = 5_000;

/// Our id of an account, computed from the connection, the environment and the broker's own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Uuid);

impl AccountId {
    /// The id of the account that the broker calls `code` on this connection.
    pub fn derive(connection: &ConnectionId, environment: Environment, code: &str) -> Self {
        const NAMESPACE: Uuid = Uuid::from_u128(0x2b6d_0f63_9c1a_4d57_8a41_77c0_5be9_e3d2);
        let name = format!("{connection}:{environment}:{code}");
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

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// An account at a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Ours.
    pub id: AccountId,
    /// The connection that knows it.
    pub connection: ConnectionId,
    /// Whether its money is real.
    pub environment: Environment,
    /// The broker's name of it: `DU1234567`.
    pub code: String,
}

impl Account {
    /// The account that the broker calls `code` on this connection.
    pub fn new(connection: ConnectionId, environment: Environment, code: impl Into<String>) -> Self {
        let code = code.into();
        Self { id: AccountId::derive(&connection, environment, &code), connection, environment, code }
    }
}

/// What somebody may do with an account; each includes those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountAccess {
    /// Seeing orders, positions and values.
    See,
    /// Placing, replacing and canceling orders.
    Trade,
}

named!(AccountAccess, "an access to an account", [(See, "SEE"), (Trade, "TRADE")]);

/// That somebody may do something with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// With which account.
    pub account: AccountId,
    /// Who.
    pub user: UserId,
    /// What.
    pub access: AccountAccess,
    /// Who granted it.
    pub granted_by: UserId,
    /// When.
    pub granted_at: OffsetDateTime,
}

/// What an account holds of an instrument, as the broker last told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub instrument: InstrumentId,
    /// How much; less than zero where it is owed.
    pub quantity: Decimal,
    /// At which price it was bought on average; with the broker's commissions, where it counts them in.
    pub average_price: Option<Price>,
    /// At which price the broker values it.
    pub market_price: Option<Price>,
    /// What it is worth, in the instrument's currency.
    pub market_value: Option<Decimal>,
    /// What was gained by what was closed, as far as the broker counts it.
    pub realized_pnl: Option<Decimal>,
    /// What would be gained by closing it now.
    pub unrealized_pnl: Option<Decimal>,
    /// When it was told.
    pub as_of: OffsetDateTime,
}

/// What an account is worth, as the broker last told it; all in `currency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountValues {
    /// Whose.
    pub account: AccountId,
    /// The account's own currency, ISO 4217.
    pub currency: String,
    /// What would be left if everything were closed.
    pub net_liquidation: Option<Decimal>,
    /// Money.
    pub cash: Option<Decimal>,
    /// What can be bought with it.
    pub buying_power: Option<Decimal>,
    /// What is free for new positions.
    pub available_funds: Option<Decimal>,
    /// What is left above the maintenance margin.
    pub excess_liquidity: Option<Decimal>,
    /// What opening the positions needed.
    pub initial_margin: Option<Decimal>,
    /// What keeping them needs.
    pub maintenance_margin: Option<Decimal>,
    /// The sum of all positions' values, whatever their sign.
    pub gross_position_value: Option<Decimal>,
    /// What was gained today.
    pub day_pnl: Option<Decimal>,
    /// What was gained by what was closed.
    pub realized_pnl: Option<Decimal>,
    /// What would be gained by closing everything now.
    pub unrealized_pnl: Option<Decimal>,
    /// When it was told.
    pub as_of: OffsetDateTime,
}

impl AccountValues {
    /// Whether these say the same, whenever they were told.
    pub fn says_the_same(&self, other: &Self) -> bool {
        Self { as_of: other.as_of, ..self.clone() } == *other
    }
}

/// What an account was worth at a moment: a point of its equity curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSnapshot {
    /// When.
    pub at: OffsetDateTime,
    /// What would have been left if everything had been closed.
    pub net_liquidation: Decimal,
    /// Money.
    pub cash: Option<Decimal>,
    /// What was gained by what was closed.
    pub realized_pnl: Option<Decimal>,
    /// What would have been gained by closing everything.
    pub unrealized_pnl: Option<Decimal>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_of_another_world_is_another() {
        let id = |connection, environment, code| {
            AccountId::derive(&ConnectionId::new(connection), environment, code)
        };
        let one = id("ib", Environment::Paper, "DU1");
        assert_eq!(one, id("ib", Environment::Paper, "DU1"));
        for other in [
            id("ib", Environment::Live, "DU1"),
            id("ib2", Environment::Paper, "DU1"),
            id("ib", Environment::Paper, "DU2"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn trading_includes_seeing() {
        assert!(AccountAccess::Trade > AccountAccess::See);
    }
}
