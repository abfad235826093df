//! The latest prices of an instrument, and how far they can be trusted.

use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::decimal::{Price, Quantity};
use crate::error::RefusalCode;
use crate::instrument::InstrumentId;
use crate::named::named;

/// One side of the market, or the last trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteLevel {
    /// The price, in the instrument's currency.
    pub price: Price,
    /// The size at that price, where the source tells it.
    pub size: Option<Quantity>,
}

/// What a source knows of an instrument's market at one moment. What it has not said is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuoteValues {
    /// The best bid.
    pub bid: Option<QuoteLevel>,
    /// The best offer.
    pub ask: Option<QuoteLevel>,
    /// The last trade.
    pub last: Option<QuoteLevel>,
    /// The first price of the trading day.
    pub open: Option<Price>,
    /// The highest price of the trading day.
    pub high: Option<Price>,
    /// The lowest price of the trading day.
    pub low: Option<Price>,
    /// The closing price of the trading day before.
    pub previous_close: Option<Price>,
    /// Shares or contracts traded this trading day.
    pub volume: Option<Quantity>,
    /// When the source says that this was so; absent where it does not say.
    pub source_at: Option<OffsetDateTime>,
}

impl QuoteValues {
    /// The price that stands for the market: the last trade or, where none is printed, the mid price.
    pub fn reference_price(&self) -> Option<Price> {
        self.last.map(|last| last.price).or_else(|| self.mid_price())
    }

    /// Half-way between bid and ask.
    pub fn mid_price(&self) -> Option<Price> {
        let (bid, ask) = (self.bid?.price.value(), self.ask?.price.value());
        let sum = bid.checked_add(ask)?;
        Some(Price::new((sum / Decimal::TWO).normalize()))
    }

    /// How far the reference price is from the previous close.
    pub fn change(&self) -> Option<Decimal> {
        self.reference_price()?.value().checked_sub(self.previous_close?.value())
    }

    /// [`Self::change`] in percent of the previous close, to four decimals; absent where that is zero.
    pub fn change_percent(&self) -> Option<Decimal> {
        let close = self.previous_close?.value();
        let percent = self.change()?.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(close)?;
        Some(percent.round_dp(4))
    }
}

/// How far a quote can be trusted. Quiet is not stale: age is a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeedState {
    /// Streaming, as fresh as the market is.
    Live,
    /// Streaming, but late by the source's rule (usually 15 minutes).
    Delayed,
    /// Back, and waiting for the first value after an outage.
    Recovering,
    /// Something between us and the market is down: the values may be old.
    Stale,
    /// The market is closed.
    Closed,
}

named!(
    FeedState,
    "a state of a feed",
    [(Live, "LIVE"), (Delayed, "DELAYED"), (Recovering, "RECOVERING"), (Stale, "STALE"), (Closed, "CLOSED"),]
);

/// The place of a message in its topic's stream. A new `epoch` means that the producer restarted;
/// inside an epoch, a missing `sequence` means that something was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The producer's run: the fencing token of the lease under which it leads.
    pub epoch: u64,
    /// Counts from 1 in each epoch, per topic.
    pub sequence: u64,
}

/// What is known of an instrument, as the desk published it: always the whole, never a change of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published<V> {
    /// Whose.
    pub instrument: InstrumentId,
    /// What is known.
    pub values: V,
    /// When the desk received the last change of the values; absent where there was none yet.
    pub received_at: Option<OffsetDateTime>,
    /// Its place in the stream.
    pub stamp: Stamp,
    /// How far it can be trusted.
    pub state: FeedState,
    /// Why the state is not LIVE, in a sentence for the user.
    pub reason: Option<String>,
}

/// The latest prices of an instrument as the desk published them.
pub type Quote = Published<QuoteValues>;

impl<V: Default> Published<V> {
    /// Nothing is known yet; `reason` says what is waited for.
    pub fn awaited(instrument: InstrumentId, reason: &str) -> Self {
        Self {
            instrument,
            values: V::default(),
            received_at: None,
            stamp: Stamp { epoch: 0, sequence: 0 },
            state: FeedState::Recovering,
            reason: Some(reason.to_owned()),
        }
    }
}

/// Messages were lost between the source and here: what was published in between is not known.
/// (Conflation loses nothing in this sense: the latest value arrives.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamGap {
    /// Whose stream.
    pub instrument: InstrumentId,
    /// The last message before the gap, where one was seen.
    pub after: Option<Stamp>,
    /// When it was noticed.
    pub at: OffsetDateTime,
    /// Why, in a sentence for the user.
    pub reason: String,
}

/// The desk cannot serve this instrument: every newcomer is told, nothing else changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRefusal {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The stable reason.
    pub code: RefusalCode,
    /// The reason for a person.
    pub message: String,
    /// When.
    pub at: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: &str) -> QuoteLevel {
        QuoteLevel { price: Price::new(price.parse().unwrap()), size: None }
    }

    #[test]
    fn change_is_against_the_previous_close() {
        let values = QuoteValues {
            last: Some(level("110.00")),
            previous_close: Some(level("100.00").price),
            ..QuoteValues::default()
        };
        assert_eq!(values.change().unwrap().to_string(), "10.00");
        assert_eq!(values.change_percent().unwrap(), Decimal::TEN);
    }

    #[test]
    fn without_trades_the_mid_price_stands_for_the_market() {
        let values = QuoteValues {
            bid: Some(level("1.08460")),
            ask: Some(level("1.08470")),
            ..QuoteValues::default()
        };
        assert_eq!(values.reference_price().unwrap().to_string(), "1.08465");
        assert_eq!(values.change(), None);
    }

    #[test]
    fn a_zero_close_has_no_percentage() {
        let values = QuoteValues {
            last: Some(level("1")),
            previous_close: Some(level("0").price),
            ..QuoteValues::default()
        };
        assert_eq!(values.change_percent(), None);
    }
}
