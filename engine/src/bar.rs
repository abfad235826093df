//! How the nodes of a path add up to a bar.

use domain::bar::BarSize;
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};

use crate::book::Book;
use crate::character::Character;
use crate::path::{Level, Node};
use crate::tick::{BarPrice, MarketBar};

impl BarPrice {
    /// This price where the path stands at `value`, in half ticks.
    pub(crate) fn halves(self, book: Book, value: i64) -> i64 {
        match self {
            Self::Trades => 2 * book.trade(value),
            Self::MidPoint => book.bid(value) + book.ask(value),
            Self::Bid => 2 * book.bid(value),
            Self::Ask => 2 * book.ask(value),
        }
    }
}

/// The longest nodes that bars of this size are made from.
pub fn finest(size: BarSize) -> Level {
    match size.duration() {
        length if length < Duration::MINUTE => Level::Event,
        length if length < Duration::HOUR => Level::Minute,
        _ => Level::Hour,
    }
}

/// A bar in the making; prices are in half ticks.
#[derive(Debug)]
pub struct BarMaker {
    price: BarPrice,
    /// Open, high, low and close so far.
    prices: Option<[i64; 4]>,
    volume: i64,
    events: i64,
    /// The sum over all nodes of volume times open + high + low + close.
    turnover: i128,
}

impl BarMaker {
    /// An empty bar of this price.
    pub const fn new(price: BarPrice) -> Self {
        Self { price, prices: None, volume: 0, events: 0, turnover: 0 }
    }

    /// Adds the next node.
    pub fn add(&mut self, node: &Node) {
        let stretch = node.stretch;
        let halves = |value| self.price.halves(node.book, value);
        let next = [halves(stretch.open), halves(stretch.high), halves(stretch.low), halves(stretch.close)];
        let [open, high, low, _] = self.prices.unwrap_or(next);
        self.prices = Some([open, high.max(next[1]), low.min(next[2]), next[3]]);
        self.volume += stretch.volume;
        self.events += stretch.count;
        self.turnover += i128::from(next.iter().sum::<i64>()) * i128::from(stretch.volume);
    }

    /// The bar, with its first moment; `None` where nothing happened.
    pub fn finish(self, character: &Character, time: OffsetDateTime) -> Option<MarketBar> {
        let [open, high, low, close] = self.prices?.map(|halves| character.half_price(halves));
        let bar =
            MarketBar { time, open, high, low, close, volume: Decimal::ZERO, wap: Decimal::ZERO, trades: 0 };
        if self.price != BarPrice::Trades {
            return Some(bar);
        }
        // Four prices in half ticks make eight times the price in ticks.
        let eighths = i128::from(self.volume.max(1)) * 8;
        Some(MarketBar {
            volume: Decimal::from(self.volume),
            wap: character.fine_price((self.turnover * 100 + eighths / 2) / eighths),
            trades: u32::try_from(self.events).unwrap_or(u32::MAX),
            ..bar
        })
    }
}
