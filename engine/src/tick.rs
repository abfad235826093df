//! The smallest things that happen in the generated market, and what they add up to.

use rust_decimal::Decimal;
use time::OffsetDateTime;

/// One change of the book, or one trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When, to the microsecond. The quotes and the trade of one event share it.
    pub at: OffsetDateTime,
    /// What.
    pub kind: TickKind,
}

/// What a tick says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickKind {
    /// The best bid is now this.
    Bid {
        /// Its price.
        price: Decimal,
        /// How much is bid for.
        size: Decimal,
    },
    /// The best ask is now this.
    Ask {
        /// Its price.
        price: Decimal,
        /// How much is offered.
        size: Decimal,
    },
    /// A trade was printed.
    Trade {
        /// Its price.
        price: Decimal,
        /// How much changed hands.
        size: Decimal,
    },
}

/// The state of a listing at a moment. The day is the UTC day; what is absent has not happened (a
/// currency pair never trades; `open`, `high` and `low` of one are mid prices).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The best bid.
    pub bid: Decimal,
    /// How much is bid for.
    pub bid_size: Decimal,
    /// The best ask.
    pub ask: Decimal,
    /// How much is offered.
    pub ask_size: Decimal,
    /// The price of the last trade.
    pub last: Option<Decimal>,
    /// Its size.
    pub last_size: Option<Decimal>,
    /// Its time.
    pub last_at: Option<OffsetDateTime>,
    /// The first price of today.
    pub open: Option<Decimal>,
    /// The highest price of today so far.
    pub high: Option<Decimal>,
    /// The lowest price of today so far.
    pub low: Option<Decimal>,
    /// The last price of yesterday.
    pub previous_close: Decimal,
    /// What was traded today so far.
    pub volume: Decimal,
}

/// Which prices a bar is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarPrice {
    /// Trades.
    Trades,
    /// The middle between bid and ask.
    MidPoint,
    /// The best bid.
    Bid,
    /// The best ask.
    Ask,
}

/// Open, high, low and close of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketBar {
    /// Its first moment.
    pub time: OffsetDateTime,
    /// The first price.
    pub open: Decimal,
    /// The highest price.
    pub high: Decimal,
    /// The lowest price.
    pub low: Decimal,
    /// The last price.
    pub close: Decimal,
    /// What was traded; 0 where the bar is not made of trades.
    pub volume: Decimal,
    /// The volume-weighted average price of the trades, near enough for bars of a minute and more (see
    /// [`bars`](crate::market::GeneratedMarket::bars)); 0 where the bar is not made of trades.
    pub wap: Decimal,
    /// How many trades; 0 where the bar is not made of trades.
    pub trades: u32,
}
