//! The message budget of one gateway: Interactive Brokers allows a client 50 messages a second, and
//! drops the one that passes that three times.
//!
//! We send at most [`MOST`] in *any* stretch of [`WINDOW`]. A token bucket with that burst and that rate would
//! let twice as many through around a refill, so the budget remembers when it granted what. Who has to wait
//! is served by [`Class`], then in the order of arrival: a cancel never queues behind data.

use std::collections::{BTreeSet, VecDeque};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The most messages in any [`WINDOW`]; the rest of IB's 50 is for what the client crate sends by itself.
pub const MOST: usize = 45;

/// A second, and what messages that left apart may gain on each other on their way.
pub const WINDOW: Duration = Duration::from_millis(1_200);

/// What a message is for; the first class is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Takes something back: an order, a subscription.
    Cancel,
    /// Places or replaces an order.
    Order,
    /// Subscribes, searches, probes.
    Data,
    /// Asks for the past.
    History,
}

type Ticket = (Class, u64);

#[derive(Default)]
struct Ledger {
    granted: VecDeque<Instant>,
    waiting: BTreeSet<Ticket>,
    next_number: u64,
}

impl Ledger {
    /// When the next message may go; `None` where it may go now.
    fn free_at(&mut self, now: Instant) -> Option<Instant> {
        while self.granted.front().is_some_and(|granted| *granted + WINDOW <= now) {
            self.granted.pop_front();
        }
        if self.granted.len() < MOST { None } else { self.granted.front().map(|first| *first + WINDOW) }
    }
}

/// Grants the right to send, one message at a time. Shared by all clients of one gateway.
#[derive(Default)]
pub struct Budget {
    ledger: Mutex<Ledger>,
    moved: Notify,
}

impl Budget {
    /// An unused budget.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until one message of this class may be sent. To stop waiting, drop the future.
    pub async fn acquire(&self, class: Class) {
        let place = Place::take(self, class);
        loop {
            let mut moved = pin!(self.moved.notified());
            moved.as_mut().enable();
            match place.advance() {
                Step::Granted => return,
                Step::Behind => moved.await,
                Step::At(instant) => {
                    tokio::select! {
                        () = moved => {}
                        () = sleep_until(instant) => {}
                    }
                }
            }
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Step {
    Granted,
    Behind,
    At(Instant),
}

/// A place in the queue; left when dropped.
struct Place<'a> {
    budget: &'a Budget,
    ticket: Ticket,
}

impl<'a> Place<'a> {
    fn take(budget: &'a Budget, class: Class) -> Self {
        let mut ledger = budget.ledger();
        let ticket = (class, ledger.next_number);
        ledger.next_number += 1;
        ledger.waiting.insert(ticket);
        Self { budget, ticket }
    }

    fn advance(&self) -> Step {
        let mut ledger = self.budget.ledger();
        if ledger.waiting.first() != Some(&self.ticket) {
            return Step::Behind;
        }
        let now = Instant::now();
        if let Some(instant) = ledger.free_at(now) {
            return Step::At(instant);
        }
        ledger.granted.push_back(now);
        Step::Granted
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.budget.ledger().waiting.remove(&self.ticket);
        self.budget.moved.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::future::join_all;
    use tokio::task::yield_now;

    use super::*;

    async fn grants(budget: &Budget, class: Class, count: usize) {
        for _ in 0..count {
            budget.acquire(class).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_than_the_limit() {
        let budget = Budget::new();
        let start = Instant::now();
        let mut instants = Vec::new();
        for _ in 0..3 * MOST {
            budget.acquire(Class::Data).await;
            instants.push(Instant::now());
        }
        for pair in instants.windows(MOST + 1) {
            assert!(pair[MOST] - pair[0] >= WINDOW);
        }
        assert_eq!(instants.last().unwrap().duration_since(start), 2 * WINDOW);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_budget_grants_at_once() {
        let budget = Budget::new();
        let start = Instant::now();
        grants(&budget, Class::History, MOST).await;
        assert_eq!(Instant::now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn a_higher_class_goes_first() {
        let budget = Arc::new(Budget::new());
        grants(&budget, Class::Data, MOST).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (number, class) in
            [Class::History, Class::Data, Class::Order, Class::Data, Class::Cancel].into_iter().enumerate()
        {
            let (waiting, order) = (budget.clone(), order.clone());
            tasks.push(tokio::spawn(async move {
                waiting.acquire(class).await;
                order.lock().unwrap().push((class, number));
            }));
            while budget.ledger().waiting.len() <= number {
                yield_now().await;
            }
        }
        join_all(tasks).await;
        let expected =
            [(Class::Cancel, 4), (Class::Order, 2), (Class::Data, 1), (Class::Data, 3), (Class::History, 0)];
        assert_eq!(*order.lock().unwrap(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_the_queue() {
        let budget = Budget::new();
        grants(&budget, Class::Data, MOST).await;
        let impatient = tokio::time::timeout(Duration::from_millis(10), budget.acquire(Class::Cancel)).await;
        assert!(impatient.is_err());
        assert!(budget.ledger().waiting.is_empty());
        budget.acquire(Class::History).await;
    }
}
