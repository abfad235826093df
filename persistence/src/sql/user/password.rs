//! Passwords: chosen with a link, changed, made void.

use domain::audit::AuditLine;
use domain::user::{
    Changed, PasswordChange, PasswordHash, PasswordToken, PasswordTokenHash, User, UserId, UserState,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use time::OffsetDateTime;

use super::administration::{enabled, is_last_administrator};
use super::{lock, row, set};
use crate::sql::column::{Hidden, HiddenText, Moment};
use crate::sql::failure::Failure;
use crate::sql::{Lock, Sql, audit, second_factor, session};

mod token {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Hidden, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "password_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub hash: Hidden,
        pub created_at: Moment,
        pub expires_at: Moment,
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

/// A password that is chosen with a token.
pub(super) struct Chosen<'a> {
    pub(super) token: PasswordTokenHash,
    pub(super) password: &'a PasswordHash,
    pub(super) now: OffsetDateTime,
}

impl Sql {
    /// [`domain::user::UserStore::reset_password`]
    pub(super) async fn take_password(
        &self,
        token: &PasswordToken,
        audit: &AuditLine,
    ) -> Result<Changed, Failure> {
        let transaction = self.begin_write().await?;
        // Whoever counts administrators who can come in must see this one no longer.
        self.lock(&transaction, Lock::Administrators).await?;
        let Some(row) = lock(&transaction, token.user).await? else { return Ok(Changed::NotFound) };
        if is_last_administrator(&transaction, &row).await? {
            return Ok(Changed::LastAdministrator);
        }
        make_void(&transaction, token).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(Changed::Done(row.user()?))
    }

    /// [`domain::user::UserStore::recover`]
    pub(super) async fn recover_user(
        &self,
        token: &PasswordToken,
        audit: &AuditLine,
    ) -> Result<Option<User>, Failure> {
        let transaction = self.begin_write().await?;
        self.lock(&transaction, Lock::Administrators).await?;
        let Some(row) = lock(&transaction, token.user).await? else { return Ok(None) };
        make_void(&transaction, token).await?;
        second_factor::forget(&transaction, token.user).await?;
        let row = row::Model { password_hash: None, second_factor_since: None, ..row };
        let state = enabled(&row)?;
        set(&transaction, token.user, row::Column::State, state.as_str()).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(Some(row::Model { state: state.as_str().to_owned(), ..row }.user()?))
    }

    /// [`domain::user::UserStore::set_password`]
    pub(super) async fn choose_password(
        &self,
        chosen: &Chosen<'_>,
        audit: &AuditLine,
    ) -> Result<Option<User>, Failure> {
        let Chosen { token, password, now } = *chosen;
        let transaction = self.begin_write().await?;
        let Some(row) = find_by_token(&transaction, token, now).await? else { return Ok(None) };
        let id = UserId(row.id);
        lock(&transaction, id).await?;
        // Read again under the user's lock: of two that bring the same token, the second finds it gone.
        let Some(row) = find_by_token(&transaction, token, now).await? else { return Ok(None) };

        set(&transaction, id, row::Column::PasswordHash, HiddenText(password.0.clone())).await?;
        set(&transaction, id, row::Column::State, UserState::Active.as_str()).await?;
        token::Entity::delete_by_id(id.0).exec(&transaction).await?;
        session::end_all(&transaction, id, now).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(Some(row::Model { state: UserState::Active.as_str().to_owned(), ..row }.user()?))
    }

    /// [`domain::user::UserStore::change_password`]
    pub(super) async fn replace_password(
        &self,
        change: &PasswordChange,
        audit: &AuditLine,
    ) -> Result<bool, Failure> {
        let transaction = self.begin_write().await?;
        let row = lock(&transaction, change.user).await?;
        if !row.is_some_and(|row| row.has_password(&change.old)) {
            return Ok(false);
        }
        let new = HiddenText(change.new.0.clone());
        set(&transaction, change.user, row::Column::PasswordHash, new).await?;
        session::end_others(&transaction, change.user, change.kept, change.at).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// Takes the password of a user away, whose lock the transaction has, and ends the sessions; the token is for the next.
async fn make_void(transaction: &DatabaseTransaction, token: &PasswordToken) -> Result<(), Failure> {
    set(transaction, token.user, row::Column::PasswordHash, None::<String>).await?;
    replace_token(transaction, token).await?;
    session::end_all(transaction, token.user, token.created_at).await
}

/// The user whose password can be chosen with this token now.
pub(super) async fn find_by_token(
    connection: &impl ConnectionTrait,
    token: PasswordTokenHash,
    now: OffsetDateTime,
) -> Result<Option<row::Model>, Failure> {
    let found = token::Entity::find()
        .filter(token::Column::Hash.eq(Hidden::from(token.0)))
        .filter(token::Column::ExpiresAt.gt(Moment::from(now)))
        .find_also_related(row::Entity)
        .filter(row::Column::State.ne(UserState::Disabled.as_str()))
        .one(connection)
        .await?;
    Ok(found.and_then(|(_, user)| user))
}

/// Keeps a token; an earlier one of this user is void.
pub(super) async fn replace_token(
    transaction: &DatabaseTransaction,
    token: &PasswordToken,
) -> Result<(), Failure> {
    let row = token::ActiveModel {
        user_id: Set(token.user.0),
        hash: Set(token.hash.0.into()),
        created_at: Set(token.created_at.into()),
        expires_at: Set(token.expires_at.into()),
    };
    let replace = OnConflict::column(token::Column::UserId)
        .update_columns([token::Column::Hash, token::Column::CreatedAt, token::Column::ExpiresAt])
        .to_owned();
    token::Entity::insert(row).on_conflict(replace).exec_without_returning(transaction).await?;
    Ok(())
}
