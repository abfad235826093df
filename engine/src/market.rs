//! The generated market: any listing at any moment, in any order, always the same for the same seed.

use std::collections::HashMap;
use std::fmt;

use domain::bar::BarSize;
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};

use crate::bar::{BarMaker, finest};
use crate::book::UNITS;
use crate::catalogue;
use crate::depth::Depth;
use crate::future;
use crate::listing::{Listing, ListingKind};
use crate::noise::mix;
use crate::path::{DAY, Level, Node, Path, Span};
use crate::print::Print;
use crate::tick::{BarPrice, MarketBar, Snapshot, Tick, TickKind};
use crate::walk::Walk;

/// What an exchange plays: a market that answers for any moment, in any order.
pub trait Market: fmt::Debug + Send + Sync {
    /// Everything that trades.
    fn listings(&self) -> &[Listing];

    /// The listing of this contract id.
    fn listing(&self, con_id: i32) -> Option<&Listing>;

    /// The first moment with data.
    fn head(&self, con_id: i32) -> Option<OffsetDateTime>;

    /// The state at a moment: what all ticks before `at` left behind, so that the ticks from `at` on continue it. Prices of
    /// 0 are absent. `None` for an unknown contract id, and where the listing does not trade any more.
    fn snapshot(&self, con_id: i32, at: OffsetDateTime) -> Option<Snapshot>;

    /// The ticks with `from` <= time < `to`, in order; those of one moment with the trade last.
    fn ticks(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Tick>;

    /// The bars that start in [`from`, `to`), in order; the last one holds only what came before `to`. A bar without
    /// events is left out.
    fn bars(
        &self,
        con_id: i32,
        size: BarSize,
        price: BarPrice,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Vec<MarketBar>;

    /// The tape with `from` <= time < `to`, in order. Those that are not `unreported` are exactly the trades among
    /// the ticks of the same span.
    fn prints(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Print>;

    /// The book of a listing whose best prices are those of `top`; empty for an unknown contract id.
    fn depth(&self, con_id: i32, top: &Snapshot, at: OffsetDateTime) -> Depth;
}

/// A seeded market that never closes. Two markets of the same seed are the same.
pub struct GeneratedMarket {
    listings: Vec<Listing>,
    /// The path of each listing, in the same order.
    paths: Vec<Path>,
    places: HashMap<i32, usize>,
}

impl fmt::Debug for GeneratedMarket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GeneratedMarket")
            .field("listings", &self.listings.len())
            .finish_non_exhaustive()
    }
}

impl GeneratedMarket {
    /// The market of this seed. `today` fixes which futures exist: the next three expiries of each root.
    pub fn new(seed: u64, today: Date) -> Self {
        let key = |id: i32| mix(mix(seed) ^ u64::from(id.cast_unsigned()));
        let (mut listings, mut paths) = (Vec::new(), Vec::new());
        for (listing, character) in catalogue::listings() {
            let own = key(listing.con_id);
            paths.push(Path::new(character, Walk::new(own, own, own)));
            listings.push(listing);
        }
        for contract in future::open_on(today) {
            let mut walk = Walk::new(key(contract.leader), key(contract.path), key(contract.listing.con_id));
            walk.premium = contract.premium * UNITS;
            walk.expiry = Some((day_number(contract.expiry), contract.period));
            paths.push(Path::new(contract.character, walk));
            listings.push(contract.listing);
        }
        let places = listings.iter().enumerate().map(|(place, listing)| (listing.con_id, place)).collect();
        Self { listings, paths, places }
    }

    /// Everything that trades.
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// The listing of this contract id.
    pub fn listing(&self, con_id: i32) -> Option<&Listing> {
        self.find(con_id).map(|(listing, _)| listing)
    }

    /// The first moment with data: the beginning of 2010, or two years before a future expires.
    pub fn head(&self, con_id: i32) -> Option<OffsetDateTime> {
        self.find(con_id).map(|(_, path)| moment(path.life().from))
    }

    /// The state at a moment: what all ticks before `at` left behind, so that the ticks from `at` on
    /// continue it. `None` for an unknown contract id, before the first tick, and once a future expired.
    pub fn snapshot(&self, con_id: i32, at: OffsetDateTime) -> Option<Snapshot> {
        let (listing, path) = self.find(con_id)?;
        let at = micros(at);
        if at >= path.life().to {
            return None;
        }
        let midnight = at - at.rem_euclid(DAY);
        let price = if listing.kind == ListingKind::Fx { BarPrice::MidPoint } else { BarPrice::Trades };
        let (mut today, mut newest) = (BarMaker::new(price), None);
        path.visit(Span { from: midnight, to: at }, Level::Hour, &mut |node| {
            today.add(node);
            newest = Some(*node);
        });
        let character = &path.character;
        let today = today.finish(character, moment(midnight));
        let yesterday = path.last_before(midnight);
        let event = newest.and_then(|node| path.last_of(&node)).or(yesterday)?;
        let yesterday = yesterday.unwrap_or(event);
        let (bid_size, ask_size) = path.sizes(&event);
        let printed = price == BarPrice::Trades;
        let value = event.stretch.close;
        Some(Snapshot {
            bid: character.price(event.book.bid(value)),
            bid_size: Decimal::from(bid_size),
            ask: character.price(event.book.ask(value)),
            ask_size: Decimal::from(ask_size),
            last: printed.then(|| character.price(event.book.trade(value))),
            last_size: printed.then(|| Decimal::from(event.stretch.volume)),
            last_at: printed.then(|| moment(event.start())),
            open: today.map(|bar| bar.open),
            high: today.map(|bar| bar.high),
            low: today.map(|bar| bar.low),
            previous_close: character.half_price(price.halves(yesterday.book, yesterday.stretch.close)),
            volume: today.map_or(Decimal::ZERO, |bar| bar.volume),
        })
    }

