//! The book below the best prices, as a pure function of the best prices and the moment.
//!
//! Generated markets make up only their best bid and ask. The ladder beneath them is drawn from a row of
//! noise that the listing, the side, the price and a slow beat of time fix, so that most levels stand
//! still for some seconds, as in a real book, while the top follows every quote. Whatever stands at the
//! best price adds up to the best size.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use time::OffsetDateTime;

use crate::listing::{Listing, ListingKind};
use crate::market::GeneratedMarket;
use crate::noise::{Stream, mix};
use crate::tick::Snapshot;

/// How many prices there are on each side.
pub const LEVELS: usize = 50;

/// How long a level stands still, in seconds, at least and at most.
const BEAT: (i64, i64) = (3, 12);

const LADDER: u64 = 48;

/// The venues at which the shares of one level stand.
const VENUES: [&str; 6] = ["NASDAQ", "ARCA", "BATS", "NYSE", "EDGX", "IEX"];

/// The book of a listing, best prices first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// What is bid, from the highest price down.
    pub bids: Vec<DepthLevel>,
    /// What is offered, from the lowest price up.
    pub asks: Vec<DepthLevel>,
}

/// What stands at one price at one venue. A price has as many levels as there are venues that quote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthLevel {
    /// The price.
    pub price: Decimal,
    /// How much stands there.
    pub size: Decimal,
    /// Where.
    pub exchange: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Bid,
    Ask,
}

impl GeneratedMarket {
    /// The book of a listing whose best prices are those of `top`; empty for an unknown contract id.
    pub fn depth(&self, con_id: i32, top: &Snapshot, at: OffsetDateTime) -> Depth {
        self.listing(con_id).map_or_else(Depth::default, |listing| ladder(listing, top, at))
    }
}

/// The generated book below these best prices. A side without a best price (0) has no levels.
pub fn ladder(listing: &Listing, top: &Snapshot, at: OffsetDateTime) -> Depth {
    let side = |side, price, size| levels(&Ladder { listing, side, at }, price, size);
    Depth { bids: side(Side::Bid, top.bid, top.bid_size), asks: side(Side::Ask, top.ask, top.ask_size) }
}

/// One side of one listing at one moment.
struct Ladder<'a> {
    listing: &'a Listing,
    side: Side,
    at: OffsetDateTime,
}

fn levels(ladder: &Ladder<'_>, best: Decimal, size: Decimal) -> Vec<DepthLevel> {
    let mut levels = Vec::with_capacity(2 * LEVELS);
    if best <= Decimal::ZERO {
        return levels;
    }
    let (mut price, mut prices) = (best, 0);
    while prices < LEVELS && price > Decimal::ZERO {
        let mut noise = ladder.noise(price);
        // The best price always stands; below it some prices have nobody.
        let is_empty = noise.below(8) == 0;
        let usual = ladder.usual_size(&mut noise, prices);
        if prices == 0 || !is_empty {
            ladder.spread(price, if prices == 0 { size } else { usual }, &mut noise, &mut levels);
        }
        prices += 1;
        price += if ladder.side == Side::Bid { -ladder.listing.tick } else { ladder.listing.tick };
    }
    levels
}

