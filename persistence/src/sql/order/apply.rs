//! Applying what the broker tells: everything that is concerned is read, the reports are taken one by one by
//! [`Book::apply`], and what they changed is written, all in one transaction.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::account::AccountId;
use domain::execution::{BrokerExecutionId, Commission, ExecutionId};
use domain::order::{Applied, Book, Fact, Happening, OrderId, OrderReport, Report, Reports};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use sea_orm::entity::prelude::*;

use super::{command, find, new_row, of_connection, perm, row, update};
use crate::sql::account::{Entry, Journal};
use crate::sql::execution;
use crate::sql::failure::Failure;
use crate::sql::{AT_ONCE, Lock, Sql, lease};

mod index;

use index::Index;

impl Sql {
    /// [`domain::order::OrderDeskStore::apply`]
    pub(super) async fn apply_reports(&self, epoch: u64, reports: &Reports) -> Result<Applied, Failure> {
        let transaction = self.begin_write().await?;
        self.lock(&transaction, Lock::Orders).await?;
        if lease::has_passed_for_good(&transaction, epoch).await? {
            return Ok(Applied::default());
        }
        let mut books = Shelf::open(&transaction, reports).await?;
        let mut unmatched = Vec::new();
        for (place, report) in reports.reports.iter().enumerate() {
            let is_matched = match report {
                Report::Order(report) => books.take(report)?,
                Report::Commission(commission) => books.charge(commission)?,
            };
            if !is_matched {
                unmatched.push(place);
            }
        }
        let accounts = books.write(&transaction).await?;
        transaction.commit().await?;
        Ok(Applied { accounts, unmatched })
    }
}

/// The orders that reports are about, and what the reports have changed so far.
struct Shelf<'a> {
    reports: &'a Reports,
    index: Index,
    books: HashMap<OrderId, Book>,
    journal: Journal,
    commissions: HashMap<ExecutionId, Commission>,
    adopted: Vec<OrderId>,
    changed: HashSet<OrderId>,
    executed: HashSet<ExecutionId>,
    charged: HashMap<ExecutionId, Commission>,
    numbered: Vec<(i64, OrderId)>,
}

impl<'a> Shelf<'a> {
    async fn open(transaction: &DatabaseTransaction, reports: &'a Reports) -> Result<Self, Failure> {
        let index = Index::read(transaction, reports).await?;
        let orders = find(transaction, &index.orders()).await?;
        let mut accounts: BTreeSet<AccountId> = orders.iter().map(|order| order.account).collect();
        for report in &reports.reports {
            if let Report::Order(report) = report {
                accounts.extend(report.description().map(|described| described.account));
            }
        }
        let journal = Journal::open(transaction, accounts).await?;
        // Read again with the accounts held: users may have changed something of them.
        let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
        let mut books: HashMap<OrderId, Book> = find(transaction, &ids)
            .await?
            .into_iter()
            .map(|order| (order.id, Book { order, executions: Vec::new() }))
            .collect();
        for execution in execution::of_orders(transaction, &ids).await? {
            if let Some(book) = books.get_mut(&execution.order) {
                book.executions.push(execution);
            }
        }
        let charged = reports.reports.iter().filter_map(|report| match report {
            Report::Commission(commission) => Some(id_of(reports, &commission.execution)),
            Report::Order(_) => None,
        });
        let commissions = execution::commissions(transaction, &charged.collect::<Vec<_>>()).await?;
        Ok(Self {
            reports,
            index,
            books,
            journal,
            commissions,
            adopted: Vec::new(),
            changed: HashSet::new(),
            executed: HashSet::new(),
            charged: HashMap::new(),
            numbered: Vec::new(),
        })
    }

    /// Takes what is told of an order; returns whether it is known which.
    fn take(&mut self, report: &OrderReport) -> Result<bool, Failure> {
        let Some(id) = self.matched(report).or_else(|| self.adopt(report)) else { return Ok(false) };
        let Some(book) = self.books.get_mut(&id) else { return Ok(false) };
        let before = book.order.clone();
        let happenings = book.apply(report, |told| id_of(self.reports, &told.id), self.reports.at);
        if book.order != before {
            self.changed.insert(id);
        }
        let new_perm_ids = book.order.perm_ids.iter().filter(|perm_id| !before.perm_ids.contains(perm_id));
        self.numbered.extend(new_perm_ids.map(|perm_id| (*perm_id, id)));
        self.index.learn(&book.order);
        for happening in happenings {
            if let Happening::Execution(execution) = happening {
                self.executed.insert(execution);
                self.changed.insert(id);
                self.index.learn_execution(execution, id);
            }
            self.journal.enter(
                book.order.account,
                self.reports.at,
                Entry::of_order(&book.order, happening),
            )?;
        }
        Ok(true)
    }

