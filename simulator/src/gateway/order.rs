//! Requests about orders: placing, changing and cancelling them, and the lists of them.

use super::held::Held;
use super::option;
use super::report::{self, Costs};
use super::search;
use super::session::{Outcome, Session, decode};
use super::ticket::{self, Asked};
use crate::exchange::Exchange;
use crate::exchange::broker::{OrderRequest, Owner, RowStatus};
use crate::notice::{NO_REQUEST, Notice, words};
use crate::wire::order::{
    AutoOpenOrdersRequest, CompletedOrdersEnd, OpenOrdersEnd, OrderBound, PlaceOrderRequest,
};
use crate::wire::session::ById;
use crate::wire::{Body, ids};

const READ_ONLY: &str = "The API interface is currently in Read-Only mode.";

/// What a client has to write into an order that is refused overridably (`advancedErrorOverride`).
const OVERRIDE: &str = "8229=IBDBUYTX";

/// The client id that stands for the broker's own screen.
const SCREEN: i32 = 0;

/// Whether a request is an order to somebody, rather than a question.
pub(super) fn is_command(id: i32) -> bool {
    matches!(id, ids::PLACE_ORDER | ids::CANCEL_ORDER | ids::GLOBAL_CANCEL)
}

impl Session {
    /// Answers a request about orders.
    pub(super) fn answer_order(&mut self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::PLACE_ORDER => return self.place(&decode(id, body)?),
            ids::CANCEL_ORDER => {
                let request: ById = decode(id, body)?;
                return self.cancel(request.req_id.unwrap_or_default());
            }
            ids::GLOBAL_CANCEL => {
                self.need_writing(NO_REQUEST)?;
                self.hub.to_exchange(|| Held::CancelAll, Exchange::cancel_all);
            }
            ids::OPEN_ORDERS => {
                self.bind_screen_orders();
                self.send_open_orders(Owner::Client(self.client_id));
            }
            ids::ALL_OPEN_ORDERS => self.send_open_orders(Owner::All),
            ids::COMPLETED_ORDERS => return self.send_completed_orders(),
            ids::EXECUTIONS => return self.send_executions(&decode(id, body)?),
            _ => {
                let request: AutoOpenOrdersRequest = decode(id, body)?;
                let binds = request.auto_bind.unwrap_or_default();
                if binds && self.client_id != SCREEN {
                    return Err(Notice::refusal(NO_REQUEST, 327, words(327)));
                }
                self.news.binds = binds;
            }
        }
        Ok(())
    }

    fn need_writing(&self, order_id: i32) -> Outcome {
        if self.hub.faults.orders.is_read_only() {
            return Err(Notice::invalid(order_id, READ_ONLY));
        }
        Ok(())
    }

    fn place(&mut self, request: &PlaceOrderRequest) -> Outcome {
        let order_id = request.order_id.unwrap_or_default();
        let order = request.order.clone().unwrap_or_default();
        self.need_writing(order_id)?;
        let ticket = self.read_ticket(request)?;
        if order.what_if == Some(true) {
            return self.preview(request, &ticket);
        }
        let known = self.hub.exchange.order(self.client_id, order_id);
        let is_change = known.is_some_and(|row| row.is_open());
        if !is_change {
            self.need_consent(order_id, order.advanced_error_override.as_deref())?;
        }
        let ignores_hours = ticket::is_outside_hours_ignored(&order);
        let held = Box::new(ticket.clone());
        let placed = self.hub.to_exchange(|| Held::Place(held), |exchange| exchange.place(ticket));
        let Some(placed) = placed else { return Ok(()) };
        let row = placed.map_err(|refused| Notice::of(order_id, refused))?;
        if is_change && self.hub.faults.orders.take_new_perm_id() {
            self.hub.perm_ids.change(row.perm_id, row.changed_at);
        }
        if ignores_hours {
            self.out.tell(&Notice::refusal(order_id, 2109, words(2109)));
        }
        Ok(())
    }

    /// What is asked for, where it is possible.
    fn read_ticket(&self, request: &PlaceOrderRequest) -> Result<OrderRequest, Notice> {
        let order_id = request.order_id.unwrap_or_default();
        // Negative ones are given to orders from the broker's own screen.
        let is_bound = order_id < 0 && self.hub.exchange.order(self.client_id, order_id).is_some();
        if order_id <= 0 && !is_bound {
            return Err(Notice::invalid(order_id, &format!("Invalid order id '{order_id}'")));
        }
        let order = request.order.as_ref();
        if order.is_some_and(|order| order.what_if == Some(true) && order.transmit != Some(true)) {
            return Err(Notice::refusal(order_id, 413, words(413)));
        }
        if let Some(account) = order.and_then(|order| order.account.as_deref()).filter(|it| !it.is_empty()) {
            self.account(Some(order_id), Some(account))?;
        }
        if request.contract.as_ref().is_some_and(option::is_meant) {
            return Err(Notice::refusal(order_id, 203, words(203)));
        }
        let listing = search::resolve(self.hub.exchange.market(), order_id, request.contract.as_ref())?;
        let (client_id, now) = (self.client_id, self.hub.exchange.now());
        ticket::read(Asked { client_id, con_id: listing.con_id, now, request })
    }

    fn preview(&self, request: &PlaceOrderRequest, ticket: &OrderRequest) -> Outcome {
        let order_id = ticket.order_id;
        self.need_broker(order_id)?;
        let what_if = self.hub.exchange.what_if(ticket).map_err(|refused| Notice::of(order_id, refused))?;
        self.out.send(&report::preview(&what_if, request, self.client_id));
        Ok(())
    }

    /// Refuses a new order overridably, where that is the fault of the moment.
    fn need_consent(&self, order_id: i32, given: Option<&str>) -> Outcome {
        let is_given = given.is_some_and(|given| given.split(',').any(|tag| tag.trim() == OVERRIDE));
        if is_given || !self.hub.faults.orders.take_overridable() {
            return Ok(());
        }
        let words = "Order rejected - reason:The order is unusual for this account. It can be sent \
                     nevertheless.";
        let (tag, value) = OVERRIDE.split_once('=').unwrap_or_default();
        let overriding = format!(r#"{{"rejects":[{{"{tag}":"{value}"}}]}}"#);
        Err(Notice { overriding, ..Notice::refusal(order_id, 201, words) })
    }

    fn cancel(&mut self, order_id: i32) -> Outcome {
        self.need_writing(order_id)?;
        let client_id = self.client_id;
        let held = || Held::Cancel { client_id, order_id };
        let cancelled = self.hub.to_exchange(held, |exchange| exchange.cancel(client_id, order_id));
        let Some(cancelled) = cancelled else { return Ok(()) };
        let row = cancelled.map_err(|refused| Notice::of(order_id, refused))?;
        if row.status == RowStatus::PendingCancel {
            let mut batch = self.out.batch();
            self.push_status(&mut batch, &self.hub.perm_ids.of_order(row));
            self.out.send_batch(batch);
        }
        Ok(())
    }

    /// Gives the orders of the broker's own screen numbers of client 0, where this is client 0.
    fn bind_screen_orders(&self) {
        if self.client_id == SCREEN {
            let rows = self.hub.exchange.open_orders(Owner::Client(SCREEN));
            rows.iter().filter(|row| row.order_id == 0).for_each(|row| self.bind(row.perm_id));
        }
    }

    /// Gives an order of the broker's own screen a number of this client.
    pub(super) fn bind(&self, perm_id: i64) {
        if let Some(row) = self.hub.exchange.bind(perm_id) {
            let row = self.hub.perm_ids.of_order(row);
            self.out.send(&OrderBound {
                perm_id: Some(row.perm_id),
                client_id: Some(row.client_id),
                order_id: Some(row.order_id),
            });
        }
    }

    fn send_open_orders(&self, whose: Owner) {
        let mut batch = self.out.batch();
        for row in self.hub.exchange.open_orders(whose) {
            let row = self.hub.perm_ids.of_order(row);
            batch.push(&report::open_order(&self.hub.exchange, &row, Costs::Unknown));
            batch.push(&report::status(&row));
        }
        if !self.hub.faults.orders.take_endless_list() {
            batch.push(&OpenOrdersEnd {});
        }
        self.out.send_batch(batch);
    }

    fn send_completed_orders(&self) -> Outcome {
        self.need_broker(NO_REQUEST)?;
        let mut batch = self.out.batch();
        for row in self.hub.exchange.completed_orders() {
            let row = self.hub.perm_ids.of_order(row);
            batch.push(&report::completed_order(&self.hub.exchange, &row));
        }
        if !self.hub.faults.orders.take_endless_list() {
            batch.push(&CompletedOrdersEnd {});
        }
        self.out.send_batch(batch);
        Ok(())
    }
}
