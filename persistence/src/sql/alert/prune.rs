//! Letting go of what alerts said long ago.

use std::collections::HashSet;

use domain::alert::{DeliveryState, EVENTS_KEPT, EVENTS_KEPT_FOR, Pruned};
use domain::user::UserId;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::{delivery, event, event_row};
use crate::sql::column::Moment;
use crate::sql::failure::Failure;
use crate::sql::{Sql, lease, user};

/// How many events are let go of at once.
const AT_ONCE: u64 = 500;

impl Sql {
    /// [`domain::alert::AlertWatchStore::prune`]
    pub(super) async fn let_go(
        &self,
        epoch: u64,
        after: Option<UserId>,
        now: OffsetDateTime,
    ) -> Result<Pruned, Failure> {
        let transaction = self.begin_write().await?;
        if lease::has_passed(&transaction, epoch).await? {
            return Ok(Pruned::All);
        }
        let Some(owner) = next_owner(&transaction, after).await? else { return Ok(Pruned::All) };
        user::lock(&transaction, owner).await?;
        let old = old(&transaction, owner, now).await?;
        let Some(through) = old.last() else { return Ok(Pruned::Through(owner)) };
        // Their deliveries go with them.
        event_row::Entity::delete_many()
            .filter(event_row::Column::OwnerId.eq(owner.0))
            .filter(event_row::Column::Number.lte(*through))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(if old.len() as u64 == AT_ONCE { Pruned::More } else { Pruned::Through(owner) })
    }
}

/// The first user after this one to whom something was said.
async fn next_owner(
    transaction: &DatabaseTransaction,
    after: Option<UserId>,
) -> Result<Option<UserId>, Failure> {
    let mut events = event_row::Entity::find();
    if let Some(after) = after {
        events = events.filter(event_row::Column::OwnerId.gt(after.0));
    }
    let next: Option<Uuid> = events
        .select_only()
        .column(event_row::Column::OwnerId)
        .order_by_asc(event_row::Column::OwnerId)
        .limit(1)
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(next.map(UserId))
}

/// The numbers of a user's oldest events as far as they are kept no longer: up to the first that is, or that is still
/// being delivered, so that no hole is left between those that are kept.
async fn old(
    transaction: &DatabaseTransaction,
    owner: UserId,
    now: OffsetDateTime,
) -> Result<Vec<i64>, Failure> {
    let last = event::last(transaction, owner).await?;
    let oldest: Vec<(Uuid, i64, Moment)> = event::of(owner)
        .select_only()
        .columns([event_row::Column::Id, event_row::Column::Number, event_row::Column::At])
        .order_by_asc(event_row::Column::Number)
        .limit(AT_ONCE)
        .into_tuple()
        .all(transaction)
        .await?;
    let first_kept = last.saturating_sub(i64::try_from(EVENTS_KEPT).unwrap_or(i64::MAX)) + 1;
    let since = Moment::from(now - EVENTS_KEPT_FOR);
    let is_old = |number: i64, at: Moment| number < last && (number < first_kept || at < since);
    let old: Vec<_> = oldest.into_iter().take_while(|(_, number, at)| is_old(*number, *at)).collect();
    let pending: Vec<Uuid> = delivery::Entity::find()
        .filter(delivery::Column::EventId.is_in(old.iter().map(|(id, ..)| *id)))
        .filter(delivery::Column::State.eq(DeliveryState::Pending.as_str()))
        .select_only()
        .column(delivery::Column::EventId)
        .into_tuple()
        .all(transaction)
        .await?;
    let pending: HashSet<Uuid> = pending.into_iter().collect();
    let settled = old.into_iter().take_while(|(id, ..)| !pending.contains(id));
    Ok(settled.map(|(_, number, _)| number).collect())
}