    /// The order that a report is about: an execution stays with its order, then as [`domain::order::BrokerKey`] says.
    fn matched(&self, report: &OrderReport) -> Option<OrderId> {
        let by_execution = match &report.fact {
            Fact::Executed(told) => self.index.of_execution(id_of(self.reports, &told.id)),
            _ => None,
        };
        let found = by_execution.into_iter().chain(self.index.candidates(&report.key));
        found.into_iter().find(|id| self.books.contains_key(id))
    }

    /// Adopts an order that was placed elsewhere, where it is described and its account is known.
    fn adopt(&mut self, report: &OrderReport) -> Option<OrderId> {
        let book = Book::adopt(report, self.reports.at)?;
        let account = self.journal.account(book.order.account)?;
        let is_of_connection = account.connection == self.reports.connection.as_str()
            && account.environment == self.reports.environment.as_str();
        let id = book.order.id;
        if !is_of_connection || self.books.contains_key(&id) {
            return None;
        }
        self.adopted.push(id);
        self.books.insert(id, book);
        Some(id)
    }

    /// Takes what an execution cost. It is kept whether the execution is known or not.
    fn charge(&mut self, told: &Commission) -> Result<bool, Failure> {
        let id = id_of(self.reports, &told.execution);
        let known = self.commissions.get(&id);
        if known.is_some_and(|known| known.execution.revision() >= told.execution.revision()) {
            return Ok(true);
        }
        self.commissions.insert(id, told.clone());
        self.charged.insert(id, told.clone());
        let order = self.index.of_execution(id).and_then(|order| self.books.get(&order));
        if let Some(Book { order, .. }) = order {
            let entry = Entry::of_order(order, Happening::Execution(id));
            self.journal.enter(order.account, self.reports.at, entry)?;
        }
        Ok(true)
    }

    /// Writes what changed; returns the accounts that have new events.
    async fn write(self, transaction: &DatabaseTransaction) -> Result<Vec<AccountId>, Failure> {
        let mut new = Vec::new();
        for id in &self.adopted {
            let Some(Book { order, .. }) = self.books.get(id) else { continue };
            let account = self.journal.account(order.account);
            new.push(new_row(order, account.ok_or_else(|| Failure::row("the account is not held"))?)?);
        }
        for chunk in new.chunks(AT_ONCE) {
            row::Entity::insert_many(chunk.to_vec()).exec_without_returning(transaction).await?;
        }
        let changed = self.books.values().filter(|book| self.changed.contains(&book.order.id));
        let is_adopted: HashSet<&OrderId> = self.adopted.iter().collect();
        for Book { order, .. } in changed.clone().filter(|book| !is_adopted.contains(&book.order.id)) {
            update(transaction, order).await?;
        }
        write_perm_ids(transaction, self.reports, &self.numbered).await?;
        let executions = self.books.values().flat_map(|book| &book.executions);
        execution::write(transaction, executions.filter(|told| self.executed.contains(&told.id))).await?;
        execution::write_commissions(transaction, self.charged).await?;
        command::answer(transaction, changed.map(|book| &book.order)).await?;
        self.journal.write(transaction).await
    }
}

/// The orders of the connection that reports come from.
fn of_reports(reports: &Reports) -> Select<row::Entity> {
    of_connection(&reports.connection, reports.environment)
}

fn id_of(reports: &Reports, told: &BrokerExecutionId) -> ExecutionId {
    ExecutionId::derive(&reports.connection, reports.environment, told)
}

/// Writes which order the broker's numbers are of. One that another order has stays with it.
async fn write_perm_ids(
    transaction: &DatabaseTransaction,
    reports: &Reports,
    numbered: &[(i64, OrderId)],
) -> Result<(), Failure> {
    let row = |(perm_id, order): &(i64, OrderId)| perm::ActiveModel {
        connection: Set(reports.connection.as_str().to_owned()),
        environment: Set(reports.environment.as_str().to_owned()),
        perm_id: Set(*perm_id),
        order_id: Set(order.0),
    };
    for chunk in numbered.chunks(AT_ONCE) {
        perm::Entity::insert_many(chunk.iter().map(row))
            .on_conflict_do_nothing_on([
                perm::Column::Connection,
                perm::Column::Environment,
                perm::Column::PermId,
            ])
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}
