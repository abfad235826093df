//! Token buckets in memory, by the test's clock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::clock::Clock;
use domain::rate::{Allowance, Bucket, RateLimiter, Taken};

pub struct FakeLimiter {
    clock: Arc<dyn Clock>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl FakeLimiter {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, buckets: Mutex::default() }
    }

    /// The names of the buckets that were taken from.
    pub fn names(&self) -> Vec<String> {
        self.buckets.lock().unwrap().keys().cloned().collect()
    }
}

#[async_trait]
impl RateLimiter for FakeLimiter {
    async fn take(&self, bucket: &str, amount: u32, allowance: Allowance) -> Taken {
        let now = Duration::from_secs(self.clock.now().unix_timestamp().try_into().unwrap());
        let mut buckets = self.buckets.lock().unwrap();
        let known = buckets.entry(bucket.to_owned()).or_insert_with(|| Bucket::full(allowance, now));
        known.take(amount, allowance, now)
    }

    async fn give_back(&self, bucket: &str, amount: u32, allowance: Allowance) {
        let now = Duration::from_secs(self.clock.now().unix_timestamp().try_into().unwrap());
        if let Some(known) = self.buckets.lock().unwrap().get_mut(bucket) {
            known.give_back(amount, allowance, now);
        }
    }

    async fn refill(&self, bucket: &str) {
        self.buckets.lock().unwrap().remove(bucket);
    }
}
