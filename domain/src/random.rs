//! Randomness as an input: ids and secrets come through this seam.

use time::OffsetDateTime;
use uuid::Uuid;

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes` with bytes fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// A new id (UUID version 7): ordered by `now` to a quarter of a microsecond, unique by randomness.
pub fn new_id(now: OffsetDateTime, random: &dyn Random) -> Uuid {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let nanos = u128::try_from(now.unix_timestamp_nanos()).unwrap_or(0);
    let millis = u64::try_from(nanos / 1_000_000).unwrap_or(0);
    // The 12 bits after the milliseconds hold what is left of the time (RFC 9562, section 6.2, method 3).
    let rest = u16::try_from(nanos % 1_000_000 * 4_096 / 1_000_000).unwrap_or(0);
    bytes[..2].copy_from_slice(&rest.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    struct Falling(std::sync::atomic::AtomicU8);

    impl Random for Falling {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst));
        }
    }

    #[test]
    fn a_later_id_is_greater_and_two_of_one_moment_differ() {
        let random = Falling(255.into());
        let begun = datetime!(2026-11-22 20:00:00.999_998 UTC);
        let ids: Vec<Uuid> =
            (0..100).map(|n| new_id(begun + Duration::nanoseconds(n * 250), &random)).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|two| two[0] != two[1]), "{ids:?}");
        assert_ne!(new_id(begun, &random), new_id(begun, &random));
        assert_eq!(ids[0].get_version_num(), 7);
        let millis = u64::try_from(begun.unix_timestamp_nanos() / 1_000_000).unwrap();
        assert_eq!(ids[0].as_u128() >> 80, u128::from(millis));
    }
}
