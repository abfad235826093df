//! The quote of an instrument, as it is published.

use domain::bus::Message;
use domain::instrument::Instrument;
use domain::market_data::{LineKind, MarketDataSource, SourceEvent};
use domain::quote::{FeedState, Quote, QuoteValues, Stamp};
use futures::stream::BoxStream;
use time::OffsetDateTime;

use super::line::Body;

/// A quote, and how late its data is.
pub(super) struct QuoteBody {
    pub(super) quote: Quote,
    /// Nothing unless it is delayed.
    lag: time::Duration,
}

impl QuoteBody {
    /// Takes in what the source knows at `now`.
    pub(super) fn take(&mut self, values: QuoteValues, now: OffsetDateTime) {
        let is_delayed = self.quote.state == FeedState::Delayed;
        self.lag = match values.source_at {
            Some(at) if is_delayed => (now - at).max(time::Duration::ZERO),
            _ if is_delayed => self.lag,
            _ => time::Duration::ZERO,
        };
        self.quote.values = values;
        self.quote.received_at = Some(now);
    }

    /// The moment that its data tells of.
    pub(super) fn moment(&self, now: OffsetDateTime) -> OffsetDateTime {
        now - self.lag
    }
}

impl Body for QuoteBody {
    const KIND: LineKind = LineKind::Quotes;
    type Values = QuoteValues;

    fn new(instrument: &Instrument, retained: Option<&Message>) -> Self {
        let (values, received_at) = match retained {
            Some(Message::Quote(quote)) => (quote.values.clone(), quote.received_at),
            _ => (QuoteValues::default(), None),
        };
        let awaited = Quote::awaited(instrument.id, "waiting for the first quote from the broker");
        Self { quote: Quote { values, received_at, ..awaited }, lag: time::Duration::ZERO }
    }

    fn subscribe(
        source: &dyn MarketDataSource,
        instrument: &Instrument,
    ) -> BoxStream<'static, SourceEvent<QuoteValues>> {
        source.quotes(instrument)
    }

    fn doubt(&mut self, reason: &str) {
        self.quote.state = FeedState::Stale;
        self.quote.reason = Some(reason.to_owned());
    }

    fn whole(&mut self, stamp: impl FnOnce() -> Stamp) -> Option<Message> {
        self.quote.stamp = stamp();
        Some(Message::Quote(self.quote.clone()))
    }
}
