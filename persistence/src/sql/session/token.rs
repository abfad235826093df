//! Refresh tokens: the hashes of those that sessions had, and of the one that each has now.

use domain::audit::AuditLine;
use domain::session::{RefreshTokenHash, Renewal, Rotation, SessionId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, QuerySelect, QueryTrait};
use time::OffsetDateTime;

use super::ending::{KEPT_FOR, PRUNED_AT_ONCE, end, is};
use super::row;
use crate::sql::column::{Hidden, Moment};
use crate::sql::failure::Failure;
use crate::sql::{audit, user};

mod refresh_token {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Hidden, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Hidden,
        pub session_id: Uuid,
        pub replaced_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// [`domain::session::SessionStore::rotate`]
pub(super) async fn rotate(
    transaction: &DatabaseTransaction,
    renewal: Renewal,
    reused: &AuditLine,
) -> Result<Rotation, Failure> {
    let Renewal { old, new, now, expires_at } = renewal;
    let Some(id) = find_session(transaction, old).await? else { return Ok(Rotation::Refused) };
    let session = row::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(transaction).await?;
    let Some(session) = session.filter(|session| session.is_open(now)) else { return Ok(Rotation::Refused) };
    // Read under the session's lock: of two that present the same token, the second finds it replaced.
    let Some(token) = find(transaction, old).await? else { return Ok(Rotation::Refused) };
    if token.replaced_at.is_some() {
        let id = SessionId(session.id);
        end(transaction, is(id), now).await?;
        audit::write(transaction, reused).await?;
        return Ok(Rotation::Reused(id));
    }
    let Some(user) = user::row::Entity::find_by_id(session.user_id).one(transaction).await? else {
        return Ok(Rotation::Refused);
    };

    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::ReplacedAt, Expr::value(Moment::from(now)))
        .filter(refresh_token::Column::Hash.eq(token.hash))
        .exec(transaction)
        .await?;
    insert(transaction, session.id, new).await?;
    prune(transaction, session.id, now).await?;
    let renewed = row::Model { expires_at: expires_at.into(), last_used_at: now.into(), ..session };
    row::Entity::update_many()
        .col_expr(row::Column::ExpiresAt, Expr::value(renewed.expires_at))
        .col_expr(row::Column::LastUsedAt, Expr::value(renewed.last_used_at))
        .filter(row::Column::Id.eq(renewed.id))
        .exec(transaction)
        .await?;
    Ok(Rotation::Rotated(renewed.session()?, user.user()?))
}

/// The session that a token belongs to, in force or not.
pub(super) async fn find_session(
    connection: &impl ConnectionTrait,
    hash: RefreshTokenHash,
) -> Result<Option<Uuid>, Failure> {
    Ok(find(connection, hash).await?.map(|token| token.session_id))
}

async fn find(
    connection: &impl ConnectionTrait,
    hash: RefreshTokenHash,
) -> Result<Option<refresh_token::Model>, Failure> {
    Ok(refresh_token::Entity::find_by_id(Hidden::from(hash.0)).one(connection).await?)
}

pub(super) async fn insert(
    transaction: &DatabaseTransaction,
    session: Uuid,
    hash: RefreshTokenHash,
) -> Result<(), Failure> {
    let token = refresh_token::ActiveModel {
        hash: Set(hash.0.into()),
        session_id: Set(session),
        replaced_at: Set(None),
    };
    refresh_token::Entity::insert(token).exec_without_returning(transaction).await?;
    Ok(())
}

/// Deletes some of a session's tokens that were replaced long ago.
async fn prune(transaction: &DatabaseTransaction, session: Uuid, now: OffsetDateTime) -> Result<(), Failure> {
    let old = refresh_token::Entity::find()
        .select_only()
        .column(refresh_token::Column::Hash)
        .filter(refresh_token::Column::SessionId.eq(session))
        .filter(refresh_token::Column::ReplacedAt.lt(Moment::from(now - KEPT_FOR)))
        .limit(PRUNED_AT_ONCE)
        .into_query();
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::Hash.in_subquery(old))
        .exec(transaction)
        .await?;
    Ok(())
}
