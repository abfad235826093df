//! Writing down what users want changed, and canceled.

use domain::audit::AuditLine;
use domain::order::{
    AllCanceled, CancelAll, Change, ChangeWanted, Changed, CommandKind, Happening, Order, OrderStatus,
};
use sea_orm::DatabaseTransaction;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

use super::{command, find, halt, names, row, update, with_perm_ids};
use crate::sql::account::{Entry, Journal, Standing, standing};
use crate::sql::failure::Failure;
use crate::sql::{Sql, audit};

impl Sql {
    /// [`domain::order::OrderStore::change`]
    pub(super) async fn change_order(&self, change: &Change, audit: &AuditLine) -> Result<Changed, Failure> {
        let transaction = self.begin_write().await?;
        let Some(order) = find(&transaction, &[change.order]).await?.pop() else {
            return Ok(Changed::NotFound);
        };
        let mut journal = match standing(&transaction, change.user, order.account).await? {
            Standing::Unseen => return Ok(Changed::NotFound),
            Standing::Sees => return Ok(Changed::NotGranted),
            Standing::Trades(journal) => journal,
        };
        // Read again: with the account held it stays as it is.
        let Some(order) = find(&transaction, &[change.order]).await?.pop() else {
            return Ok(Changed::NotFound);
        };
        if order.version != change.expected {
            return Ok(Changed::Outdated(Box::new(order)));
        }
        let Some(changed) = order.changed(change.wanted, change.at) else {
            return Ok(Changed::NotPossible(Box::new(order)));
        };
        if matches!(change.wanted, ChangeWanted::Replace(_))
            && let Some(why) = halt::of(&transaction, order.account).await?
        {
            return Ok(Changed::Halted(why));
        }
        let changed = write_change(&transaction, &mut journal, changed, change.dispatch_by).await?;
        journal.write(&transaction).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(Changed::Done(Box::new(changed)))
    }

    /// [`domain::order::OrderStore::cancel_all`]
    pub(super) async fn cancel_all_orders(
        &self,
        all: &CancelAll,
        audit: &AuditLine,
    ) -> Result<AllCanceled, Failure> {
        let transaction = self.begin_write().await?;
        let mut journal = match standing(&transaction, all.user, all.account).await? {
            Standing::Unseen => return Ok(AllCanceled::AccountNotFound),
            Standing::Sees => return Ok(AllCanceled::NotGranted),
            Standing::Trades(journal) => journal,
        };
        let rows = row::Entity::find()
            .filter(row::Column::AccountId.eq(all.account.uuid()))
            .filter(row::Column::Status.is_not_in(names(OrderStatus::is_final)))
            .order_by_asc(row::Column::Id)
            .all(&transaction)
            .await?;
        let mut canceled = Vec::new();
        for order in with_perm_ids(&transaction, rows).await? {
            let Some(changed) = order.changed(ChangeWanted::Cancel, all.at) else { continue };
            canceled.push(write_change(&transaction, &mut journal, changed, all.dispatch_by).await?);
        }
        journal.write(&transaction).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(AllCanceled::Done(canceled))
    }
}

/// Writes an order as it was changed, with the command that tells the broker; one that was never handed out needs none.
/// What was not handed out yet of an earlier wish is withdrawn.
async fn write_change(
    transaction: &DatabaseTransaction,
    journal: &mut Journal,
    mut order: Order,
    dispatch_by: OffsetDateTime,
) -> Result<Order, Failure> {
    if command::withdraw(transaction, order.id).await? {
        order.replacement = None;
    }
    update(transaction, &order).await?;
    let kind = match order.status {
        OrderStatus::PendingReplace => Some(CommandKind::Replace),
        OrderStatus::PendingCancel => Some(CommandKind::Cancel),
        _ => None,
    };
    if let Some(kind) = kind {
        let account = journal.account(order.account);
        let account = account.ok_or_else(|| Failure::row("the account is not held"))?;
        let new = command::new(kind, &order, account, dispatch_by)?;
        command::row::Entity::insert(new).exec_without_returning(transaction).await?;
    }
    let words = order.reason.clone().filter(|_| order.status == OrderStatus::Canceled);
    journal.enter(order.account, order.updated_at, Entry::of_order(&order, Happening::Order(words)))?;
    Ok(order)
}
