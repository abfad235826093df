//! The bounded queue between the bus and one listener.
//!
//! A listener that is too slow loses what has piled up and is told so; it never costs unbounded memory.
//! Every [`Delivery::Interrupted`] is followed by a [`Delivery::Resumed`] as soon as messages flow: at
//! once where only the listener was slow, else when the connection is back.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use domain::bus::Delivery;
use futures::Stream;

/// How many deliveries wait for a listener at most.
const CAPACITY: usize = 1_024;

/// The two ends of a new queue; `on_drop` runs when the listener goes away.
pub(crate) fn queue(on_drop: impl FnOnce() + Send + 'static) -> (Feeder, Listener) {
    let state = State { waiting: VecDeque::new(), connected: true, closed: false, waker: None };
    let state = Arc::new(Mutex::new(state));
    (Feeder(Arc::clone(&state)), Listener { state, on_drop: Some(Box::new(on_drop)) })
}

struct State {
    waiting: VecDeque<Delivery>,
    connected: bool,
    closed: bool,
    waker: Option<Waker>,
}

/// The bus's end.
pub(crate) struct Feeder(Arc<Mutex<State>>);

impl Feeder {
    /// Hands a delivery to the listener.
    pub(crate) fn deliver(&self, delivery: Delivery) {
        let mut state = locked(&self.0);
        match delivery {
            Delivery::Interrupted => state.connected = false,
            Delivery::Resumed => state.connected = true,
            Delivery::Message(_) => {}
        }
        if state.waiting.len() >= CAPACITY {
            state.waiting.clear();
            state.waiting.push_back(Delivery::Interrupted);
            if state.connected {
                state.waiting.push_back(Delivery::Resumed);
            }
        }
        state.waiting.push_back(delivery);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        let mut state = locked(&self.0);
        state.closed = true;
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }
}

/// The listener's end: a stream that ends when the bus itself is gone.
pub(crate) struct Listener {
    state: Arc<Mutex<State>>,
    on_drop: Option<Box<dyn FnOnce() + Send>>,
}

impl Stream for Listener {
    type Item = Delivery;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let mut state = locked(&self.state);
        match state.waiting.pop_front() {
            Some(delivery) => Poll::Ready(Some(delivery)),
            None if state.closed => Poll::Ready(None),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(on_drop) = self.on_drop.take() {
            on_drop();
        }
    }
}

/// A lock that outlives a panic elsewhere: what these guard is valid after each statement.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};

    use super::*;

    #[test]
    fn a_slow_listener_is_told_and_goes_on_with_what_comes_after() {
        let (feeder, mut listener) = queue(|| {});
        for _ in 0..CAPACITY {
            feeder.deliver(Delivery::Interrupted);
            feeder.deliver(Delivery::Resumed);
        }
        let waiting = locked(&feeder.0).waiting.len();
        assert!(waiting <= CAPACITY + 1, "{waiting}");
        assert_eq!(listener.next().now_or_never(), Some(Some(Delivery::Interrupted)));
        assert_eq!(listener.next().now_or_never(), Some(Some(Delivery::Resumed)));
        drop(feeder);
        assert_eq!(
            listener.by_ref().collect::<Vec<_>>().now_or_never().unwrap().last(),
            Some(&Delivery::Resumed)
        );
    }

    #[test]
    fn the_bus_learns_that_a_listener_left() {
        let (gone, left) = std::sync::mpsc::channel();
        let (feeder, listener) = queue(move || gone.send(()).unwrap());
        assert!(left.try_recv().is_err());
        drop(listener);
        assert_eq!(left.try_recv(), Ok(()));
        feeder.deliver(Delivery::Resumed);
    }
}
