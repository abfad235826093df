//! The open orders of one listing, and what its ticks do to them.

use domain::order::{Pricing, Side, TimeInForce};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::auction::Auction;
use super::displayed::{Displayed, Level};
use super::trigger::{Market, is_reached, trailed};
use super::{Calendar, End, Entry, Event, Happening, Liquidity, Phase};
use crate::depth::Depth;
use crate::listing::{Listing, ListingKind};
use crate::tick::{Snapshot, Tick, TickKind};

/// Matches the orders of one listing. See the [module](super) for the rules.
#[derive(Clone, Debug)]
pub struct Matcher {
    calendar: Calendar,
    increment: Decimal,
    prints_trades: bool,
    displayed: Displayed,
    last: Option<Decimal>,
    now: OffsetDateTime,
    /// What the market is doing, and until when.
    phase: (Phase, OffsetDateTime),
    /// In the order in which they came.
    working: Vec<Working>,
}

/// An order that is open.
#[derive(Clone, Debug)]
struct Working {
    entry: Entry,
    held_until: Option<OffsetDateTime>,
    ends_at: Option<OffsetDateTime>,
    auction: Option<Auction>,
    /// Whether it has been in the book, where others find it at its limit.
    rests: bool,
}

impl Matcher {
    /// A matcher for a listing whose prices are these now.
    pub fn new(listing: &Listing, calendar: Calendar, top: &Snapshot, now: OffsetDateTime) -> Self {
        Self {
            calendar,
            increment: listing.tick,
            prints_trades: listing.kind != ListingKind::Fx,
            displayed: Displayed::of(top),
            last: top.last,
            now,
            phase: calendar.phase(now),
            working: Vec::new(),
        }
    }

    /// The same, of which nothing can be taken before the next quote: for a market that was matched before by somebody
    /// of whom it is not known what he took.
    pub fn resumed(listing: &Listing, calendar: Calendar, top: &Snapshot, now: OffsetDateTime) -> Self {
        Self { displayed: Displayed::taken(top), ..Self::new(listing, calendar, top, now) }
    }

    /// Whether there is no open order.
    pub fn is_empty(&self) -> bool {
        self.working.is_empty()
    }

    /// These prices with the best ones that this matcher knows.
    pub fn quoted(&self, values: Snapshot) -> Snapshot {
        let best =
            |side| self.displayed.best(side).map_or_else(Default::default, |level| (level.price, level.size));
        let ((bid, bid_size), (ask, ask_size)) = (best(Side::Buy), best(Side::Sell));
        Snapshot { bid, bid_size, ask, ask_size, last: self.last, ..values }
    }

    /// Up to when the market was followed.
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// Takes an order in, and matches it with what stands in this book.
    pub fn place(&mut self, entry: Entry, depth: &Depth, at: OffsetDateTime) -> Vec<Event> {
        let mut events = self.advance(at);
        let Entry { terms, since, .. } = entry;
        let mut order = Working {
            entry,
            held_until: self.calendar.held_until(terms.hours(), self.now),
            ends_at: self.calendar.end(&terms, since),
            auction: Auction::of(&terms, self.calendar, since),
            rests: false,
        };
        if self.is_tradable(&order) {
            self.follow_market(&mut order, &mut events);
        }
        if self.is_at_work(&order) {
            let levels = self.displayed.left_in(terms.side().opposite(), depth);
            self.take(&mut order, &levels, &mut events);
            order.rests = true;
        }
        let is_at_once = matches!(terms.time_in_force(), TimeInForce::Ioc | TimeInForce::Fok);
        if order.entry.remaining() > Decimal::ZERO {
            if is_at_once {
                events.push(order.event(self.now, Happening::Ended(End::NotAtOnce)));
            } else {
                self.working.push(order);
            }
        }
        events
    }

    /// Takes an order in that was matched before.
    pub fn resume(&mut self, entry: Entry) -> Vec<Event> {
        self.place(entry, &Depth::default(), self.now)
    }

