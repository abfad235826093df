//! Permanent ids that are not: the real broker has been seen to give an order another one with a change.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::exchange::broker::{Fill, OrderRow};

/// How far a new id is from the last, so that it is nobody else's.
const STEP: i64 = 1_000_000_000;

/// The ids that orders have been given since, by the ids by which the exchange knows them.
#[derive(Debug, Default)]
pub(super) struct PermIds(Mutex<HashMap<i64, Vec<(OffsetDateTime, i64)>>>);

impl PermIds {
    fn changes(&self) -> MutexGuard<'_, HashMap<i64, Vec<(OffsetDateTime, i64)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an order a new id from this moment on.
    pub(super) fn change(&self, perm_id: i64, at: OffsetDateTime) {
        let mut changes = self.changes();
        let ids = changes.entry(perm_id).or_default();
        let last = ids.last().map_or(perm_id, |(_, id)| *id);
        ids.push((at, last + STEP));
    }

    /// The order by its newest id.
    pub(super) fn of_order(&self, row: OrderRow) -> OrderRow {
        let newest = self.changes().get(&row.perm_id).and_then(|ids| ids.last().map(|(_, id)| *id));
        OrderRow { perm_id: newest.unwrap_or(row.perm_id), ..row }
    }

    /// The execution by the id that its order had then.
    pub(super) fn of_fill(&self, fill: Fill) -> Fill {
        let changes = self.changes();
        let ids = changes.get(&fill.perm_id).map(Vec::as_slice).unwrap_or_default();
        let then = ids.iter().rev().find(|(since, _)| *since <= fill.at).map(|(_, id)| *id);
        Fill { perm_id: then.unwrap_or(fill.perm_id), ..fill }
    }
}
