//! What the leading desk reads and writes of alerts.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::alert::{ActiveAlerts, AlertId, AlertState, AlertWatchStore, Fired, Firing, Pruned, Seen};
use domain::instrument::Instrument;
use domain::store::StoreError;
use domain::user::{UserId, UserState};
use sea_orm::entity::prelude::*;
use sea_orm::{ExprTrait as _, QuerySelect};
use time::OffsetDateTime;
use tracing::warn;

use super::{hold, kept, row};
use crate::sql::column::{Exact, Moment};
use crate::sql::failure::Failure;
use crate::sql::{Sql, instrument, lease, run, user};

/// How many rows one statement changes or ids it names: both databases bound the number of parameters.
const AT_ONCE: usize = 500;

#[async_trait]
impl AlertWatchStore for Sql {
    async fn watched(&self) -> Result<ActiveAlerts, StoreError> {
        run(async {
            let rows = row::Entity::find()
                .inner_join(user::row::Entity)
                .filter(row::Column::State.eq(AlertState::Active.as_str()))
                .filter(user::row::Column::State.eq(UserState::Active.as_str()))
                .all(&self.reader)
                .await?;
            let instruments = self.instruments_of(&rows).await?;
            let mut active = ActiveAlerts::default();
            for row in rows {
                let instrument = instruments.get(&row.instrument_id);
                match (row.watched(), instrument) {
                    (Ok(watched), Some(instrument)) => active.watched.push((watched, instrument.clone())),
                    (watched, _) => {
                        if let Err(failure) = watched {
                            warn!(alert = %row.id, ?failure, "an alert cannot be read and is not watched");
                        }
                        active.unreadable.push(AlertId(row.id));
                    }
                }
            }
            Ok(active)
        })
        .await
    }

    async fn trigger(&self, epoch: u64, firings: &[Firing]) -> Result<Vec<Fired>, StoreError> {
        Box::pin(run(self.fire(epoch, firings))).await
    }

    async fn keep(&self, epoch: u64, seen: &[Seen]) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lease::has_passed(&transaction, epoch).await? {
                return Ok(());
            }
            let mut seen: Vec<&Seen> = seen.iter().collect();
            seen.sort_unstable_by_key(|seen| seen.alert);
            for seen in seen {
                row::Entity::update_many()
                    .col_expr(row::Column::LastValue, Expr::value(Exact(seen.last)))
                    .col_expr(row::Column::Armed, Expr::value(seen.armed))
                    .filter(row::Column::Id.eq(seen.alert.0))
                    .filter(row::Column::Arming.eq(kept(seen.arming)))
                    .exec(&transaction)
                    .await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn note(&self, epoch: u64, alerts: &[AlertId], reason: Option<&str>) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lease::has_passed(&transaction, epoch).await? {
                return Ok(());
            }
            let active = row::Entity::find()
                .filter(row::Column::Id.is_in(alerts.iter().map(|id| id.0)))
                .filter(row::Column::State.eq(AlertState::Active.as_str()));
            let held = hold(&transaction, active).await?;
            row::Entity::update_many()
                .col_expr(row::Column::Reason, Expr::value(reason.map(str::to_owned)))
                .filter(row::Column::Id.is_in(held))
                .exec(&transaction)
                .await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn expire(&self, epoch: u64, now: OffsetDateTime) -> Result<u64, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            if lease::has_passed(&transaction, epoch).await? {
                return Ok(0);
            }
            let running = [AlertState::Active, AlertState::Paused].map(AlertState::as_str);
            let over = row::Entity::find()
                .filter(row::Column::State.is_in(running))
                .filter(row::Column::ExpiresAt.lte(Moment::from(now)))
                .limit(AT_ONCE as u64);
            let held = hold(&transaction, over).await?;
            if held.is_empty() {
                return Ok(0);
            }
            let ended = row::Entity::update_many()
                .col_expr(row::Column::State, Expr::value(AlertState::Expired.as_str()))
                .col_expr(row::Column::Reason, Expr::value(None::<String>))
                .col_expr(row::Column::Arming, Expr::col(row::Column::Arming).add(1))
                .filter(row::Column::Id.is_in(held))
                .exec(&transaction)
                .await?;
            transaction.commit().await?;
            Ok(ended.rows_affected)
        })
        .await
    }

    async fn prune(
        &self,
        epoch: u64,
        after: Option<UserId>,
        now: OffsetDateTime,
    ) -> Result<Pruned, StoreError> {
        Box::pin(run(self.let_go(epoch, after, now))).await
    }
}

impl Sql {
    /// The instruments of these alerts; one that cannot be read is left out.
    async fn instruments_of(&self, alerts: &[row::Model]) -> Result<HashMap<Uuid, Instrument>, Failure> {
        let distinct: HashSet<Uuid> = alerts.iter().map(|alert| alert.instrument_id).collect();
        let distinct: Vec<Uuid> = distinct.into_iter().collect();
        let mut known = HashMap::new();
        for chunk in distinct.chunks(AT_ONCE) {
            let of_chunk = instrument::row::Column::Id.is_in(chunk.iter().copied());
            for row in instrument::row::Entity::find().filter(of_chunk).all(&self.reader).await? {
                let id = row.id;
                match row.instrument() {
                    Ok(instrument) => {
                        known.insert(id, instrument);
                    }
                    Err(failure) => warn!(instrument = %id, ?failure, "an instrument cannot be read"),
                }
            }
        }
        Ok(known)
    }
}
