//! How prices become level-1 ticks on the wire.

use engine::tick::{Snapshot, TickKind};
use rust_decimal::Decimal;

use crate::exchange::Update;
use crate::wire::market_data::{TickGeneric, TickPrice, TickSize, TickString};
use crate::wire::{Batch, decimal, double};

/// Which tick types a line uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TickTypes {
    bid: i32,
    ask: i32,
    last: i32,
    bid_size: i32,
    ask_size: i32,
    last_size: i32,
    high: i32,
    low: i32,
    volume: i32,
    close: i32,
    open: i32,
    last_at: i32,
    halted: i32,
}

/// The types of live data.
pub(super) const LIVE: TickTypes = TickTypes {
    bid: 1,
    ask: 2,
    last: 4,
    bid_size: 0,
    ask_size: 3,
    last_size: 5,
    high: 6,
    low: 7,
    volume: 8,
    close: 9,
    open: 14,
    last_at: 45,
    halted: 49,
};

/// The types of delayed data.
pub(super) const DELAYED: TickTypes = TickTypes {
    bid: 66,
    ask: 67,
    last: 68,
    bid_size: 69,
    ask_size: 70,
    last_size: 71,
    high: 72,
    low: 73,
    volume: 74,
    close: 75,
    open: 76,
    last_at: 88,
    halted: 90,
};

/// Whose ticks are written, and as which types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Voice {
    /// The line.
    pub(super) request_id: i32,
    /// Its types.
    pub(super) types: TickTypes,
}

/// Appends one line's ticks for an update; none where nothing is to be said.
pub(super) fn ticks(update: &Update, voice: Voice, batch: Batch) -> Batch {
    let Voice { request_id, types } = voice;
    let mut ticks = Ticks { request_id, batch };
    let Update { before, now, tick, .. } = update;
    let level = |of: fn(&Snapshot) -> PriceAndSize| (before.as_ref().map(of), of(now));
    let bid = level(|values| (present(values.bid), Some(values.bid_size)));
    let ask = level(|values| (present(values.ask), Some(values.ask_size)));
    let last = level(|values| (values.last, values.last_size));
    let is_new = |field: Field| {
        before.as_ref().is_none_or(|before| field(before) != field(now)).then(|| field(now)).flatten()
    };
    // As the broker does: the time of a trade comes before its price.
    if let Some(at) = now.last_at
        && before.as_ref().is_none_or(|before| before.last_at != now.last_at)
    {
        ticks.string(types.last_at, at.unix_timestamp().to_string());
    }
    // What was published is told whatever it changes; else a level is told where it changed.
    match tick.map(|tick| tick.kind) {
        Some(TickKind::Bid { .. }) => ticks.whole_level(bid.1, types.bid),
        Some(TickKind::Ask { .. }) => ticks.whole_level(ask.1, types.ask),
        Some(TickKind::Trade { .. }) => ticks.whole_level(last.1, types.last),
        None => {
            ticks.level(bid, (types.bid, types.bid_size));
            ticks.level(ask, (types.ask, types.ask_size));
            ticks.level(last, (types.last, types.last_size));
        }
    }
    if let Some(volume) = is_new(|values| values.last.map(|_| values.volume)) {
        ticks.size(types.volume, volume);
    }
    let prices: [(i32, Field); 4] = [
        (types.high, |values| values.high),
        (types.low, |values| values.low),
        (types.close, |values| present(values.previous_close)),
        (types.open, |values| values.open),
    ];
    for (tick_type, field) in prices {
        if let Some(price) = is_new(field) {
            ticks.price(tick_type, price, None);
        }
    }
    if before.is_none() {
        ticks.batch.push(&TickGeneric {
            req_id: Some(request_id),
            tick_type: Some(types.halted),
            value: Some(0.0),
        });
    }
    ticks.batch
}

/// A price that there may be: in a recorded market, zero is the price of what is absent.
fn present(price: Decimal) -> Option<Decimal> {
    Some(price).filter(|price| !price.is_zero())
}

/// A price, and how much there is at it.
type PriceAndSize = (Option<Decimal>, Option<Decimal>);

/// One of the prices.
type Field = fn(&Snapshot) -> Option<Decimal>;

struct Ticks {
    request_id: i32,
    batch: Batch,
}

impl Ticks {
    /// A level, before and now: its price with its size, the size alone where only that changed, or
    /// nothing where nothing did.
    fn level(&mut self, level: (Option<PriceAndSize>, PriceAndSize), types: (i32, i32)) {
        let (before, now) = level;
        match before {
            Some(before) if before == now => {}
            None | Some((None, _)) if now.0.is_none() => {}
            Some((before, _)) if before == now.0 => self.size(types.1, now.1.unwrap_or_default()),
            _ => self.whole_level(now, types.0),
        }
    }

