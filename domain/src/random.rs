//! Randomness as an input: ids and secrets come through this seam.

use time::OffsetDateTime;
use uuid::Uuid;

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes` with bytes fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// A new id (UUID version 7): ordered by `now`, unique by randomness.
pub fn new_id(now: OffsetDateTime, random: &dyn Random) -> Uuid {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}
