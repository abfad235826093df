//! Orders. What users write takes the account's row; what desks write takes [`Lock::Orders`] too, before it, so that two
//! desks never write at once.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::account::AccountId;
use domain::audit::AuditLine;
use domain::instrument::InstrumentId;
use domain::order::{
    Accepted, AllCanceled, Applied, BrokerSeat, CancelAll, Change, Changed, Claim, Claimed, Contradiction,
    Doubt, NewOrder, Order, OrderClient, OrderDeskStore, OrderFilter, OrderId, OrderStatus, OrderStore,
    OrderTerms, Reports,
};
use domain::page::{Found, Page};
use domain::store::StoreError;
use domain::user::UserId;
use domain::world::{ConnectionId, Environment};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, DatabaseTransaction, QueryOrder};
use time::OffsetDateTime;

use super::column::{Exact, Moment};
use super::failure::{Failure, in_column};
use super::{AT_ONCE, Sql, page, run};

mod accept;
mod apply;
mod change;
mod claim;
mod command;
mod doubt;
mod halt;
mod terms;

mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::{Exact, Hidden, Moment};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "orders")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        pub connection: String,
        pub environment: String,
        pub instrument_id: Uuid,
        pub placed_by: Option<Uuid>,
        pub idempotency_key: Option<Uuid>,
        pub input_digest: Option<Hidden>,
        pub confirms: Option<Uuid>,
        pub side: String,
        pub terms: String,
        pub replacement: Option<String>,
        pub status: String,
        pub reason: Option<String>,
        pub overridable: Option<String>,
        pub filled: Exact,
        pub average_price: Option<Exact>,
        pub contradiction: Option<String>,
        pub client_id: Option<i32>,
        pub broker_order_id: Option<i32>,
        pub created_at: Moment,
        pub sent_at: Option<Moment>,
        pub updated_at: Moment,
        pub version: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod perm {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_perm_ids")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub connection: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub environment: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub perm_id: i64,
        pub order_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    fn order(self, perm_ids: Vec<i64>) -> Result<Order, Failure> {
        let contradiction = self.contradiction.as_deref().map(str::parse::<Contradiction>).transpose();
        let seat = self.client_id.zip(self.broker_order_id);
        Ok(Order {
            id: OrderId(self.id),
            account: AccountId::from_uuid(self.account_id),
            instrument: InstrumentId::from_uuid(self.instrument_id),
            placed_by: self.placed_by.map(UserId),
            confirms: self.confirms.map(OrderId),
            terms: terms::read(&self.terms)?,
            replacement: self.replacement.as_deref().map(terms::read_known).transpose()?,
            status: self.status.parse().map_err(in_column::<String>("orders.status"))?,
            reason: self.reason,
            overridable: self.overridable,
            filled: self.filled.quantity()?,
            average_price: self.average_price.map(Exact::price),
            contradiction: contradiction.map_err(in_column("orders.contradiction"))?,
            seat: seat.map(|(client_id, order_id)| BrokerSeat { client_id, order_id }),
            perm_ids,
            created_at: self.created_at.time()?,
            sent_at: self.sent_at.map(Moment::time).transpose()?,
            updated_at: self.updated_at.time()?,
            version: u32::try_from(self.version).map_err(in_column("orders.version"))?,
        })
    }
}

#[async_trait]
impl OrderStore for Sql {
    async fn accept(&self, new: &NewOrder, audit: &AuditLine) -> Result<Accepted, StoreError> {
        run(Box::pin(self.accept_order(new, audit))).await
    }

    async fn change(&self, change: &Change, audit: &AuditLine) -> Result<Changed, StoreError> {
        run(Box::pin(self.change_order(change, audit))).await
    }

    async fn cancel_all(&self, all: &CancelAll, audit: &AuditLine) -> Result<AllCanceled, StoreError> {
        run(Box::pin(self.cancel_all_orders(all, audit))).await
    }

    async fn find(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        run(find(&self.reader, ids)).await
    }

    async fn list(&self, filter: &OrderFilter, page: &Page<OrderId>) -> Result<Found<Order>, StoreError> {
        run(async {
            let mut newest_first = chosen(filter).cursor_by(row::Column::Id);
            newest_first.desc();
            let Found { items, more } =
                page::read(&self.reader, newest_first, page::by(page, |id| id.0)).await?;
            Ok(Found { items: with_perm_ids(&self.reader, items).await?, more })
        })
        .await
    }
}

#[async_trait]
impl OrderDeskStore for Sql {
    async fn claim(&self, epoch: u64, claim: &Claim) -> Result<Claimed, StoreError> {
        run(Box::pin(self.claim_commands(epoch, claim))).await
    }

    async fn raise_ids(&self, epoch: u64, client: &OrderClient, next: i32) -> Result<(), StoreError> {
        run(self.raise_broker_ids(epoch, client, next)).await
    }

    async fn doubt(&self, epoch: u64, doubt: &Doubt) -> Result<Vec<AccountId>, StoreError> {
        run(Box::pin(self.doubt_orders(epoch, doubt))).await
    }

    async fn apply(&self, epoch: u64, reports: &Reports) -> Result<Applied, StoreError> {
        run(Box::pin(self.apply_reports(epoch, reports))).await
    }

