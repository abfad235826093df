//! What administrators change of people. One who can come in always stays.
//!
//! Changes that could leave none follow one another ([`Lock::Administrators`]): else two who demote each other at
//! the same moment would each still see the other.

use domain::audit::AuditLine;
use domain::user::{Changed, Role, UserId, UserState};
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, EntityTrait};
use time::OffsetDateTime;

use super::{lock, row, set};
use crate::sql::failure::Failure;
use crate::sql::{Lock, Sql, audit, session};

impl Sql {
    /// [`domain::user::UserStore::set_role`]
    pub(super) async fn give_role(
        &self,
        user: UserId,
        role: Role,
        audit: &AuditLine,
    ) -> Result<Changed, Failure> {
        let transaction = self.begin_write().await?;
        self.lock(&transaction, Lock::Administrators).await?;
        let Some(row) = lock(&transaction, user).await? else { return Ok(Changed::NotFound) };
        if row.role == role.as_str() {
            return Ok(Changed::Done(row.user()?));
        }
        if role != Role::Admin && is_last_administrator(&transaction, &row).await? {
            return Ok(Changed::LastAdministrator);
        }
        set(&transaction, user, row::Column::Role, role.as_str()).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(Changed::Done(row::Model { role: role.as_str().to_owned(), ..row }.user()?))
    }

    /// [`domain::user::UserStore::disable`]
    pub(super) async fn lock_out(
        &self,
        user: UserId,
        now: OffsetDateTime,
        audit: &AuditLine,
    ) -> Result<Changed, Failure> {
        let transaction = self.begin_write().await?;
        self.lock(&transaction, Lock::Administrators).await?;
        let Some(row) = lock(&transaction, user).await? else { return Ok(Changed::NotFound) };
        if is_last_administrator(&transaction, &row).await? {
            return Ok(Changed::LastAdministrator);
        }
        session::end_all(&transaction, user, now).await?;
        change_state(transaction, row, UserState::Disabled, audit).await
    }

    /// [`domain::user::UserStore::enable`]
    pub(super) async fn let_in(&self, user: UserId, audit: &AuditLine) -> Result<Changed, Failure> {
        let transaction = self.begin_write().await?;
        let Some(row) = lock(&transaction, user).await? else { return Ok(Changed::NotFound) };
        let state = enabled(&row)?;
        change_state(transaction, row, state, audit).await
    }
}

/// Nothing is written where it is the user's state already.
async fn change_state(
    transaction: DatabaseTransaction,
    row: row::Model,
    state: UserState,
    audit: &AuditLine,
) -> Result<Changed, Failure> {
    if row.state()? == state {
        return Ok(Changed::Done(row.user()?));
    }
    set(&transaction, UserId(row.id), row::Column::State, state.as_str()).await?;
    audit::write(&transaction, audit).await?;
    transaction.commit().await?;
    Ok(Changed::Done(row::Model { state: state.as_str().to_owned(), ..row }.user()?))
}

/// What a user's state is once the user is no longer locked out.
pub(super) fn enabled(row: &row::Model) -> Result<UserState, Failure> {
    Ok(match row.state()? {
        UserState::Disabled if row.password_hash.is_some() => UserState::Active,
        UserState::Disabled => UserState::Invited,
        as_it_is => as_it_is,
    })
}

/// Whether this is the only administrator who can come in.
pub(super) async fn is_last_administrator(
    transaction: &DatabaseTransaction,
    row: &row::Model,
) -> Result<bool, Failure> {
    let user = row.user()?;
    if user.role != Role::Admin || user.state != UserState::Active || row.password_hash.is_none() {
        return Ok(false);
    }
    let others = row::Entity::find()
        .filter(row::Column::Role.eq(Role::Admin.as_str()))
        .filter(row::Column::State.eq(UserState::Active.as_str()))
        .filter(row::Column::PasswordHash.is_not_null())
        .filter(row::Column::Id.ne(row.id))
        .count(transaction)
        .await?;
    Ok(others == 0)
}
