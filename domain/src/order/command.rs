//! What we tell the broker, and how it is written down first.
//!
//! A command is written with the change of the order that it is for, in one transaction, and handed out once: a desk that
//! crashes after that leaves an order in doubt, never one that is sent again.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Advance, Order, OrderEvent, OrderId, OrderStatus, Terms};
use crate::account::AccountId;
use crate::named::named;
use crate::user::UserId;
use crate::world::{ConnectionId, Environment};

/// How long a command may wait to be sent.
pub const DISPATCH_WITHIN: Duration = Duration::seconds(5);

/// What the broker is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandKind {
    /// To place the order.
    Place,
    /// To change it.
    Replace,
    /// To cancel it.
    Cancel,
}

named!(CommandKind, "a kind of command", [(Place, "PLACE"), (Replace, "REPLACE"), (Cancel, "CANCEL")]);

/// By what somebody who places an order twice is found out: unique per user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlaceKey(pub Uuid);

/// The SHA-256 of what was asked for with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputDigest(pub [u8; 32]);

/// An order to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// The order: PENDING, to be sent; or DENIED, with the reason.
    pub order: Order,
    /// Who places it.
    pub user: UserId,
    /// The key that came with it.
    pub key: PlaceKey,
    /// What was asked for with it.
    pub digest: InputDigest,
    /// When it is too late to send it.
    pub dispatch_by: OffsetDateTime,
}

/// What became of a new order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is written down.
    New(Box<Order>),
    /// The same was asked for before: this became of it.
    Again(Box<Order>),
    /// The key was used for something else before.
    KeyReused,
    /// There is no such account, or the user may not see it.
    AccountNotFound,
    /// The user may see the account, but not trade it.
    NotGranted,
    /// Trading is halted, for this reason.
    Halted(String),
}

/// How somebody wants an order changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeWanted {
    /// To these terms.
    Replace(Terms),
    /// Canceled.
    Cancel,
}

/// A change to be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which order.
    pub order: OrderId,
    /// Who wants it.
    pub user: UserId,
    /// The version of the order that the user knows.
    pub expected: u32,
    /// What is wanted.
    pub wanted: ChangeWanted,
    /// When.
    pub at: OffsetDateTime,
    /// When it is too late to send it.
    pub dispatch_by: OffsetDateTime,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is written down; this is the order now. One that was not handed out yet is canceled, and never sent.
    Done(Box<Order>),
    /// There is no such order, or the user may not see its account.
    NotFound,
    /// The user may see the account, but not trade it.
    NotGranted,
    /// It was changed in the meantime; this is the order now.
    Outdated(Box<Order>),
    /// The order stands where it cannot be changed so; this is it.
    NotPossible(Box<Order>),
    /// Trading is halted, for this reason.
    Halted(String),
}

/// That all orders of an account are to be canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelAll {
    /// Of which account.
    pub account: AccountId,
    /// Who wants it.
    pub user: UserId,
    /// When.
    pub at: OffsetDateTime,
    /// When it is too late to send it.
    pub dispatch_by: OffsetDateTime,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllCanceled {
    /// These are to be canceled, or are; those in doubt, and those placed elsewhere, are not among them.
    Done(Vec<Order>),
    /// There is no such account, or the user may not see it.
    AccountNotFound,
    /// The user may see the account, but not trade it.
    NotGranted,
}

/// As whom a desk places orders at a broker. Each numbers its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderClient {
    /// At which broker.
    pub connection: ConnectionId,
    /// In which world.
    pub environment: Environment,
    /// As which of its clients.
    pub client_id: i32,
}

/// How many commands a desk can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// As whom.
    pub client: OrderClient,
    /// The time.
    pub now: OffsetDateTime,
    /// At most so many.
    pub count: u64,
}

/// Something to tell the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What.
    pub kind: CommandKind,
    /// Of which order, as it stands now: with its seat, and with what a change asks for.
    pub order: Order,
    /// The broker's name of its account.
    pub account: String,
    /// When it is too late to send it.
    pub dispatch_by: OffsetDateTime,
}

/// What a desk was handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// What to send: cancellations first, then oldest first.
    pub commands: Vec<Command>,
    /// The accounts that have new events.
    pub accounts: Vec<AccountId>,
}

/// Which orders are in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InDoubt {
    /// All of the connection that the broker has not answered about.
    All,
    /// Those of these that the broker has not answered about.
    These(Vec<OrderId>),
}

/// A doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// At which broker.
    pub connection: ConnectionId,
    /// In which world.
    pub environment: Environment,
    /// Which orders.
    pub orders: InDoubt,
    /// Why, in one sentence.
    pub reason: String,
    /// When.
    pub at: OffsetDateTime,
}

impl CommandKind {
    /// Why a command that nobody could take was not sent; `halt` is why trading is halted, where it is.
    pub fn not_sent(self, halt: Option<&str>) -> String {
        let what = match self {
            Self::Place => "the order",
            Self::Replace => "the change",
            Self::Cancel => "the cancellation",
        };
        match halt {
            Some(why) => format!("{what} was not sent: trading is halted: {why}"),
            None => format!("{what} was not sent: the broker could not be told in time"),
        }
    }
}