impl Ladder<'_> {
    /// The noise of a price, which changes with the level's own beat.
    fn noise(&self, price: Decimal) -> Stream {
        let steps = (price / self.listing.tick).round().to_i64().unwrap_or_default();
        let side = if self.side == Side::Bid { 1 } else { 2 };
        let key = mix(u64::from(self.listing.con_id.cast_unsigned())) ^ side;
        let beat = BEAT.0 + Stream::of(key, LADDER, steps).below(BEAT.1 - BEAT.0 + 1);
        Stream::of(mix(key ^ steps.cast_unsigned()), LADDER, self.at.unix_timestamp().div_euclid(beat))
    }

    /// How much usually stands this many prices away from the best one: more, the further away.
    fn usual_size(&self, noise: &mut Stream, away: usize) -> Decimal {
        let away = i64::try_from(away).unwrap_or_default();
        let (lot, lots) = match self.listing.kind {
            ListingKind::Stock | ListingKind::Etf => (100, 4),
            ListingKind::Future => (1, 20),
            ListingKind::Fx => (250_000, 6),
        };
        Decimal::from(lot * (1 + noise.below(lots * (2 + away.min(12))) * noise.uneven() / 96))
    }

    /// Lays the size of a price out over venues: one, or for shares up to three.
    fn spread(&self, price: Decimal, size: Decimal, noise: &mut Stream, levels: &mut Vec<DepthLevel>) {
        let venues = self.venues(noise);
        let mut rest = size;
        let mut parts = Vec::with_capacity(venues.len());
        for (place, exchange) in venues.iter().enumerate() {
            let left = Decimal::from(venues.len() - place);
            let step = self.listing.size_increment;
            let part = if left == Decimal::ONE { rest } else { (rest / left / step).floor() * step };
            rest -= part;
            parts.push(DepthLevel { price, size: part, exchange: (*exchange).to_owned() });
        }
        levels.extend(parts.into_iter().filter(|level| level.size > Decimal::ZERO));
    }

    /// Who quotes a price, in an order that never changes.
    fn venues(&self, noise: &mut Stream) -> Vec<&str> {
        if !matches!(self.listing.kind, ListingKind::Stock | ListingKind::Etf) {
            return vec![&self.listing.exchange];
        }
        let first = noise.below(1 << VENUES.len());
        let chosen: Vec<&str> = (0..)
            .zip(VENUES)
            .filter(|(bit, _)| first >> bit & 1 == 1)
            .map(|(_, venue)| venue)
            .take(3)
            .collect();
        if chosen.is_empty() { vec![&self.listing.primary_exchange] } else { chosen }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);

    fn market() -> GeneratedMarket {
        GeneratedMarket::new(7, date!(2026 - 11 - 20))
    }

    #[test]
    fn the_best_prices_are_those_of_the_quote() {
        let market = market();
        for listing in market.listings() {
            let top = market.snapshot(listing.con_id, AT).unwrap();
            let depth = market.depth(listing.con_id, &top, AT);
            let sides = [(&depth.bids, top.bid, top.bid_size), (&depth.asks, top.ask, top.ask_size)];
            for (levels, price, size) in sides {
                assert_eq!(levels[0].price, price, "{}", listing.local_symbol);
                let best = levels.iter().filter(|level| level.price == price);
                assert_eq!(best.map(|level| level.size).sum::<Decimal>(), size, "{}", listing.local_symbol);
                assert!(levels.iter().all(|level| level.size > Decimal::ZERO && level.price > Decimal::ZERO));
            }
            assert!(depth.bids.is_sorted_by_key(|level| -level.price));
            assert!(depth.asks.is_sorted_by_key(|level| level.price));
            let mut places: Vec<_> = depth.bids.iter().map(|level| (level.price, &level.exchange)).collect();
            places.sort();
            places.dedup();
            assert_eq!(places.len(), depth.bids.len(), "one level a price and venue");
            assert!(depth.bids.len() > LEVELS / 2);
        }
    }

    #[test]
    fn most_levels_stand_still_for_a_second() {
        let market = market();
        let aapl = &market.listings()[0];
        let top = market.snapshot(aapl.con_id, AT).unwrap();
        let now = market.depth(aapl.con_id, &top, AT);
        assert_eq!(now, market.depth(aapl.con_id, &top, AT), "the same question has the same answer");
        let later = market.depth(aapl.con_id, &top, AT + time::Duration::SECOND);
        let moved = now.bids.iter().filter(|level| !later.bids.contains(level)).count();
        assert!(moved * 2 < now.bids.len(), "{moved} of {}", now.bids.len());
        let much_later = market.depth(aapl.con_id, &top, AT + time::Duration::MINUTE);
        assert_ne!(now.bids[1..], much_later.bids[1..]);
    }

    #[test]
    fn a_side_without_a_price_is_empty_and_prices_stay_above_zero() {
        let market = market();
        let aapl = &market.listings()[0];
        let top = market.snapshot(aapl.con_id, AT).unwrap();
        let cheap = Snapshot { bid: Decimal::new(3, 2), ask: Decimal::ZERO, ..top };
        let depth = ladder(aapl, &cheap, AT);
        assert!(depth.asks.is_empty());
        assert!(depth.bids.iter().all(|level| level.price > Decimal::ZERO));
        assert_eq!(market.depth(-1, &top, AT), Depth::default());
    }
}
