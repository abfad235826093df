//! What waits for one connection: a slot for each topic that it follows.
//!
//! A slot holds the latest of its topic, or as much of it as a bounded queue holds, so that a connection which does not
//! read costs bounded memory and delays nobody. Slots are served in the order in which they got something to say, so
//! that no topic starves another.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use slab::Slab;
use smallvec::SmallVec;

use crate::share::backlog::Backlog;
use crate::share::frame::{Frame, Pending};

/// The slots of one connection, filled by topics and emptied by the connection.
#[derive(Default)]
pub struct Outbox {
    slots: Mutex<Slots>,
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

/// What a connection finds in its outbox.
#[derive(Debug)]
pub enum News {
    /// It comes before everything else.
    Order(Order),
    /// Events of one slot, oldest first, with its operation.
    Events(OperationNumber, SmallVec<[Frame; 1]>),
}

#[derive(Default)]
struct Slots {
    all: Slab<Slot>,
    ready: VecDeque<usize>,
    order: Option<Order>,
    taker: Option<Waker>,
}

struct Slot {
    operation: OperationNumber,
    waiting: Waiting,
}

/// What waits in a slot.
pub enum Waiting {
    /// The latest of each place.
    Latest(Pending),
    /// Every event.
    Every(Box<Backlog>),
}

impl Waiting {
    fn put(&mut self, frame: Frame) {
        match self {
            Self::Latest(pending) => pending.put(frame),
            Self::Every(backlog) => backlog.put(frame),
        }
    }

    fn has_news(&self) -> bool {
        match self {
            Self::Latest(pending) => !pending.is_empty(),
            Self::Every(backlog) => backlog.has_news(),
        }
    }

    fn take(&mut self) -> SmallVec<[Frame; 1]> {
        match self {
            Self::Latest(pending) => pending.take(),
            Self::Every(backlog) => backlog.take(),
        }
    }

    /// Whether something would be lost that cannot be told of.
    fn is_full(&self) -> bool {
        matches!(self, Self::Latest(pending) if pending.is_full())
    }
}

impl Outbox {
    /// A new slot of this operation.
    pub fn open(&self, operation: OperationNumber, waiting: Waiting) -> SlotKey {
        SlotKey(self.lock().all.insert(Slot { operation, waiting }))
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
        let Slots { all, ready, order, taker } = &mut *slots;
        let Some(slot) = all.get_mut(key.0) else { return };
        let was_ready = slot.waiting.has_news();
        for frame in frames {
            slot.waiting.put(frame.clone());
        }
        let is_first = ready.is_empty();
        let gets_ready = !was_ready && slot.waiting.has_news();
        if gets_ready {
            ready.push_back(key.0);
        }
        let is_full = slot.waiting.is_full();
        if is_full {
            order.get_or_insert(Order::TooSlow);
        }
        if (is_first && gets_ready) || is_full {
            wake(taker.as_ref());
        }
    }

    /// Tells the connection something that comes before everything else.
    pub fn order(&self, order: Order) {
        let mut slots = self.lock();
        slots.order.get_or_insert(order);
        wake(slots.taker.as_ref());
    }

    /// Ready when an order was given.
    pub fn poll_order(&self, context: &Context<'_>) -> Poll<Order> {
        let mut slots = self.lock();
        if let Some(order) = slots.order.take() {
            return Poll::Ready(order);
        }
        slots.register(context);
        Poll::Pending
    }

