//! How many streams of a kind the user may have at a time, over all clients.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// Each stream.
    Streams,
    /// Each instrument, however often it is asked for.
    Instruments,
}

/// The seats for one kind of stream.
pub(super) struct Seats {
    counting: Counting,
    limit: usize,
    /// How many streams each contract id has.
    taken: Mutex<HashMap<i32, usize>>,
}

impl Seats {
    /// So many seats, all free.
    pub(super) fn new(counting: Counting, limit: usize) -> Arc<Self> {
        Arc::new(Self { counting, limit, taken: Mutex::default() })
    }

    /// A seat for a stream of this contract id; `None` where all are taken.
    pub(super) fn take(self: &Arc<Self>, con_id: i32) -> Option<Seat> {
        let mut taken = self.taken();
        let has_room = match self.counting {
            Counting::Streams => taken.values().sum::<usize>() < self.limit,
            Counting::Instruments => taken.len() < self.limit || taken.contains_key(&con_id),
        };
        if !has_room {
            return None;
        }
        *taken.entry(con_id).or_default() += 1;
        Some(Seat { seats: self.clone(), con_id })
    }

    /// How many are taken.
    pub(super) fn in_use(&self) -> usize {
        match self.counting {
            Counting::Streams => self.taken().values().sum(),
            Counting::Instruments => self.taken().len(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<i32, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A seat that is taken while this lives.
pub(super) struct Seat {
    seats: Arc<Seats>,
    con_id: i32,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(streams) = taken.get_mut(&self.con_id) {
            *streams -= 1;
            if *streams == 0 {
                taken.remove(&self.con_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_by_stream_or_by_instrument() {
        for (counting, expected) in [(Counting::Streams, 2), (Counting::Instruments, 3)] {
            let seats = Seats::new(counting, 2);
            let mut taken: Vec<Seat> = [1, 1, 2, 3].iter().filter_map(|id| seats.take(*id)).collect();
            assert_eq!(taken.len(), expected, "{counting:?}");
            assert_eq!(seats.in_use(), 2);
            taken.clear();
            assert_eq!(seats.in_use(), 0);
            assert!(seats.take(3).is_some());
        }
    }
}
