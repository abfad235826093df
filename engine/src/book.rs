//! From the path to prices: where bid, ask and trade stand for one value of the path.
//!
//! The path moves in eighths of a tick. Bid, ask and trade are each a staircase over it that never
//! falls, so the highest bid of any stretch is the bid at the path's highest point, and likewise for
//! every price and extreme. That is why bars of bids, asks, mids and trades all come out of one path.

use crate::noise::Stream;

/// Path units in a tick.
pub const UNITS: i64 = 8;

/// The staircases of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Book {
    /// How far the quotes stand back from the path on either side, in path units.
    half: i64,
    /// The distance between two trade prices, in ticks: about half the spread, so that trades are at the
    /// bid, at the ask or in the middle.
    grid: i64,
    /// Where the trade prices start, in ticks.
    phase: i64,
}

impl Book {
    /// The book of an hour. `half` is the usual distance of the quotes from the path, in path units.
    pub fn of(half: i64, noise: &mut Stream) -> Self {
        let half = half + noise.below(half / 2 + 1);
        // With less than half + 1 ticks between trade prices and the path, trades stay within the quotes.
        let grid = half / UNITS + 1;
        Self { half, grid, phase: noise.below(grid) }
    }

    /// The best bid, in ticks.
    pub const fn bid(self, path: i64) -> i64 {
        (path - self.half).div_euclid(UNITS)
    }

    /// The best ask, in ticks: at least one above the bid.
    pub const fn ask(self, path: i64) -> i64 {
        (path + self.half).div_euclid(UNITS) + 1
    }

    /// The price of a trade, in ticks: at the bid, at the ask or between.
    pub const fn trade(self, path: i64) -> i64 {
        let width = self.grid * UNITS;
        self.phase + self.grid * (path - self.phase * UNITS + width / 2).div_euclid(width)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_trade_is_within_quotes_that_never_cross(half in 0_i64..200, path in 2_000_i64..10_000_000, key: u64) {
            let book = Book::of(half, &mut Stream::of(key, 0, 0));
            prop_assert!(book.bid(path) < book.ask(path));
            prop_assert!(book.bid(path) <= book.trade(path), "{book:?}");
            prop_assert!(book.trade(path) <= book.ask(path), "{book:?}");
        }

        #[test]
        fn prices_never_fall_while_the_path_rises(half in 0_i64..200, path in 2_000_i64..10_000_000, up in 0_i64..100) {
            let book = Book::of(half, &mut Stream::of(3, 0, 0));
            prop_assert!(book.bid(path) <= book.bid(path + up));
            prop_assert!(book.ask(path) <= book.ask(path + up));
            prop_assert!(book.trade(path) <= book.trade(path + up));
        }
    }

    #[test]
    fn the_tightest_book_trades_at_bid_and_ask() {
        let book = Book::of(0, &mut Stream::of(1, 0, 0));
        let at = |path| (book.bid(path), book.trade(path), book.ask(path));
        assert_eq!(
            [at(800), at(803), at(804), at(807)],
            [(100, 100, 101), (100, 100, 101), (100, 101, 101), (100, 101, 101)]
        );
    }
}