    /// Takes an order, else what waits longest.
    pub fn poll_take(&self, context: &Context<'_>) -> Poll<News> {
        let mut slots = self.lock();
        if let Some(order) = slots.order.take() {
            return Poll::Ready(News::Order(order));
        }
        while let Some(key) = slots.ready.pop_front() {
            let Slots { all, ready, .. } = &mut *slots;
            let Some(slot) = all.get_mut(key) else { continue };
            let frames = slot.waiting.take();
            if slot.waiting.has_news() {
                ready.push_back(key);
            }
            if !frames.is_empty() {
                return Poll::Ready(News::Events(slot.operation, frames));
            }
        }
        slots.register(context);
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Notes who is to be woken. It stays the same task for as long as it is the same connection.
    fn register(&mut self, context: &Context<'_>) {
        match &mut self.taker {
            Some(taker) => taker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }
}

fn wake(taker: Option<&Waker>) {
    if let Some(taker) = taker {
        taker.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use axum::extract::ws::Utf8Bytes;
    use domain::quote::Stamp;
    use tokio::sync::mpsc::unbounded_channel;

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

    fn latest(outbox: &Outbox, operation: OperationNumber) -> SlotKey {
        outbox.open(operation, Waiting::Latest(Pending::default()))
    }

    fn taken(outbox: &Outbox) -> Option<(u64, String)> {
        match outbox.poll_take(&Context::from_waker(Waker::noop())) {
            Poll::Ready(News::Events(operation, frames)) => {
                Some((operation, frames.iter().map(|frame| frame.response().as_str()).collect()))
            }
            Poll::Ready(News::Order(order)) => panic!("told {order:?}"),
            Poll::Pending => None,
        }
    }

    #[test]
    fn each_topic_waits_once_and_in_turn() {
        let outbox = Outbox::default();
        let (one, two) = (latest(&outbox, 1), latest(&outbox, 2));
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
        let context = Context::from_waker(&waker);
        let slots: Vec<SlotKey> = (0..20).map(|number| latest(&outbox, number)).collect();
        assert!(outbox.poll_take(&context).is_pending());
        for slot in &slots {
            outbox.put(*slot, [&quote("a")]);
        }
        assert_eq!(counter.0.load(Ordering::SeqCst), 1);
        assert!(outbox.poll_take(&context).is_ready());
    }

    #[test]
    fn who_lets_too_much_wait_is_told_before_anything_is_lost() {
        let outbox = Outbox::default();
        let slot = latest(&outbox, 1);
        let context = Context::from_waker(Waker::noop());
        for second in 0..32 {
            assert!(outbox.poll_order(&context).is_pending(), "{second}");
            let place = Place::Value(Some(time::OffsetDateTime::from_unix_timestamp(second).unwrap()));
            outbox.put(slot, [&Frame::new(1, place, Utf8Bytes::from_static("bar"))]);
        }
        assert_eq!(outbox.poll_order(&context), Poll::Ready(Order::TooSlow));
    }

    #[test]
    fn who_is_told_of_everything_is_never_too_slow_and_starves_nobody() {
        let outbox = Outbox::default();
        let (calls, mut called) = unbounded_channel();
        let every = outbox.open(1, Waiting::Every(Box::new(Backlog::new(7, calls))));
        let other = latest(&outbox, 2);
        let trade = |sequence: u64, text: &'static str| {
            Frame::new(1, Place::Each(Stamp { epoch: 1, sequence }), Utf8Bytes::from_static(text))
        };
        for sequence in 0..1_100 {
            outbox.put(every, [&trade(sequence, "t")]);
        }
        outbox.put(other, [&quote("q")]);
        assert_eq!(taken(&outbox), Some((2, "q".into())), "what is behind a gap does not stand in the way");
        assert_eq!(called.try_recv().map(|missed| missed.count), Ok(100));
        assert_eq!(taken(&outbox), None);
        outbox.put(every, [&Frame::new(2, Place::Missed(7), Utf8Bytes::from_static("gap"))]);
        outbox.put(other, [&quote("q")]);
        assert_eq!(taken(&outbox), Some((1, "gap".into())));
        assert_eq!(taken(&outbox), Some((2, "q".into())));
        let mut trades = String::new();
        while let Some((1, texts)) = taken(&outbox) {
            trades.push_str(&texts);
        }
        assert_eq!(trades, "t".repeat(1_000));
    }

    #[test]
    fn what_was_closed_says_nothing_more() {
        let outbox = Outbox::default();
        let (one, two) = (latest(&outbox, 1), latest(&outbox, 2));
        outbox.put(one, [&quote("a")]);
        outbox.put(two, [&quote("b")]);
        outbox.close(one);
        outbox.put(one, [&quote("late")]);
        assert_eq!(taken(&outbox), Some((2, "b".into())));
        assert_eq!(taken(&outbox), None);
    }
}
