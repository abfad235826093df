//! Bars of every size and price are what the ticks in them add up to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use domain::bar::BarSize;
use engine::listing::ListingKind;
use engine::market::GeneratedMarket;
use engine::tick::{BarPrice, MarketBar, Tick, TickKind};
use proptest::prelude::*;
use rust_decimal::Decimal;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

const PRICES: [BarPrice; 4] = [BarPrice::Trades, BarPrice::MidPoint, BarPrice::Bid, BarPrice::Ask];
const SYMBOLS: [&str; 9] = ["AAPL", "NVDA", "LLY", "HYG", "EUR.USD", "USD.JPY", "ESZ6", "ZNM7", "GCG7"];

fn market() -> GeneratedMarket {
    GeneratedMarket::new(7, date!(2026 - 11 - 22))
}

fn con_id(market: &GeneratedMarket, symbol: &str) -> i32 {
    market.listings().iter().find(|listing| listing.local_symbol == symbol).unwrap().con_id
}

/// Adds ticks up the obvious way. The average is kept as the sum of price times size.
struct Sum {
    size: BarSize,
    price: BarPrice,
    bid: Decimal,
    ask: Decimal,
    bars: BTreeMap<OffsetDateTime, MarketBar>,
}

impl Sum {
    fn new(size: BarSize, price: BarPrice) -> Self {
        Self { size, price, bid: Decimal::ZERO, ask: Decimal::ZERO, bars: BTreeMap::new() }
    }

    fn add(&mut self, ticks: &[Tick]) {
        for moment in ticks.chunk_by(|one, other| one.at == other.at) {
            for tick in moment {
                match tick.kind {
                    TickKind::Bid { price, .. } => {
                        self.bid = price;
                        self.put(BarPrice::Bid, tick.at, price, Decimal::ZERO);
                    }
                    TickKind::Ask { price, .. } => {
                        self.ask = price;
                        self.put(BarPrice::Ask, tick.at, price, Decimal::ZERO);
                    }
                    TickKind::Trade { price, size } => self.put(BarPrice::Trades, tick.at, price, size),
                }
            }
            self.put(BarPrice::MidPoint, moment[0].at, (self.bid + self.ask) / Decimal::TWO, Decimal::ZERO);
        }
    }

    fn put(&mut self, price: BarPrice, at: OffsetDateTime, value: Decimal, size: Decimal) {
        if price != self.price {
            return;
        }
        let time = self.size.floor(at);
        let bar = self.bars.entry(time).or_insert(MarketBar {
            time,
            open: value,
            high: value,
            low: value,
            close: value,
            volume: Decimal::ZERO,
            wap: Decimal::ZERO,
            trades: 0,
        });
        bar.high = bar.high.max(value);
        bar.low = bar.low.min(value);
        bar.close = value;
        bar.volume += size;
        bar.wap += size * value;
        bar.trades += u32::from(!size.is_zero());
    }

    /// Compares; an average must be right to a hundredth of a tick for seconds, and within the bar else.
    fn check(self, bars: &[MarketBar], tick: Decimal) {
        let expected: Vec<MarketBar> = self.bars.into_values().collect();
        let plain = |bars: &[MarketBar]| -> Vec<MarketBar> {
            bars.iter().map(|bar| MarketBar { wap: Decimal::ZERO, ..*bar }).collect()
        };
        assert_eq!(plain(bars), plain(&expected), "{:?} {:?}", self.size, self.price);
        for (bar, sum) in bars.iter().zip(expected) {
            if bar.volume.is_zero() {
                assert_eq!(bar.wap, Decimal::ZERO);
            } else if self.size < BarSize::Min1 {
                let exact = sum.wap / sum.volume;
                assert!((bar.wap - exact).abs() <= tick / Decimal::ONE_HUNDRED, "{bar:?} {exact}");
            } else {
                assert!(bar.low <= bar.wap && bar.wap <= bar.high, "{bar:?}");
            }
        }
    }
}

/// The bars of [from, to) against the ticks of the same time, fetched a day at a time.
fn check(symbol: &str, size: BarSize, price: BarPrice, from: OffsetDateTime, to: OffsetDateTime) {
    let market = market();
    let id = con_id(&market, symbol);
    let floor = size.floor(from);
    let first = if floor < from { size.end(floor) } else { floor };
    let mut sum = Sum::new(size, price);
    let mut at = first;
    while at < to {
        let next = (at + Duration::DAY).min(to);
        sum.add(&market.ticks(id, at, next));
        at = next;
    }
    sum.check(&market.bars(id, size, price, from, to), market.listing(id).unwrap().tick);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn a_bar_is_the_sum_of_its_ticks(
        symbol in prop::sample::select(&SYMBOLS[..]),
        (size, ..) in prop::sample::select(&BarSize::ALL[..19]),
        price in prop::sample::select(&PRICES[..]),
        start in 0_i64..365 * 86_400,
        nanos in 0_i64..2_000_000_000,
        length in 1_i32..300,
    ) {
        let from = datetime!(2026-01-15 00:00 UTC) + Duration::seconds(start) + Duration::nanoseconds(nanos);
        // Up to three bars, the last one cut somewhere.
        check(symbol, size, price, from, from + size.duration() * length / 100);
    }
}

