//! Which events move an order from where to where.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

fn quantity(value: u32) -> Quantity {
    Quantity::new(Decimal::from(value)).unwrap()
}

/// An order for 100 that stands like this.
fn order(status: OrderStatus, filled: u32) -> Progress {
    Progress { status, quantity: quantity(100), filled: quantity(filled) }
}

fn executed(filled: u32) -> OrderEvent {
    OrderEvent::Executed { filled: quantity(filled) }
}

fn replaced(to: u32) -> OrderEvent {
    OrderEvent::Replaced { quantity: quantity(to) }
}

/// The status after an event; none where it is refused.
fn after(progress: Progress, event: OrderEvent) -> Option<(OrderStatus, Option<Contradiction>)> {
    match progress.advance(event) {
        Advance::To(next, contradiction) => Some((next.status, contradiction)),
        Advance::Refused => None,
    }
}

#[test]
fn an_order_goes_its_way() {
    use OrderEvent::*;
    use OrderStatus::*;
    let cases = [
        (Pending, 0, Sent, InFlight),
        (Pending, 0, NotSent, OrderStatus::Expired),
        (Pending, 0, OrderEvent::Canceled, OrderStatus::Canceled),
        (InFlight, 0, Doubted, Unknown),
        (InFlight, 0, Accepted, Working),
        (InFlight, 0, CancelRequested, PendingCancel),
        (InFlight, 0, OrderEvent::Rejected, OrderStatus::Rejected),
        (InFlight, 0, executed(40), PartiallyFilled),
        (InFlight, 0, executed(100), Filled),
        (InFlight, 40, Accepted, PartiallyFilled),
        (Unknown, 0, Accepted, Working),
        (Unknown, 0, NotFound, NotReceived),
        (Unknown, 0, replaced(50), Working),
        (Unknown, 0, OrderEvent::Canceled, OrderStatus::Canceled),
        (Unknown, 0, executed(100), Filled),
        (Working, 0, ReplaceRequested, PendingReplace),
        (Working, 0, CancelRequested, PendingCancel),
        (Working, 0, executed(1), PartiallyFilled),
        (Working, 0, OrderEvent::Expired, OrderStatus::Expired),
        (PartiallyFilled, 40, executed(100), Filled),
        (PendingReplace, 0, replaced(200), Working),
        (PendingReplace, 40, replaced(200), PartiallyFilled),
        (PendingReplace, 40, replaced(40), Filled),
        (PendingReplace, 40, ReplaceRefused, PartiallyFilled),
        (PendingReplace, 0, Doubted, Unknown),
        (PendingReplace, 0, executed(40), PendingReplace),
        (PendingReplace, 0, CancelRequested, PendingCancel),
        (PendingCancel, 0, OrderEvent::Canceled, OrderStatus::Canceled),
        (PendingCancel, 0, executed(100), Filled),
        (PendingCancel, 0, executed(40), PendingCancel),
        (PendingCancel, 40, CancelRefused, PartiallyFilled),
        (PendingCancel, 0, Doubted, Unknown),
        (Filled, 100, replaced(200), PartiallyFilled),
    ];
    for (status, filled, event, expected) in cases {
        assert_eq!(after(order(status, filled), event), Some((expected, None)), "{status:?} {event:?}");
    }
}

#[test]
fn what_comes_late_changes_nothing() {
    use OrderEvent::*;
    use OrderStatus::{Filled, PartiallyFilled, PendingCancel, PendingReplace, Working};
    let cases = [
        (Working, 0, Accepted),
        (PartiallyFilled, 40, Accepted),
        (PendingCancel, 0, Accepted),
        (PendingReplace, 0, Accepted),
        (Filled, 100, Accepted),
        (OrderStatus::Canceled, 40, Accepted),
        (OrderStatus::Rejected, 0, Accepted),
        (OrderStatus::Canceled, 40, Canceled),
        (OrderStatus::Canceled, 0, executed(40)),
        (OrderStatus::Canceled, 40, Rejected),
        (OrderStatus::Rejected, 0, Canceled),
        (OrderStatus::Expired, 0, Canceled),
        (Working, 0, ReplaceRefused),
        (Filled, 100, CancelRefused),
    ];
    for (status, filled, event) in cases {
        assert_eq!(after(order(status, filled), event), Some((status, None)), "{status:?} {event:?}");
    }
}

