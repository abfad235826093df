//! Which orders reports are about, as far as it can be told from how the broker names them.

use std::collections::{BTreeSet, HashMap};

use domain::execution::ExecutionId;
use domain::order::{BrokerKey, BrokerSeat, Fact, Order, OrderId, OrderStatus, Report, Reports};
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder};

use super::{id_of, of_reports, perm, row};
use crate::sql::AT_ONCE;
use crate::sql::execution;
use crate::sql::failure::{Failure, in_column};

/// An order at a seat.
#[derive(Clone, Copy)]
struct Seated {
    order: OrderId,
    /// Whether it is ours: we never use a number twice.
    is_ours: bool,
    is_final: bool,
}

/// Orders by what brokers call them.
#[derive(Default)]
pub(super) struct Index {
    references: BTreeSet<OrderId>,
    perm_ids: HashMap<i64, OrderId>,
    /// Of several orders of one number, the last one.
    seats: HashMap<BrokerSeat, Seated>,
    executions: HashMap<ExecutionId, OrderId>,
}

impl Index {
    pub(super) async fn read(transaction: &DatabaseTransaction, reports: &Reports) -> Result<Self, Failure> {
        let mut index = Self::default();
        let (mut perm_ids, mut seats, mut executions) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for report in &reports.reports {
            match report {
                Report::Commission(told) => {
                    executions.insert(id_of(reports, &told.execution));
                }
                Report::Order(told) => {
                    index.references.extend(told.key.reference.as_deref().and_then(OrderId::of_reference));
                    perm_ids.extend(told.key.perm_id);
                    seats.extend(told.key.seat);
                    if let Fact::Executed(told) = &told.fact {
                        executions.insert(id_of(reports, &told.id));
                    }
                }
            }
        }
        index.read_perm_ids(transaction, reports, &Vec::from_iter(perm_ids)).await?;
        index.read_seats(transaction, reports, &seats).await?;
        for known in execution::find(transaction, &Vec::from_iter(executions)).await? {
            index.executions.insert(known.id, known.order);
        }
        Ok(index)
    }

    async fn read_perm_ids(
        &mut self,
        transaction: &DatabaseTransaction,
        reports: &Reports,
        perm_ids: &[i64],
    ) -> Result<(), Failure> {
        for chunk in perm_ids.chunks(AT_ONCE) {
            let rows = perm::Entity::find()
                .filter(perm::Column::Connection.eq(reports.connection.as_str()))
                .filter(perm::Column::Environment.eq(reports.environment.as_str()))
                .filter(perm::Column::PermId.is_in(chunk.iter().copied()))
                .all(transaction)
                .await?;
            self.perm_ids.extend(rows.into_iter().map(|row| (row.perm_id, OrderId(row.order_id))));
        }
        Ok(())
    }

    async fn read_seats(
        &mut self,
        transaction: &DatabaseTransaction,
        reports: &Reports,
        seats: &BTreeSet<BrokerSeat>,
    ) -> Result<(), Failure> {
        let clients: BTreeSet<i32> = seats.iter().map(|seat| seat.client_id).collect();
        for client_id in clients {
            let numbers: Vec<i32> =
                seats.iter().filter(|seat| seat.client_id == client_id).map(|seat| seat.order_id).collect();
            for chunk in numbers.chunks(AT_ONCE) {
                let rows = of_reports(reports)
                    .filter(row::Column::ClientId.eq(client_id))
                    .filter(row::Column::BrokerOrderId.is_in(chunk.iter().copied()))
                    .order_by_asc(row::Column::Id)
                    .all(transaction)
                    .await?;
                for row in rows {
                    let status: OrderStatus =
                        row.status.parse().map_err(in_column::<String>("orders.status"))?;
                    let Some(order_id) = row.broker_order_id else { continue };
                    let is_final = status.is_final();
                    let seated =
                        Seated { order: OrderId(row.id), is_ours: row.placed_by.is_some(), is_final };
                    self.seats.insert(BrokerSeat { client_id, order_id }, seated);
                }
            }
        }
        Ok(())
    }

    /// Every order that may be meant.
    pub(super) fn orders(&self) -> Vec<OrderId> {
        let seated = self.seats.values().map(|seated| &seated.order);
        let named = self.references.iter().chain(self.perm_ids.values()).chain(self.executions.values());
        Vec::from_iter(named.chain(seated).copied().collect::<BTreeSet<_>>())
    }

    /// The order that has this execution.
    pub(super) fn of_execution(&self, id: ExecutionId) -> Option<OrderId> {
        self.executions.get(&id).copied()
    }

    /// The orders that may be meant by a key, the likeliest first.
    pub(super) fn candidates(&self, key: &BrokerKey) -> impl Iterator<Item = OrderId> {
        let by_reference = key.reference.as_deref().and_then(OrderId::of_reference);
        let by_perm_id = key.perm_id.and_then(|perm_id| self.perm_ids.get(&perm_id)).copied();
        let seated = key.seat.and_then(|seat| self.seats.get(&seat));
        // Other programs use their numbers again: what has another number of the broker's, after the first order of that
        // number has ended, is another order.
        let is_meant = |seated: &&Seated| seated.is_ours || !seated.is_final || key.perm_id.is_none();
        let by_seat = seated.filter(is_meant).map(|seated| seated.order);
        by_reference.into_iter().chain(by_perm_id).chain(by_seat)
    }

    /// Learns what an order is called by now.
    pub(super) fn learn(&mut self, order: &Order) {
        for perm_id in &order.perm_ids {
            self.perm_ids.entry(*perm_id).or_insert(order.id);
        }
        if let Some(seat) = order.seat {
            let is_final = order.status.is_final();
            let seated = Seated { order: order.id, is_ours: !order.is_external(), is_final };
            let present = self.seats.entry(seat).or_insert(seated);
            if present.order <= order.id {
                *present = seated;
            }
        }
    }

    /// Learns of which order an execution is.
    pub(super) fn learn_execution(&mut self, execution: ExecutionId, order: OrderId) {
        self.executions.insert(execution, order);
    }
}
