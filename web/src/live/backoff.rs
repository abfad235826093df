//! How long to wait before the next try: longer each time, and not all clients at once.

/// The shortest and the longest wait, before chance is added.
const FIRST_MS: u32 = 400;
const LONGEST_MS: u32 = 10_000;

/// The wait after this many failed tries; `chance` is from 0 up to 1. Between a half and the whole of the
/// step, so that a thousand clients of a restarted server do not come back in the same instant.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 10,000, never negative")]
pub fn delay_ms(failures: u32, chance: f64) -> u32 {
    let step = FIRST_MS.saturating_mul(1 << failures.min(16)).min(LONGEST_MS);
    let half = f64::from(step) / 2.0;
    (half + half * chance.clamp(0.0, 1.0)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let check = |failures: u32, least: u32, most: u32| {
            assert_eq!((delay_ms(failures, 0.0), delay_ms(failures, 1.0)), (least, most), "{failures}");
        };
        check(0, 200, 400);
        check(1, 400, 800);
        check(4, 3_200, 6_400);
        check(5, 5_000, 10_000);
        check(u32::MAX, 5_000, 10_000);
        assert_eq!(delay_ms(0, 7.0), 400, "chance is bounded");
    }
}
