//! The outbox: what the broker is to be told. A command is written with the change that it is for, and leaves WAITING
//! once.

use domain::order::{CommandKind, Order, OrderId, OrderStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

use crate::sql::AT_ONCE;
use crate::sql::column::Moment;
use crate::sql::failure::{Failure, in_column};

/// To be told.
pub(super) const WAITING: &str = "WAITING";
/// Handed out; the broker has not answered yet, as far as is known.
pub(super) const CLAIMED: &str = "CLAIMED";
/// Handed out, and answered.
const ANSWERED: &str = "ANSWERED";
/// Not needed any more.
pub(super) const WITHDRAWN: &str = "WITHDRAWN";
/// Not handed out in time.
pub(super) const EXPIRED: &str = "EXPIRED";

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    use crate::sql::column::Moment;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_commands")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// The version of the order that it makes: one change is one command.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub account_id: Uuid,
        pub connection: String,
        pub environment: String,
        pub kind: String,
        /// Less is sooner.
        pub urgency: i32,
        pub state: String,
        pub created_at: Moment,
        pub dispatch_by: Moment,
        pub claimed_at: Option<Moment>,
        pub claimed_epoch: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl row::Model {
    pub(super) fn kind(&self) -> Result<CommandKind, Failure> {
        self.kind.parse().map_err(in_column::<String>("order_commands.kind"))
    }
}

/// The command that tells the broker of this change of an order.
pub(super) fn new(
    kind: CommandKind,
    order: &Order,
    account: &crate::sql::account::row::Model,
    dispatch_by: OffsetDateTime,
) -> Result<row::ActiveModel, Failure> {
    Ok(row::ActiveModel {
        order_id: Set(order.id.0),
        number: Set(i32::try_from(order.version).map_err(in_column("order_commands.number"))?),
        account_id: Set(account.id),
        connection: Set(account.connection.clone()),
        environment: Set(account.environment.clone()),
        kind: Set(kind.as_str().to_owned()),
        urgency: Set(i32::from(kind != CommandKind::Cancel)),
        state: Set(WAITING.to_owned()),
        created_at: Set(order.updated_at.into()),
        dispatch_by: Set(dispatch_by.into()),
        claimed_at: Set(None),
        claimed_epoch: Set(None),
    })
}

/// Ends what waits to be told of an order but cancellations: a later wish has taken its place. Returns whether something
/// waited.
pub(super) async fn withdraw(transaction: &DatabaseTransaction, order: OrderId) -> Result<bool, Failure> {
    let withdrawn = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(WITHDRAWN))
        .filter(row::Column::OrderId.eq(order.0))
        .filter(row::Column::State.eq(WAITING))
        .filter(row::Column::Kind.ne(CommandKind::Cancel.as_str()))
        .exec(transaction)
        .await?;
    Ok(withdrawn.rows_affected > 0)
}

/// Ends a command that waits; `handed_out` says when, and to a desk of which epoch, where it was.
pub(super) async fn settle(
    transaction: &DatabaseTransaction,
    command: &row::Model,
    state: &str,
    handed_out: Option<(OffsetDateTime, u64)>,
) -> Result<(), Failure> {
    let (at, epoch) = handed_out.unzip();
    let epoch = epoch.map(|epoch| i64::try_from(epoch).unwrap_or(i64::MAX));
    let settled = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(state))
        .col_expr(row::Column::ClaimedAt, Expr::value(at.map(Moment::from)))
        .col_expr(row::Column::ClaimedEpoch, Expr::value(epoch))
        .filter(row::Column::OrderId.eq(command.order_id))
        .filter(row::Column::Number.eq(command.number))
        .filter(row::Column::State.eq(WAITING))
        .exec(transaction)
        .await?;
    match settled.rows_affected {
        1 => Ok(()),
        _ => Err(Failure::row("order_commands: a command that waited is settled already")),
    }
}

/// Notes that the broker has answered what it was told of these orders, where they stand so that nothing is open.
pub(super) async fn answer(
    transaction: &DatabaseTransaction,
    orders: impl Iterator<Item = &Order>,
) -> Result<(), Failure> {
    use OrderStatus::{InFlight, Pending, PendingCancel, PendingReplace, Unknown};
    let is_settled = |order: &&Order| {
        !matches!(order.status, Pending | InFlight | PendingReplace | PendingCancel | Unknown)
    };
    let settled: Vec<Uuid> = orders.filter(is_settled).map(|order| order.id.0).collect();
    for chunk in settled.chunks(AT_ONCE) {
        row::Entity::update_many()
            .col_expr(row::Column::State, Expr::value(ANSWERED))
            .filter(row::Column::OrderId.is_in(chunk.iter().copied()))
            .filter(row::Column::State.eq(CLAIMED))
            .exec(transaction)
            .await?;
    }
    Ok(())
}
