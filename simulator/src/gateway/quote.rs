//! How prices become level-1 ticks on the wire.

use engine::tick::{Snapshot, TickKind};
use rust_decimal::Decimal;

use crate::exchange::Update;
use crate::wire::market_data::{TickGeneric, TickPrice, TickSize, TickString};
use crate::wire::{decimal, double, frame};

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

/// One line's ticks for an update, as frames in one piece; empty where nothing is to be said.
pub(super) fn ticks(update: &Update, request_id: i32, types: TickTypes) -> Vec<u8> {
    let mut ticks = Ticks { request_id, bytes: Vec::new() };
    let Update { before, now, tick } = update;
    let level = |of: fn(&Snapshot) -> PriceAndSize| (before.as_ref().map(of), of(now));
    let bid = level(|values| (Some(values.bid), Some(values.bid_size)));
    let ask = level(|values| (Some(values.ask), Some(values.ask_size)));
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
    match tick {
        Some(TickKind::Bid { .. }) => ticks.level((None, bid.1), (types.bid, types.bid_size)),
        Some(TickKind::Ask { .. }) => ticks.level((None, ask.1), (types.ask, types.ask_size)),
        Some(TickKind::Trade { .. }) => ticks.level((None, last.1), (types.last, types.last_size)),
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
        (types.close, |values| Some(values.previous_close)),
        (types.open, |values| values.open),
    ];
    for (tick_type, field) in prices {
        if let Some(price) = is_new(field) {
            ticks.price(tick_type, price, None);
        }
    }
    if before.is_none() {
        ticks.bytes.extend(frame(&TickGeneric {
            req_id: Some(request_id),
            tick_type: Some(types.halted),
            value: Some(0.0),
        }));
    }
    ticks.bytes
}

/// A price, and how much there is at it.
type PriceAndSize = (Option<Decimal>, Option<Decimal>);

/// One of the prices.
type Field = fn(&Snapshot) -> Option<Decimal>;

struct Ticks {
    request_id: i32,
    bytes: Vec<u8>,
}

impl Ticks {
    /// A level, before and now: its price with its size, the size alone where only that changed, or
    /// nothing where nothing did.
    fn level(&mut self, level: (Option<PriceAndSize>, PriceAndSize), types: (i32, i32)) {
        let (before, now) = level;
        let (Some(price), size) = now else { return };
        match before {
            Some(before) if before == now => {}
            Some((Some(before), _)) if before == price => self.size(types.1, size.unwrap_or_default()),
            _ => self.price(types.0, price, size),
        }
    }

    fn price(&mut self, tick_type: i32, price: Decimal, size: Option<Decimal>) {
        self.bytes.extend(frame(&TickPrice {
            req_id: Some(self.request_id),
            tick_type: Some(tick_type),
            price: Some(double(price)),
            size: size.map(decimal),
            attr_mask: Some(i32::from(size.is_some())),
        }));
    }

    fn size(&mut self, tick_type: i32, size: Decimal) {
        self.bytes.extend(frame(&TickSize {
            req_id: Some(self.request_id),
            tick_type: Some(tick_type),
            size: Some(decimal(size)),
        }));
    }

    fn string(&mut self, tick_type: i32, value: String) {
        self.bytes.extend(frame(&TickString {
            req_id: Some(self.request_id),
            tick_type: Some(tick_type),
            value: Some(value),
        }));
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use time::OffsetDateTime;

    use super::*;

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
        let bytes = ticks(update, 7, LIVE);
        let mut rest = bytes.as_slice();
        let mut types = Vec::new();
        while let Some((length, tail)) = rest.split_first_chunk() {
            let (frame, tail) = tail.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
            types.push(Head::decode(&frame[4..]).unwrap().tick_type);
            rest = tail;
        }
        types
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
            ("a published trade", Some(before), Snapshot { volume: two, ..before }, Some(trade), vec![4, 8]),
        ];
        for (what, before, now, tick, expected) in cases {
            assert_eq!(types(&Update { before, now, tick }), expected, "{what}");
        }
    }

    #[test]
    fn what_never_trades_has_neither_last_nor_volume() {
        let now = Snapshot { last: None, last_size: None, last_at: None, ..snapshot() };
        assert_eq!(types(&Update { before: None, now, tick: None }), [1, 2, 6, 7, 9, 14, 49]);
    }
}
