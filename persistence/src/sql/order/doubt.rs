//! Writing down that orders are in doubt.

use domain::account::AccountId;
use domain::order::{Doubt, Happening, InDoubt, OrderStatus};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QuerySelect, QueryTrait};

use super::{command, of_connection, row, update, with_perm_ids};
use crate::sql::account::{Entry, Journal};
use crate::sql::failure::Failure;
use crate::sql::{Lock, Sql, lease};

impl Sql {
    /// [`domain::order::OrderDeskStore::doubt`]
    pub(super) async fn doubt_orders(&self, epoch: u64, doubt: &Doubt) -> Result<Vec<AccountId>, Failure> {
        let transaction = self.begin_write().await?;
        self.lock(&transaction, Lock::Orders).await?;
        if lease::has_passed_for_good(&transaction, epoch).await? {
            return Ok(Vec::new());
        }
        let accounts: Vec<Uuid> = unanswered(doubt)
            .select_only()
            .column(row::Column::AccountId)
            .distinct()
            .into_tuple()
            .all(&transaction)
            .await?;
        let accounts = accounts.into_iter().map(AccountId::from_uuid);
        let mut journal = Journal::open(&transaction, accounts).await?;
        // Read with the accounts held: what is canceled at this moment, is. An order whose account is not held has moved
        // since: nothing but its owner moves it so, and that leaves no doubt.
        let rows = unanswered(doubt).all(&transaction).await?;
        for order in with_perm_ids(&transaction, rows).await? {
            let Some(after) = order.doubted(&doubt.reason, doubt.at) else { continue };
            if journal.account(after.account).is_none() {
                continue;
            }
            update(&transaction, &after).await?;
            let happening = Happening::Order(Some(doubt.reason.clone()));
            journal.enter(after.account, doubt.at, Entry::of_order(&after, happening))?;
        }
        let accounts = journal.write(&transaction).await?;
        transaction.commit().await?;
        Ok(accounts)
    }
}

/// The orders for which something was handed out that the broker has not answered.
fn unanswered(doubt: &Doubt) -> Select<row::Entity> {
    let claimed = command::row::Entity::find()
        .select_only()
        .column(command::row::Column::OrderId)
        .filter(command::row::Column::State.eq(command::CLAIMED))
        .filter(command::row::Column::Connection.eq(doubt.connection.as_str()))
        .filter(command::row::Column::Environment.eq(doubt.environment.as_str()))
        .into_query();
    let pending = [OrderStatus::PendingReplace, OrderStatus::PendingCancel].map(OrderStatus::as_str);
    let is_changing =
        Condition::all().add(row::Column::Status.is_in(pending)).add(row::Column::Id.in_subquery(claimed));
    let is_in_flight = row::Column::Status.eq(OrderStatus::InFlight.as_str());
    let orders = of_connection(&doubt.connection, doubt.environment)
        .filter(Condition::any().add(is_in_flight).add(is_changing));
    match &doubt.orders {
        InDoubt::All => orders,
        InDoubt::These(ids) => orders.filter(row::Column::Id.is_in(ids.iter().map(|id| id.0))),
    }
}
