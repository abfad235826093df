//! What stands in the market, and how much of it was taken already.

use std::collections::BTreeMap;

use domain::order::Side;
use rust_decimal::Decimal;

use crate::depth::{Depth, DepthLevel};
use crate::tick::Snapshot;

/// One price and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) price: Decimal,
    pub(super) size: Decimal,
}

/// One side of the market.
#[derive(Clone, Debug, Default)]
struct Shown {
    /// The best price; absent where there is none.
    best: Option<Level>,
    /// What was taken since the last quote, by price.
    taken: BTreeMap<Decimal, Decimal>,
}

/// Both sides of the market.
#[derive(Clone, Debug, Default)]
pub(super) struct Displayed {
    bids: Shown,
    asks: Shown,
}

impl Displayed {
    /// What these prices display.
    pub(super) fn of(top: &Snapshot) -> Self {
        let mut displayed = Self::default();
        displayed.quote(Side::Buy, Level { price: top.bid, size: top.bid_size });
        displayed.quote(Side::Sell, Level { price: top.ask, size: top.ask_size });
        displayed
    }

    /// The same, of which nothing is left to take until the next quote.
    pub(super) fn taken(top: &Snapshot) -> Self {
        let mut displayed = Self::of(top);
        for side in [Side::Buy, Side::Sell] {
            if let Some(best) = displayed.best(side) {
                displayed.take(side, best.price, best.size);
            }
        }
        displayed
    }

    /// A new quote of those who buy or sell: all of its size is there to take. A price of zero is none.
    pub(super) fn quote(&mut self, side: Side, level: Level) {
        let best = (!level.price.is_zero()).then_some(level);
        *self.side_mut(side) = Shown { best, taken: BTreeMap::new() };
    }

    /// The best price of those who buy or sell.
    pub(super) fn best(&self, side: Side) -> Option<Level> {
        match side {
            Side::Buy => self.bids.best,
            Side::Sell => self.asks.best,
        }
    }

    /// What is left to take at the best price of a side.
    pub(super) fn left_at_best(&self, side: Side) -> Option<Level> {
        self.best(side).map(|level| self.left(side, level)).filter(|level| level.size > Decimal::ZERO)
    }

    /// What is left to take of a side of this book, best price first. A price stands once, whoever quotes it.
    pub(super) fn left_in(&self, side: Side, depth: &Depth) -> Vec<Level> {
        let levels = match side {
            Side::Buy => &depth.bids,
            Side::Sell => &depth.asks,
        };
        let mut left: Vec<Level> = Vec::new();
        for DepthLevel { price, size, .. } in levels {
            match left.last_mut().filter(|level| level.price == *price) {
                Some(level) => level.size += size,
                None => left.push(Level { price: *price, size: *size }),
            }
        }
        for level in &mut left {
            *level = self.left(side, *level);
        }
        left.retain(|level| level.size > Decimal::ZERO);
        left
    }

    /// Takes something away, until the next quote of that side.
    pub(super) fn take(&mut self, side: Side, price: Decimal, quantity: Decimal) {
        *self.side_mut(side).taken.entry(price).or_default() += quantity;
    }

    fn left(&self, side: Side, level: Level) -> Level {
        let shown = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        let taken = shown.taken.get(&level.price).copied().unwrap_or_default();
        Level { size: level.size - taken, ..level }
    }

    fn side_mut(&mut self, side: Side) -> &mut Shown {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}
