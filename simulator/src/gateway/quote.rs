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
    let level = |price: fn(&Snapshot) -> Option<Decimal>, size: fn(&Snapshot) -> Option<Decimal>| Level {
        before: before.as_ref().map(|values| (price(values), size(values))),
        now: (price(now), size(now)),
    };
    let bid = level(|values| Some(values.bid), |values| Some(values.bid_size));
    let ask = level(|values| Some(values.ask), |values| Some(values.ask_size));
    let last = level(|values| values.last, |values| values.last_size);
    let is_new = |field: fn(&Snapshot) -> Option<Decimal>| {
        before.as_ref().is_none_or(|before| field(before) != field(now)).then(|| field(now)).flatten()
    };
    // As the broker does: the time of a trade comes before its price.
    let traded = matches!(tick, Some(TickKind::Trade { .. }));
    if let Some(at) = now.last_at
        && (traded || before.as_ref().is_none_or(|before| before.last_at != now.last_at))
    {
        ticks.string(types.last_at, at.unix_timestamp().to_string());
    }
    ticks.level(&bid, types.bid, types.bid_size, matches!(tick, Some(TickKind::Bid { .. })));
    ticks.level(&ask, types.ask, types.ask_size, matches!(tick, Some(TickKind::Ask { .. })));
    ticks.level(&last, types.last, types.last_size, traded);
    if let Some(volume) = is_new(|values| values.last.map(|_| values.volume)) {
        ticks.size(types.volume, volume);
    }
    let prices: [(i32, fn(&Snapshot) -> Option<Decimal>); 4] = [
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

type PriceAndSize = (Option<Decimal>, Option<Decimal>);

/// A price with its size, before and now.
struct Level {
    before: Option<PriceAndSize>,
    now: PriceAndSize,
}

struct Ticks {
    request_id: i32,
    bytes: Vec<u8>,
}

impl Ticks {
    /// A level that changed, or that was `published` and so is told whatever it is: with its price, or,
    /// where only the size changed, the size alone.
    #[allow(clippy::fn_params_excessive_bools, reason = "one bool")]
    fn level(&mut self, level: &Level, price_type: i32, size_type: i32, published: bool) {
        let (Some(price), size) = level.now else { return };
        match level.before {
            Some(before) if before == level.now && !published => {}
            Some((Some(before), _)) if before == price && !published => {
                self.size(size_type, size.unwrap_or_default());
            }
            _ => self.price(price_type, price, size),
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
