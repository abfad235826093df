//! Positions, values and snapshots as they are kept.

use domain::account::{AccountId, AccountSnapshot, AccountValues, Position};
use domain::instrument::InstrumentId;
use rust_decimal::Decimal;
use sea_orm::ActiveValue::Set;

use crate::sql::column::Exact;
use crate::sql::failure::Failure;

pub(super) mod position {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "positions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub instrument_id: Uuid,
        pub quantity: Exact,
        pub average_price: Option<Exact>,
        pub market_price: Option<Exact>,
        pub market_value: Option<Exact>,
        pub realized_pnl: Option<Exact>,
        pub unrealized_pnl: Option<Exact>,
        pub as_of: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod value {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_values")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        pub currency: String,
        pub net_liquidation: Option<Exact>,
        pub cash: Option<Exact>,
        pub buying_power: Option<Exact>,
        pub available_funds: Option<Exact>,
        pub excess_liquidity: Option<Exact>,
        pub initial_margin: Option<Exact>,
        pub maintenance_margin: Option<Exact>,
        pub gross_position_value: Option<Exact>,
        pub day_pnl: Option<Exact>,
        pub realized_pnl: Option<Exact>,
        pub unrealized_pnl: Option<Exact>,
        pub as_of: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod snapshot {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_snapshots")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub at: Moment,
        pub net_liquidation: Exact,
        pub cash: Option<Exact>,
        pub realized_pnl: Option<Exact>,
        pub unrealized_pnl: Option<Exact>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn exact(value: Option<Exact>) -> Option<Decimal> {
    value.map(|value| value.0)
}

impl position::Model {
    pub(super) fn position(&self) -> Result<Position, Failure> {
        Ok(Position {
            account: AccountId::from_uuid(self.account_id),
            instrument: InstrumentId::from_uuid(self.instrument_id),
            quantity: self.quantity.0,
            average_price: self.average_price.map(Exact::price),
            market_price: self.market_price.map(Exact::price),
            market_value: exact(self.market_value),
            realized_pnl: exact(self.realized_pnl),
            unrealized_pnl: exact(self.unrealized_pnl),
            as_of: self.as_of.time()?,
        })
    }
}

impl From<&Position> for position::ActiveModel {
    fn from(position: &Position) -> Self {
        Self {
            account_id: Set(position.account.uuid()),
            instrument_id: Set(position.instrument.uuid()),
            quantity: Set(Exact(position.quantity)),
            average_price: Set(position.average_price.map(Exact::from)),
            market_price: Set(position.market_price.map(Exact::from)),
            market_value: Set(position.market_value.map(Exact)),
            realized_pnl: Set(position.realized_pnl.map(Exact)),
            unrealized_pnl: Set(position.unrealized_pnl.map(Exact)),
            as_of: Set(position.as_of.into()),
        }
    }
}

impl value::Model {
    pub(super) fn values(&self) -> Result<AccountValues, Failure> {
        Ok(AccountValues {
            account: AccountId::from_uuid(self.account_id),
            currency: self.currency.clone(),
            net_liquidation: exact(self.net_liquidation),
            cash: exact(self.cash),
            buying_power: exact(self.buying_power),
            available_funds: exact(self.available_funds),
            excess_liquidity: exact(self.excess_liquidity),
            initial_margin: exact(self.initial_margin),
            maintenance_margin: exact(self.maintenance_margin),
            gross_position_value: exact(self.gross_position_value),
            day_pnl: exact(self.day_pnl),
            realized_pnl: exact(self.realized_pnl),
            unrealized_pnl: exact(self.unrealized_pnl),
            as_of: self.as_of.time()?,
        })
    }
}

impl From<&AccountValues> for value::ActiveModel {
    fn from(values: &AccountValues) -> Self {
        Self {
            account_id: Set(values.account.uuid()),
            currency: Set(values.currency.clone()),
            net_liquidation: Set(values.net_liquidation.map(Exact)),
            cash: Set(values.cash.map(Exact)),
            buying_power: Set(values.buying_power.map(Exact)),
            available_funds: Set(values.available_funds.map(Exact)),
            excess_liquidity: Set(values.excess_liquidity.map(Exact)),
            initial_margin: Set(values.initial_margin.map(Exact)),
            maintenance_margin: Set(values.maintenance_margin.map(Exact)),
            gross_position_value: Set(values.gross_position_value.map(Exact)),
            day_pnl: Set(values.day_pnl.map(Exact)),
            realized_pnl: Set(values.realized_pnl.map(Exact)),
            unrealized_pnl: Set(values.unrealized_pnl.map(Exact)),
            as_of: Set(values.as_of.into()),
        }
    }
}

impl snapshot::Model {
    pub(super) fn snapshot(&self) -> Result<AccountSnapshot, Failure> {
        Ok(AccountSnapshot {
            at: self.at.time()?,
            net_liquidation: self.net_liquidation.0,
            cash: exact(self.cash),
            realized_pnl: exact(self.realized_pnl),
            unrealized_pnl: exact(self.unrealized_pnl),
        })
    }
}