#[test]
fn weeks_and_months_are_the_sums_of_their_ticks() {
    let (week, month) = (BarSize::Week1, BarSize::Month1);
    let cases = [
        (
            "AAPL",
            week,
            BarPrice::Trades,
            datetime!(2012-02-27 00:00 UTC),
            datetime!(2012-03-07 13:14:15.5 UTC),
        ),
        (
            "EUR.USD",
            week,
            BarPrice::MidPoint,
            datetime!(2026-11-01 00:00 UTC),
            datetime!(2026-11-10 00:00 UTC),
        ),
        ("ESZ6", month, BarPrice::Trades, datetime!(2026-11-15 00:00 UTC), datetime!(2026-12-25 00:00 UTC)),
        ("SPY", month, BarPrice::Bid, datetime!(2009-12-01 00:00 UTC), datetime!(2010-01-09 00:00 UTC)),
    ];
    for (symbol, size, price, from, to) in cases {
        check(symbol, size, price, from, to);
    }
}

#[test]
fn every_size_of_every_price_sums_up_around_the_change_of_the_clock() {
    // New York leaves daylight saving time on 2026-11-01.
    for symbol in ["MSFT", "GBP.USD", "CLF7"] {
        for price in PRICES {
            for (size, ..) in &BarSize::ALL[..19] {
                let from = datetime!(2026-10-31 23:50 UTC);
                let length = (size.duration() * 2_i32 + Duration::seconds(7)).min(Duration::hours(30));
                check(symbol, *size, price, from, from + length);
            }
        }
    }
}

#[test]
fn bars_start_in_the_range_and_never_look_past_its_end() {
    let market = market();
    let id = con_id(&market, "AAPL");
    let (from, to) = (datetime!(2026-11-20 15:00:30 UTC), datetime!(2026-11-20 15:10:20 UTC));
    let bars = market.bars(id, BarSize::Min1, BarPrice::Trades, from, to);
    let times: Vec<OffsetDateTime> = bars.iter().map(|bar| bar.time).collect();
    let expected: Vec<OffsetDateTime> =
        (1..=10).map(|minute| datetime!(2026-11-20 15:00 UTC) + Duration::minutes(minute)).collect();
    assert_eq!(times, expected);
    let whole = market.bars(id, BarSize::Min1, BarPrice::Trades, from, to + Duration::MINUTE);
    assert_eq!(bars[..9], whole[..9]);
    assert!(bars[9].volume < whole[9].volume, "the last bar is cut");
}

#[test]
fn what_has_no_bars_gives_none() {
    let market = market();
    let (aapl, eur, es) = (con_id(&market, "AAPL"), con_id(&market, "EUR.USD"), con_id(&market, "ESZ6"));
    let (old, new) = (datetime!(2009-01-01 00:00 UTC), datetime!(2010-01-01 00:00 UTC));
    let cases = [
        ("an unknown id", 1, BarPrice::Trades, new, new + Duration::DAY),
        ("trades of a currency pair", eur, BarPrice::Trades, new, new + Duration::DAY),
        ("before the first day", aapl, BarPrice::Trades, old, new),
        ("upside down", aapl, BarPrice::Trades, new + Duration::DAY, new),
        ("empty", aapl, BarPrice::Trades, new, new),
        ("expired", es, BarPrice::Trades, datetime!(2026-12-19 00:00 UTC), datetime!(2026-12-25 00:00 UTC)),
        (
            "the end of time",
            aapl,
            BarPrice::Trades,
            datetime!(9999-12-31 00:00 UTC),
            datetime!(9999-12-31 23:00 UTC),
        ),
    ];
    for (what, id, price, from, to) in cases {
        for (size, ..) in BarSize::ALL {
            assert_eq!(market.bars(id, size, price, from, to), vec![], "{what}, {size:?}");
        }
        assert_eq!(market.ticks(if id == eur { 1 } else { id }, from, to), vec![], "{what}");
    }
    assert_eq!(market.listing(eur).unwrap().kind, ListingKind::Fx);
}
