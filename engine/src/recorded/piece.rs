//! Pieces of which bars are made: a trade, a change of a quote, or a shorter bar.

use domain::bar::BarSize;
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::moment;
use crate::lean::bar::Prices;
use crate::tick::{BarPrice, MarketBar};

/// A piece; prices are in half ten-thousandths, so that mid prices are whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its first moment, in microseconds since 1970.
    pub(super) at: i64,
    /// Open, high, low and close.
    pub(super) prices: [i64; 4],
    pub(super) volume: i64,
    pub(super) trades: u32,
}

impl Piece {
    /// A piece of one price.
    pub(super) fn point(at: i64, price: i64) -> Self {
        Self { at, prices: [price; 4], volume: 0, trades: 0 }
    }

    /// A bar of trades. How many trades it had is not known.
    pub(super) fn of_bar(at: i64, prices: Prices, volume: i64) -> Self {
        Self { at, prices: halves(prices), volume, trades: 0 }
    }
}

/// Prices of a bar in half ten-thousandths.
pub(super) fn halves(prices: Prices) -> [i64; 4] {
    [prices.open, prices.high, prices.low, prices.close].map(|price| 2 * price.ten_thousandths())
}

/// Adds pieces up to bars of this size that start in [`from`, `to`).
pub(super) fn add_up(
    pieces: impl Iterator<Item = Piece>,
    size: BarSize,
    price: BarPrice,
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Vec<MarketBar> {
    let mut bars: Vec<(OffsetDateTime, Sum)> = Vec::new();
    for piece in pieces {
        let start = size.floor(moment(piece.at));
        match bars.last_mut() {
            Some((last, sum)) if *last == start => sum.add(&piece),
            _ => bars.push((start, Sum::of(&piece))),
        }
    }
    bars.into_iter()
        .filter(|(start, _)| (from..to).contains(start))
        .map(|(start, sum)| sum.finish(start, price))
        .collect()
}

struct Sum {
    prices: [i64; 4],
    /// Wider than one volume: a day may have millions of them.
    volume: i128,
    trades: u32,
    /// The sum of volume times open + high + low + close.
    turnover: i128,
}

impl Sum {
    fn of(piece: &Piece) -> Self {
        let mut sum = Self { prices: piece.prices, volume: 0, trades: 0, turnover: 0 };
        sum.add(piece);
        sum
    }

    fn add(&mut self, piece: &Piece) {
        let [open, high, low, _] = self.prices;
        self.prices = [open, high.max(piece.prices[1]), low.min(piece.prices[2]), piece.prices[3]];
        self.volume += i128::from(piece.volume);
        self.trades += piece.trades;
        self.turnover += i128::from(piece.prices.iter().sum::<i64>()) * i128::from(piece.volume);
    }

    fn finish(self, time: OffsetDateTime, price: BarPrice) -> MarketBar {
        let [open, high, low, close] = self.prices.map(|halves| Decimal::new(halves * 5, 5).normalize());
        let bar =
            MarketBar { time, open, high, low, close, volume: Decimal::ZERO, wap: Decimal::ZERO, trades: 0 };
        if price != BarPrice::Trades {
            return bar;
        }
        // Four prices in half ten-thousandths make eight times the price.
        let eighths = self.volume.max(1) * 8;
        let wap = i64::try_from((self.turnover + eighths / 2) / eighths).unwrap_or_default();
        let wap = if self.volume == 0 { close } else { Decimal::new(wap, 4).normalize() };
        MarketBar { volume: Decimal::from(self.volume), wap, trades: self.trades, ..bar }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_add_up_beyond_what_one_can_be() {
        let piece = Piece { at: 0, prices: [2; 4], volume: i64::MAX, trades: 1 };
        let mut sum = Sum::of(&piece);
        sum.add(&piece);
        let bar = sum.finish(OffsetDateTime::UNIX_EPOCH, BarPrice::Trades);
        assert_eq!(bar.volume, Decimal::from(i64::MAX) * Decimal::TWO);
        assert_eq!(bar.wap, bar.close);
    }
}
