//! How many streams of a kind the user may have at a time, and how often they may be asked for, over all clients.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

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
    /// Between two requests for one instrument.
    interval: Duration,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// How many streams each contract id has.
    streams: HashMap<i32, usize>,
    /// When each was asked for last.
    asked: HashMap<i32, Instant>,
}

impl Seats {
    /// So many seats, all free; one instrument may be asked for at this interval at most.
    pub(super) fn new(counting: Counting, limit: usize, interval: Duration) -> Arc<Self> {
        Arc::new(Self { counting, limit, interval, taken: Mutex::default() })
    }

    /// A seat for a stream of this contract id; `None` where all are taken, or where it was taken a moment ago.
    pub(super) fn take(self: &Arc<Self>, con_id: i32) -> Option<Seat> {
        let now = Instant::now();
        let mut taken = self.taken();
        let Taken { streams, asked } = &mut *taken;
        let has_room = match self.counting {
            Counting::Streams => streams.values().sum::<usize>() < self.limit,
            Counting::Instruments => streams.len() < self.limit || streams.contains_key(&con_id),
        };
        asked.retain(|_, at| now.duration_since(*at) < self.interval);
        if !has_room || asked.contains_key(&con_id) {
            return None;
        }
        asked.insert(con_id, now);
        *streams.entry(con_id).or_default() += 1;
        Some(Seat { seats: self.clone(), con_id })
    }

    /// How many are taken.
    pub(super) fn in_use(&self) -> usize {
        match self.counting {
            Counting::Streams => self.taken().streams.values().sum(),
            Counting::Instruments => self.taken().streams.len(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
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
        if let Some(streams) = taken.streams.get_mut(&self.con_id) {
            *streams -= 1;
            if *streams == 0 {
                taken.streams.remove(&self.con_id);
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
            let seats = Seats::new(counting, 2, Duration::ZERO);
            let mut taken: Vec<Seat> = [1, 1, 2, 3].iter().filter_map(|id| seats.take(*id)).collect();
            assert_eq!(taken.len(), expected, "{counting:?}");
            assert_eq!(seats.in_use(), 2);
            taken.clear();
            assert_eq!(seats.in_use(), 0);
            assert!(seats.take(3).is_some());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_instrument_is_not_asked_for_again_too_soon() {
        let seats = Seats::new(Counting::Streams, 5, Duration::from_secs(15));
        drop(seats.take(1));
        assert!(seats.take(1).is_none() && seats.take(2).is_some());
        tokio::time::advance(Duration::from_secs(15)).await;
        assert!(seats.take(1).is_some());
    }
}
