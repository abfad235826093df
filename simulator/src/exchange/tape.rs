//! What is told beyond the best prices: the prints of the tape, and the book below.

use engine::depth::Depth;
use engine::print::Print;
use engine::tick::{Snapshot, Tick, TickKind};
use time::{Duration, OffsetDateTime};

use super::Exchange;

impl Exchange {
    /// The generated ticks with `from` <= time < `to`, as far as they have happened.
    pub(crate) fn ticks(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Tick> {
        let to = to.min(self.now());
        if from >= to { Vec::new() } else { self.floor.market.ticks(con_id, from, to) }
    }

    /// The generated prints with `from` <= time < `to`, as far as they have happened.
    pub(crate) fn prints(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Print> {
        let to = to.min(self.now());
        if from >= to { Vec::new() } else { self.floor.market.prints(con_id, from, to) }
    }

    /// What a tick leaves on the tape: nothing but for a trade; for one that was published, itself.
    pub(crate) fn prints_of(&self, con_id: i32, tick: &Tick) -> Vec<Print> {
        let TickKind::Trade { price, size } = tick.kind else { return Vec::new() };
        let prints = self.floor.market.prints(con_id, tick.at, tick.at + Duration::MICROSECOND);
        let is_it = |print: &Print| !print.unreported && print.price == price && print.size == size;
        if prints.iter().any(is_it) {
            return prints;
        }
        let exchange = self.floor.market.listing(con_id).map(|listing| listing.primary_exchange.as_str());
        Print::plain(tick, exchange.unwrap_or_default()).into_iter().collect()
    }

    /// The book below these best prices, as far as all before `until` has made it.
    pub(crate) fn depth(&self, con_id: i32, top: &Snapshot, until: OffsetDateTime) -> Depth {
        self.floor.market.depth(con_id, top, until)
    }
}
