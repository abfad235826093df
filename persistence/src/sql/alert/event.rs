//! What alerts said, and where it went.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::alert::{AlertEvent, AlertEventId, AlertEventStore, AlertId, Delivery, DeliveryId};
use domain::instrument::InstrumentId;
use domain::page::{Found, Page};
use domain::store::StoreError;
use domain::user::UserId;
use domain::webhook::WebhookId;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use time::OffsetDateTime;

use crate::sql::column::Moment;
use crate::sql::failure::{Failure, in_column};
use crate::sql::{Sql, page, run};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "alert_events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub owner_id: Uuid,
        pub number: i64,
        pub alert_id: Uuid,
        pub alert_name: Option<String>,
        pub instrument_id: Uuid,
        pub text: String,
        pub value: Exact,
        pub threshold: Exact,
        pub at: Moment,
        pub read_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod delivery {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "deliveries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub event_id: Uuid,
        /// None where a desk of an earlier release wrote it.
        pub owner_id: Option<Uuid>,
        pub channel: String,
        pub webhook_id: Option<Uuid>,
        pub host: String,
        pub state: String,
        pub attempts: i32,
        pub last_error: Option<String>,
        pub created_at: Moment,
        pub delivered_at: Option<Moment>,
        /// None where it is not tried any more.
        pub next_attempt_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl delivery::Model {
    fn delivery(self) -> Result<Delivery, Failure> {
        let time = |moment: Option<Moment>| moment.map(Moment::time).transpose();
        Ok(Delivery {
            id: DeliveryId(self.id),
            channel: self.channel.parse().map_err(in_column::<String>("deliveries.channel"))?,
            webhook: self.webhook_id.map(WebhookId),
            state: self.state.parse().map_err(in_column::<String>("deliveries.state"))?,
            attempts: u32::try_from(self.attempts).map_err(in_column("deliveries.attempts"))?,
            last_error: self.last_error,
            delivered_at: time(self.delivered_at)?,
            next_attempt_at: time(self.next_attempt_at)?,
        })
    }
}

impl row::Model {
    fn event(self, deliveries: Vec<Delivery>) -> Result<AlertEvent, Failure> {
        Ok(AlertEvent {
            id: AlertEventId(self.id),
            owner: UserId(self.owner_id),
            number: number(self.number)?,
            alert: AlertId(self.alert_id),
            instrument: InstrumentId::from_uuid(self.instrument_id),
            text: self.text,
            value: self.value.0,
            threshold: self.threshold.0,
            at: self.at.time()?,
            deliveries,
            read_at: self.read_at.map(Moment::time).transpose()?,
        })
    }
}

fn number(kept: i64) -> Result<u64, Failure> {
    u64::try_from(kept).map_err(in_column("alert_events.number"))
}

/// A number as it is kept; one that is too great stands after all.
fn kept(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[async_trait]
impl AlertEventStore for Sql {
    async fn find(&self, owner: UserId, id: AlertEventId) -> Result<Option<AlertEvent>, StoreError> {
        run(async {
            let row = row::Entity::find_by_id(id.0)
                .filter(row::Column::OwnerId.eq(owner.0))
                .one(&self.reader)
                .await?;
            Ok(self.with_deliveries(row.into_iter().collect()).await?.pop())
        })
        .await
    }

    async fn list(&self, owner: UserId, page: &Page<u64>) -> Result<Found<AlertEvent>, StoreError> {
        run(async {
            let events = row::Entity::find().filter(row::Column::OwnerId.eq(owner.0));
            let mut newest_first = events.cursor_by(row::Column::Number);
            newest_first.desc();
            let page = page::by(page, |number| kept(*number));
            let Found { items, more } = page::read(&self.reader, newest_first, page).await?;
            Ok(Found { items: self.with_deliveries(items).await?, more })
        })
        .await
    }

    async fn after(&self, owner: UserId, number: u64, count: u64) -> Result<Vec<AlertEvent>, StoreError> {
        run(async {
            let rows = row::Entity::find()
                .filter(row::Column::OwnerId.eq(owner.0))
                .filter(row::Column::Number.gt(kept(number)))
                .order_by_asc(row::Column::Number)
                .limit(count)
                .all(&self.reader)
                .await?;
            self.with_deliveries(rows).await
        })
        .await
    }

    async fn last_number(&self, owner: UserId) -> Result<u64, StoreError> {
        run(async { number(last(&self.reader, owner).await?) }).await
    }

    async fn read_through(&self, owner: UserId, through: u64, at: OffsetDateTime) -> Result<u64, StoreError> {
        run(async {
            let transaction = self.begin_write().await?;
            let unread =
                of(owner).filter(row::Column::ReadAt.is_null()).order_by_asc(row::Column::Number).limit(1);
            row::Entity::update_many()
                .col_expr(row::Column::ReadAt, Expr::value(Moment::from(at)))
                .filter(row::Column::OwnerId.eq(owner.0))
                .filter(row::Column::Number.lte(kept(through)))
                .filter(row::Column::ReadAt.is_null())
                .exec(&transaction)
                .await?;
            // All before the first that is unread are read.
            let read = match unread.one(&transaction).await? {
                Some(first) => first.number - 1,
                None => last(&transaction, owner).await?,
            };
            transaction.commit().await?;
            number(read)
        })
        .await
    }
}

impl Sql {
    async fn with_deliveries(&self, rows: Vec<row::Model>) -> Result<Vec<AlertEvent>, Failure> {
        let deliveries = delivery::Entity::find()
            .filter(delivery::Column::EventId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(delivery::Column::Channel)
            .all(&self.reader)
            .await?;
        let mut by_event: HashMap<Uuid, Vec<Delivery>> = HashMap::new();
        for delivery in deliveries {
            by_event.entry(delivery.event_id).or_default().push(delivery.delivery()?);
        }
        rows.into_iter()
            .map(|row| {
                let deliveries = by_event.remove(&row.id).unwrap_or_default();
                row.event(deliveries)
            })
            .collect()
    }
}

/// What was said to a user.
pub(super) fn of(owner: UserId) -> Select<row::Entity> {
    row::Entity::find().filter(row::Column::OwnerId.eq(owner.0))
}

/// The number of what was said last to a user; 0 where nothing was.
pub(super) async fn last(connection: &impl ConnectionTrait, owner: UserId) -> Result<i64, Failure> {
    let greatest: Option<i64> = of(owner)
        .select_only()
        .column(row::Column::Number)
        .order_by_desc(row::Column::Number)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(greatest.unwrap_or(0))
}
