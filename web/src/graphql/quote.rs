//! The latest prices.

use super::document::subscription;
use super::instrument::InstrumentId;
use super::scalar::{DateTime, Decimal};
use super::schema;

/// How far a price can be trusted.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum FeedState {
    Live,
    Delayed,
    Recovering,
    Stale,
    Closed,
}

/// A price with its size.
#[derive(cynic::QueryFragment, Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteLevel {
    /// The price.
    pub price: Decimal,
    /// The size, where the source tells it.
    pub size: Option<Decimal>,
}

/// Which instrument something is about.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "Instrument")]
pub struct InstrumentKey {
    /// Its id.
    pub id: InstrumentId,
}

/// The latest prices of an instrument.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Whose.
    pub instrument: InstrumentKey,
    /// The best bid.
    pub bid: Option<QuoteLevel>,
    /// The best offer.
    pub ask: Option<QuoteLevel>,
    /// The last trade.
    pub last: Option<QuoteLevel>,
    /// The first price of the day.
    pub open: Option<Decimal>,
    /// The highest price of the day.
    pub high: Option<Decimal>,
    /// The lowest price of the day.
    pub low: Option<Decimal>,
    /// The close of the day before.
    pub previous_close: Option<Decimal>,
    /// Traded this day.
    pub volume: Option<Decimal>,
    /// The reference price less the previous close.
    pub change: Option<Decimal>,
    /// The same in percent.
    pub change_percent: Option<Decimal>,
    /// When the last change came in.
    pub received_at: Option<DateTime>,
    /// How far it can be trusted.
    pub state: FeedState,
    /// Why the state is not LIVE.
    pub reason: Option<String>,
}

impl Quote {
    /// The price that stands for the market: the last trade or, where none is printed, half-way between bid
    /// and ask. The server reckons the change from the same one.
    pub fn reference_price(&self) -> Option<Decimal> {
        if let Some(last) = self.last {
            return Some(last.price);
        }
        let sum = self.bid?.price.0.checked_add(self.ask?.price.0)?;
        Some(Decimal((sum / rust_decimal::Decimal::TWO).normalize()))
    }
}

#[cfg(test)]
impl Quote {
    /// A quote of which nothing but the last price is known.
    pub fn with_last(symbol: &str, last: &str) -> Self {
        Self {
            instrument: InstrumentKey { id: symbol.into() },
            bid: None,
            ask: None,
            last: Some(QuoteLevel { price: last.parse().unwrap(), size: None }),
            open: None,
            high: None,
            low: None,
            previous_close: None,
            volume: None,
            change: None,
            change_percent: None,
            received_at: None,
            state: FeedState::Live,
            reason: None,
        }
    }
}

/// Messages were lost.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct StreamGap {
    /// Whose stream.
    pub instrument: InstrumentKey,
}

/// What the stream of quotes brings.
#[derive(cynic::InlineFragments, Clone, Debug, PartialEq, Eq)]
pub enum QuoteEvent {
    /// New prices.
    Quote(Box<Quote>),
    /// A hole; the next quote is whole again.
    StreamGap(StreamGap),
    /// Something that this client does not know.
    #[cynic(fallback)]
    Other,
}

/// Whose quotes.
#[derive(cynic::QueryVariables)]
pub struct QuotesVariables {
    /// The instruments.
    pub instruments: Vec<InstrumentId>,
}

/// The quotes of some instruments, as they change.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "QuotesVariables")]
pub struct Quotes {
    /// One event.
    #[arguments(instruments: $instruments)]
    pub quotes: QuoteEvent,
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![subscription::<Quotes, QuotesVariables>()]
}
