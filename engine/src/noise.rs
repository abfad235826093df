//! Randomness that is a pure function of a key, so that any moment can be asked for in any order.
//!
//! The mixing function is `SplitMix64`, which is written down once and for all: the market of a seed
//! must not change with the version of a library.

/// 1.0 in the fixed-point numbers of [`Stream::normal`].
pub const ONE: i64 = 1024;

/// An endless row of numbers that its key fixes.
#[derive(Clone, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The row of this key; every part matters.
    pub fn of(key: u64, level: u64, index: i64) -> Self {
        Self(mix(mix(key ^ mix(level)) ^ index.cast_unsigned()))
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 to `bound` - 1, for a bound up to 2^31.
    pub fn below(&mut self, bound: i64) -> i64 {
        ((self.draw() >> 33).cast_signed() * bound) >> 31
    }

    /// A number around 0 with a deviation of [`ONE`], never further out than 3.5 times that.
    pub fn normal(&mut self) -> i64 {
        let bits = self.draw();
        let sum: u64 = [0, 16, 32, 48].iter().map(|shift| (bits >> shift) & 0xffff).sum();
        // The sum of four even numbers up to 65,535 has the mean 131,070 and the deviation 37,837.
        (sum.cast_signed() - 131_070) * ONE / 37_837
    }

    /// A weight from 96 to 159.
    pub fn about(&mut self) -> i64 {
        96 + self.below(64)
    }

    /// A weight from 32 to 257, mostly small.
    pub fn uneven(&mut self) -> i64 {
        let root = self.below(16);
        32 + root * root
    }
}

/// Spreads 64 bits evenly.
pub const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_a_key_never_changes() {
        // The published first number of SplitMix64 from the state 0.
        assert_eq!(Stream(0).draw(), 0xe220_a839_7b1d_cdaf);
        let mut stream = Stream::of(1, 2, 3);
        let row = [stream.draw(), stream.draw(), stream.draw()];
        assert_eq!(row, [220_525_676_198_392_793, 10_560_405_877_523_581_692, 1_505_133_023_479_268_051]);
    }

    #[test]
    fn the_normal_numbers_are_centred_and_bounded() {
        let mut stream = Stream::of(7, 0, 0);
        let row: Vec<i64> = (0..100_000).map(|_| stream.normal()).collect();
        let mean = row.iter().sum::<i64>() / 100_000;
        let variance = row.iter().map(|n| n * n).sum::<i64>() / 100_000;
        assert!(mean.abs() < 12, "{mean}");
        assert!((variance.isqrt() - ONE).abs() < 12, "{variance}");
        assert!(row.iter().all(|n| n.abs() < 3550));
    }

    #[test]
    fn a_bound_is_kept_and_reached() {
        let mut stream = Stream::of(7, 0, 1);
        let mut seen = [false; 5];
        for _ in 0..1_000 {
            seen[usize::try_from(stream.below(5)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 5]);
    }
}
