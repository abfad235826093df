//! Token buckets that all nodes share: one script in Redis per attempt, by the server's own time.
//!
//! The script is [`domain::rate::Bucket`] once more, since only there can reading and writing be one step; the
//! same cases run against both. While Redis is away or late, this node counts by itself.

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use domain::bus::BusError;
use domain::rate::{Allowance, RateLimiter, Taken};
use redis::Script;

use super::{RedisBus, away};

/// How long Redis may usually take before this node counts by itself.
pub(super) const BUCKET_TAKES: Duration = Duration::from_millis(100);

/// Takes ARGV[1] from the bucket KEYS[1] (puts it back where it is less than nothing), which holds at most ARGV[2] and
/// gets ARGV[3] in a second. Answers whether it was taken, what is left, and the seconds until there is enough. A full bucket has no key; one
/// that is not full has a key until it is (for a month at most). A clock that was set back fills nothing.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local amount, capacity, per_second = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local level, at = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+)$')
level, at = tonumber(level or capacity) or capacity, tonumber(at or now) or now
level = math.min(capacity, level + math.max(0, now - at) / 1000000 * per_second)
local granted = amount <= level
if granted then level = level - amount end
if level < capacity then
    local lives = math.min((capacity - level) / per_second * 1000 + 1, 2592000000)
    local kept = string.format('%.17g %.0f', level, now)
    redis.call('SET', KEYS[1], kept, 'PX', string.format('%.0f', math.ceil(lives)))
else
    redis.call('DEL', KEYS[1])
end
local wait = granted and 0 or (amount - level) / per_second
return {granted and 1 or 0, math.floor(level), string.format('%.17g', wait)}
",
    )
});

#[async_trait]
impl RateLimiter for RedisBus {
    async fn take(&self, bucket: &str, amount: u32, allowance: Allowance) -> Taken {
        match self.in_time(self.take_shared(bucket, i64::from(amount), allowance)).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::debug!(%error, "a token bucket is counted by this node alone");
                self.limiter.take(bucket, amount, allowance)
            }
        }
    }

    async fn give_back(&self, bucket: &str, amount: u32, allowance: Allowance) {
        // It may have been taken here, while Redis was away.
        self.limiter.give_back(bucket, amount, allowance);
        if let Err(error) = self.in_time(self.take_shared(bucket, -i64::from(amount), allowance)).await {
            tracing::debug!(%error, "what was taken from a token bucket is not given back");
        }
    }

    async fn refill(&self, bucket: &str) {
        self.limiter.refill(bucket);
        let key = self.bucket_key(bucket);
        let mut pipeline = redis::pipe();
        pipeline.cmd("DEL").arg(key).ignore();
        if let Err(error) = self.in_time(self.commands.run::<()>(&pipeline)).await {
            tracing::debug!(%error, "a token bucket is not filled for the other nodes");
        }
    }
}

impl RedisBus {
    fn bucket_key(&self, bucket: &str) -> String {
        self.names.of(&format!("bucket:{bucket}"))
    }

    async fn take_shared(&self, bucket: &str, amount: i64, allowance: Allowance) -> Result<Taken, BusError> {
        let mut call = TAKE.key(self.bucket_key(bucket));
        call.arg(amount).arg(allowance.capacity).arg(allowance.per_second);
        let mut connection = self.commands.connection().await?;
        let (granted, left, seconds): (bool, u32, String) =
            call.invoke_async(&mut connection).await.map_err(away)?;
        if granted {
            return Ok(Taken::Granted { left });
        }
        let seconds: f64 = seconds.parse().map_err(away)?;
        // What never comes is infinite.
        Ok(Taken::Refused { left, wait: Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX) })
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, BusError>>) -> Result<T, BusError> {
        tokio::time::timeout(self.bucket_takes, work).await.map_err(away)?
    }
}
