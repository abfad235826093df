//! Token buckets in memory, by the clock that the test sets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::clock::Clock;
use domain::rate::{Allowance, Bucket, RateLimiter, Taken};

use super::SetClock;

pub struct Buckets {
    clock: Arc<SetClock>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Buckets {
    pub fn new(clock: Arc<SetClock>) -> Self {
        Self { clock, buckets: Mutex::default() }
    }
}

#[async_trait]
impl RateLimiter for Buckets {
    async fn take(&self, bucket: &str, amount: u32, allowance: Allowance) -> Taken {
        let now = (self.clock.now() - time::OffsetDateTime::UNIX_EPOCH).unsigned_abs();
        let mut buckets = self.buckets.lock().unwrap();
        let bucket = buckets.entry(bucket.to_owned()).or_insert_with(|| Bucket::full(allowance, now));
        bucket.take(amount, allowance, now)
    }

    async fn refill(&self, bucket: &str) {
        self.buckets.lock().unwrap().remove(bucket);
    }
}