#[test]
fn what_cannot_be_is_said() {
    use Contradiction::{DoneThoughDead, EndedThoughFilled, KnownThoughDead, Overfilled};
    use OrderEvent::{Accepted, Canceled, Rejected};
    use OrderStatus::{
        Denied, Expired, Filled, NotReceived, PartiallyFilled, Pending, PendingCancel, Working,
    };
    let cases = [
        (Working, 0, executed(101), Filled, Overfilled),
        (Filled, 100, executed(150), Filled, Overfilled),
        (NotReceived, 0, executed(40), PartiallyFilled, DoneThoughDead),
        (Expired, 0, executed(100), Filled, DoneThoughDead),
        (OrderStatus::Rejected, 0, executed(40), PartiallyFilled, DoneThoughDead),
        (Denied, 0, executed(100), Filled, DoneThoughDead),
        (Pending, 0, executed(40), PartiallyFilled, DoneThoughDead),
        (NotReceived, 0, Accepted, Working, KnownThoughDead),
        (Expired, 0, Accepted, Working, KnownThoughDead),
        (Pending, 0, Accepted, Working, KnownThoughDead),
        (NotReceived, 0, Canceled, OrderStatus::Canceled, KnownThoughDead),
        (NotReceived, 0, Rejected, OrderStatus::Rejected, KnownThoughDead),
        (Filled, 100, Canceled, Filled, EndedThoughFilled),
    ];
    for (status, filled, event, expected, contradiction) in cases {
        let found = after(order(status, filled), event);
        assert_eq!(found, Some((expected, Some(contradiction))), "{status:?} {event:?}");
    }
    assert_eq!(after(order(PendingCancel, 0), Canceled), Some((OrderStatus::Canceled, None)));
}

#[test]
fn what_we_want_is_refused_where_it_cannot_be() {
    use OrderEvent::{CancelRequested, Doubted, NotFound, NotSent, ReplaceRequested, Sent};
    use OrderStatus::*;
    let cases = [
        (InFlight, 0, Sent),
        (Unknown, 0, Sent),
        (NotReceived, 0, Sent),
        (Canceled, 0, Sent),
        (InFlight, 0, NotSent),
        (Working, 0, Doubted),
        (Filled, 100, Doubted),
        (Working, 0, NotFound),
        (Unknown, 40, NotFound),
        (InFlight, 0, ReplaceRequested),
        (PendingCancel, 0, ReplaceRequested),
        (Filled, 100, ReplaceRequested),
        (Unknown, 0, ReplaceRequested),
        (Pending, 0, CancelRequested),
        (Unknown, 0, CancelRequested),
        (Filled, 100, CancelRequested),
    ];
    for (status, filled, event) in cases {
        assert_eq!(after(order(status, filled), event), None, "{status:?} {event:?}");
    }
}

fn any_event() -> impl Strategy<Value = OrderEvent> {
    prop_oneof![
        Just(OrderEvent::Sent),
        Just(OrderEvent::NotSent),
        Just(OrderEvent::Doubted),
        Just(OrderEvent::NotFound),
        Just(OrderEvent::Accepted),
        (0_u32..130).prop_map(executed),
        Just(OrderEvent::ReplaceRequested),
        (1_u32..130).prop_map(replaced),
        Just(OrderEvent::ReplaceRefused),
        Just(OrderEvent::CancelRequested),
        Just(OrderEvent::CancelRefused),
        Just(OrderEvent::Canceled),
        Just(OrderEvent::Rejected),
        Just(OrderEvent::Expired),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_what_was_done_is_counted(events in prop::collection::vec(any_event(), 0..40)) {
        let mut progress = Progress::new(quantity(100));
        for event in events {
            let before = progress;
            if let Advance::To(next, contradiction) = progress.advance(event) {
                progress = next;
                let is_execution = matches!(event, OrderEvent::Executed { .. });
                prop_assert!(is_execution || next.filled == before.filled, "{event:?}");
                if let OrderEvent::Executed { filled } = event {
                    prop_assert_eq!(next.filled, filled);
                    prop_assert_eq!(filled >= next.quantity, next.status == OrderStatus::Filled);
                }
                // Nobody but the broker's own word brings an order back, and then it is said; a change that the broker
                // took, or an execution that was corrected, goes on with what is left.
                let is_back = before.status.is_final() && !next.status.is_final();
                let is_left = before.status == OrderStatus::Filled && next.filled < next.quantity;
                prop_assert!(!is_back || contradiction.is_some() || is_left, "{before:?} {event:?} {next:?}");
            }
        }
    }

    #[test]
    fn an_event_that_is_told_twice_counts_once(events in prop::collection::vec(any_event(), 0..20), event in any_event()) {
        let mut progress = Progress::new(quantity(100));
        for event in events {
            if let Advance::To(next, _) = progress.advance(event) {
                progress = next;
            }
        }
        if let Advance::To(once, _) = progress.advance(event)
            && let Advance::To(twice, _) = once.advance(event)
        {
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn what_is_dead_is_never_sent(status in prop::sample::select(OrderStatus::ALL)) {
        let refused = order(status.0, 0).advance(OrderEvent::Sent) == Advance::Refused;
        prop_assert_eq!(refused, status.0 != OrderStatus::Pending);
    }
}
