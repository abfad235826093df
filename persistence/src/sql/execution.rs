//! Executions and what they cost. A commission may be there before its execution.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::account::AccountId;
use domain::execution::{
    BrokerExecutionId, Commission, Execution, ExecutionCursor, ExecutionFilter, ExecutionId, ExecutionStore,
};
use domain::instrument::InstrumentId;
use domain::order::OrderId;
use domain::page::{Found, Page};
use domain::store::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseTransaction, Iterable};

use super::column::{Exact, Moment};
use super::failure::{Failure, in_column};
use super::{AT_ONCE, Sql, page, run};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "executions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub order_id: Uuid,
        pub account_id: Uuid,
        pub instrument_id: Uuid,
        pub broker_id: String,
        pub side: String,
        pub quantity: Exact,
        pub price: Exact,
        pub exchange: String,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod commission {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Exact;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "commissions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub execution_id: Uuid,
        pub broker_id: String,
        pub amount: Exact,
        pub currency: String,
        pub realized_pnl: Option<Exact>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn execution(self, commission: Option<Commission>) -> Result<Execution, Failure> {
        Ok(Execution {
            id: ExecutionId::from_uuid(self.id),
            broker_id: BrokerExecutionId::new(self.broker_id),
            order: OrderId(self.order_id),
            account: AccountId::from_uuid(self.account_id),
            instrument: InstrumentId::from_uuid(self.instrument_id),
            side: self.side.parse().map_err(in_column::<String>("executions.side"))?,
            quantity: self.quantity.quantity()?,
            price: self.price.price(),
            exchange: self.exchange,
            at: self.at.time()?,
            commission,
        })
    }
}

impl commission::Model {
    fn commission(self) -> Commission {
        Commission {
            execution: BrokerExecutionId::new(self.broker_id),
            amount: self.amount.0,
            currency: self.currency,
            realized_pnl: self.realized_pnl.map(|value| value.0),
        }
    }
}

impl From<&Execution> for row::ActiveModel {
    fn from(execution: &Execution) -> Self {
        Self {
            id: Set(execution.id.uuid()),
            order_id: Set(execution.order.0),
            account_id: Set(execution.account.uuid()),
            instrument_id: Set(execution.instrument.uuid()),
            broker_id: Set(execution.broker_id.as_str().to_owned()),
            side: Set(execution.side.as_str().to_owned()),
            quantity: Set(execution.quantity.into()),
            price: Set(execution.price.into()),
            exchange: Set(execution.exchange.clone()),
            at: Set(execution.at.into()),
        }
    }
}

#[async_trait]
impl ExecutionStore for Sql {
    async fn find(&self, ids: &[ExecutionId]) -> Result<Vec<Execution>, StoreError> {
        run(find(&self.reader, ids)).await
    }

    async fn of_orders(&self, orders: &[OrderId]) -> Result<Vec<Execution>, StoreError> {
        run(of_orders(&self.reader, orders)).await
    }

    async fn list(
        &self,
        filter: &ExecutionFilter,
        page: &Page<ExecutionCursor>,
    ) -> Result<Found<Execution>, StoreError> {
        run(async {
            let mut newest_first = chosen(filter).cursor_by((row::Column::At, row::Column::Id));
            newest_first.desc();
            let page = page::by(page, |cursor| (Moment::from(cursor.at), cursor.id.uuid()));
            let Found { items, more } = page::read(&self.reader, newest_first, page).await?;
            Ok(Found { items: with_commissions(&self.reader, items).await?, more })
        })
        .await
    }
}

fn chosen(filter: &ExecutionFilter) -> Select<row::Entity> {
    let ExecutionFilter { accounts, order, instrument, side, from, to } = filter;
    let accounts = accounts.iter().map(|account| account.uuid());
    let mut chosen = row::Entity::find().filter(row::Column::AccountId.is_in(accounts));
    if let Some(order) = order {
        chosen = chosen.filter(row::Column::OrderId.eq(order.0));
    }
    if let Some(instrument) = instrument {
        chosen = chosen.filter(row::Column::InstrumentId.eq(instrument.uuid()));
    }
    if let Some(side) = side {
        chosen = chosen.filter(row::Column::Side.eq(side.as_str()));
    }
    if let Some(from) = from {
        chosen = chosen.filter(row::Column::At.gte(Moment::not_before(*from)));
    }
    if let Some(to) = to {
        chosen = chosen.filter(row::Column::At.lt(Moment::not_before(*to)));
    }
    chosen
}

