//! Writing down what happened in accounts: each account counts its events, and its row is held while it counts.

use std::collections::{BTreeMap, BTreeSet};

use domain::account::{AccountEventKind, AccountId};
use domain::execution::ExecutionId;
use domain::instrument::InstrumentId;
use domain::order::{Contradiction, Happening, Order};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::LockType;
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::{event, row};
use crate::sql::AT_ONCE;
use crate::sql::column::Exact;
use crate::sql::failure::Failure;

/// What happened.
pub(crate) struct Entry<'a> {
    kind: AccountEventKind,
    order: Option<&'a Order>,
    execution: Option<ExecutionId>,
    instrument: Option<InstrumentId>,
    contradiction: Option<Contradiction>,
    text: Option<String>,
}

impl<'a> Entry<'a> {
    const fn new(kind: AccountEventKind) -> Self {
        Self { kind, order: None, execution: None, instrument: None, contradiction: None, text: None }
    }

    /// Something about an order, which stands like this now.
    pub(crate) fn of_order(order: &'a Order, happening: Happening) -> Self {
        let new = |kind| Self { order: Some(order), instrument: Some(order.instrument), ..Self::new(kind) };
        match happening {
            Happening::Order(text) => Self { text, ..new(AccountEventKind::Order) },
            Happening::Execution(id) => Self { execution: Some(id), ..new(AccountEventKind::Execution) },
            Happening::Contradiction(contradiction) => {
                Self { contradiction: Some(contradiction), ..new(AccountEventKind::Contradiction) }
            }
        }
    }

    /// A position changed.
    pub(crate) fn position(instrument: InstrumentId) -> Self {
        Self { instrument: Some(instrument), ..Self::new(AccountEventKind::Position) }
    }

    /// The values changed.
    pub(crate) const fn values() -> Self {
        Self::new(AccountEventKind::Values)
    }
}

/// Accounts that are held, and what is to be written of them.
pub(crate) struct Journal {
    accounts: BTreeMap<Uuid, row::Model>,
    changed: BTreeSet<Uuid>,
    events: Vec<event::row::ActiveModel>,
}

impl Journal {
    /// Holds these accounts, as far as there are such, until the transaction ends.
    pub(crate) async fn open(
        transaction: &DatabaseTransaction,
        accounts: impl IntoIterator<Item = AccountId>,
    ) -> Result<Self, Failure> {
        // In the same order everywhere, so that two writers do not wait for each other.
        let ids: BTreeSet<Uuid> = accounts.into_iter().map(AccountId::uuid).collect();
        let rows = row::Entity::find()
            .filter(row::Column::Id.is_in(ids))
            .order_by_asc(row::Column::Id)
            .lock(LockType::NoKeyUpdate)
            .all(transaction)
            .await?;
        let accounts = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { accounts, changed: BTreeSet::new(), events: Vec::new() })
    }

    /// Whether none of the accounts is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// One of the accounts.
    pub(crate) fn account(&self, id: AccountId) -> Option<&row::Model> {
        self.accounts.get(&id.uuid())
    }

    /// Enters what happened in one of them.
    pub(crate) fn enter(
        &mut self,
        account: AccountId,
        at: OffsetDateTime,
        entry: Entry<'_>,
    ) -> Result<(), Failure> {
        let held = self.accounts.get_mut(&account.uuid());
        let held = held.ok_or_else(|| Failure::row("an event is about an account that is not held"))?;
        held.last_event += 1;
        self.changed.insert(held.id);
        let Entry { kind, order, execution, instrument, contradiction, text } = entry;
        self.events.push(event::row::ActiveModel {
            account_id: Set(held.id),
            number: Set(held.last_event),
            at: Set(at.into()),
            kind: Set(kind.as_str().to_owned()),
            order_id: Set(order.map(|order| order.id.0)),
            status: Set(order.map(|order| order.status.as_str().to_owned())),
            filled: Set(order.map(|order| Exact::from(order.filled))),
            execution_id: Set(execution.map(ExecutionId::uuid)),
            instrument_id: Set(instrument.map(InstrumentId::uuid)),
            contradiction: Set(contradiction.map(|contradiction| contradiction.as_str().to_owned())),
            text: Set(text),
        });
        Ok(())
    }

    /// Writes all of it; returns the accounts that have new events.
    pub(crate) async fn write(self, transaction: &DatabaseTransaction) -> Result<Vec<AccountId>, Failure> {
        for chunk in self.events.chunks(AT_ONCE) {
            event::row::Entity::insert_many(chunk.to_vec()).exec_without_returning(transaction).await?;
        }
        for id in &self.changed {
            let last = self.accounts.get(id).map_or(0, |held| held.last_event);
            row::Entity::update_many()
                .col_expr(row::Column::LastEvent, Expr::value(last))
                .filter(row::Column::Id.eq(*id))
                .exec(transaction)
                .await?;
        }
        Ok(self.changed.into_iter().map(AccountId::from_uuid).collect())
    }
}
