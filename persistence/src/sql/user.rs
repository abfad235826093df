//! People.

use async_trait::async_trait;
use domain::store::StoreError;
use domain::user::{PasswordHash, User, UserId, UserStore, Username};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QuerySelect};

use super::failure::{Failure, in_column};
use super::{Lock, Sql, run};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub username: String,
        pub role: String,
        pub password_hash: String,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    /// The user that this row holds.
    pub(super) fn user(self) -> Result<User, Failure> {
        Ok(User {
            id: UserId(self.id),
            username: Username::parse(&self.username).map_err(in_column("users.username"))?,
            role: self.role.parse().map_err(in_column::<String>("users.role"))?,
            created_at: self.created_at.time()?,
        })
    }
}

#[async_trait]
impl UserStore for Sql {
    async fn create_first(&self, user: &User, password: &PasswordHash) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            self.lock(&transaction, Lock::FirstUser).await?;
            if any(&transaction).await? {
                return Ok(false);
            }
            let row = row::ActiveModel {
                id: Set(user.id.0),
                username: Set(user.username.as_str().to_owned()),
                role: Set(user.role.as_str().to_owned()),
                password_hash: Set(password.0.clone()),
                created_at: Set(user.created_at.into()),
            };
            row::Entity::insert(row).exec_without_returning(&transaction).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn any(&self) -> Result<bool, StoreError> {
        run(any(&self.reader)).await
    }

    async fn find_by_username(
        &self,
        username: &Username,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        run(async {
            let found = row::Entity::find()
                .filter(row::Column::Username.eq(username.as_str()))
                .one(&self.reader)
                .await?;
            let Some(mut row) = found else { return Ok(None) };
            let hash = PasswordHash(std::mem::take(&mut row.password_hash));
            Ok(Some((row.user()?, hash)))
        })
        .await
    }
}

async fn any(connection: &impl ConnectionTrait) -> Result<bool, Failure> {
    let first: Option<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(first.is_some())
}
