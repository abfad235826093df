//! The generated market is the same for everybody who asks, and believable.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use domain::bar::BarSize;
use engine::listing::{Listing, ListingKind};
use engine::market::GeneratedMarket;
use engine::tick::{BarPrice, MarketBar, Snapshot, TickKind};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

fn market() -> GeneratedMarket {
    GeneratedMarket::new(1, date!(2026 - 11 - 22))
}

fn find<'a>(market: &'a GeneratedMarket, symbol: &str) -> &'a Listing {
    market.listings().iter().find(|listing| listing.local_symbol == symbol).unwrap()
}

fn price_of(listing: &Listing) -> BarPrice {
    if listing.kind == ListingKind::Fx { BarPrice::MidPoint } else { BarPrice::Trades }
}

/// The moves from close to close, in percent.
fn moves(bars: &[MarketBar]) -> Vec<f64> {
    bars.windows(2).map(|pair| ((pair[1].close / pair[0].close).to_f64().unwrap() - 1.0) * 100.0).collect()
}

fn deviation(moves: &[f64]) -> f64 {
    let count = moves.iter().map(|_| 1.0).sum::<f64>();
    (moves.iter().map(|change| change * change).sum::<f64>() / count).sqrt()
}

#[test]
fn the_listings_are_what_was_promised() {
    let market = market();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for listing in market.listings() {
        *kinds.entry(format!("{:?}", listing.kind)).or_default() += 1;
        assert_eq!(market.listing(listing.con_id), Some(listing));
        assert!(listing.tick > Decimal::ZERO && listing.multiplier >= Decimal::ONE, "{listing:?}");
        assert_eq!(listing.expiry.is_some(), listing.kind == ListingKind::Future);
    }
    let expected = [("Etf", 14), ("Future", 18), ("Fx", 7), ("Stock", 48)];
    assert_eq!(kinds, expected.map(|(kind, count)| (kind.to_owned(), count)).into());
    let ids: BTreeSet<i32> = market.listings().iter().map(|listing| listing.con_id).collect();
    assert_eq!(ids.len(), market.listings().len(), "contract ids are unique");
    let mut rules: BTreeMap<i32, Decimal> = BTreeMap::new();
    for listing in market.listings() {
        let tick = rules.entry(listing.market_rule_id).or_insert(listing.tick);
        assert_eq!(*tick, listing.tick, "a market rule has one tick: {listing:?}");
    }
}

