//! The generated market: any listing at any moment.

use domain::bar::BarSize;
use time::{Date, OffsetDateTime};

use crate::listing::Listing;
use crate::tick::{BarPrice, MarketBar, Snapshot, Tick};

/// A seeded market that never closes. Two markets of the same seed are the same.
#[derive(Debug)]
pub struct GeneratedMarket {
    listings: Vec<Listing>,
}

impl GeneratedMarket {
    /// The market of this seed; `today` fixes which futures exist.
    pub fn new(_seed: u64, _today: Date) -> Self {
        Self { listings: Vec::new() }
    }

    /// Everything that trades.
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// The listing of this contract id.
    pub fn listing(&self, con_id: i32) -> Option<&Listing> {
        self.listings.iter().find(|listing| listing.con_id == con_id)
    }

    /// The first moment with data.
    pub fn head(&self, _con_id: i32) -> Option<OffsetDateTime> {
        None
    }

    /// The state at a moment: what all ticks at or before `at` left behind.
    pub fn snapshot(&self, _con_id: i32, _at: OffsetDateTime) -> Option<Snapshot> {
        None
    }

    /// The ticks with `from` <= time < `to`, in order.
    pub fn ticks(&self, _con_id: i32, _from: OffsetDateTime, _to: OffsetDateTime) -> Vec<Tick> {
        Vec::new()
    }

    /// The bars that start in [`from`, `to`), in order; the last one holds only what came before `to`.
    pub fn bars(
        &self,
        _con_id: i32,
        _size: BarSize,
        _price: BarPrice,
        _from: OffsetDateTime,
        _to: OffsetDateTime,
    ) -> Vec<MarketBar> {
        Vec::new()
    }
}
