//! API keys. A key stays when it is revoked or has ended: the audit log refers to it.

use async_trait::async_trait;
use domain::access::{ApiKeyId, Scope, Scopes};
use domain::address::AddressRange;
use domain::api_key::{ApiKey, ApiKeyHash, ApiKeyName, ApiKeyStore, MAX_API_KEYS, MAX_LISTED_API_KEYS};
use domain::audit::AuditLine;
use domain::store::StoreError;
use domain::user::{User, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, Func, Order, Query, SelectStatement, WindowStatement};
use sea_orm::{ActiveValue::Set, Condition, DatabaseTransaction, QueryOrder, QuerySelect, QueryTrait};
use time::OffsetDateTime;

use super::column::{Hidden, Moment};
use super::failure::{Failure, in_column};
use super::{Sql, audit, run, user};

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Hidden, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub hash: Hidden,
        pub name: String,
        pub prefix: String,
        /// The scopes' names, with a space between two.
        pub scopes: String,
        /// The ranges, with a space between two.
        pub addresses: String,
        pub created_at: Moment,
        pub expires_at: Option<Moment>,
        pub last_used_at: Option<Moment>,
        pub revoked_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "crate::sql::user::row::Entity",
            from = "Column::UserId",
            to = "crate::sql::user::row::Column::Id"
        )]
        User,
    }

    impl Related<crate::sql::user::row::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn key(&self) -> Result<ApiKey, Failure> {
        let scopes = self.scopes.split_whitespace().map(str::parse::<Scope>);
        let addresses = self.addresses.split_whitespace().map(str::parse::<AddressRange>);
        let time = |moment: Option<Moment>| moment.map(Moment::time).transpose();
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            user: UserId(self.user_id),
            name: ApiKeyName::parse(&self.name).map_err(in_column("api_keys.name"))?,
            prefix: self.prefix.clone(),
            scopes: scopes.collect::<Result<Scopes, _>>().map_err(in_column("api_keys.scopes"))?,
            addresses: addresses.collect::<Result<_, _>>().map_err(in_column("api_keys.addresses"))?,
            created_at: self.created_at.time()?,
            expires_at: time(self.expires_at)?,
            last_used_at: time(self.last_used_at)?,
            revoked_at: time(self.revoked_at)?,
        })
    }
}

/// A key's row with its user's, as it is read.
type Pair = (row::Model, Option<user::row::Model>);

fn key_and_user((row, user): &Pair) -> Result<(ApiKey, User), Failure> {
    let user = user.as_ref().ok_or_else(|| Failure::row("column api_keys.user_id: there is no such user"))?;
    Ok((row.key()?, user.user()?))
}

#[async_trait]
impl ApiKeyStore for Sql {
    async fn create(&self, key: &ApiKey, hash: ApiKeyHash, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, key.user).await?;
            if count_in_use(&transaction, key).await? >= MAX_API_KEYS {
                return Ok(false);
            }
            row::Entity::insert(new_row(key, hash)).exec_without_returning(&transaction).await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn find_by_hash(&self, hash: ApiKeyHash) -> Result<Option<(ApiKey, User)>, StoreError> {
        run(async {
            let found = row::Entity::find()
                .filter(row::Column::Hash.eq(Hidden::from(hash.0)))
                .find_also_related(user::row::Entity)
                .one(&self.reader)
                .await?;
            found.as_ref().map(key_and_user).transpose()
        })
        .await
    }

    async fn find(&self, ids: &[ApiKeyId]) -> Result<Vec<(ApiKey, User)>, StoreError> {
        run(async {
            let found = row::Entity::find()
                .filter(row::Column::Id.is_in(ids.iter().map(|id| id.0)))
                .find_also_related(user::row::Entity)
                .all(&self.reader)
                .await?;
            found.iter().map(key_and_user).collect()
        })
        .await
    }

    async fn list(&self, users: &[UserId], since: OffsetDateTime) -> Result<Vec<ApiKey>, StoreError> {
        run(async {
            let listed = row::Entity::find()
                .filter(row::Column::Id.in_subquery(listed(users, since)))
                .order_by_desc(row::Column::CreatedAt)
                .order_by_desc(row::Column::Id);
            listed.all(&self.reader).await?.iter().map(row::Model::key).collect()
        })
        .await
    }