#[test]
fn the_market_of_a_seed_never_changes() {
    let market = market();
    let day = |symbol: &str, date: OffsetDateTime| {
        let listing = find(&market, symbol);
        let bars = market.bars(listing.con_id, BarSize::Day1, price_of(listing), date, date + Duration::DAY);
        let bar = bars[0];
        format!("{} {} {} {} {} {}", listing.con_id, bar.open, bar.high, bar.low, bar.close, bar.volume)
    };
    let found = [
        day("AAPL", datetime!(2026-11-20 00:00 UTC)),
        day("SPY", datetime!(2015-06-30 00:00 UTC)),
        day("EUR.USD", datetime!(2026-11-21 00:00 UTC)),
        day("ESZ6", datetime!(2026-11-20 00:00 UTC)),
    ];
    let expected = [
        "100001 286.66 288.40 277.78 279.82 32032000",
        "200001 290.95 291.12 288.28 289.21 112710000",
        "300001 1.183725 1.18385 1.178625 1.181425 0",
        "400124323 7037.00 7075.25 6995.25 7000.25 1384500",
    ];
    assert_eq!(found, expected);
    let other = GeneratedMarket::new(2, date!(2026 - 11 - 22));
    let at = datetime!(2026-11-20 15:00 UTC);
    assert_ne!(other.snapshot(100_001, at), market.snapshot(100_001, at));
    let later = GeneratedMarket::new(1, date!(2026 - 12 - 01));
    let es = find(&market, "ESZ6").con_id;
    assert_eq!(later.snapshot(es, at), market.snapshot(es, at), "the date only chooses the futures");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn ticks_are_the_same_however_they_are_asked_for(
        place in 0_usize..87,
        start in 0_i64..300 * 86_400,
        cuts in prop::collection::btree_set(0_i64..120_000_000_000, 0..6),
    ) {
        let market = market();
        let id = market.listings()[place].con_id;
        let from = datetime!(2026-01-20 00:00 UTC) + Duration::seconds(start);
        let to = from + Duration::seconds(120);
        let mut pieces = Vec::new();
        let mut at = from;
        for cut in cuts.into_iter().map(|cut| from + Duration::nanoseconds(cut)).chain([to]) {
            pieces.extend(market.ticks(id, at, cut));
            at = cut;
        }
        prop_assert_eq!(pieces, market.ticks(id, from, to));
    }

    #[test]
    fn a_snapshot_is_what_the_ticks_left_behind(
        place in 0_usize..87,
        second in 0_i64..2 * 86_400,
        nanos in 0_i64..1_000_000_000,
    ) {
        let market = market();
        let listing = &market.listings()[place];
        let midnight = datetime!(2026-11-20 00:00 UTC);
        let at = midnight + Duration::seconds(second) + Duration::nanoseconds(nanos);
        let snapshot = market.snapshot(listing.con_id, at).unwrap();
        let ticks = market.ticks(listing.con_id, midnight, at);
        let last = |read: fn(TickKind) -> Option<(Decimal, Decimal)>| {
            ticks.iter().rev().find_map(|tick| read(tick.kind).map(|(price, size)| (price, size, tick.at)))
        };
        if let Some((price, size, _)) = last(|kind| match kind {
            TickKind::Bid { price, size } => Some((price, size)),
            _ => None,
        }) {
            prop_assert_eq!((snapshot.bid, snapshot.bid_size), (price, size));
        }
        if let Some((price, size, _)) = last(|kind| match kind {
            TickKind::Ask { price, size } => Some((price, size)),
            _ => None,
        }) {
            prop_assert_eq!((snapshot.ask, snapshot.ask_size), (price, size));
        }
        if let Some((price, size, at)) = last(|kind| match kind {
            TickKind::Trade { price, size } => Some((price, size)),
            _ => None,
        }) {
            let found = (snapshot.last, snapshot.last_size, snapshot.last_at);
            prop_assert_eq!(found, (Some(price), Some(size), Some(at)));
        }
        let start = at - Duration::nanoseconds((at - midnight).whole_nanoseconds().rem_euclid(86_400_000_000_000).try_into().unwrap());
        let today = market.bars(listing.con_id, BarSize::Day1, price_of(listing), start, at);
        let today = today.first();
        let bar = (today.map(|bar| bar.open), today.map(|bar| bar.high), today.map(|bar| bar.low));
        prop_assert_eq!((snapshot.open, snapshot.high, snapshot.low), bar);
        prop_assert_eq!(snapshot.volume, today.map_or(Decimal::ZERO, |bar| bar.volume));
        let yesterday =
            market.bars(listing.con_id, BarSize::Day1, price_of(listing), start - Duration::DAY, start);
        prop_assert_eq!(snapshot.previous_close, yesterday[0].close);
    }
}

#[test]
fn the_book_never_crosses_and_trades_happen_in_it() {
    let market = market();
    for listing in market.listings() {
        let from = datetime!(2026-11-20 14:29 UTC);
        let Snapshot { mut bid, mut ask, .. } = market.snapshot(listing.con_id, from).unwrap();
        let mut last = from;
        for tick in market.ticks(listing.con_id, from, from + Duration::minutes(3)) {
            assert!(tick.at >= last, "in order");
            last = tick.at;
            let (price, size) = match tick.kind {
                TickKind::Bid { price, size } => {
                    bid = price;
                    (price, size)
                }
                TickKind::Ask { price, size } => {
                    ask = price;
                    (price, size)
                }
                TickKind::Trade { price, size } => {
                    assert!(bid <= price && price <= ask, "{} {bid} {price} {ask}", listing.symbol);
                    (price, size)
                }
            };
            assert!(bid < ask, "{} {bid} {ask}", listing.symbol);
            assert!(price > Decimal::ZERO && size > Decimal::ZERO, "{tick:?}");
            assert_eq!(price % listing.tick, Decimal::ZERO, "{tick:?}");
            assert!((ask - bid) / bid < Decimal::new(2, 3), "the spread of {} is wide", listing.symbol);
        }
    }
}

#[test]
fn the_market_never_sleeps() {
    let market = market();
    for listing in market.listings() {
        for from in [
            datetime!(2026-11-20 15:00 UTC),
            datetime!(2026-11-22 07:00 UTC),
            datetime!(2027-01-01 03:00 UTC),
        ] {
            if listing.expiry.is_some_and(|expiry| expiry < from.date()) {
                continue;
            }
            for minute in 0..60 {
                let from = from + Duration::minutes(minute);
                let ticks = market.ticks(listing.con_id, from, from + Duration::minutes(1));
                assert!(!ticks.is_empty(), "{} has no tick in the minute of {from}", listing.symbol);
            }
        }
    }
}

