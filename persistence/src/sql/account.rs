//! Accounts, and who may see and trade them. Whatever is written of an account takes its row first; where there are
//! several, in the order of their ids.

use async_trait::async_trait;
use domain::account::{
    Account, AccountAccess, AccountEvent, AccountId, AccountSnapshot, AccountStore, AccountValues, Grant,
    GrantChange, Position,
};
use domain::audit::AuditLine;
use domain::bar::TimeRange;
use domain::store::StoreError;
use domain::user::{Permission, UserId, UserState};
use domain::world::ConnectionId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseTransaction, QueryOrder};

use super::failure::{Failure, in_column};
use super::{Sql, audit, run, user};

mod event;
mod feed;
mod journal;
mod told;

pub(super) use journal::{Entry, Journal};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub connection: String,
        pub environment: String,
        pub code: String,
        /// The number of the last event.
        pub last_event: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod grant {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_grants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub access: String,
        pub granted_by: Uuid,
        pub granted_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    pub(super) fn account(self) -> Result<Account, Failure> {
        Ok(Account {
            id: AccountId::from_uuid(self.id),
            connection: ConnectionId::new(self.connection),
            environment: self.environment.parse().map_err(in_column::<String>("accounts.environment"))?,
            code: self.code,
        })
    }
}

impl grant::Model {
    fn access(&self) -> Result<AccountAccess, Failure> {
        self.access.parse().map_err(in_column::<String>("account_grants.access"))
    }

    fn grant(&self) -> Result<Grant, Failure> {
        Ok(Grant {
            account: AccountId::from_uuid(self.account_id),
            user: UserId(self.user_id),
            access: self.access()?,
            granted_by: UserId(self.granted_by),
            granted_at: self.granted_at.time()?,
        })
    }
}

#[async_trait]
impl AccountStore for Sql {
    async fn all(&self) -> Result<Vec<Account>, StoreError> {
        run(async {
            let rows = row::Entity::find().order_by_asc(row::Column::Code).all(&self.reader).await?;
            rows.into_iter().map(row::Model::account).collect()
        })
        .await
    }

    async fn visible(&self, user: UserId) -> Result<Vec<(Account, AccountAccess)>, StoreError> {
        run(async {
            let grants =
                grant::Entity::find().filter(grant::Column::UserId.eq(user.0)).all(&self.reader).await?;
            let rows = row::Entity::find()
                .filter(row::Column::Id.is_in(grants.iter().map(|grant| grant.account_id)))
                .order_by_asc(row::Column::Code)
                .order_by_asc(row::Column::Id)
                .all(&self.reader)
                .await?;
            let mut visible = Vec::new();
            for row in rows {
                if let Some(grant) = grants.iter().find(|grant| grant.account_id == row.id) {
                    visible.push((row.account()?, grant.access()?));
                }
            }
            Ok(visible)
        })
        .await
    }

    async fn grants(&self, account: AccountId) -> Result<Vec<Grant>, StoreError> {
        run(async {
            let rows = grant::Entity::find()
                .filter(grant::Column::AccountId.eq(account.uuid()))
                .order_by_asc(grant::Column::GrantedAt)
                .order_by_asc(grant::Column::UserId)
                .all(&self.reader)
                .await?;
            rows.iter().map(grant::Model::grant).collect()
        })
        .await
    }

    async fn grant(&self, grant: &Grant, audit: &AuditLine) -> Result<GrantChange, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if user::lock(&transaction, grant.user).await?.is_none() {
                return Ok(GrantChange::UserNotFound);
            }
            if Journal::open(&transaction, [grant.account]).await?.is_empty() {
                return Ok(GrantChange::AccountNotFound);
            }
            let replace = OnConflict::columns([grant::Column::AccountId, grant::Column::UserId])
                .update_columns([grant::Column::Access, grant::Column::GrantedBy, grant::Column::GrantedAt])
                .to_owned();
            grant::Entity::insert(grant::ActiveModel {
                account_id: Set(grant.account.uuid()),
                user_id: Set(grant.user.0),
                access: Set(grant.access.as_str().to_owned()),
                granted_by: Set(grant.granted_by.0),
                granted_at: Set(grant.granted_at.into()),
            })
            .on_conflict(replace)
            .exec_without_returning(&transaction)
            .await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(GrantChange::Done)
        })
        .await
    }

    async fn revoke(
        &self,
        account: AccountId,
        user: UserId,
        audit: &AuditLine,
    ) -> Result<GrantChange, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if Journal::open(&transaction, [account]).await?.is_empty() {
                return Ok(GrantChange::AccountNotFound);
            }
            let key = (account.uuid(), user.0);
            let gone = grant::Entity::delete_by_id(key).exec(&transaction).await?;
            if gone.rows_affected == 0 {
                return Ok(GrantChange::UserNotFound);
            }
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(GrantChange::Done)
        })
        .await
    }

    async fn positions(&self, accounts: &[AccountId]) -> Result<Vec<Position>, StoreError> {
        run(feed::positions(&self.reader, accounts)).await
    }

    async fn values(&self, accounts: &[AccountId]) -> Result<Vec<AccountValues>, StoreError> {
        run(feed::values(&self.reader, accounts)).await
    }

    async fn equity(
        &self,
        account: AccountId,
        range: TimeRange,
        points: u32,
    ) -> Result<Vec<AccountSnapshot>, StoreError> {
        run(feed::equity(&self.reader, account, range, points)).await
    }

    async fn events_after(
        &self,
        account: AccountId,
        number: u64,
        count: u64,
    ) -> Result<Vec<AccountEvent>, StoreError> {
        run(event::after(&self.reader, account, number, count)).await
    }

    async fn last_event(&self, account: AccountId) -> Result<u64, StoreError> {
        run(async {
            let row = row::Entity::find_by_id(account.uuid()).one(&self.reader).await?;
            u64::try_from(row.map_or(0, |row| row.last_event)).map_err(in_column("accounts.last_event"))
        })
        .await
    }
}

/// How a user stands to an account.
pub(super) enum Standing {
    /// There is no such account, or the user may not see it.
    Unseen,
    /// The user may see it, but not trade.
    Sees,
    /// The user may trade it; this is its journal.
    Trades(Journal),
}

/// How a user stands to an account, with both held so that it stays so.
pub(super) async fn standing(
    transaction: &DatabaseTransaction,
    user: UserId,
    account: AccountId,
) -> Result<Standing, Failure> {
    let Some(row) = user::lock(transaction, user).await? else { return Ok(Standing::Unseen) };
    let user = row.user()?;
    let journal = Journal::open(transaction, [account]).await?;
    let grant = grant::Entity::find_by_id((account.uuid(), user.id.0)).one(transaction).await?;
    let Some(grant) = grant.filter(|_| user.state == UserState::Active && !journal.is_empty()) else {
        return Ok(Standing::Unseen);
    };
    let may_trade = grant.access()? == AccountAccess::Trade && user.role.allows(Permission::Trade);
    Ok(if may_trade { Standing::Trades(journal) } else { Standing::Sees })
}
