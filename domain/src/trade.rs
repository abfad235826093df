//! Trades: what was printed on the market's tape, one by one.

use time::OffsetDateTime;

use crate::decimal::{Price, Quantity};
use crate::instrument::InstrumentId;
use crate::named::named;
use crate::quote::{FeedState, QuoteValues, Stamp};

/// The most trades of the past that one answer holds.
pub const MAX_TRADES: usize = 1_000;

/// A print as its source tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeValues {
    /// The price, in the instrument's currency.
    pub price: Price,
    /// How much was traded, where the source tells it.
    pub size: Option<Quantity>,
    /// Where it was traded, where the source names it.
    pub exchange: Option<String>,
    /// Special conditions as the source writes them; absent for a regular trade.
    pub conditions: Option<String>,
    /// Whether it moves neither the last price nor the volume: odd lots, averaged prices, late reports.
    pub unreported: bool,
    /// Whether its price was outside the exchange's limits.
    pub past_limit: bool,
    /// When the source says that it happened; absent where it does not say.
    pub source_at: Option<OffsetDateTime>,
}

/// Who was in a hurry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TradeSide {
    /// At or above the offer: the buyer.
    Buy,
    /// At or below the bid: the seller.
    Sell,
}

named!(TradeSide, "a side of a trade", [(Buy, "BUY"), (Sell, "SELL")]);

impl TradeSide {
    /// Tells the side by the quote of then; absent between bid and offer, in a locked or crossed market, and where
    /// nothing is quoted on the side that would tell.
    pub fn of(price: Price, quote: &QuoteValues) -> Option<Self> {
        let is_buy = quote.ask.is_some_and(|ask| price >= ask.price);
        let is_sell = quote.bid.is_some_and(|bid| price <= bid.price);
        match (is_buy, is_sell) {
            (true, false) => Some(Self::Buy),
            (false, true) => Some(Self::Sell),
            _ => None,
        }
    }
}

/// A print as the desk published it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Whose.
    pub instrument: InstrumentId,
    /// The print.
    pub values: TradeValues,
    /// Who was in a hurry, by the quote of then.
    pub side: Option<TradeSide>,
    /// When the desk received it.
    pub received_at: OffsetDateTime,
    /// Its place in the stream.
    pub stamp: Stamp,
    /// How far it can be trusted.
    pub state: FeedState,
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::quote::QuoteLevel;

    #[test]
    fn the_side_is_told_by_the_quote_of_then() {
        use TradeSide::{Buy, Sell};
        let price = |cents: i64| Price::new(Decimal::new(cents, 2));
        let level = |cents: Option<i64>| cents.map(|cents| QuoteLevel { price: price(cents), size: None });
        let cases = [
            (Some(100), Some(102), 102, Some(Buy)),
            (Some(100), Some(102), 103, Some(Buy)),
            (Some(100), Some(102), 100, Some(Sell)),
            (Some(100), Some(102), 99, Some(Sell)),
            (Some(100), Some(102), 101, None),
            (Some(100), Some(100), 100, None),
            (Some(102), Some(100), 101, None),
            (None, Some(102), 102, Some(Buy)),
            (None, Some(102), 90, None),
            (Some(100), None, 100, Some(Sell)),
            (Some(100), None, 101, None),
            (None, None, 100, None),
        ];
        for (bid, ask, at, expected) in cases {
            let quote = QuoteValues { bid: level(bid), ask: level(ask), ..QuoteValues::default() };
            assert_eq!(TradeSide::of(price(at), &quote), expected, "{bid:?} {ask:?} {at}");
        }
    }
}
