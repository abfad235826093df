//! A book: the newest prices of one listing, and who is told when they change.

use engine::tick::{Snapshot, Tick, TickKind};
use rust_decimal::Decimal;
use time::OffsetDateTime;

/// What a watcher is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    /// The prices that the watcher knows; absent where it knows none.
    pub(crate) before: Option<Snapshot>,
    /// The prices now.
    pub(crate) now: Snapshot,
    /// The tick that was published, or of a tape the next one: it is told even where it changes nothing.
    pub(crate) tick: Option<Tick>,
    /// All generated ticks before this moment are in the prices.
    pub(crate) until: OffsetDateTime,
}

/// Somebody who is told.
pub(super) struct Watcher {
    pub(super) id: u64,
    pub(super) tell: Box<dyn Fn(&Update) + Send + Sync>,
}

/// The newest prices of one listing.
pub(super) struct Book {
    /// The prices.
    pub(super) values: Snapshot,
    /// All generated ticks before this moment are in the prices.
    pub(super) cursor: OffsetDateTime,
    watchers: Vec<Watcher>,
    is_closed: bool,
}

impl Book {
    pub(super) fn new(values: Snapshot, cursor: OffsetDateTime) -> Self {
        Self { values, cursor, watchers: Vec::new(), is_closed: false }
    }

    pub(super) fn watch(&mut self, watcher: Watcher) {
        (watcher.tell)(&Update { before: None, now: self.values, tick: None, until: self.cursor });
        self.watchers.push(watcher);
    }

    pub(super) fn unwatch(&mut self, id: u64) {
        self.watchers.retain(|watcher| watcher.id != id);
    }

    pub(super) fn is_watched(&self) -> bool {
        !self.watchers.is_empty()
    }

    /// Tells one watcher all prices.
    pub(super) fn tell_all(&self, id: u64) {
        for watcher in self.watchers.iter().filter(|watcher| watcher.id == id) {
            (watcher.tell)(&Update { before: None, now: self.values, tick: None, until: self.cursor });
        }
    }

    /// Takes ticks in one by one, and tells the watchers of each.
    pub(super) fn publish(&mut self, ticks: &[Tick]) {
        for tick in ticks {
            let before = self.values;
            fold(&mut self.values, tick);
            let tick = Some(*tick);
            self.tell(&Update { before: Some(before), now: self.values, tick, until: self.cursor });
        }
    }

    /// Takes generated ticks in one by one, and tells the watchers of each.
    pub(super) fn follow(&mut self, ticks: &[Tick], cursor: OffsetDateTime) {
        self.cursor = cursor;
        self.publish(ticks);
    }

    /// Takes ticks in together, and tells the watchers what came out.
    pub(super) fn advance(&mut self, ticks: &[Tick], cursor: OffsetDateTime) {
        let mut values = self.values;
        for tick in ticks {
            fold(&mut values, tick);
        }
        self.replace(values, cursor);
    }

    /// Puts other prices in place, and tells the watchers what changed.
    pub(super) fn replace(&mut self, values: Snapshot, cursor: OffsetDateTime) {
        self.cursor = cursor;
        if values != self.values {
            let before = std::mem::replace(&mut self.values, values);
            self.tell(&Update { before: Some(before), now: values, tick: None, until: cursor });
        }
    }

    /// Once the day is over and every tick of it told, tells the watchers once more, with nothing new.
    pub(super) fn close(&mut self) {
        if !self.is_closed {
            self.is_closed = true;
            let (now, until) = (self.values, self.cursor);
            self.tell(&Update { before: Some(now), now, tick: None, until });
        }
    }

    fn tell(&self, update: &Update) {
        for watcher in &self.watchers {
            (watcher.tell)(update);
        }
    }
}

/// The prices after a tick. The day's open, high and low are those of the trades or, for what never
/// trades, of the mid price.
fn fold(values: &mut Snapshot, tick: &Tick) {
    let reference = match tick.kind {
        TickKind::Bid { price, size } => {
            (values.bid, values.bid_size) = (price, size);
            mid_of_untraded(values)
        }
        TickKind::Ask { price, size } => {
            (values.ask, values.ask_size) = (price, size);
            mid_of_untraded(values)
        }
        TickKind::Trade { price, size } => {
            if values.last.is_none() {
                // What stood here was the mid price.
                (values.open, values.high, values.low) = (None, None, None);
            }
            (values.last, values.last_size, values.last_at) = (Some(price), Some(size), Some(tick.at));
            values.volume += size;
            Some(price)
        }
    };
    if let Some(price) = reference {
        values.open.get_or_insert(price);
        values.high = Some(values.high.map_or(price, |high| high.max(price)));
        values.low = Some(values.low.map_or(price, |low| low.min(price)));
    }
}

fn mid_of_untraded(values: &Snapshot) -> Option<Decimal> {
    let has_both = !values.bid.is_zero() && !values.ask.is_zero();
    (values.last.is_none() && has_both).then(|| (values.bid + values.ask) / Decimal::TWO)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn values() -> Snapshot {
        Snapshot {
            bid: Decimal::from(99),
            bid_size: Decimal::ONE,
            ask: Decimal::from(101),
            ask_size: Decimal::ONE,
            last: Some(Decimal::from(100)),
            last_size: Some(Decimal::ONE),
            last_at: Some(OffsetDateTime::UNIX_EPOCH),
            open: Some(Decimal::from(100)),
            high: Some(Decimal::from(100)),
            low: Some(Decimal::from(100)),
            previous_close: Decimal::from(98),
            volume: Decimal::from(10),
        }
    }

    #[test]
    fn a_trade_moves_the_day() {
        let mut values = values();
        let at = OffsetDateTime::UNIX_EPOCH + time::Duration::SECOND;
        for (price, size) in [(103, 5), (97, 2), (99, 1)] {
            let kind = TickKind::Trade { price: Decimal::from(price), size: Decimal::from(size) };
            fold(&mut values, &Tick { at, kind });
        }
        let expected = [100, 103, 97].map(|price| Some(Decimal::from(price)));
        assert_eq!([values.open, values.high, values.low], expected);
        assert_eq!((values.last, values.last_at), (Some(Decimal::from(99)), Some(at)));
        assert_eq!(values.volume, Decimal::from(18));
    }

    #[test]
    fn what_never_trades_moves_by_its_mid_price() {
        let mut values = Snapshot { last: None, last_size: None, last_at: None, ..values() };
        let kind = TickKind::Ask { price: Decimal::from(105), size: Decimal::ONE };
        fold(&mut values, &Tick { at: OffsetDateTime::UNIX_EPOCH, kind });
        assert_eq!((values.high, values.low), (Some(Decimal::from(102)), Some(Decimal::from(100))));
    }
}
