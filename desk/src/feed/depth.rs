//! The depth of an instrument's market, as it is published.

use domain::bus::Message;
use domain::depth::{Depth, DepthValues};
use domain::instrument::Instrument;
use domain::market_data::{LineKind, MarketDataSource, SourceEvent};
use domain::quote::{FeedState, Stamp};
use futures::stream::BoxStream;
use time::OffsetDateTime;

use super::line::Body;

/// The depth of an instrument's market.
pub(super) struct DepthBody {
    pub(super) depth: Depth,
}

impl DepthBody {
    /// Takes in what the source knows at `now`.
    pub(super) fn take(&mut self, values: DepthValues, now: OffsetDateTime) {
        self.depth.values = values;
        self.depth.received_at = Some(now);
    }
}

impl Body for DepthBody {
    const KIND: LineKind = LineKind::Depth;
    type Values = DepthValues;

    fn new(instrument: &Instrument, retained: Option<&Message>) -> Self {
        let (values, received_at) = match retained {
            Some(Message::Depth(depth)) => (depth.values.clone(), depth.received_at),
            _ => (DepthValues::default(), None),
        };
        let awaited = Depth::awaited(instrument.id, "waiting for the depth from the broker");
        Self { depth: Depth { values, received_at, ..awaited } }
    }

    fn subscribe(
        source: &dyn MarketDataSource,
        instrument: &Instrument,
    ) -> BoxStream<'static, SourceEvent<DepthValues>> {
        source.depth(instrument)
    }

    fn doubt(&mut self, reason: &str) {
        self.depth.state = FeedState::Stale;
        self.depth.reason = Some(reason.to_owned());
    }

    fn whole(&mut self, stamp: impl FnOnce() -> Stamp) -> Option<Message> {
        self.depth.stamp = stamp();
        Some(Message::Depth(self.depth.clone()))
    }
}
