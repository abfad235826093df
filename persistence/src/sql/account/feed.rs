//! What brokers tell of positions and values.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::account::{
    Account, AccountFeedStore, AccountId, AccountSnapshot, AccountValues, Position, PositionsTold,
    SNAPSHOT_EVERY,
};
use domain::bar::TimeRange;
use domain::store::StoreError;
use rust_decimal::Decimal;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{self, OnConflict};
use sea_orm::{DatabaseTransaction, Iterable, QueryOrder, QuerySelect, QueryTrait};
use time::OffsetDateTime;

use super::told::{position, snapshot, value};
use super::{Entry, Journal, row};
use crate::sql::column::{Exact, Moment};
use crate::sql::failure::Failure;
use crate::sql::{Sql, lease, run};

#[async_trait]
impl AccountFeedStore for Sql {
    async fn meet(&self, epoch: u64, accounts: &[Account]) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lease::has_passed_for_good(&transaction, epoch).await? {
                return Ok(());
            }
            // In the same order everywhere, so that two writers do not wait for each other.
            let distinct: BTreeMap<AccountId, &Account> =
                accounts.iter().map(|account| (account.id, account)).collect();
            for account in distinct.into_values() {
                row::Entity::insert(row::ActiveModel {
                    id: Set(account.id.uuid()),
                    connection: Set(account.connection.as_str().to_owned()),
                    environment: Set(account.environment.as_str().to_owned()),
                    code: Set(account.code.clone()),
                    last_event: Set(0),
                })
                .on_conflict_do_nothing_on([row::Column::Id])
                .exec_without_returning(&transaction)
                .await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn keep_positions(
        &self,
        epoch: u64,
        account: AccountId,
        told: &PositionsTold,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lease::has_passed_for_good(&transaction, epoch).await? {
                return Ok(false);
            }
            let mut journal = Journal::open(&transaction, [account]).await?;
            if journal.is_empty() {
                return Ok(false);
            }
            let known = positions(&transaction, &[account]).await?;
            for position in changes(&known, told, at) {
                let old = known.iter().find(|known| known.instrument == position.instrument);
                let held = |position: &Position| (position.quantity, position.average_price);
                if old.map(held) != Some(held(&position)) {
                    journal.enter(account, at, Entry::position(position.instrument))?;
                }
                write_position(&transaction, &Position { account, ..position }).await?;
            }
            let accounts = journal.write(&transaction).await?;
            transaction.commit().await?;
            Ok(!accounts.is_empty())
        })
        .await
    }

    async fn keep_values(&self, epoch: u64, values: &AccountValues) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lease::has_passed_for_good(&transaction, epoch).await? {
                return Ok(false);
            }
            let mut journal = Journal::open(&transaction, [values.account]).await?;
            if journal.is_empty() {
                return Ok(false);
            }
            let last = last_snapshot(&transaction, values.account).await?;
            let is_due = match &last {
                Some(last) => {
                    let elapsed = values.as_of - last.at.time()? >= SNAPSHOT_EVERY;
                    elapsed && is_other(last, values)
                }
                None => true,
            };
            write_values(&transaction, values).await?;
            if is_due && write_snapshot(&transaction, values).await? {
                journal.enter(values.account, values.as_of, Entry::values())?;
            }
            let accounts = journal.write(&transaction).await?;
            transaction.commit().await?;
            Ok(!accounts.is_empty())
        })
        .await
    }
}

/// The positions to be written.
fn changes(known: &[Position], told: &PositionsTold, at: OffsetDateTime) -> Vec<Position> {
    let (told, is_all) = match told {
        PositionsTold::All(told) => (told, true),
        PositionsTold::Some(told) => (told, false),
    };
    let is_told = |instrument| told.iter().any(|told| told.instrument == instrument);
    let gone = known.iter().filter(|known| is_all && !known.quantity.is_zero() && !is_told(known.instrument));
    let gone = gone.map(|known| Position {
        quantity: Decimal::ZERO,
        average_price: None,
        market_value: Some(Decimal::ZERO),
        unrealized_pnl: None,
        as_of: at,
        ..known.clone()
    });
    told.iter().cloned().chain(gone).collect()
}

async fn write_position(transaction: &DatabaseTransaction, position: &Position) -> Result<(), Failure> {
    use position::Column::{AccountId, InstrumentId};
    let replaced = position::Column::iter().filter(|column| !matches!(column, AccountId | InstrumentId));
    let replace = OnConflict::columns([AccountId, InstrumentId]).update_columns(replaced).to_owned();
    let row = position::ActiveModel::from(position);
    position::Entity::insert(row).on_conflict(replace).exec_without_returning(transaction).await?;
    Ok(())
}

