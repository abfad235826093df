//! How often the same may be asked for: Interactive Brokers objects to a second request for the trades of one
//! instrument within 15 seconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Remembers what was asked for of late.
pub(in crate::ib) struct Interval {
    between: Duration,
    asked: Mutex<HashMap<i64, Instant>>,
}

impl Interval {
    /// At least so much time between two requests for one instrument.
    pub(in crate::ib) fn new(between: Duration) -> Self {
        Self { between, asked: Mutex::default() }
    }

    /// Notes a request for this instrument, which may go now; else says when it may.
    pub(in crate::ib) fn reserve(&self, broker_id: i64) -> Result<(), Instant> {
        let now = Instant::now();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, at| *at + self.between > now);
        if let Some(at) = asked.get(&broker_id) {
            return Err(*at + self.between);
        }
        asked.insert(broker_id, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_instrument_has_its_own_time() {
        let interval = Interval::new(Duration::from_secs(15));
        let start = Instant::now();
        assert_eq!(interval.reserve(1), Ok(()));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(interval.reserve(1), Err(start + Duration::from_secs(15)));
        assert_eq!(interval.reserve(2), Ok(()));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(interval.reserve(1), Ok(()));
        let free = Interval::new(Duration::ZERO);
        assert_eq!((free.reserve(1), free.reserve(1)), (Ok(()), Ok(())));
    }
}