    async fn revoke(&self, id: ApiKeyId, now: OffsetDateTime, audit: &AuditLine) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let revoked = row::Entity::update_many()
                .col_expr(row::Column::RevokedAt, Expr::value(Moment::from(now)))
                .filter(row::Column::Id.eq(id.0))
                .filter(row::Column::RevokedAt.is_null())
                .exec(&transaction)
                .await?;
            if revoked.rows_affected == 0 {
                return Ok(false);
            }
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn note_used(&self, uses: &[(ApiKeyId, OffsetDateTime)]) -> Result<(), StoreError> {
        run(async {
            // In one order: two nodes that note the same keys would else wait for each other.
            let mut uses = uses.to_vec();
            uses.sort_unstable();
            let transaction = self.begin_write().await?;
            for (id, at) in uses {
                let at = Moment::from(at);
                let never = row::Column::LastUsedAt.is_null();
                let earlier = Condition::any().add(never).add(row::Column::LastUsedAt.lt(at));
                row::Entity::update_many()
                    .col_expr(row::Column::LastUsedAt, Expr::value(at))
                    .filter(row::Column::Id.eq(id.0))
                    .filter(earlier)
                    .exec(&transaction)
                    .await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }
}

/// The ids of the keys that are listed: of each user those in use come first, so that none of them is hidden by others.
fn listed(users: &[UserId], since: OffsetDateTime) -> SelectStatement {
    let order = WindowStatement::partition_by(row::Column::UserId)
        .order_by_expr(row::Column::RevokedAt.is_null(), Order::Desc)
        .order_by_expr(row::Column::ExpiresAt.is_null(), Order::Desc)
        .order_by(row::Column::ExpiresAt, Order::Desc)
        .order_by(row::Column::CreatedAt, Order::Desc)
        .take();
    let ranked = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::UserId.is_in(users.iter().map(|user| user.0)))
        .filter(never_or_not_before(row::Column::RevokedAt, since))
        .filter(never_or_not_before(row::Column::ExpiresAt, since))
        .into_query()
        .expr_window_as(Func::cust("ROW_NUMBER"), order, "place")
        .take();
    Query::select()
        .column(row::Column::Id)
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("place").lte(MAX_LISTED_API_KEYS))
        .take()
}

/// Holds for the keys of which this column says that it did not happen before then.
fn never_or_not_before(column: row::Column, time: OffsetDateTime) -> Condition {
    Condition::any().add(column.is_null()).add(column.gte(Moment::not_before(time)))
}

/// How many keys the user of this one has in use.
async fn count_in_use(transaction: &DatabaseTransaction, key: &ApiKey) -> Result<u64, Failure> {
    let runs = row::Column::ExpiresAt.gt(Moment::from(key.created_at));
    let keys = row::Entity::find()
        .filter(row::Column::UserId.eq(key.user.0))
        .filter(row::Column::RevokedAt.is_null())
        .filter(Condition::any().add(row::Column::ExpiresAt.is_null()).add(runs));
    Ok(keys.count(transaction).await?)
}

fn new_row(key: &ApiKey, hash: ApiKeyHash) -> row::ActiveModel {
    let scopes: Vec<&str> = key.scopes.iter().map(Scope::as_str).collect();
    let addresses: Vec<String> = key.addresses.iter().map(ToString::to_string).collect();
    row::ActiveModel {
        id: Set(key.id.0),
        user_id: Set(key.user.0),
        hash: Set(hash.0.into()),
        name: Set(key.name.as_str().to_owned()),
        prefix: Set(key.prefix.clone()),
        scopes: Set(scopes.join(" ")),
        addresses: Set(addresses.join(" ")),
        created_at: Set(key.created_at.into()),
        expires_at: Set(key.expires_at.map(Into::into)),
        last_used_at: Set(key.last_used_at.map(Into::into)),
        revoked_at: Set(key.revoked_at.map(Into::into)),
    }
}
