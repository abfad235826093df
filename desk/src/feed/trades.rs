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
    /// Whether a print has come since the stream began or broke.
    printed: bool,
}

impl TradeBody {
    /// Whether prints come: the stream has spoken, and nothing is known to be in its way.
    pub(super) fn arrive(&self) -> bool {
        match self.state {
            FeedState::Stale => false,
            FeedState::Recovering => self.printed,
            FeedState::Live | FeedState::Delayed | FeedState::Closed => true,
        }
    }

    /// Notes that a print has come.
    pub(super) fn take(&mut self) {
        self.printed = true;
    }

    /// Notes how far prints can be trusted from now on.
    pub(super) fn follow(&mut self, state: FeedState) {
        self.state = state;
        self.printed &= state != FeedState::Stale;
    }
}

impl Body for TradeBody {
    const KIND: LineKind = LineKind::Trades;
    type Values = TradeValues;

    fn new(_: &Instrument, _: Option<&Message>) -> Self {
        Self { state: FeedState::Recovering, printed: false }
    }

    fn subscribe(
        source: &dyn MarketDataSource,
        instrument: &Instrument,
    ) -> BoxStream<'static, SourceEvent<TradeValues>> {
        source.trades(instrument)
    }

    fn doubt(&mut self, _: &str) {
        self.follow(FeedState::Stale);
    }

    fn whole(&mut self, _: impl FnOnce() -> Stamp) -> Option<Message> {
        None
    }
}
