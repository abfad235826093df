//! What comes of orders, told to the client that owns them, in the broker's sequence and with its
//! repetitions: a marketable order is an `openOrder`, an `orderStatus`, then for each execution its details,
//! an `openOrder`, an `orderStatus`, once it is done the `openOrder` again with its costs, and the
//! commission.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::report::{self, Costs};
use super::session::Session;
use crate::exchange::broker::{BrokerEvent, Fill, OrderRow, Refused, RowStatus};
use crate::notice::{Notice, words};
use crate::wire::Batch;

/// What a session has to tell of orders.
pub(super) struct OrderNews {
    /// Everything that happens at the exchange.
    pub(super) events: UnboundedReceiver<Arc<BrokerEvent>>,
    /// Whether orders of the broker's own screen become this client's.
    pub(super) binds: bool,
    /// New orders whose first execution is to be told before them, by permanent id.
    kept_back: HashMap<i64, Batch>,
    /// What is told late, oldest first.
    late: VecDeque<(Instant, Batch)>,
}

impl OrderNews {
    pub(super) fn new(events: UnboundedReceiver<Arc<BrokerEvent>>) -> Self {
        Self { events, binds: false, kept_back: HashMap::new(), late: VecDeque::new() }
    }

    /// When something late is to be told next.
    pub(super) fn next_late(&self) -> Option<Instant> {
        self.late.front().map(|(due, _)| *due)
    }
}

impl Session {
    /// Tells all that has happened so far, unless the broker cannot be reached: then it is told later.
    pub(super) fn tell_events(&mut self) {
        while self.tell_next_event() {}
        self.tell_account_changes();
    }

    /// Tells the next thing that has happened; whether there was one.
    pub(super) fn tell_next_event(&mut self) -> bool {
        if !self.hub.is_broker_reachable() {
            return false;
        }
        let event = self.news.events.try_recv();
        event.map(|event| self.tell_event(&event)).is_ok()
    }

    /// Tells one thing, where it is this client's.
    pub(super) fn tell_event(&mut self, event: &BrokerEvent) {
        if let BrokerEvent::Executed { fill, .. } = event {
            self.note_execution(fill);
        }
        let row = event.row();
        if row.client_id != self.client_id {
            return;
        }
        // An order of the broker's own screen is nobody's until it is bound.
        if row.order_id == 0 {
            if self.news.binds && row.is_open() {
                self.bind(row.perm_id);
            }
            return;
        }
        let batch = self.messages(event);
        if self.hub.faults.orders.take_repetition() {
            self.tell_in_time(batch.clone());
        }
        self.tell_in_time(batch);
    }

    fn note_execution(&mut self, fill: &Fill) {
        // The gateway's user may have fewer accounts than the exchange.
        if self.hub.accounts().contains(&fill.account) {
            self.account_streams.note_change(&fill.account, fill.con_id);
        }
    }

    /// Tells what is late and due.
    pub(super) fn tell_late(&mut self) {
        let now = Instant::now();
        while let Some((_, batch)) = self.news.late.pop_front_if(|(due, _)| *due <= now) {
            self.out.send_batch(batch);
        }
    }

    fn tell_in_time(&mut self, batch: Batch) {
        let lateness = self.hub.faults.orders.lateness();
        if lateness.is_zero() && self.news.late.is_empty() {
            return self.out.send_batch(batch);
        }
        // Not before what is late already.
        let due = Instant::now() + lateness;
        let last = self.news.late.back().map_or(due, |(last, _)| *last);
        self.news.late.push_back((due.max(last), batch));
    }

    fn messages(&mut self, event: &BrokerEvent) -> Batch {
        let row = self.hub.perm_ids.of_order(event.row().clone());
        let mut batch = self.out.batch();
        let kept_back = self.news.kept_back.remove(&event.row().perm_id);
        match event {
            BrokerEvent::Executed { fill, .. } => {
                self.push_execution(&mut batch, &row, fill.as_ref().clone(), kept_back);
                return batch;
            }
            _ => batch.extend(kept_back),
        }
        match event {
            BrokerEvent::Accepted(_) => {
                self.push_order(&mut batch, &row, Costs::Unknown);
                self.push_warning(&mut batch, &row);
                if self.hub.faults.orders.take_execution_first() {
                    let kept_back = std::mem::replace(&mut batch, self.out.batch());
                    self.news.kept_back.insert(event.row().perm_id, kept_back);
                }
            }
            BrokerEvent::Cancelled(_) => {
                self.push_order(&mut batch, &row, Costs::Unknown);
                let plain = || Refused::new(202, words(202));
                self.push_error(&mut batch, &row, row.reject.clone().unwrap_or_else(plain));
            }
            BrokerEvent::Rejected { refused, .. } => {
                self.push_order(&mut batch, &row, Costs::Unknown);
                self.push_error(&mut batch, &row, refused.clone());
            }
            BrokerEvent::Changed(_) | BrokerEvent::Executed { .. } => {
                self.push_order(&mut batch, &row, Costs::Unknown);
            }
        }
        batch
    }

    fn push_execution(&self, batch: &mut Batch, row: &OrderRow, fill: Fill, kept_back: Option<Batch>) {
        let fill = self.hub.perm_ids.of_fill(fill);
        batch.push(&report::execution(&self.hub.exchange, &fill, -1));
        batch.extend(kept_back);
        self.push_order(batch, row, Costs::Unknown);
        if row.status == RowStatus::Filled {
            batch.push(&report::open_order(&self.hub.exchange, row, Costs::Known));
        }
        batch.push(&report::commission(&fill));
    }

    fn push_order(&self, batch: &mut Batch, row: &OrderRow, costs: Costs) {
        batch.push(&report::open_order(&self.hub.exchange, row, costs));
        self.push_status(batch, row);
    }

    /// Appends how far an order has come, unless that is to be lost.
    pub(super) fn push_status(&self, batch: &mut Batch, row: &OrderRow) {
        if !self.hub.faults.orders.take_lost_status() {
            batch.push(&report::status(row));
        }
    }

    fn push_error(&self, batch: &mut Batch, row: &OrderRow, refused: Refused) {
        batch.push(&self.out.message(&Notice::of(row.order_id, refused)));
    }

    /// Warns of an order for which the market is not open yet.
    fn push_warning(&self, batch: &mut Batch, row: &OrderRow) {
        if let Some(opening) = row.held_until {
            let opening = report::moment(opening);
            let what =
                self.hub.exchange.market().listing(row.con_id).map(|listing| listing.local_symbol.as_str());
            let words = format!(
                "Order Message:\n{} {} {}\nWarning: Your order will not be placed at the exchange until {opening}",
                row.terms.side().as_str(),
                row.terms.quantity(),
                what.unwrap_or_default(),
            );
            self.push_error(batch, row, Refused::new(399, words));
        }
    }
}