async fn write_values(transaction: &DatabaseTransaction, values: &AccountValues) -> Result<(), Failure> {
    let replaced = value::Column::iter().filter(|column| !matches!(column, value::Column::AccountId));
    let replace = OnConflict::column(value::Column::AccountId).update_columns(replaced).to_owned();
    let row = value::ActiveModel::from(values);
    value::Entity::insert(row).on_conflict(replace).exec_without_returning(transaction).await?;
    Ok(())
}

/// Whether these values make another point than the last one.
fn is_other(last: &snapshot::Model, values: &AccountValues) -> bool {
    Some(last.net_liquidation.0) != values.net_liquidation
        || last.cash.map(|value| value.0) != values.cash
        || last.realized_pnl.map(|value| value.0) != values.realized_pnl
        || last.unrealized_pnl.map(|value| value.0) != values.unrealized_pnl
}

/// Keeps a snapshot; returns whether it did: values that say nothing of the whole make none.
async fn write_snapshot(transaction: &DatabaseTransaction, values: &AccountValues) -> Result<bool, Failure> {
    let Some(net_liquidation) = values.net_liquidation else { return Ok(false) };
    let row = snapshot::ActiveModel {
        account_id: Set(values.account.uuid()),
        at: Set(values.as_of.into()),
        net_liquidation: Set(Exact(net_liquidation)),
        cash: Set(values.cash.map(Exact)),
        realized_pnl: Set(values.realized_pnl.map(Exact)),
        unrealized_pnl: Set(values.unrealized_pnl.map(Exact)),
    };
    snapshot::Entity::insert(row).exec_without_returning(transaction).await?;
    Ok(true)
}

async fn last_snapshot(
    transaction: &DatabaseTransaction,
    account: AccountId,
) -> Result<Option<snapshot::Model>, Failure> {
    Ok(snapshot::Entity::find()
        .filter(snapshot::Column::AccountId.eq(account.uuid()))
        .order_by_desc(snapshot::Column::At)
        .one(transaction)
        .await?)
}

/// The positions of these accounts.
pub(super) async fn positions(
    connection: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<Vec<Position>, Failure> {
    let rows = position::Entity::find()
        .filter(position::Column::AccountId.is_in(accounts.iter().map(|account| account.uuid())))
        .order_by_asc(position::Column::AccountId)
        .order_by_asc(position::Column::InstrumentId)
        .all(connection)
        .await?;
    rows.iter().map(position::Model::position).collect()
}

/// The values of these accounts.
pub(super) async fn values(
    connection: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<Vec<AccountValues>, Failure> {
    let rows = value::Entity::find()
        .filter(value::Column::AccountId.is_in(accounts.iter().map(|account| account.uuid())))
        .all(connection)
        .await?;
    rows.iter().map(value::Model::values).collect()
}

/// The last snapshot in each of so many equal parts of the range.
pub(super) async fn equity(
    connection: &impl ConnectionTrait,
    account: AccountId,
    range: TimeRange,
    points: u32,
) -> Result<Vec<AccountSnapshot>, Failure> {
    let (from, to) = (Moment::not_before(range.from), Moment::not_before(range.to));
    // At least a microsecond, and rounded up, so that there are no more parts than were asked for.
    let length = to.0.saturating_sub(from.0).max(1);
    let points = i64::from(points.max(1));
    let width = length / points + i64::from(length % points != 0);
    let since = sea_query::ExprTrait::sub(Expr::col(snapshot::Column::At), from.0);
    let part = sea_query::ExprTrait::div(since, width);
    let last_of_each = snapshot::Entity::find()
        .select_only()
        .column_as(snapshot::Column::At.max(), "last")
        .filter(snapshot::Column::AccountId.eq(account.uuid()))
        .filter(snapshot::Column::At.gte(from))
        .filter(snapshot::Column::At.lt(to))
        .group_by(part)
        .into_query();
    let rows = snapshot::Entity::find()
        .filter(snapshot::Column::AccountId.eq(account.uuid()))
        .filter(snapshot::Column::At.in_subquery(last_of_each))
        .order_by_asc(snapshot::Column::At)
        .all(connection)
        .await?;
    rows.iter().map(snapshot::Model::snapshot).collect()
}