impl Order {
    /// The order after a change was asked for; `None` where it cannot be changed so. One that waits to be sent is
    /// canceled at once.
    #[must_use]
    pub fn changed(&self, wanted: ChangeWanted, at: OffsetDateTime) -> Option<Self> {
        let is_unsent = self.status == OrderStatus::Pending;
        let event = match wanted {
            _ if self.is_external() => return None,
            ChangeWanted::Replace(_) => OrderEvent::ReplaceRequested,
            ChangeWanted::Cancel if is_unsent => OrderEvent::Canceled,
            ChangeWanted::Cancel => OrderEvent::CancelRequested,
        };
        let mut order = self.moved(event, at)?;
        order.version += 1;
        if let ChangeWanted::Replace(terms) = wanted {
            order.replacement = Some(terms);
        }
        if order.status == OrderStatus::Canceled {
            order.reason = Some("canceled before it was sent".into());
        }
        Some(order)
    }

    /// The order after a command for it was not sent in time, `why` says for what reason.
    #[must_use]
    pub fn not_sent(&self, kind: CommandKind, why: &str, at: OffsetDateTime) -> Self {
        let event = match kind {
            CommandKind::Place => OrderEvent::NotSent,
            CommandKind::Replace => OrderEvent::ReplaceRefused,
            // The broker has not said yet that it has the order.
            CommandKind::Cancel if self.perm_ids.is_empty() => OrderEvent::Doubted,
            CommandKind::Cancel => OrderEvent::CancelRefused,
        };
        let Some(mut order) = self.moved(event, at) else { return self.clone() };
        if kind == CommandKind::Replace {
            order.replacement = None;
        }
        if (order.status, order.replacement) == (self.status, self.replacement) {
            return self.clone();
        }
        let version = order.version + u32::from(order.replacement != self.replacement);
        Self { version, reason: Some(why.to_owned()), ..order }
    }

    /// The order as it is handed out to be sent: from now on it may have left. `None` where the command has no object any
    /// more.
    #[must_use]
    pub fn handed_out(&self, kind: CommandKind, at: OffsetDateTime) -> Option<Self> {
        match kind {
            CommandKind::Place => {
                let order = self.moved(OrderEvent::Sent, at)?;
                Some(Self { sent_at: Some(at), ..order })
            }
            CommandKind::Replace => (self.status == OrderStatus::PendingReplace).then(|| self.clone()),
            CommandKind::Cancel if self.status.is_final() || self.status == OrderStatus::Pending => None,
            CommandKind::Cancel => {
                Some(self.moved(OrderEvent::CancelRequested, at).unwrap_or_else(|| self.clone()))
            }
        }
    }

    /// The order once it is in doubt; `None` where it is not.
    #[must_use]
    pub fn doubted(&self, reason: &str, at: OffsetDateTime) -> Option<Self> {
        let order = self.moved(OrderEvent::Doubted, at)?;
        Some(Self { reason: Some(reason.to_owned()), ..order })
    }

    /// The order after an event; `None` where it cannot follow.
    fn moved(&self, event: OrderEvent, at: OffsetDateTime) -> Option<Self> {
        let Advance::To(progress, _) = self.progress().advance(event) else { return None };
        let mut order = Self { status: progress.status, updated_at: at, ..self.clone() };
        order.forget_replacement();
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::tests::{order, terms};

    const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn what_waits_is_canceled_at_once_and_what_was_sent_is_asked_for() {
        use OrderStatus::{Canceled, Filled, InFlight, Pending, PendingCancel, Unknown, Working};
        let cases = [
            (Pending, Some(Canceled)),
            (InFlight, Some(PendingCancel)),
            (Working, Some(PendingCancel)),
            (PendingCancel, None),
            (Unknown, None),
            (Filled, None),
        ];
        for (status, expected) in cases {
            let changed = order(status).changed(ChangeWanted::Cancel, AT);
            assert_eq!(
                changed.map(|order| (order.status, order.version)),
                expected.map(|status| (status, 2))
            );
        }
        let external = Order { placed_by: None, ..order(Working) };
        assert_eq!(external.changed(ChangeWanted::Cancel, AT), None);
    }

    #[test]
    fn a_change_that_was_not_sent_leaves_the_order_as_it_stood() {
        let working = Order { perm_ids: vec![7], ..order(OrderStatus::Working) };
        let replacing = working.changed(ChangeWanted::Replace(terms(50)), AT).unwrap();
        assert_eq!((replacing.status, replacing.replacement), (OrderStatus::PendingReplace, Some(terms(50))));
        let after = replacing.not_sent(CommandKind::Replace, "too late", AT);
        assert_eq!((after.status, after.replacement), (OrderStatus::Working, None));
        assert_eq!((after.terms, after.version), (working.terms.clone(), 3));
        let canceling = working.changed(ChangeWanted::Cancel, AT).unwrap();
        assert_eq!(canceling.not_sent(CommandKind::Cancel, "too late", AT).status, OrderStatus::Working);
        let unheard = order(OrderStatus::InFlight).changed(ChangeWanted::Cancel, AT).unwrap();
        assert_eq!(unheard.not_sent(CommandKind::Cancel, "too late", AT).status, OrderStatus::Unknown);
    }

    #[test]
    fn only_what_waits_is_handed_out_to_be_placed() {
        for (status, name) in OrderStatus::ALL {
            let handed = order(*status).handed_out(CommandKind::Place, AT);
            assert_eq!(handed.is_some(), *status == OrderStatus::Pending, "{name}");
            let canceled = order(*status).handed_out(CommandKind::Cancel, AT);
            let has_object = !status.is_final() && *status != OrderStatus::Pending;
            assert_eq!(canceled.is_some(), has_object, "{name}");
        }
    }
}
