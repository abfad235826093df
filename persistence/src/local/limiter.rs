//! Token buckets in this process: all there is of them in an installation of one node, and what a node counts
//! by while Redis is away.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use domain::rate::{Allowance, Bucket, RateLimiter, Taken};
use tokio::time::Instant;

use super::LocalBus;
use crate::listener::locked;

/// The most buckets that are kept.
const MOST_BUCKETS: usize = 100_000;

/// How many are left when there were too many: enough room that making it is seldom.
const LEFT_BUCKETS: usize = MOST_BUCKETS / 8 * 7;

/// Buckets that are not full, by name.
pub(crate) struct LocalLimiter {
    begun: Instant,
    buckets: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    bucket: Bucket,
    /// When it will be full, if nobody takes any meanwhile: then it need not be kept.
    full_at: Duration,
}

impl Default for LocalLimiter {
    fn default() -> Self {
        Self { begun: Instant::now(), buckets: Mutex::default() }
    }
}

impl LocalLimiter {
    pub(crate) fn take(&self, name: &str, amount: u32, allowance: Allowance) -> Taken {
        let now = self.begun.elapsed();
        let mut buckets = locked(&self.buckets);
        let mut bucket = buckets.get(name).map_or_else(|| Bucket::full(allowance, now), |kept| kept.bucket);
        let taken = bucket.take(amount, allowance, now);
        let full_at = now.saturating_add(fills_in(taken, allowance));
        match buckets.get_mut(name) {
            Some(kept) => *kept = Kept { bucket, full_at },
            None if full_at > now => {
                if buckets.len() >= MOST_BUCKETS {
                    make_room(&mut buckets, now);
                }
                buckets.insert(name.to_owned(), Kept { bucket, full_at });
            }
            None => {}
        }
        taken
    }

    pub(crate) fn give_back(&self, name: &str, amount: u32, allowance: Allowance) {
        let now = self.begun.elapsed();
        let mut buckets = locked(&self.buckets);
        // One that is not kept is full.
        let Some(kept) = buckets.get_mut(name) else { return };
        let left = kept.bucket.give_back(amount, allowance, now);
        kept.full_at = now.saturating_add(fills_in(Taken::Granted { left }, allowance));
    }

    pub(crate) fn refill(&self, name: &str) {
        locked(&self.buckets).remove(name);
    }
}

/// How long a bucket needs to be full again; what is left was rounded down, so this is not too short.
fn fills_in(taken: Taken, allowance: Allowance) -> Duration {
    let (Taken::Granted { left } | Taken::Refused { left, .. }) = taken;
    let missing = allowance.capacity.saturating_sub(left);
    if missing == 0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(f64::from(missing) / allowance.per_second).unwrap_or(Duration::MAX)
}

/// Drops the buckets that are full, and where these are few, those that are the nearest to it: they lose least.
fn make_room(buckets: &mut HashMap<String, Kept>, now: Duration) {
    buckets.retain(|_, kept| now < kept.full_at);
    if buckets.len() <= LEFT_BUCKETS {
        return;
    }
    let mut ends: Vec<Duration> = buckets.values().map(|kept| kept.full_at).collect();
    let surplus = ends.len() - LEFT_BUCKETS;
    let (_, last_to_go, _) = ends.select_nth_unstable(surplus - 1);
    let last_to_go = *last_to_go;
    // Of many that end together, only as many as needed.
    let mut to_go = surplus;
    buckets.retain(|_, kept| {
        let goes = to_go > 0 && kept.full_at <= last_to_go;
        to_go -= usize::from(goes);
        !goes
    });
}

#[async_trait]
impl RateLimiter for LocalBus {
    async fn take(&self, bucket: &str, amount: u32, allowance: Allowance) -> Taken {
        self.shared.limiter.take(bucket, amount, allowance)
    }

    async fn give_back(&self, bucket: &str, amount: u32, allowance: Allowance) {
        self.shared.limiter.give_back(bucket, amount, allowance);
    }

    async fn refill(&self, bucket: &str) {
        self.shared.limiter.refill(bucket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Allowance = Allowance { capacity: 10, per_second: 0.001 };

    fn len(limiter: &LocalLimiter) -> usize {
        locked(&limiter.buckets).len()
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_is_full_again_is_not_kept() {
        let limiter = LocalLimiter::default();
        let quick = Allowance { capacity: 10, per_second: 10.0 };
        for number in 0..MOST_BUCKETS - 1 {
            limiter.take(&format!("quick {number}"), 5, quick);
        }
        limiter.take("slow", 5, SLOW);
        limiter.take("untouched", 0, SLOW);
        assert_eq!(len(&limiter), MOST_BUCKETS);
        tokio::time::advance(Duration::from_secs(1)).await;
        limiter.take("another", 5, SLOW);
        assert_eq!(len(&limiter), 2);
        assert_eq!(limiter.take("slow", 5, SLOW), Taken::Granted { left: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn buckets_are_bounded_and_the_emptiest_stay() {
        let limiter = LocalLimiter::default();
        limiter.take("emptied", 10, SLOW);
        for number in 0..2 * MOST_BUCKETS {
            limiter.take(&format!("bucket {number}"), 1, SLOW);
            assert!(len(&limiter) <= MOST_BUCKETS);
        }
        assert!(len(&limiter) >= LEFT_BUCKETS);
        assert!(matches!(limiter.take("emptied", 1, SLOW), Taken::Refused { left: 0, .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_never_fills_is_kept() {
        let limiter = LocalLimiter::default();
        let never = Allowance { capacity: 1, per_second: 0.0 };
        assert_eq!(limiter.take("a", 1, never), Taken::Granted { left: 0 });
        tokio::time::advance(Duration::from_hours(10_000)).await;
        assert!(matches!(limiter.take("a", 1, never), Taken::Refused { left: 0, .. }));
    }
}