    /// Takes an order out. Whether there was one.
    pub fn cancel(&mut self, id: i64) -> bool {
        let before = self.working.len();
        self.working.retain(|order| order.entry.id != id);
        self.working.len() < before
    }

    /// Lets a tick happen.
    pub fn tick(&mut self, tick: &Tick) -> Vec<Event> {
        let mut events = self.advance(tick.at);
        match tick.kind {
            TickKind::Bid { price, size } => self.displayed.quote(Side::Buy, Level { price, size }),
            TickKind::Ask { price, size } => self.displayed.quote(Side::Sell, Level { price, size }),
            TickKind::Trade { price, .. } => self.last = Some(price),
        }
        let opens = matches!(tick.kind, TickKind::Trade { .. }) == self.prints_trades;
        self.match_all(opens, &mut events);
        events
    }

    /// Puts other prices in place, all at once.
    pub fn show(&mut self, top: &Snapshot, at: OffsetDateTime) -> Vec<Event> {
        let mut events = self.advance(at);
        (self.displayed, self.last) = (Displayed::of(top), top.last);
        self.match_all(true, &mut events);
        events
    }

    /// Lets time pass: closing auctions are made, hours begin, orders end.
    pub fn advance(&mut self, to: OffsetDateTime) -> Vec<Event> {
        let mut events = Vec::new();
        if to <= self.now {
            return events;
        }
        let mut working = std::mem::take(&mut self.working);
        working.retain_mut(|order| {
            if let Some(close) = order.auction.and_then(|auction| auction.has_closed(to)) {
                self.settle(order, close, &mut events);
                return false;
            }
            if let Some(begin) = order.held_until.take_if(|begin| *begin <= to) {
                events.push(order.event(begin, Happening::Begun));
            }
            let end = order.ends_at.filter(|end| *end <= to);
            if let Some(end) = end {
                let why = if order.auction.is_some() { End::NotInAuction } else { End::Expired };
                events.push(order.event(end, Happening::Ended(why)));
            }
            end.is_none()
        });
        self.working = working;
        self.now = to;
        if to >= self.phase.1 {
            self.phase = self.calendar.phase(to);
        }
        events.sort_by_key(|event| event.at);
        events
    }

