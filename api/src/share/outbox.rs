//! What waits for one connection: a slot for each topic that it follows.
//!
//! A slot holds the latest of its topic, so that a connection which does not read costs bounded memory and delays
//! nobody. Slots are served in the order in which they got something to say, so that no topic starves another.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use slab::Slab;
use smallvec::SmallVec;

use crate::share::frame::{Frame, Pending};

/// The slots of one connection, filled by topics and emptied by the connection.
#[derive(Default)]
pub struct Outbox {
    slots: Mutex<Slots>,
    taker: AtomicWaker,
}

/// Names an operation of the connection.
pub type OperationNumber = u64;

/// Names a slot of an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotKey(usize);

/// What a connection is told besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The server stops.
    ServerStops,
    /// So much waits that something would be lost.
    TooSlow,
    /// The session has ended, or the key is not valid any more.
    AuthorityEnded,
    /// The user may now do more or less than before.
    RightsChanged,
}

#[derive(Default)]
struct Slots {
    all: Slab<Slot>,
    ready: VecDeque<usize>,
    order: Option<Order>,
}

struct Slot {
    operation: OperationNumber,
    pending: Pending,
}

impl Outbox {
    /// A new slot of this operation.
    pub fn open(&self, operation: OperationNumber) -> SlotKey {
        SlotKey(self.lock().all.insert(Slot { operation, pending: Pending::default() }))
    }

    /// Takes a slot away, with what waits in it. Whoever filled it must not do so any more.
    pub fn close(&self, key: SlotKey) {
        let mut slots = self.lock();
        slots.all.try_remove(key.0);
        slots.ready.retain(|ready| *ready != key.0);
    }

    /// Puts events into a slot.
    pub fn put<'f>(&self, key: SlotKey, frames: impl IntoIterator<Item = &'f Frame>) {
        let mut slots = self.lock();
        let Slots { all, ready, .. } = &mut *slots;
        let Some(slot) = all.get_mut(key.0) else { return };
        let was_empty = slot.pending.is_empty();
        for frame in frames {
            slot.pending.put(frame.clone());
        }
        let is_too_slow = slot.pending.is_full();
        let has_news = was_empty && !slot.pending.is_empty();
        if has_news {
            ready.push_back(key.0);
        }
        let is_first = has_news && ready.len() == 1;
        if is_too_slow {
            slots.order.get_or_insert(Order::TooSlow);
        }
        drop(slots);
        if is_first || is_too_slow {
            self.taker.wake();
        }
    }

    /// Takes what waits longest: the events of one slot, oldest first, with its operation.
    pub fn take(&self) -> Option<(OperationNumber, SmallVec<[Frame; 1]>)> {
        let mut slots = self.lock();
        let Slots { all, ready, .. } = &mut *slots;
        let slot = all.get_mut(ready.pop_front()?)?;
        Some((slot.operation, slot.pending.take()))
    }

    /// Tells the connection something that comes before everything else.
    pub fn order(&self, order: Order) {
        self.lock().order.get_or_insert(order);
        self.taker.wake();
    }

    /// Ready when an order was given.
    pub fn poll_order(&self, context: &mut Context<'_>) -> Poll<Order> {
        self.taker.register(context.waker());
        self.lock().order.take().map_or(Poll::Pending, Poll::Ready)
    }

    /// Ready when something waits.
    pub fn poll_waiting(&self, context: &mut Context<'_>) -> Poll<()> {
        self.taker.register(context.waker());
        if self.lock().ready.is_empty() { Poll::Pending } else { Poll::Ready(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use axum::extract::ws::Utf8Bytes;

    use super::*;
    use crate::share::frame::Place;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn quote(text: &'static str) -> Frame {
        Frame::new(1, Place::Value(None), Utf8Bytes::from_static(text))
    }

    fn taken(outbox: &Outbox) -> Option<(u64, String)> {
        let (operation, frames) = outbox.take()?;
        Some((operation, frames.iter().map(|frame| frame.response().as_str()).collect()))
    }

    #[test]
    fn each_topic_waits_once_and_in_turn() {
        let outbox = Outbox::default();
        let (one, two) = (outbox.open(1), outbox.open(2));
        outbox.put(one, [&quote("a1")]);
        outbox.put(two, [&quote("b1")]);
        outbox.put(one, [&quote("a2")]);
        assert_eq!(taken(&outbox), Some((1, "a2".into())));
        outbox.put(one, [&quote("a3")]);
        assert_eq!(taken(&outbox), Some((2, "b1".into())), "the other topic is not starved");
        assert_eq!(taken(&outbox), Some((1, "a3".into())));
        assert_eq!(taken(&outbox), None);
    }

    #[test]
    fn a_connection_is_woken_once_for_all_that_waits() {
        let outbox = Outbox::default();
        let counter = Arc::new(Counter::default());
        let waker = Waker::from(Arc::clone(&counter));
        let mut context = Context::from_waker(&waker);
        let slots: Vec<SlotKey> = (0..20).map(|number| outbox.open(number)).collect();
        assert!(outbox.poll_waiting(&mut context).is_pending());
        for slot in &slots {
            outbox.put(*slot, [&quote("a")]);
        }
        assert_eq!(counter.0.load(Ordering::SeqCst), 1);
        assert!(outbox.poll_waiting(&mut context).is_ready());
    }

    #[test]
    fn who_lets_too_much_wait_is_told_before_anything_is_lost() {
        let outbox = Outbox::default();
        let slot = outbox.open(1);
        let mut context = Context::from_waker(Waker::noop());
        for second in 0..32 {
            assert!(outbox.poll_order(&mut context).is_pending(), "{second}");
            let place = Place::Value(Some(time::OffsetDateTime::from_unix_timestamp(second).unwrap()));
            outbox.put(slot, [&Frame::new(1, place, Utf8Bytes::from_static("bar"))]);
        }
        assert_eq!(outbox.poll_order(&mut context), Poll::Ready(Order::TooSlow));
    }

    #[test]
    fn what_was_closed_says_nothing_more() {
        let outbox = Outbox::default();
        let (one, two) = (outbox.open(1), outbox.open(2));
        outbox.put(one, [&quote("a")]);
        outbox.put(two, [&quote("b")]);
        outbox.close(one);
        outbox.put(one, [&quote("late")]);
        assert_eq!(taken(&outbox), Some((2, "b".into())));
        assert_eq!(taken(&outbox), None);
    }
}
