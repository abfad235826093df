//! What is told of an account: its positions, its money, its gains and losses.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::line;

/// An account that an exchange is started with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOptions {
    /// Its name. It begins with `SIM`, by which clients know that nothing is real.
    pub name: String,
    /// How many dollars are paid in.
    #[serde(with = "line::text")]
    pub cash: Decimal,
}

/// What an account holds of one listing. Money is in the listing's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRow {
    /// Whose.
    pub account: String,
    /// What.
    pub con_id: i32,
    /// How much; less than zero where it was sold short, zero once it was closed.
    pub quantity: Decimal,
    /// What one share or contract cost: its average price times the multiplier. Commissions are not in it.
    pub average_cost: Decimal,
    /// What it is quoted at.
    pub market_price: Decimal,
    /// What it is worth at that price.
    pub market_value: Decimal,
    /// The gain that it would bring.
    pub unrealized: Decimal,
    /// The gain that was taken today (UTC), less commissions.
    pub realized: Decimal,
}

/// The money of an account, in dollars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name.
    pub name: String,
    /// Cash and positions.
    pub net_liquidation: Decimal,
    /// Cash, in all currencies together.
    pub cash: Decimal,
    /// Cash by currency, in that currency, dollars first.
    pub currencies: Vec<(String, Decimal)>,
    /// Cash and positions, as far as they can be lent upon.
    pub equity_with_loan: Decimal,
    /// The same when the day (UTC) began.
    pub previous_day_equity: Decimal,
    /// What is needed to open the positions.
    pub initial_margin: Decimal,
    /// What is needed to keep them.
    pub maintenance_margin: Decimal,
    /// What is left for more of them.
    pub available_funds: Decimal,
    /// What can be lost before too little is left to keep them.
    pub excess_liquidity: Decimal,
    /// For how much shares could be bought.
    pub buying_power: Decimal,
    /// The worth of all shares, long and short.
    pub gross_position_value: Decimal,
    /// The worth of the shares, short ones less than zero.
    pub stock_value: Decimal,
    /// Gains of today that were taken, less commissions.
    pub realized: Decimal,
    /// Gains of the positions as they stand.
    pub unrealized: Decimal,
}

/// Gains and losses, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PnlRow {
    /// Since the day (UTC) began.
    pub daily: Decimal,
    /// Of the positions as they stand.
    pub unrealized: Decimal,
    /// Taken today, less commissions.
    pub realized: Decimal,
}

/// Gains and losses of one position, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionPnl {
    /// How much is held.
    pub position: Decimal,
    /// What it is worth.
    pub value: Decimal,
    /// Its gains.
    pub pnl: PnlRow,
}
