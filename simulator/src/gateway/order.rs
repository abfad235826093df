//! Requests about orders. The gateway is in read-only mode: there are no orders, and none can be placed.

use super::session::{Outcome, Session, decode};
use crate::notice::{NO_REQUEST, Notice, words};
use crate::wire::order::{AutoOpenOrdersRequest, CompletedOrdersEnd, ExecutionDetailsEnd, OpenOrdersEnd};
use crate::wire::session::ById;
use crate::wire::{Body, ids};

const READ_ONLY: &str = "The API interface is currently in Read-Only mode.";

impl Session {
    /// Answers a request about orders.
    pub(super) fn answer_order(&self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::OPEN_ORDERS | ids::ALL_OPEN_ORDERS => self.out.send(&OpenOrdersEnd {}),
            ids::COMPLETED_ORDERS => self.out.send(&CompletedOrdersEnd {}),
            ids::EXECUTIONS => {
                let request: ById = decode(id, body)?;
                self.out.send(&ExecutionDetailsEnd { req_id: request.req_id });
            }
            ids::AUTO_OPEN_ORDERS => {
                let request: AutoOpenOrdersRequest = decode(id, body)?;
                if request.auto_bind.unwrap_or_default() && self.client_id != 0 {
                    return Err(Notice::refusal(NO_REQUEST, 327, words(327)));
                }
            }
            ids::CANCEL_ORDER => {
                let order_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
                let words = format!("OrderId {order_id} that needs to be cancelled is not found.");
                return Err(Notice::refusal(order_id, 10147, words));
            }
            ids::PLACE_ORDER => {
                let order_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
                return Err(Notice::invalid(order_id, READ_ONLY));
            }
            _ => return Err(Notice::invalid(NO_REQUEST, READ_ONLY)),
        }
        Ok(())
    }
}
