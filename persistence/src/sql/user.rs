//! People.

use std::collections::HashSet;

use async_trait::async_trait;
use domain::audit::AuditLine;
use domain::page::{Found, Page};
use domain::store::StoreError;
use domain::user::{
    Changed, PasswordChange, PasswordHash, PasswordToken, PasswordTokenHash, Role, User, UserId, UserState,
    UserStore, Username,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, QuerySelect, TryInsertResult};
use time::OffsetDateTime;

use super::column::HiddenText;
use super::failure::{Failure, in_column};
use super::{Lock, Sql, audit, page, run};

mod administration;
mod password;

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{HiddenText, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub username: String,
        pub role: String,
        pub password_hash: Option<HiddenText>,
        pub created_at: Moment,
        pub state: String,
        /// When the second factor came into force; none where none is.
        pub second_factor_since: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Why a user who cannot come in is told nothing.
pub(super) const DISABLED: &str = "the user is disabled";

/// Those of these users who can come in.
pub(super) async fn active(
    transaction: &DatabaseTransaction,
    users: impl Iterator<Item = UserId>,
) -> Result<HashSet<UserId>, Failure> {
    let rows = row::Entity::find()
        .filter(row::Column::Id.is_in(users.map(|user| user.0)))
        .filter(row::Column::State.eq(UserState::Active.as_str()))
        .all(transaction)
        .await?;
    Ok(rows.into_iter().map(|row| UserId(row.id)).collect())
}

impl row::Model {
    /// The user that this row holds.
    pub(super) fn user(&self) -> Result<User, Failure> {
        Ok(User {
            id: UserId(self.id),
            username: Username::parse(&self.username).map_err(in_column("users.username"))?,
            role: self.role.parse().map_err(in_column::<String>("users.role"))?,
            state: self.state()?,
            second_factor: self.second_factor_since.is_some(),
            created_at: self.created_at.time()?,
        })
    }

    /// Whether the user can come in.
    pub(super) fn state(&self) -> Result<UserState, Failure> {
        self.state.parse().map_err(in_column::<String>("users.state"))
    }

    /// Whether this is the user's password.
    pub(super) fn has_password(&self, hash: &PasswordHash) -> bool {
        self.password_hash.as_ref().is_some_and(|present| present.0 == hash.0)
    }
}

#[async_trait]
impl UserStore for Sql {
    async fn create_first(
        &self,
        user: &User,
        password: &PasswordHash,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            self.lock(&transaction, Lock::FirstUser).await?;
            if any(&transaction).await? {
                return Ok(false);
            }
            let row = new_row(user, Some(HiddenText(password.0.clone())));
            row::Entity::insert(row).exec_without_returning(&transaction).await?;
            audit::write(&transaction, audit).await?;
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
    ) -> Result<Option<(User, Option<PasswordHash>)>, StoreError> {
        run(async {
            let found = row::Entity::find()
                .filter(row::Column::Username.eq(username.as_str()))
                .one(&self.reader)
                .await?;
            let Some(row) = found else { return Ok(None) };
            let user = row.user()?;
            Ok(Some((user, row.password_hash.map(|hash| PasswordHash(hash.0)))))
        })
        .await
    }

    async fn find(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        run(async {
            let ids = ids.iter().map(|id| id.0);
            let rows = row::Entity::find().filter(row::Column::Id.is_in(ids)).all(&self.reader).await?;
            rows.iter().map(row::Model::user).collect()
        })
        .await
    }

    async fn list(&self, page: &Page<Username>) -> Result<Found<User>, StoreError> {
        run(async {
            let by_name = row::Entity::find().cursor_by(row::Column::Username);
            let page = page::by(page, |name| name.as_str().to_owned());
            page::map(page::read(&self.reader, by_name, page).await?, |row| row.user())
        })
        .await
    }

    async fn invite(
        &self,
        user: &User,
        token: &PasswordToken,
        audit: &AuditLine,
    ) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let inserted = row::Entity::insert(new_row(user, None))
                .on_conflict_do_nothing_on([row::Column::Username])
                .exec_without_returning(&transaction)
                .await?;
            if !matches!(inserted, TryInsertResult::Inserted(1)) {
                return Ok(false);
            }
            password::replace_token(&transaction, token).await?;
            audit::write(&transaction, audit).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn reset_password(&self, token: &PasswordToken, audit: &AuditLine) -> Result<Changed, StoreError> {
        run(self.take_password(token, audit)).await
    }

    async fn recover(&self, token: &PasswordToken, audit: &AuditLine) -> Result<Option<User>, StoreError> {
        run(self.recover_user(token, audit)).await
    }

    async fn find_by_password_token(
        &self,
        token: PasswordTokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<User>, StoreError> {
        run(async {
            let row = password::find_by_token(&self.reader, token, now).await?;
            row.as_ref().map(row::Model::user).transpose()
        })
        .await
    }

    async fn set_password(
        &self,
        token: PasswordTokenHash,
        password: &PasswordHash,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<Option<User>, StoreError> {
        let chosen = password::Chosen { token, password, now };
        run(self.choose_password(&chosen, audit)).await
    }

    async fn change_password(&self, change: &PasswordChange, audit: &AuditLine) -> Result<bool, StoreError> {
        run(self.replace_password(change, audit)).await
    }

    async fn set_role(&self, user: UserId, role: Role, audit: &AuditLine) -> Result<Changed, StoreError> {
        run(self.give_role(user, role, audit)).await
    }

    async fn disable(
        &self,
        user: UserId,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<Changed, StoreError> {
        run(self.lock_out(user, now, audit)).await
    }

    async fn enable(&self, user: UserId, audit: &AuditLine) -> Result<Changed, StoreError> {
        run(self.let_in(user, audit)).await
    }
}

fn new_row(user: &User, password: Option<HiddenText>) -> row::ActiveModel {
    row::ActiveModel {
        id: Set(user.id.0),
        username: Set(user.username.as_str().to_owned()),
        role: Set(user.role.as_str().to_owned()),
        password_hash: Set(password),
        created_at: Set(user.created_at.into()),
        state: Set(user.state.as_str().to_owned()),
        second_factor_since: Set(None),
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

/// Makes changes of one user, and of what the user has, follow one another; returns the user, where there is one.
pub(super) async fn lock(
    transaction: &DatabaseTransaction,
    id: UserId,
) -> Result<Option<row::Model>, Failure> {
    Ok(row::Entity::find_by_id(id.0).lock(LockType::NoKeyUpdate).one(transaction).await?)
}

/// Sets one column of a user's row.
pub(super) async fn set(
    transaction: &DatabaseTransaction,
    id: UserId,
    column: row::Column,
    value: impl Into<sea_orm::Value> + Send,
) -> Result<(), Failure> {
    row::Entity::update_many()
        .col_expr(column, Expr::value(value))
        .filter(row::Column::Id.eq(id.0))
        .exec(transaction)
        .await?;
    Ok(())
}
