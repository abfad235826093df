//! Orders on their way to the exchange. While the broker cannot be reached they are held, as the real
//! gateway does unless it is told otherwise; once it can be reached again they are sent, however late, and
//! whether or not their client is still there.

use std::sync::{MutexGuard, PoisonError};

use super::{Hub, Signal};
use crate::exchange::Exchange;
use crate::exchange::broker::{OrderRequest, Refused};
use crate::notice::Notice;

/// Something that waits to be sent.
#[derive(Clone, Debug)]
pub(super) enum Held {
    /// A new order, or a change of one.
    Place(Box<OrderRequest>),
    /// A cancellation.
    Cancel { client_id: i32, order_id: i32 },
    /// The cancellation of everything.
    CancelAll,
}

impl Hub {
    fn held(&self) -> MutexGuard<'_, Vec<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does this at the exchange, or, where it cannot be reached, holds it; `None` where it is held. One
    /// after the other: what was held goes first.
    pub(super) fn to_exchange<T>(
        &self,
        hold: impl FnOnce() -> Held,
        act: impl FnOnce(&Exchange) -> T,
    ) -> Option<T> {
        let mut waiting = self.held();
        if self.is_broker_reachable() {
            self.send_all(&mut waiting);
            return Some(act(&self.exchange));
        }
        waiting.push(hold());
        None
    }

    /// Sends what is held, where the broker can be reached.
    pub(crate) fn send_held_orders(&self) {
        let mut waiting = self.held();
        if self.is_broker_reachable() {
            self.send_all(&mut waiting);
        }
    }

    fn send_all(&self, waiting: &mut Vec<Held>) {
        for command in waiting.drain(..) {
            if let Err((client_id, notice)) = self.send_one(command) {
                self.signal(Signal::TellClient(client_id, notice));
            }
        }
    }

    fn send_one(&self, command: Held) -> Result<(), (i32, Notice)> {
        let (client_id, order_id, outcome) = match command {
            Held::Place(request) => (request.client_id, request.order_id, self.exchange.place(*request)),
            Held::Cancel { client_id, order_id } => {
                (client_id, order_id, self.exchange.cancel(client_id, order_id))
            }
            Held::CancelAll => {
                self.exchange.cancel_all();
                return Ok(());
            }
        };
        let refused = |refused: Refused| (client_id, Notice::of(order_id, refused));
        outcome.map(drop).map_err(refused)
    }
}
