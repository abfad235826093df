//! Writing an order down: with its command, its event, its audit line and its key, in one transaction.

use domain::audit::AuditLine;
use domain::order::{Accepted, CommandKind, Happening, NewOrder, OrderId, OrderStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use sea_orm::entity::prelude::*;

use super::{command, find, halt, new_row, row};
use crate::sql::account::{Entry, Standing, standing};
use crate::sql::column::Hidden;
use crate::sql::failure::Failure;
use crate::sql::{Sql, audit};

impl Sql {
    /// [`domain::order::OrderStore::accept`]
    pub(super) async fn accept_order(&self, new: &NewOrder, audit: &AuditLine) -> Result<Accepted, Failure> {
        let NewOrder { order, dispatch_by, .. } = new;
        let transaction = self.begin_write().await?;
        // The user's row is held from here on, so that two orders with one key follow one another.
        let mut journal = match standing(&transaction, new.user, order.account).await? {
            Standing::Unseen => return Ok(Accepted::AccountNotFound),
            Standing::Sees => return Ok(Accepted::NotGranted),
            Standing::Trades(journal) => journal,
        };
        if let Some(outcome) = before(&transaction, new).await? {
            return Ok(outcome);
        }
        let is_sent = order.status == OrderStatus::Pending;
        if is_sent && let Some(why) = halt::of(&transaction, order.account).await? {
            return Ok(Accepted::Halted(why));
        }
        let account = journal.account(order.account);
        let account = account.ok_or_else(|| Failure::row("the account is not held"))?;
        let row = row::ActiveModel {
            idempotency_key: Set(Some(new.key.0)),
            input_digest: Set(Some(Hidden::from(new.digest.0))),
            ..new_row(order, account)?
        };
        let place = command::new(CommandKind::Place, order, account, *dispatch_by)?;
        row::Entity::insert(row).exec_without_returning(&transaction).await?;
        if is_sent {
            command::row::Entity::insert(place).exec_without_returning(&transaction).await?;
        }
        let entry = Entry::of_order(order, Happening::Order(order.reason.clone()));
        journal.enter(order.account, order.created_at, entry)?;
        journal.write(&transaction).await?;
        audit::write(&transaction, audit).await?;
        transaction.commit().await?;
        Ok(Accepted::New(Box::new(order.clone())))
    }
}

/// What became of the order that was placed with this key before, where one was.
async fn before(transaction: &DatabaseTransaction, new: &NewOrder) -> Result<Option<Accepted>, Failure> {
    let found = row::Entity::find()
        .filter(row::Column::PlacedBy.eq(new.user.0))
        .filter(row::Column::IdempotencyKey.eq(new.key.0))
        .one(transaction)
        .await?;
    let Some(found) = found else { return Ok(None) };
    if found.input_digest != Some(Hidden::from(new.digest.0)) {
        return Ok(Some(Accepted::KeyReused));
    }
    let first = find(transaction, &[OrderId(found.id)]).await?.pop();
    Ok(first.map(|order| Accepted::Again(Box::new(order))))
}
