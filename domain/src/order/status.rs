//! How far an order has come, and the one function that moves it.
//!
//! What was *done* is the sum of the executions, and always counts. A status is only what somebody says of the order:
//! one that comes late or twice changes nothing, and one that cannot be true together with what is known is reported
//! as a [`Contradiction`].

use crate::decimal::Quantity;
use crate::named::named;

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Written down by us, not sent yet.
    Pending,
    /// Written to the socket; no answer yet.
    InFlight,
    /// In doubt: it may or may not have reached the broker, and is being looked for.
    Unknown,
    /// Accepted by the broker; nothing was done yet.
    Working,
    /// Accepted by the broker; a part was done.
    PartiallyFilled,
    /// Working, with a change on its way.
    PendingReplace,
    /// Working, with a cancellation on its way. It may still be filled.
    PendingCancel,
    /// Done.
    Filled,
    /// Canceled; a part of it may have been done before.
    Canceled,
    /// Refused by our own limits; never sent.
    Denied,
    /// Refused by the broker.
    Rejected,
    /// Its time was over: it was not sent in time, or ended by its own terms.
    Expired,
    /// Shown by reconciliation never to have reached the broker.
    NotReceived,
}

named!(
    OrderStatus,
    "an order status",
    [
        (Pending, "PENDING"),
        (InFlight, "IN_FLIGHT"),
        (Unknown, "UNKNOWN"),
        (Working, "WORKING"),
        (PartiallyFilled, "PARTIALLY_FILLED"),
        (PendingReplace, "PENDING_REPLACE"),
        (PendingCancel, "PENDING_CANCEL"),
        (Filled, "FILLED"),
        (Canceled, "CANCELED"),
        (Denied, "DENIED"),
        (Rejected, "REJECTED"),
        (Expired, "EXPIRED"),
        (NotReceived, "NOT_RECEIVED"),
    ]
);

impl OrderStatus {
    /// Whether nothing more is expected of the order.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Filled | Self::Canceled | Self::Denied | Self::Rejected | Self::Expired | Self::NotReceived
        )
    }

    /// Whether the broker is known to have it among its open orders.
    pub const fn is_at_broker(self) -> bool {
        matches!(self, Self::Working | Self::PartiallyFilled | Self::PendingReplace | Self::PendingCancel)
    }
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderEvent {
    /// We are about to write it to the socket: from here on it may have left.
    Sent,
    /// Its time to be sent passed before it was.
    NotSent,
    /// What was written may or may not have arrived.
    Doubted,
    /// It was looked for everywhere, long enough, and is not there.
    NotFound,
    /// The broker has it among its open orders.
    Accepted,
    /// The broker tells of an execution; `filled` is the sum of all that are known now, this one included.
    Executed {
        /// The sum of all known executions.
        filled: Quantity,
    },
    /// Somebody wants it changed.
    ReplaceRequested,
    /// The broker has taken the change.
    Replaced {
        /// The whole quantity from now on.
        quantity: Quantity,
    },
    /// The broker has refused the change: the order stands as it was.
    ReplaceRefused,
    /// Somebody wants it canceled.
    CancelRequested,
    /// The broker has refused to cancel it: the order stands as it was.
    CancelRefused,
    /// It is canceled: by the broker, or before it was sent.
    Canceled,
    /// The broker has refused it.
    Rejected,
    /// It ended by its own terms.
    Expired,
}

/// What cannot be true together with what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contradiction {
    /// More was done than was ordered.
    Overfilled,
    /// Something was done of an order that was never sent, or that was taken for dead.
    DoneThoughDead,
    /// The broker knows an order that was taken for not sent, or not received.
    KnownThoughDead,
    /// The broker has ended an order of which all was done.
    EndedThoughFilled,
}

named!(
    Contradiction,
    "a contradiction",
    [
        (Overfilled, "OVERFILLED"),
        (DoneThoughDead, "DONE_THOUGH_DEAD"),
        (KnownThoughDead, "KNOWN_THOUGH_DEAD"),
        (EndedThoughFilled, "ENDED_THOUGH_FILLED"),
    ]
);

/// What an event comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// The order now stands like this, which may be as before; and what does not fit, where something does not.
    To(Progress, Option<Contradiction>),
    /// Not now: the event cannot follow where the order stands. Nothing changes.
    Refused,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How far it has come.
    pub status: OrderStatus,
    /// How much is to be done in all.
    pub quantity: Quantity,
    /// How much was done: the sum of the executions.
    pub filled: Quantity,
}

impl Progress {
    /// An order that was just written down.
    pub const fn new(quantity: Quantity) -> Self {
        Self { status: OrderStatus::Pending, quantity, filled: Quantity::ZERO }
    }

