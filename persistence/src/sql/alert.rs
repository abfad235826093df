//! Alerts, for their owners.
//!
//! Who meets whom: whatever an owner changes, and what is said to the owner, takes the owner's row first ([`user::lock`]),
//! so that it follows one another; then come deliveries, alerts (by their ids, [`hold`]) and webhooks, in this order
//! everywhere, so that no two writers wait for each other.

use async_trait::async_trait;
use domain::alert::{
    Alert, AlertChange, AlertCondition, AlertFilter, AlertId, AlertName, AlertStore, MAX_ALERTS, Outcome,
    Watched,
};
use domain::instrument::InstrumentId;
use domain::page::{Found, Page};
use domain::store::StoreError;
use domain::user::UserId;
use domain::webhook::WebhookId;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::LockType;
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect};

use super::column::{Exact, Moment};
use super::failure::{Failure, in_column};
use super::{Sql, instrument, page, run, user, webhook};

mod event;
mod fire;
mod prune;
mod subject;
mod watch;

pub(super) use event::{delivery, row as event_row};

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "alerts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub owner_id: Uuid,
        pub instrument_id: Uuid,
        pub name: Option<String>,
        pub subject: String,
        pub comparison: String,
        pub threshold: Exact,
        pub repeat: String,
        pub state: String,
        pub reason: Option<String>,
        pub email: bool,
        pub webhook_id: Option<Uuid>,
        pub expires_at: Option<Moment>,
        pub created_at: Moment,
        pub triggered_at: Option<Moment>,
        pub version: i32,
        /// Counts how often it was armed.
        pub arming: i64,
        pub last_value: Option<Exact>,
        pub armed: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "crate::sql::user::row::Entity",
            from = "Column::OwnerId",
            to = "crate::sql::user::row::Column::Id"
        )]
        Owner,
    }

    impl Related<crate::sql::user::row::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Owner.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    pub(super) fn alert(&self) -> Result<Alert, Failure> {
        let time = |moment: Option<Moment>| moment.map(Moment::time).transpose();
        let name = self.name.as_deref().map(AlertName::parse).transpose();
        Ok(Alert {
            id: AlertId(self.id),
            owner: UserId(self.owner_id),
            instrument: InstrumentId::from_uuid(self.instrument_id),
            name: name.map_err(in_column("alerts.name"))?,
            condition: AlertCondition {
                subject: subject::read(&self.subject)?,
                comparison: self.comparison.parse().map_err(in_column::<String>("alerts.comparison"))?,
                threshold: self.threshold.0,
            },
            repeat: self.repeat.parse().map_err(in_column::<String>("alerts.repeat"))?,
            state: self.state.parse().map_err(in_column::<String>("alerts.state"))?,
            reason: self.reason.clone(),
            email: self.email,
            webhook: self.webhook_id.map(WebhookId),
            expires_at: time(self.expires_at)?,
            created_at: self.created_at.time()?,
            triggered_at: time(self.triggered_at)?,
            version: u32::try_from(self.version).map_err(in_column("alerts.version"))?,
        })
    }

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
impl AlertStore for Sql {
    async fn create(&self, alert: &Alert) -> Result<AlertChange, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, alert.owner).await?;
            let of_owner = row::Entity::find().filter(row::Column::OwnerId.eq(alert.owner.0));
            if of_owner.count(&transaction).await? >= MAX_ALERTS {
                return Ok(AlertChange::LimitReached);
            }
            let known = instrument::row::Entity::find_by_id(alert.instrument.uuid());
            if known.count(&transaction).await? == 0 {
                return Ok(AlertChange::InstrumentNotFound);
            }
            if !has_webhook(&transaction, alert).await? {
                return Ok(AlertChange::WebhookNotFound);
            }
            let row = row_of(&Watched::new(alert.clone()))?.insert(&transaction).await?;
            done(transaction, &row).await
        })
        .await
    }

    async fn update(&self, alert: &Alert, expected: u32) -> Result<AlertChange, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let Some(present) = lock(&transaction, alert.owner, alert.id).await? else {
                return Ok(AlertChange::NotFound);
            };
            if present.alert.version != expected {
                return Ok(AlertChange::Outdated);
            }
            if !has_webhook(&transaction, alert).await? {
                return Ok(AlertChange::WebhookNotFound);
            }
            let row = row_of(&present.changed(alert))?.update(&transaction).await?;
            done(transaction, &row).await
        })
        .await
    }

    async fn set_resting(
        &self,
        owner: UserId,
        id: AlertId,
        outcome: Outcome,
    ) -> Result<AlertChange, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let Some(present) = lock(&transaction, owner, id).await? else {
                return Ok(AlertChange::NotFound);
            };
            let arming = present.arming;
            let next = match outcome {
                Outcome::Pause => Some(present.paused()),
                Outcome::Resume(now) => present.resumed(now),
            };
            let Some(next) = next else { return Ok(AlertChange::Ended) };
            if next.arming == arming {
                return Ok(AlertChange::Done(Box::new(next.alert)));
            }
            let row = row_of(&next)?.update(&transaction).await?;
            done(transaction, &row).await
        })
        .await
    }

    async fn delete(&self, owner: UserId, id: AlertId) -> Result<bool, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            user::lock(&transaction, owner).await?;
            let own = row::Entity::delete_many()
                .filter(row::Column::Id.eq(id.0))
                .filter(row::Column::OwnerId.eq(owner.0));
            let gone = own.exec(&transaction).await?;
            transaction.commit().await?;
            Ok(gone.rows_affected > 0)
        })
        .await
    }

    async fn find(&self, owner: UserId, ids: &[AlertId]) -> Result<Vec<Alert>, StoreError> {
        run(async {
            let rows = row::Entity::find()
                .filter(row::Column::OwnerId.eq(owner.0))
                .filter(row::Column::Id.is_in(ids.iter().map(|id| id.0)))
                .all(&self.reader)
                .await?;
            rows.iter().map(row::Model::alert).collect()
        })
        .await
    }

    async fn list(
        &self,
        owner: UserId,
        filter: AlertFilter,
        page: &Page<AlertId>,
    ) -> Result<Found<Alert>, StoreError> {
        run(async {
            let mut alerts = row::Entity::find().filter(row::Column::OwnerId.eq(owner.0));
            if let Some(state) = filter.state {
                alerts = alerts.filter(row::Column::State.eq(state.as_str()));
            }
            if let Some(instrument) = filter.instrument {
                alerts = alerts.filter(row::Column::InstrumentId.eq(instrument.uuid()));
            }
            let mut newest_first = alerts.cursor_by(row::Column::Id);
            newest_first.desc();
            let found = page::read(&self.reader, newest_first, page::by(page, |id| id.0)).await?;
            page::map(found, |row| row.alert())
        })
        .await
    }
}