#[test]
fn days_move_as_much_as_they_should() {
    let market = market();
    for listing in market.listings() {
        let (from, to) = (datetime!(2025-01-01 00:00 UTC), datetime!(2026-11-22 00:00 UTC));
        let bars = market.bars(listing.con_id, BarSize::Day1, price_of(listing), from, to);
        let moves = moves(&bars);
        let usual = deviation(&moves);
        let range = match listing.kind {
            ListingKind::Stock => 0.5..4.5,
            ListingKind::Etf => 0.2..3.0,
            ListingKind::Fx => 0.2..0.8,
            ListingKind::Future => 0.2..2.5,
        };
        assert!(range.contains(&usual), "{} moves {usual} % a day", listing.symbol);
        assert!(moves.iter().all(|change| change.abs() < 16.0), "{} jumps", listing.symbol);
    }
}

#[test]
fn minutes_do_not_jump() {
    let market = market();
    for listing in market.listings() {
        let to = datetime!(2026-11-20 00:00 UTC);
        let from = to - Duration::days(3);
        let bars = market.bars(listing.con_id, BarSize::Min1, price_of(listing), from, to);
        let moves = moves(&bars);
        let usual = deviation(&moves);
        let most = moves.iter().fold(0.0_f64, |most, change| most.max(change.abs()));
        assert!(usual < 0.3 && most < 4.0, "{}: usually {usual} %, at most {most} %", listing.symbol);
    }
}

#[test]
fn prices_stay_near_the_known_level() {
    let market = market();
    let anchors = [("AAPL", 271.86), ("SPY", 681.92), ("F", 13.12), ("EUR.USD", 1.1746), ("USD.JPY", 156.7)];
    for (symbol, anchor) in anchors {
        let listing = find(&market, symbol);
        let (from, to) = (datetime!(2010-01-01 00:00 UTC), datetime!(2039-12-31 23:00 UTC));
        let bars = market.bars(listing.con_id, BarSize::Month1, price_of(listing), from, to);
        assert_eq!(bars.len(), 360, "{symbol}");
        for bar in bars {
            let ratio = bar.close.to_f64().unwrap() / anchor;
            let range = if bar.time.year() == 2026 { 0.55..1.8 } else { 0.1..6.0 };
            assert!(range.contains(&ratio), "{symbol} is at {} in {}", bar.close, bar.time.date());
        }
        let start = datetime!(2026-01-01 00:00 UTC);
        let first =
            market.bars(listing.con_id, BarSize::Day1, price_of(listing), start, start + Duration::DAY);
        assert!(
            (first[0].open.to_f64().unwrap() / anchor - 1.0).abs() < 0.001,
            "{symbol} starts at {first:?}"
        );
    }
}

#[test]
fn a_future_follows_its_leader() {
    let market = market();
    let close = |symbol: &str, at: OffsetDateTime| {
        let listing = find(&market, symbol);
        market.snapshot(listing.con_id, at).unwrap().previous_close
    };
    let ratio = |at| (close("ESZ6", at) / close("SPY", at)).to_f64().unwrap();
    let first = ratio(datetime!(2026-01-05 00:00 UTC));
    for day in (0..320).step_by(10) {
        let ratio = ratio(datetime!(2026-01-05 00:00 UTC) + Duration::days(day));
        assert!((ratio / first - 1.0).abs() < 0.02, "after {day} days: {ratio}, at first {first}");
    }
}

#[test]
fn the_session_is_busier_than_the_night() {
    let market = market();
    let volume = |hour: u8| {
        let at = datetime!(2026-11-18 00:00 UTC).replace_hour(hour).unwrap();
        let bars = market.bars(100_001, BarSize::Hour1, BarPrice::Trades, at, at + Duration::HOUR);
        bars[0].volume
    };
    // New York is five hours behind: the open, the middle and the close of its session, and its night.
    let (open, middle, close, night) = (volume(15), volume(17), volume(20), volume(6));
    assert!(
        open > middle && close > middle && middle > night * Decimal::TWO,
        "{open} {middle} {close} {night}"
    );
}

#[test]
fn a_listing_has_a_beginning_and_a_future_an_end() {
    let market = market();
    let es = find(&market, "ESZ6").con_id;
    assert_eq!(market.head(100_001), Some(datetime!(2010-01-01 00:00 UTC)));
    assert_eq!(market.head(es), Some(datetime!(2024-12-18 00:00 UTC)));
    assert_eq!(market.head(1), None);
    assert_eq!(market.snapshot(1, datetime!(2026-11-20 00:00 UTC)), None);
    assert_eq!(market.snapshot(100_001, datetime!(2010-01-01 00:00 UTC)), None);
    assert!(market.snapshot(100_001, datetime!(2010-01-01 00:10 UTC)).is_some());
    assert!(market.snapshot(es, datetime!(2026-12-18 23:59:59 UTC)).is_some());
    assert_eq!(market.snapshot(es, datetime!(2026-12-19 00:00 UTC)), None);
}
