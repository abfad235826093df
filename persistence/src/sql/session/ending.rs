//! How sessions end, and when they are forgotten.

use domain::session::SessionId;
use domain::user::UserId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{Condition, DatabaseTransaction, QuerySelect, QueryTrait};
use time::{Duration, OffsetDateTime};

use super::row;
use crate::sql::column::Moment;
use crate::sql::failure::Failure;

/// How long ended sessions and replaced tokens are kept: longer than a stolen token could be of use.
pub(super) const KEPT_FOR: Duration = Duration::days(30);

/// The most rows that one call prunes.
pub(super) const PRUNED_AT_ONCE: u64 = 100;

/// Holds for the sessions that are open now.
pub(super) fn open_at(now: OffsetDateTime) -> Condition {
    Condition::all().add(row::Column::EndedAt.is_null()).add(row::Column::ExpiresAt.gt(Moment::from(now)))
}

/// Holds for this session.
pub(super) fn is(id: SessionId) -> Condition {
    Condition::all().add(row::Column::Id.eq(id.0))
}

/// Holds for the sessions of this user.
pub(super) fn is_of(user: UserId) -> Condition {
    Condition::all().add(row::Column::UserId.eq(user.0))
}

/// Ends those that are open and for which `which` holds; returns how many. The moment of the first end stays.
pub(super) async fn end(
    connection: &impl ConnectionTrait,
    which: Condition,
    now: OffsetDateTime,
) -> Result<u64, Failure> {
    let ended = row::Entity::update_many()
        .col_expr(row::Column::EndedAt, Expr::value(Moment::from(now)))
        .filter(which)
        .filter(open_at(now))
        .exec(connection)
        .await?;
    Ok(ended.rows_affected)
}

/// Ends all open sessions of a user, whose lock the transaction has: two that end the same ones in different orders
/// would wait for each other.
pub(in crate::sql) async fn end_all(
    transaction: &DatabaseTransaction,
    user: UserId,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    end(transaction, is_of(user), now).await?;
    Ok(())
}

/// Ends all open sessions but one of a user, whose lock the transaction has; returns how many.
pub(in crate::sql) async fn end_others(
    transaction: &DatabaseTransaction,
    user: UserId,
    kept: SessionId,
    now: OffsetDateTime,
) -> Result<u64, Failure> {
    end(transaction, is_of(user).add(row::Column::Id.ne(kept.0)), now).await
}

/// Deletes some sessions that ended long ago; their tokens go with them.
pub(super) async fn prune(transaction: &DatabaseTransaction, now: OffsetDateTime) -> Result<(), Failure> {
    let long_ago = Moment::from(now - KEPT_FOR);
    let old = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(
            Condition::any().add(row::Column::ExpiresAt.lt(long_ago)).add(row::Column::EndedAt.lt(long_ago)),
        )
        .limit(PRUNED_AT_ONCE)
        // Two that prune at once take different rows instead of waiting for each other.
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_query();
    row::Entity::delete_many().filter(row::Column::Id.in_subquery(old)).exec(transaction).await?;
    Ok(())
}