/// An alert as a whole row.
fn row_of(watched: &Watched) -> Result<row::ActiveModel, Failure> {
    let Watched { alert, arming, last, armed } = watched;
    Ok(row::ActiveModel {
        id: Set(alert.id.0),
        owner_id: Set(alert.owner.0),
        instrument_id: Set(alert.instrument.uuid()),
        name: Set(alert.name.as_ref().map(|name| name.as_str().to_owned())),
        subject: Set(subject::write(&alert.condition.subject)),
        comparison: Set(alert.condition.comparison.as_str().to_owned()),
        threshold: Set(Exact(alert.condition.threshold)),
        repeat: Set(alert.repeat.as_str().to_owned()),
        state: Set(alert.state.as_str().to_owned()),
        reason: Set(alert.reason.clone()),
        email: Set(alert.email),
        webhook_id: Set(alert.webhook.map(|webhook| webhook.0)),
        expires_at: Set(alert.expires_at.map(Into::into)),
        created_at: Set(alert.created_at.into()),
        triggered_at: Set(alert.triggered_at.map(Into::into)),
        version: Set(i32::try_from(alert.version).map_err(in_column("alerts.version"))?),
        arming: Set(kept(*arming)),
        last_value: Set(last.map(Exact)),
        armed: Set(*armed),
    })
}

/// An arming as it is kept; none is as great as what does not fit.
fn kept(arming: u64) -> i64 {
    i64::try_from(arming).unwrap_or(i64::MAX)
}

async fn done(transaction: DatabaseTransaction, row: &row::Model) -> Result<AlertChange, Failure> {
    let alert = Box::new(row.alert()?);
    transaction.commit().await?;
    Ok(AlertChange::Done(alert))
}

/// The owner's alert, with the owner held so that it stays as it is.
async fn lock(
    transaction: &DatabaseTransaction,
    owner: UserId,
    id: AlertId,
) -> Result<Option<Watched>, Failure> {
    user::lock(transaction, owner).await?;
    let own = row::Entity::find_by_id(id.0).filter(row::Column::OwnerId.eq(owner.0));
    own.one(transaction).await?.as_ref().map(row::Model::watched).transpose()
}

/// Holds these alerts until the transaction ends, in the order in which every writer takes them; returns which they are.
pub(super) async fn hold(
    transaction: &DatabaseTransaction,
    alerts: Select<row::Entity>,
) -> Result<Vec<Uuid>, Failure> {
    let ids = alerts.select_only().column(row::Column::Id).order_by_asc(row::Column::Id);
    Ok(ids.lock(LockType::NoKeyUpdate).into_tuple().all(transaction).await?)
}

/// Whether the webhook that an alert goes to, where it goes to one, is its owner's.
async fn has_webhook(transaction: &DatabaseTransaction, alert: &Alert) -> Result<bool, Failure> {
    let Some(id) = alert.webhook else { return Ok(true) };
    let own = webhook::row::Entity::find_by_id(id.0).filter(webhook::row::Column::OwnerId.eq(alert.owner.0));
    Ok(own.count(transaction).await? > 0)
}
