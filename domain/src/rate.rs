//! Token buckets: how much somebody may ask for, and how fast what was used comes back.
//!
//! A bucket begins full, holds at most its capacity, and fills steadily. It is a brake, not a book: where the
//! place that keeps it is emptied, buckets are full again, and nothing else is lost.

use std::time::Duration;

use async_trait::async_trait;

/// The size of a bucket and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// What a full bucket holds; more than this can never be taken at once.
    pub capacity: u32,
    /// How much comes back in a second.
    pub per_second: f64,
}

/// What became of an attempt to take from a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was taken; so much is left.
    Granted {
        /// What is left, rounded down.
        left: u32,
    },
    /// There is not enough, and nothing was taken.
    Refused {
        /// What is there, rounded down.
        left: u32,
        /// When there will be enough, if nobody takes any meanwhile.
        wait: Duration,
    },
}

/// Where buckets are kept: shared by the nodes of an installation.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes `amount` from the bucket of this name, where there is as much. It always answers, and soon: where
    /// the shared place is away, this node counts by itself.
    async fn take(&self, bucket: &str, amount: u32, allowance: Allowance) -> Taken;

    /// Puts `amount` back into the bucket: what was taken is not to count.
    async fn give_back(&self, bucket: &str, amount: u32, allowance: Allowance);

    /// Fills the bucket again.
    async fn refill(&self, bucket: &str);
}

/// One bucket, as a pure rule; whoever keeps it gives the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// What was there at `at`.
    level: f64,
    /// Since some moment that the keeper chose.
    at: Duration,
}

impl Bucket {
    /// A full bucket.
    pub fn full(allowance: Allowance, now: Duration) -> Self {
        Self { level: f64::from(allowance.capacity), at: now }
    }

    /// Takes `amount` at `now`, where there is as much. A clock that steps back fills nothing.
    pub fn take(&mut self, amount: u32, allowance: Allowance, now: Duration) -> Taken {
        self.fill(0, allowance, now);
        let wanted = f64::from(amount);
        if wanted <= self.level {
            self.level -= wanted;
            return Taken::Granted { left: whole(self.level) };
        }
        let seconds = (wanted - self.level) / allowance.per_second.max(f64::MIN_POSITIVE);
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        Taken::Refused { left: whole(self.level), wait }
    }

    /// Puts `amount` back at `now`; returns what is there then, rounded down.
    pub fn give_back(&mut self, amount: u32, allowance: Allowance, now: Duration) -> u32 {
        self.fill(amount, allowance, now);
        whole(self.level)
    }

    /// Adds what came back by itself, and `more`.
    fn fill(&mut self, more: u32, allowance: Allowance, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        let filled = self.level + passed * allowance.per_second + f64::from(more);
        self.level = filled.min(f64::from(allowance.capacity));
        self.at = self.at.max(now);
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a level is from 0 to a u32")]
fn whole(level: f64) -> u32 {
    level.floor() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Allowance = Allowance { capacity: 10, per_second: 2.0 };

    #[test]
    fn a_bucket_empties_and_fills() {
        let at = Duration::from_secs_f64;
        let mut bucket = Bucket::full(TEN, at(100.0));
        // (seconds, amount, what comes of it)
        let refused = |left, wait| Taken::Refused { left, wait: Duration::from_secs_f64(wait) };
        let cases = [
            (100.0, 4, Taken::Granted { left: 6 }),
            (100.0, 7, refused(6, 0.5)),
            (100.0, 6, Taken::Granted { left: 0 }),
            (101.0, 3, refused(2, 0.5)),
            (101.5, 3, Taken::Granted { left: 0 }),
            (90.0, 1, refused(0, 0.5)),
            (1_000.0, 10, Taken::Granted { left: 0 }),
            (1_000.0, 0, Taken::Granted { left: 0 }),
        ];
        for (seconds, amount, expected) in cases {
            assert_eq!(bucket.take(amount, TEN, at(seconds)), expected, "{amount} at {seconds}");
        }
    }

    #[test]
    fn what_is_given_back_is_there_again() {
        let at = Duration::from_secs_f64;
        let mut bucket = Bucket::full(TEN, at(100.0));
        assert_eq!(bucket.take(10, TEN, at(100.0)), Taken::Granted { left: 0 });
        assert_eq!(bucket.give_back(3, TEN, at(100.0)), 3);
        assert_eq!(bucket.give_back(1, TEN, at(101.0)), 6, "two came back by themselves");
        assert_eq!(bucket.give_back(20, TEN, at(101.0)), 10, "never more than it holds");
        assert_eq!(bucket.take(10, TEN, at(90.0)), Taken::Granted { left: 0 });
    }

    #[test]
    fn more_than_a_full_bucket_is_never_there() {
        let mut bucket = Bucket::full(TEN, Duration::ZERO);
        assert!(matches!(bucket.take(11, TEN, Duration::from_hours(1)), Taken::Refused { left: 10, .. }));
    }
}
