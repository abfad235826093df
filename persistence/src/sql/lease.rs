//! The lease of the leading desk.

use std::time::Duration;

use async_trait::async_trait;
use domain::lease::{Lease, LeaseStore};
use domain::store::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::LockType;
use sea_orm::{DatabaseTransaction, DbBackend, QuerySelect, Statement};

use super::column::Moment;
use super::failure::{Failure, in_column};
use super::{Sql, run};

/// The name of the one lease there is.
const DESK: &str = "desk";

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "leases")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub holder: Option<Uuid>,
        pub fence: i64,
        pub expires_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[async_trait]
impl LeaseStore for Sql {
    async fn acquire(&self, holder: Uuid, lives: Duration) -> Result<Option<Lease>, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let row = lock_row(&transaction).await?;
            // Read after the wait for the row, which may have been long.
            let now = self.database_time(&transaction).await?;
            let running = now < row.expires_at;
            let fence = match row.holder {
                Some(present) if present == holder => row.fence,
                Some(_) if running => return Ok(None),
                _ => row.fence + 1,
            };
            let lives = i64::try_from(lives.as_micros()).unwrap_or(i64::MAX);
            let expires_at = Moment(now.0.saturating_add(lives));
            write_row(&transaction, Some(holder), fence, expires_at).await?;
            transaction.commit().await?;
            let fence = u64::try_from(fence).map_err(in_column("leases.fence"))?;
            Ok(Some(Lease { fence }))
        })
        .await
    }

    async fn release(&self, holder: Uuid) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let row = lock_row(&transaction).await?;
            if row.holder == Some(holder) {
                write_row(&transaction, None, row.fence, Moment(0)).await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }
}

/// Whether a desk of a later epoch than this one has led.
pub(super) async fn has_passed(transaction: &DatabaseTransaction, epoch: u64) -> Result<bool, Failure> {
    let row = row::Entity::find_by_id(DESK).one(transaction).await?;
    let fence = row.map(|row| u64::try_from(row.fence)).transpose().map_err(in_column("leases.fence"))?;
    Ok(fence.is_some_and(|fence| fence > epoch))
}

/// The same, with the lease held as it is until the transaction ends: no other desk can begin to lead before.
pub(super) async fn has_passed_for_good(
    transaction: &DatabaseTransaction,
    epoch: u64,
) -> Result<bool, Failure> {
    row::Entity::find_by_id(DESK).lock(LockType::Share).one(transaction).await?;
    has_passed(transaction, epoch).await
}

impl Sql {
    /// The database's own time, not the transaction's. SQLite has no other than this machine's.
    async fn database_time(&self, transaction: &DatabaseTransaction) -> Result<Moment, Failure> {
        if !self.on_postgres() {
            return Ok(self.clock.now().into());
        }
        let question = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now";
        let answer = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, question)).await?;
        let answer = answer.ok_or_else(|| Failure::row("the database did not say what time it is"))?;
        Ok(Moment(answer.try_get("", "now")?))
    }
}

/// The lease's row, made where there is none, and held until the transaction ends.
async fn lock_row(transaction: &DatabaseTransaction) -> Result<row::Model, Failure> {
    let fresh = row::ActiveModel {
        name: Set(DESK.to_owned()),
        holder: Set(None),
        fence: Set(0),
        expires_at: Set(Moment(0)),
    };
    row::Entity::insert(fresh)
        .on_conflict_do_nothing_on([row::Column::Name])
        .exec_without_returning(transaction)
        .await?;
    let row = row::Entity::find_by_id(DESK).lock(LockType::Update).one(transaction).await?;
    row.ok_or_else(|| Failure::row("the lease's row is missing"))
}

async fn write_row(
    transaction: &DatabaseTransaction,
    holder: Option<Uuid>,
    fence: i64,
    expires_at: Moment,
) -> Result<(), Failure> {
    row::Entity::update_many()
        .col_expr(row::Column::Holder, Expr::value(holder))
        .col_expr(row::Column::Fence, Expr::value(fence))
        .col_expr(row::Column::ExpiresAt, Expr::value(expires_at))
        .filter(row::Column::Name.eq(DESK))
        .exec(transaction)
        .await?;
    Ok(())
}
