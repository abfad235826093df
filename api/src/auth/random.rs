//! Randomness of the operating system.

use domain::random::Random;

/// Unpredictable bytes from a generator that the operating system seeds.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}
