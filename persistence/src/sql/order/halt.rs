//! The halts of trading: rows, one for each account and one for all.

use async_trait::async_trait;
use domain::account::AccountId;
use domain::audit::AuditLine;
use domain::order::{HaltStore, TradingHalt};
use domain::store::StoreError;
use domain::user::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, TryInsertResult};

use crate::sql::failure::Failure;
use crate::sql::{Lock, Sql, audit, run};

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trading_halts")]
    pub struct Model {
        /// The account, or nil for all.
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: Uuid,
        pub halted_by: Option<Uuid>,
        pub at: Moment,
        pub reason: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn scope(account: Option<AccountId>) -> Uuid {
    account.map_or(Uuid::nil(), AccountId::uuid)
}

#[async_trait]
impl HaltStore for Sql {
    async fn halt(&self, halt: &TradingHalt, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            // A desk that is handing out waits, or is waited for.
            self.lock(&transaction, Lock::Orders).await?;
            let row = row::ActiveModel {
                scope: Set(scope(halt.account)),
                halted_by: Set(halt.by.map(|user| user.0)),
                at: Set(halt.at.into()),
                reason: Set(halt.reason.clone()),
            };
            let inserted = row::Entity::insert(row)
                .on_conflict_do_nothing_on([row::Column::Scope])
                .exec_without_returning(&transaction)
                .await?;
            if !matches!(inserted, TryInsertResult::Inserted(1)) {
                return Ok(false);
            }
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn resume(&self, account: Option<AccountId>, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let gone = row::Entity::delete_by_id(scope(account)).exec(&transaction).await?;
            if gone.rows_affected == 0 {
                return Ok(false);
            }
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn halts(&self) -> Result<Vec<TradingHalt>, StoreError> {
        run(async { Ok(Halts::read(&self.reader).await?.0) }).await
    }
}

/// All halts.
pub(super) struct Halts(Vec<TradingHalt>);

impl Halts {
    pub(super) async fn read(connection: &impl ConnectionTrait) -> Result<Self, Failure> {
        let rows = row::Entity::find().order_by_asc(row::Column::Scope).all(connection).await?;
        let halt = |row: row::Model| {
            Ok(TradingHalt {
                account: (!row.scope.is_nil()).then(|| AccountId::from_uuid(row.scope)),
                by: row.halted_by.map(UserId),
                at: row.at.time()?,
                reason: row.reason,
            })
        };
        Ok(Self(rows.into_iter().map(halt).collect::<Result<_, Failure>>()?))
    }

    /// The accounts for which trading is halted; `None` where it is for all.
    pub(super) fn accounts(&self) -> Option<impl Iterator<Item = AccountId>> {
        let accounts: Option<Vec<_>> = self.0.iter().map(|halt| halt.account).collect();
        accounts.map(Vec::into_iter)
    }

    /// Why trading is halted for an account, where it is.
    pub(super) fn of(&self, account: AccountId) -> Option<&str> {
        let halts = |halt: &&TradingHalt| halt.account.is_none_or(|halted| halted == account);
        self.0.iter().find(halts).map(|halt| halt.reason.as_str())
    }
}

/// Why trading is halted for an account, where it is.
pub(super) async fn of(
    connection: &impl ConnectionTrait,
    account: AccountId,
) -> Result<Option<String>, Failure> {
    Ok(Halts::read(connection).await?.of(account).map(str::to_owned))
}