    /// Moves the order. What the broker says is never refused: it is applied, or it is late and changes nothing.
    pub fn advance(self, event: OrderEvent) -> Advance {
        use OrderStatus::{
            Canceled, Expired, InFlight, NotReceived, Pending, PendingCancel, PendingReplace, Unknown,
        };
        let status = self.status;
        match event {
            OrderEvent::Sent if status == Pending => self.to(InFlight),
            OrderEvent::NotSent if status == Pending => self.to(Expired),
            OrderEvent::Doubted if matches!(status, InFlight | PendingReplace | PendingCancel) => {
                self.to(Unknown)
            }
            OrderEvent::NotFound if status == Unknown && self.filled == Quantity::ZERO => {
                self.to(NotReceived)
            }
            OrderEvent::ReplaceRequested if self.is_resting() => self.to(PendingReplace),
            OrderEvent::CancelRequested
                if self.is_resting() || matches!(status, InFlight | PendingReplace) =>
            {
                self.to(PendingCancel)
            }
            OrderEvent::Sent
            | OrderEvent::NotSent
            | OrderEvent::Doubted
            | OrderEvent::NotFound
            | OrderEvent::ReplaceRequested
            | OrderEvent::CancelRequested => Advance::Refused,
            OrderEvent::Accepted => self.accepted(),
            OrderEvent::Executed { filled } => self.executed(filled),
            OrderEvent::Replaced { quantity } => self.replaced(quantity),
            OrderEvent::ReplaceRefused if status == PendingReplace => self.to(self.resting()),
            OrderEvent::CancelRefused if status == PendingCancel => self.to(self.resting()),
            OrderEvent::ReplaceRefused | OrderEvent::CancelRefused => self.stays(None),
            OrderEvent::Canceled => self.ended(Canceled),
            OrderEvent::Rejected => self.ended(OrderStatus::Rejected),
            OrderEvent::Expired => self.ended(Expired),
        }
    }

    fn to(self, status: OrderStatus) -> Advance {
        Advance::To(Self { status, ..self }, None)
    }

    const fn stays(self, contradiction: Option<Contradiction>) -> Advance {
        Advance::To(self, contradiction)
    }

    /// Whether it stands at the broker, and nothing is on its way.
    const fn is_resting(self) -> bool {
        matches!(self.status, OrderStatus::Working | OrderStatus::PartiallyFilled)
    }

    /// The status of an order that stands at the broker, by what was done of it.
    fn resting(self) -> OrderStatus {
        if self.filled >= self.quantity {
            OrderStatus::Filled
        } else if self.filled > Quantity::ZERO {
            OrderStatus::PartiallyFilled
        } else {
            OrderStatus::Working
        }
    }

    fn accepted(self) -> Advance {
        let resting = Self { status: self.resting(), ..self };
        match self.status {
            OrderStatus::InFlight | OrderStatus::Unknown => self.to(resting.status),
            OrderStatus::Pending | OrderStatus::Denied | OrderStatus::Expired | OrderStatus::NotReceived => {
                Advance::To(resting, Some(Contradiction::KnownThoughDead))
            }
            _ => self.stays(None),
        }
    }

    fn executed(self, filled: Quantity) -> Advance {
        let status = match self.status {
            _ if filled >= self.quantity => OrderStatus::Filled,
            // A late report of what was done before the end is nothing unusual; the end stands.
            OrderStatus::Canceled | OrderStatus::PendingReplace | OrderStatus::PendingCancel => self.status,
            _ => OrderStatus::PartiallyFilled,
        };
        let contradiction = match self.status {
            _ if filled > self.quantity => Some(Contradiction::Overfilled),
            OrderStatus::Pending
            | OrderStatus::Denied
            | OrderStatus::Rejected
            | OrderStatus::Expired
            | OrderStatus::NotReceived => Some(Contradiction::DoneThoughDead),
            _ => None,
        };
        Advance::To(Self { status, filled, ..self }, contradiction)
    }

    fn replaced(self, quantity: Quantity) -> Advance {
        let changed = Self { quantity, ..self };
        match self.status {
            OrderStatus::Unknown
            | OrderStatus::PendingReplace
            | OrderStatus::Working
            | OrderStatus::PartiallyFilled
            | OrderStatus::Filled => changed.to(changed.resting()),
            OrderStatus::PendingCancel => Advance::To(changed, None),
            _ => self.stays(None),
        }
    }

    fn ended(self, end: OrderStatus) -> Advance {
        match self.status {
            OrderStatus::Filled => self.stays(Some(Contradiction::EndedThoughFilled)),
            OrderStatus::NotReceived => {
                Advance::To(Self { status: end, ..self }, Some(Contradiction::KnownThoughDead))
            }
            status if status.is_final() => self.stays(None),
            _ => self.to(end),
        }
    }
}

#[cfg(test)]
mod tests;