    /// A level's price with its size; where there is none, the broker's sign for that.
    fn whole_level(&mut self, level: PriceAndSize, tick_type: i32) {
        match level {
            (Some(price), size) => self.price(tick_type, price, size),
            (None, _) => self.price(tick_type, Decimal::NEGATIVE_ONE, Some(Decimal::ZERO)),
        }
    }

    fn price(&mut self, tick_type: i32, price: Decimal, size: Option<Decimal>) {
        self.batch.push(&TickPrice {
            req_id: Some(self.request_id),
            tick_type: Some(tick_type),
            price: Some(double(price)),
            size: size.map(decimal),
            attr_mask: Some(i32::from(size.is_some())),
        });
    }

    fn size(&mut self, tick_type: i32, size: Decimal) {
        self.batch.push(&TickSize {
            req_id: Some(self.request_id),
            tick_type: Some(tick_type),
            size: Some(decimal(size)),
        });
    }

    fn string(&mut self, tick_type: i32, value: String) {
        self.batch.push(&TickString {
            req_id: Some(self.request_id),
            tick_type: Some(tick_type),
            value: Some(value),
        });
    }
}

#[cfg(test)]
mod tests {
    use engine::tick::Tick;
    use prost::Message;
    use time::OffsetDateTime;

    use super::*;
    use crate::wire::Dialect;

    fn snapshot() -> Snapshot {
        let hundred = Some(Decimal::ONE_HUNDRED);
        Snapshot {
            bid: Decimal::from(99),
            bid_size: Decimal::ONE,
            ask: Decimal::from(101),
            ask_size: Decimal::ONE,
            last: hundred,
            last_size: Some(Decimal::ONE),
            last_at: Some(OffsetDateTime::UNIX_EPOCH),
            open: hundred,
            high: hundred,
            low: hundred,
            previous_close: Decimal::from(98),
            volume: Decimal::TEN,
        }
    }

    /// What every tick has at the same place.
    #[derive(Clone, Copy, PartialEq, Message)]
    struct Head {
        #[prost(int32, tag = "2")]
        tick_type: i32,
    }

    /// The tick types of an update, in order.
    fn types(update: &Update) -> Vec<i32> {
        let voice = Voice { request_id: 7, types: LIVE };
        let bytes = ticks(update, voice, Batch::new(Dialect::Protobuf)).into_bytes();
        let mut rest = bytes.as_slice();
        let mut types = Vec::new();
        while let Some((length, tail)) = rest.split_first_chunk() {
            let (frame, tail) = tail.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
            types.push(Head::decode(&frame[4..]).unwrap().tick_type);
            rest = tail;
        }
        types
    }

    fn update(before: Option<Snapshot>, now: Snapshot, tick: Option<Tick>) -> Update {
        Update { before, now, tick, until: OffsetDateTime::UNIX_EPOCH }
    }

    #[test]
    fn only_what_changed_is_told() {
        let before = snapshot();
        let two = Decimal::TWO;
        let trade = TickKind::Trade { price: Decimal::ONE_HUNDRED, size: Decimal::ONE };
        let bid = TickKind::Bid { price: Decimal::from(99), size: Decimal::ONE };
        let cases = [
            ("everything is new", None, before, None, vec![45, 1, 2, 4, 8, 6, 7, 9, 14, 49]),
            ("nothing changed", Some(before), before, None, vec![]),
            ("a price", Some(before), Snapshot { bid: two, ..before }, None, vec![1]),
            ("a size", Some(before), Snapshot { ask_size: two, ..before }, None, vec![3]),
            ("the day's high", Some(before), Snapshot { high: Some(two), ..before }, None, vec![6]),
            ("a published bid like the one before", Some(before), before, Some(bid), vec![1]),
            ("a bid that goes", Some(before), Snapshot { bid: Decimal::ZERO, ..before }, None, vec![1]),
            ("an ask that comes", Some(Snapshot { ask: Decimal::ZERO, ..before }), before, None, vec![2]),
            ("a published trade", Some(before), Snapshot { volume: two, ..before }, Some(trade), vec![4, 8]),
        ];
        for (what, before, now, tick, expected) in cases {
            let tick = tick.map(|kind| Tick { at: OffsetDateTime::UNIX_EPOCH, kind });
            assert_eq!(types(&update(before, now, tick)), expected, "{what}");
        }
    }

    #[test]
    fn what_is_absent_is_left_out() {
        let zero = Decimal::ZERO;
        let now = Snapshot { bid: zero, ask: zero, previous_close: zero, ..snapshot() };
        assert_eq!(types(&update(None, now, None)), [45, 4, 8, 6, 7, 14, 49]);
        assert_eq!(types(&update(Some(now), now, None)), Vec::<i32>::new());
    }

    #[test]
    fn what_never_trades_has_neither_last_nor_volume() {
        let now = Snapshot { last: None, last_size: None, last_at: None, ..snapshot() };
        assert_eq!(types(&update(None, now, None)), [1, 2, 6, 7, 9, 14, 49]);
    }
}
