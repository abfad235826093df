//! The prints of an instrument, as they are published: each once, and none of them kept.

use domain::bus::Message;
use domain::instrument::Instrument;
use domain::market_data::{LineKind, MarketDataSource, SourceEvent};
use domain::quote::{FeedState, Stamp};
use domain::trade::TradeValues;
use futures::stream::BoxStream;

use super::line::Body;

/// How far the prints can be trusted now.
pub(super) struct TradeBody {
    pub(super) state: FeedState,
}

impl TradeBody {
    /// Whether nothing is known to keep prints from coming: there may just be none.
    pub(super) fn arrive(&self) -> bool {
        self.state != FeedState::Stale
    }
}

impl Body for TradeBody {
    const KIND: LineKind = LineKind::Trades;
    type Values = TradeValues;

    fn new(_: &Instrument, _: Option<&Message>) -> Self {
        Self { state: FeedState::Recovering }
    }

    fn subscribe(
        source: &dyn MarketDataSource,
        instrument: &Instrument,
    ) -> BoxStream<'static, SourceEvent<TradeValues>> {
        source.trades(instrument)
    }

    fn doubt(&mut self, _: &str) {
        self.state = FeedState::Stale;
    }

    fn whole(&mut self, _: impl FnOnce() -> Stamp) -> Option<Message> {
        None
    }
}