    /// The ticks with `from` <= time < `to`, in order. At each event both quotes come first, in an order
    /// that never crosses them, then the trade; they share its time. Ask for minutes, not months: a day
    /// has some 300,000 ticks.
    pub fn ticks(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Tick> {
        let Some((listing, path)) = self.find(con_id) else { return Vec::new() };
        let span = Span { from: micros(from), to: micros(to) };
        let mut ticks = Vec::new();
        let mut last_bid = None;
        path.visit(span, Level::Event, &mut |event| {
            let before = *last_bid.get_or_insert_with(|| {
                path.last_before(event.start()).map_or(i64::MAX, |event| event.book.bid(event.stretch.close))
            });
            last_bid = Some(event.book.bid(event.stretch.close));
            push_event(&mut ticks, listing, path, event, before);
        });
        ticks
    }

    /// The bars that start in [`from`, `to`), in order; the last one holds only what came before `to`. A
    /// bar without events is left out. Trades of what prints none have no bars.
    ///
    /// Every bar is what its ticks add up to: open, high, low, close, volume and number of trades exactly,
    /// mid prices as they stand after all ticks of one moment. The average price is exact for bars under a
    /// minute; for longer ones it is the mean of the minutes' or hours' average of open, high, low and
    /// close, weighted by volume.
    pub fn bars(
        &self,
        con_id: i32,
        size: BarSize,
        price: BarPrice,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Vec<MarketBar> {
        let Some((listing, path)) = self.find(con_id) else { return Vec::new() };
        if (price == BarPrice::Trades && listing.kind == ListingKind::Fx) || micros(from) >= path.life().to {
            return Vec::new();
        }
        let floor = size.floor(from);
        let first = if floor < from { size.end(floor) } else { floor };
        let mut bars = Vec::new();
        let mut maker = BarMaker::new(price);
        let (mut start, mut end) = (first, micros(size.end(first)));
        path.visit(Span { from: micros(first), to: micros(to) }, finest(size), &mut |node| {
            if node.start() >= end {
                bars.extend(
                    std::mem::replace(&mut maker, BarMaker::new(price)).finish(&path.character, start),
                );
                start = size.floor(moment(node.start()));
                end = micros(size.end(start));
            }
            maker.add(node);
        });
        bars.extend(maker.finish(&path.character, start));
        bars
    }

    fn find(&self, con_id: i32) -> Option<(&Listing, &Path)> {
        let place = *self.places.get(&con_id)?;
        Some((self.listings.get(place)?, self.paths.get(place)?))
    }
}

impl Market for GeneratedMarket {
    fn listings(&self) -> &[Listing] {
        Self::listings(self)
    }

    fn listing(&self, con_id: i32) -> Option<&Listing> {
        Self::listing(self, con_id)
    }

    fn head(&self, con_id: i32) -> Option<OffsetDateTime> {
        Self::head(self, con_id)
    }

    fn snapshot(&self, con_id: i32, at: OffsetDateTime) -> Option<Snapshot> {
        Self::snapshot(self, con_id, at)
    }

    fn ticks(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Tick> {
        Self::ticks(self, con_id, from, to)
    }

    fn bars(
        &self,
        con_id: i32,
        size: BarSize,
        price: BarPrice,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Vec<MarketBar> {
        Self::bars(self, con_id, size, price, from, to)
    }

    fn prints(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Print> {
        Self::prints(self, con_id, from, to)
    }

    fn depth(&self, con_id: i32, top: &Snapshot, at: OffsetDateTime) -> Depth {
        Self::depth(self, con_id, top, at)
    }
}

fn push_event(ticks: &mut Vec<Tick>, listing: &Listing, path: &Path, event: &Node, last_bid: i64) {
    let (at, value) = (moment(event.start()), event.stretch.close);
    let (bid_size, ask_size) = path.sizes(event);
    let price = |ticks| path.character.price(ticks);
    let new_bid = event.book.bid(value);
    let bid = Tick { at, kind: TickKind::Bid { price: price(new_bid), size: Decimal::from(bid_size) } };
    let ask = Tick {
        at,
        kind: TickKind::Ask { price: price(event.book.ask(value)), size: Decimal::from(ask_size) },
    };
    ticks.extend(if new_bid > last_bid { [ask, bid] } else { [bid, ask] });
    if listing.kind != ListingKind::Fx {
        let (price, size) = (price(event.book.trade(value)), Decimal::from(event.stretch.volume));
        ticks.push(Tick { at, kind: TickKind::Trade { price, size } });
    }
}

/// Days since 1970-01-01.
fn day_number(date: Date) -> i64 {
    date.midnight().assume_utc().unix_timestamp().div_euclid(86_400)
}

/// The first whole microsecond that is not before a moment.
fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from((at.unix_timestamp_nanos() + 999).div_euclid(1_000)).unwrap_or(i64::MAX)
}

fn moment(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
