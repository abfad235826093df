//! How much waits to be written to those who watch.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The queues of all who are connected, each with the most bytes that it may hold.
#[derive(Debug, Default)]
pub(super) struct Load(Mutex<Vec<(Weak<AtomicUsize>, usize)>>);

impl Load {
    /// Watches this queue, too, as long as it lives.
    pub(super) fn add(&self, waiting: &Arc<AtomicUsize>, most: usize) {
        self.queues().push((Arc::downgrade(waiting), most));
    }

    /// Whether one of the queues is half full, so that it should be given time.
    pub(super) fn is_high(&self) -> bool {
        let mut queues = self.queues();
        queues.retain(|(waiting, _)| waiting.strong_count() > 0);
        let is_half_full = |(waiting, most): &(Weak<AtomicUsize>, usize)| {
            waiting.upgrade().is_some_and(|waiting| waiting.load(Ordering::Relaxed) > most / 2)
        };
        queues.iter().any(is_half_full)
    }

    fn queues(&self) -> std::sync::MutexGuard<'_, Vec<(Weak<AtomicUsize>, usize)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