    /// Matches all orders with the present prices; `opens` where they come with a price that opens an auction.
    fn match_all(&mut self, opens: bool, events: &mut Vec<Event>) {
        let mut working = std::mem::take(&mut self.working);
        if opens {
            working.retain_mut(|order| {
                let has_opened = order.auction.is_some_and(|auction| auction.has_opened(self.now));
                if has_opened {
                    self.settle(order, self.now, events);
                }
                !has_opened
            });
        }
        for order in &mut working {
            if self.is_tradable(order) {
                self.follow_market(order, events);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            self.fill(side, &mut working, events);
        }
        working.retain(|order| order.entry.remaining() > Decimal::ZERO);
        for order in &mut working {
            order.rests |= self.is_at_work(order);
        }
        self.working = working;
    }

    /// Does the orders of a side with what is left at the other side's best price: the better limit first, then the older.
    fn fill(&mut self, side: Side, working: &mut [Working], events: &mut Vec<Event>) {
        let Some(level) = self.displayed.left_at_best(side.opposite()) else { return };
        let is_next =
            |order: &Working| order.side() == side && self.is_at_work(order) && order.accepts(level.price);
        let mut next: Vec<&mut Working> = working.iter_mut().filter(|order| is_next(order)).collect();
        next.sort_by_key(|order| {
            let limit = order.limit().unwrap_or_default();
            (order.limit().is_some(), if side == Side::Buy { -limit } else { limit })
        });
        for order in next {
            let Some(level) = self.displayed.left_at_best(side.opposite()) else { return };
            let (price, liquidity) = match order.limit().filter(|_| order.rests) {
                Some(limit) => (limit, Liquidity::Added),
                None => (level.price, Liquidity::Removed),
            };
            let quantity = order.entry.remaining().min(level.size);
            self.displayed.take(side.opposite(), level.price, quantity);
            events.push(order.done(self.now, quantity, price, liquidity));
        }
    }

    /// Does an arriving order with what stands on the other side, best price first.
    fn take(&mut self, order: &mut Working, levels: &[Level], events: &mut Vec<Event>) {
        let acceptable = || levels.iter().take_while(|level| order.accepts(level.price));
        let is_whole = acceptable().map(|level| level.size).sum::<Decimal>() >= order.entry.remaining();
        if order.entry.terms.time_in_force() == TimeInForce::Fok && !is_whole {
            return;
        }
        let acceptable: Vec<Level> = acceptable().copied().collect();
        for level in acceptable {
            let quantity = order.entry.remaining().min(level.size);
            if quantity <= Decimal::ZERO {
                return;
            }
            self.displayed.take(order.side().opposite(), level.price, quantity);
            events.push(order.done(self.now, quantity, level.price, Liquidity::Removed));
        }
    }

    /// Makes the auction for one order.
    fn settle(&self, order: &mut Working, at: OffsetDateTime, events: &mut Vec<Event>) {
        let price = self.reference(order.side()).filter(|price| order.accepts(*price));
        events.push(match price {
            Some(price) => order.done(at, order.entry.remaining(), price, Liquidity::Removed),
            None => order.event(at, Happening::Ended(End::NotInAuction)),
        });
    }

    /// Lets a stop follow the market, and triggers it.
    fn follow_market(&self, order: &mut Working, events: &mut Vec<Event>) {
        if !order.waits_for_trigger() {
            return;
        }
        let Some(price) = self.reference(order.side()) else { return };
        if let Pricing::TrailingStop { trail, .. } = order.entry.terms.pricing() {
            let market = Market { price, increment: self.increment };
            let stop = trailed(order.side(), trail, market, order.entry.stop);
            if order.entry.stop.replace(stop) != Some(stop) {
                events.push(order.event(self.now, Happening::StopMoved(stop)));
            }
        }
        if order.entry.stop.is_some_and(|stop| is_reached(order.side(), stop, price)) {
            order.entry.triggered = true;
            events.push(order.event(self.now, Happening::Triggered));
        }
    }

    /// The price that triggers stops and makes auctions: the last trade, or where none is printed what stands on the
    /// other side.
    fn reference(&self, side: Side) -> Option<Decimal> {
        if self.prints_trades {
            self.last
        } else {
            self.displayed.best(side.opposite()).map(|level| level.price)
        }
    }

    /// Whether it is in its hours, and in no auction.
    fn is_tradable(&self, order: &Working) -> bool {
        order.held_until.is_none()
            && order.auction.is_none()
            && self.phase.0.serves(order.entry.terms.hours())
    }

    /// Whether it can be done now.
    fn is_at_work(&self, order: &Working) -> bool {
        self.is_tradable(order) && !order.waits_for_trigger()
    }
}

impl Working {
    fn side(&self) -> Side {
        self.entry.terms.side()
    }

    fn limit(&self) -> Option<Decimal> {
        self.entry.terms.pricing().limit().map(domain::decimal::Price::value)
    }

    fn accepts(&self, price: Decimal) -> bool {
        self.limit().is_none_or(|limit| match self.side() {
            Side::Buy => price <= limit,
            Side::Sell => price >= limit,
        })
    }

    fn waits_for_trigger(&self) -> bool {
        let has_stop = matches!(
            self.entry.terms.pricing(),
            Pricing::Stop { .. } | Pricing::StopLimit { .. } | Pricing::TrailingStop { .. }
        );
        has_stop && !self.entry.triggered
    }

    fn event(&self, at: OffsetDateTime, happening: Happening) -> Event {
        Event { id: self.entry.id, at, happening }
    }

    fn done(&mut self, at: OffsetDateTime, quantity: Decimal, price: Decimal, liquidity: Liquidity) -> Event {
        self.entry.filled += quantity;
        self.event(at, Happening::Filled { quantity, price, liquidity })
    }
}
