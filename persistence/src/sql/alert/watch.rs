//! What the leading desk reads and writes of alerts.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::alert::{AlertId, AlertState, AlertWatchStore, Fired, Firing, Seen, Watched};
use domain::instrument::{Instrument, InstrumentId, InstrumentStore};
use domain::store::StoreError;
use domain::user::UserState;
use sea_orm::ExprTrait as _;
use sea_orm::entity::prelude::*;
use time::OffsetDateTime;
use tracing::warn;

use super::row;
use crate::sql::column::{Exact, Moment};
use crate::sql::failure::{Failure, in_column};
use crate::sql::{Sql, run, user};

/// How many ids one statement names: both databases bound the number of parameters.
const AT_ONCE: usize = 500;

impl row::Model {
    fn watched(&self) -> Result<Watched, Failure> {
        Ok(Watched {
            alert: self.alert()?,
            arming: u64::try_from(self.arming).map_err(in_column("alerts.arming"))?,
            last: self.last_value.map(|value| value.0),
            armed: self.armed,
        })
    }
}

#[async_trait]
impl AlertWatchStore for Sql {
    async fn watched(&self) -> Result<Vec<(Watched, Instrument)>, StoreError> {
        let watched: Vec<Watched> = run(async {
            let rows = row::Entity::find()
                .inner_join(user::row::Entity)
                .filter(row::Column::State.eq(AlertState::Active.as_str()))
                .filter(user::row::Column::State.eq(UserState::Active.as_str()))
                .all(&self.reader)
                .await?;
            // One row that cannot be read leaves everybody else's alerts watched.
            let watched = rows.iter().filter_map(|row| match row.watched() {
                Ok(watched) => Some(watched),
                Err(failure) => {
                    warn!(alert = %row.id, ?failure, "an alert cannot be read and is not watched");
                    None
                }
            });
            Ok(watched.collect())
        })
        .await?;
        let mut ids: Vec<InstrumentId> = watched.iter().map(|watched| watched.alert.instrument).collect();
        ids.sort_unstable();
        ids.dedup();
        let known = InstrumentStore::find(self, &ids).await?;
        let known: HashMap<InstrumentId, Instrument> =
            known.into_iter().map(|instrument| (instrument.id, instrument)).collect();
        let with_instrument = |watched: Watched| {
            let instrument = known.get(&watched.alert.instrument)?.clone();
            Some((watched, instrument))
        };
        Ok(watched.into_iter().filter_map(with_instrument).collect())
    }

    async fn trigger(&self, epoch: u64, firings: &[Firing]) -> Result<Vec<Fired>, StoreError> {
        Box::pin(run(self.fire(epoch, firings))).await
    }

    async fn keep(&self, seen: &[Seen]) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
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

    async fn note(&self, alerts: &[AlertId], reason: Option<&str>) -> Result<(), StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            for chunk in alerts.chunks(AT_ONCE) {
                row::Entity::update_many()
                    .col_expr(row::Column::Reason, Expr::value(reason.map(str::to_owned)))
                    .filter(row::Column::Id.is_in(chunk.iter().map(|id| id.0)))
                    .filter(row::Column::State.eq(AlertState::Active.as_str()))
                    .exec(&transaction)
                    .await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn expire(&self, now: OffsetDateTime) -> Result<u64, StoreError> {
        run(async {
            let running = [AlertState::Active, AlertState::Paused].map(AlertState::as_str);
            let ended = row::Entity::update_many()
                .col_expr(row::Column::State, Expr::value(AlertState::Expired.as_str()))
                .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
                .col_expr(row::Column::Arming, Expr::col(row::Column::Arming).add(1))
                .filter(row::Column::State.is_in(running))
                .filter(row::Column::ExpiresAt.lte(Moment::from(now)))
                .exec(&self.writer)
                .await?;
            Ok(ended.rows_affected)
        })
        .await
    }
}

/// An arming as it is kept; none is as great as what does not fit.
pub(super) fn kept(arming: u64) -> i64 {
    i64::try_from(arming).unwrap_or(i64::MAX)
}