/// These executions.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    ids: &[ExecutionId],
) -> Result<Vec<Execution>, Failure> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(AT_ONCE) {
        let chunk = chunk.iter().map(|id| id.uuid());
        rows.extend(row::Entity::find().filter(row::Column::Id.is_in(chunk)).all(connection).await?);
    }
    with_commissions(connection, rows).await
}

/// All of these orders, oldest first.
pub(super) async fn of_orders(
    connection: &impl ConnectionTrait,
    orders: &[OrderId],
) -> Result<Vec<Execution>, Failure> {
    let mut rows = Vec::new();
    for chunk in orders.chunks(AT_ONCE) {
        let of_chunk = row::Entity::find()
            .filter(row::Column::OrderId.is_in(chunk.iter().map(|order| order.0)))
            .all(connection)
            .await?;
        rows.extend(of_chunk);
    }
    rows.sort_by_key(|row| (row.at, row.id));
    with_commissions(connection, rows).await
}

async fn with_commissions(
    connection: &impl ConnectionTrait,
    rows: Vec<row::Model>,
) -> Result<Vec<Execution>, Failure> {
    let ids: Vec<_> = rows.iter().map(|row| ExecutionId::from_uuid(row.id)).collect();
    let mut commissions = commissions(connection, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let commission = commissions.remove(&ExecutionId::from_uuid(row.id));
            row.execution(commission)
        })
        .collect()
}

/// What is known of what these cost, whether they are known themselves or not.
pub(super) async fn commissions(
    connection: &impl ConnectionTrait,
    ids: &[ExecutionId],
) -> Result<HashMap<ExecutionId, Commission>, Failure> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(AT_ONCE) {
        let rows = commission::Entity::find()
            .filter(commission::Column::ExecutionId.is_in(chunk.iter().map(|id| id.uuid())))
            .all(connection)
            .await?;
        found
            .extend(rows.into_iter().map(|row| (ExecutionId::from_uuid(row.execution_id), row.commission())));
    }
    Ok(found)
}

/// Writes executions, each in the place of what it corrects.
pub(super) async fn write(
    transaction: &DatabaseTransaction,
    executions: impl Iterator<Item = &Execution>,
) -> Result<(), Failure> {
    let rows: Vec<row::ActiveModel> = executions.map(Into::into).collect();
    let replaced = row::Column::iter().filter(|column| !matches!(column, row::Column::Id));
    let replace = OnConflict::column(row::Column::Id).update_columns(replaced).to_owned();
    for chunk in rows.chunks(AT_ONCE) {
        row::Entity::insert_many(chunk.to_vec())
            .on_conflict(replace.clone())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Writes what executions cost, in the place of what was known of it.
pub(super) async fn write_commissions(
    transaction: &DatabaseTransaction,
    commissions: HashMap<ExecutionId, Commission>,
) -> Result<(), Failure> {
    let replaced =
        commission::Column::iter().filter(|column| !matches!(column, commission::Column::ExecutionId));
    let replace = OnConflict::column(commission::Column::ExecutionId).update_columns(replaced).to_owned();
    let rows: Vec<_> = commissions
        .into_iter()
        .map(|(id, told)| commission::ActiveModel {
            execution_id: Set(id.uuid()),
            broker_id: Set(told.execution.as_str().to_owned()),
            amount: Set(Exact(told.amount)),
            currency: Set(told.currency),
            realized_pnl: Set(told.realized_pnl.map(Exact)),
        })
        .collect();
    for chunk in rows.chunks(AT_ONCE) {
        commission::Entity::insert_many(chunk.to_vec())
            .on_conflict(replace.clone())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}