    async fn reconcilable(
        &self,
        connection: &ConnectionId,
        environment: Environment,
        since: OffsetDateTime,
    ) -> Result<Vec<Order>, StoreError> {
        run(async {
            let is_open = row::Column::Status.is_not_in(names(OrderStatus::is_final));
            let is_recent = row::Column::UpdatedAt.gte(Moment::not_before(since));
            let rows = of_connection(connection, environment)
                .filter(Condition::any().add(is_open).add(is_recent))
                .order_by_asc(row::Column::Id)
                .all(&self.reader)
                .await?;
            with_perm_ids(&self.reader, rows).await
        })
        .await
    }
}

/// The names of these states.
fn names(chosen: impl Fn(OrderStatus) -> bool) -> impl Iterator<Item = &'static str> {
    let all = OrderStatus::ALL.iter().copied();
    all.filter(move |(status, _)| chosen(*status)).map(|(_, name)| name)
}

fn chosen(filter: &OrderFilter) -> Select<row::Entity> {
    let OrderFilter { accounts, statuses, instrument, side, from, to } = filter;
    let accounts = accounts.iter().map(|account| account.uuid());
    let mut chosen = row::Entity::find().filter(row::Column::AccountId.is_in(accounts));
    if !statuses.is_empty() {
        let statuses = statuses.iter().map(|status| status.as_str());
        chosen = chosen.filter(row::Column::Status.is_in(statuses));
    }
    if let Some(instrument) = instrument {
        chosen = chosen.filter(row::Column::InstrumentId.eq(instrument.uuid()));
    }
    if let Some(side) = side {
        chosen = chosen.filter(row::Column::Side.eq(side.as_str()));
    }
    if let Some(from) = from {
        chosen = chosen.filter(row::Column::CreatedAt.gte(Moment::not_before(*from)));
    }
    if let Some(to) = to {
        chosen = chosen.filter(row::Column::CreatedAt.lt(Moment::not_before(*to)));
    }
    chosen
}

fn of_connection(connection: &ConnectionId, environment: Environment) -> Select<row::Entity> {
    row::Entity::find()
        .filter(row::Column::Connection.eq(connection.as_str()))
        .filter(row::Column::Environment.eq(environment.as_str()))
}

/// These orders; others are left out.
async fn find(connection: &impl ConnectionTrait, ids: &[OrderId]) -> Result<Vec<Order>, Failure> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(AT_ONCE) {
        let chunk = chunk.iter().map(|id| id.0);
        rows.extend(row::Entity::find().filter(row::Column::Id.is_in(chunk)).all(connection).await?);
    }
    with_perm_ids(connection, rows).await
}

async fn with_perm_ids(
    connection: &impl ConnectionTrait,
    rows: Vec<row::Model>,
) -> Result<Vec<Order>, Failure> {
    let mut by_order: HashMap<Uuid, Vec<i64>> = HashMap::new();
    for chunk in rows.chunks(AT_ONCE) {
        let known = perm::Entity::find()
            .filter(perm::Column::OrderId.is_in(chunk.iter().map(|row| row.id)))
            .order_by_asc(perm::Column::PermId)
            .all(connection)
            .await?;
        for perm in known {
            by_order.entry(perm.order_id).or_default().push(perm.perm_id);
        }
    }
    rows.into_iter()
        .map(|row| {
            let perm_ids = by_order.remove(&row.id).unwrap_or_default();
            row.order(perm_ids)
        })
        .collect()
}

/// The row of an order that is to be added, or changed: where it belongs and who placed it stays.
fn changed_row(order: &Order) -> Result<row::ActiveModel, Failure> {
    let replacement = order.replacement.map(OrderTerms::Known);
    Ok(row::ActiveModel {
        id: Set(order.id.0),
        account_id: NotSet,
        connection: NotSet,
        environment: NotSet,
        instrument_id: NotSet,
        placed_by: NotSet,
        idempotency_key: NotSet,
        input_digest: NotSet,
        confirms: NotSet,
        side: Set(order.terms.side().as_str().to_owned()),
        terms: Set(terms::write(&order.terms)?),
        replacement: Set(replacement.as_ref().map(terms::write).transpose()?),
        status: Set(order.status.as_str().to_owned()),
        reason: Set(order.reason.clone()),
        overridable: Set(order.overridable.clone()),
        filled: Set(order.filled.into()),
        average_price: Set(order.average_price.map(Exact::from)),
        contradiction: Set(order.contradiction.map(|contradiction| contradiction.as_str().to_owned())),
        client_id: Set(order.seat.map(|seat| seat.client_id)),
        broker_order_id: Set(order.seat.map(|seat| seat.order_id)),
        created_at: NotSet,
        sent_at: Set(order.sent_at.map(Into::into)),
        updated_at: Set(order.updated_at.into()),
        version: Set(i32::try_from(order.version).map_err(in_column("orders.version"))?),
    })
}

/// The row of a new order of this account.
fn new_row(order: &Order, account: &super::account::row::Model) -> Result<row::ActiveModel, Failure> {
    Ok(row::ActiveModel {
        account_id: Set(account.id),
        connection: Set(account.connection.clone()),
        environment: Set(account.environment.clone()),
        instrument_id: Set(order.instrument.uuid()),
        placed_by: Set(order.placed_by.map(|user| user.0)),
        idempotency_key: Set(None),
        input_digest: Set(None),
        confirms: Set(order.confirms.map(|order| order.0)),
        created_at: Set(order.created_at.into()),
        ..changed_row(order)?
    })
}

/// Writes what changed of an order.
async fn update(transaction: &DatabaseTransaction, order: &Order) -> Result<(), Failure> {
    row::Entity::update(changed_row(order)?).exec(transaction).await?;
    Ok(())
}
