//! The folded best bid and offer against the minute and second quote files, bar by bar.

use std::collections::BTreeMap;

use engine::lean::bar::{self, Prices, QuoteBar, QuoteSide};
use engine::lean::best::{BestQuotes, Side};
use engine::lean::{File, Level, tick};
use engine::recorded::Files;

use crate::folder::Real;

/// The bars that quotes make: each side opens at what it was before, and has what came in its time.
fn fold(rows: &[tick::QuoteTick], length: i64) -> BTreeMap<i64, QuoteBar> {
    let mut quotes = BestQuotes::default();
    let mut bars: BTreeMap<i64, QuoteBar> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.suspicious && row.conditions & ANNOUNCEMENT == 0) {
        let before = [Side::Bid, Side::Ask].map(|side| quotes.best(side));
        drop(quotes.take(row));
        let time = row.time - row.time % length;
        let bar = bars.entry(time).or_insert(QuoteBar {
            time,
            bid: before[0].map(point),
            ask: before[1].map(point),
        });
        grow(&mut bar.bid, quotes.best(Side::Bid));
        grow(&mut bar.ask, quotes.best(Side::Ask));
    }
    bars
}

fn point(level: Level) -> QuoteSide {
    let price = level.price;
    QuoteSide { prices: Prices { open: price, high: price, low: price, close: price }, size: level.size }
}

fn grow(side: &mut Option<QuoteSide>, now: Option<Level>) {
    let Some(now) = now else { return };
    let side = side.get_or_insert_with(|| point(now));
    let prices = &mut side.prices;
    (prices.high, prices.low, prices.close) =
        (prices.high.max(now.price), prices.low.min(now.price), now.price);
    side.size = now.size;
}

fn read(files: &Real, path: &str) -> Vec<u8> {
    files.read(&format!("equity/usa/{path}")).unwrap().unwrap()
}

/// The conditions of opening and closing quotes, which are left out.
const ANNOUNCEMENT: u32 = 0x808;

/// How many bars of the file there are, how many of them are folded the same in all ten fields, and how many are folded
/// that the file does not have.
fn compare(files: &Real, symbol: &str, date: &str, (grain, length): (&str, i64)) -> (usize, usize, usize) {
    let ticks = read(files, &format!("tick/{symbol}/{date}_quote.zip"));
    let bars = read(files, &format!("{grain}/{symbol}/{date}_quote.zip"));
    let ticks = tick::quotes(File { name: symbol, bytes: &ticks }).unwrap();
    let bars = bar::quotes(File { name: symbol, bytes: &bars }).unwrap();
    assert_eq!((ticks.rejected.count, bars.rejected.count), (0, 0), "{symbol} {date}");
    let folded = fold(&ticks.rows, length);
    let same = bars.rows.iter().filter(|bar| folded.get(&bar.time) == Some(bar)).count();
    let extra = folded.keys().filter(|time| !bars.rows.iter().any(|bar| bar.time == **time)).count();
    (bars.rows.len(), same, extra)
}

#[test]
fn minutes_agree_with_the_files() {
    let Some(files) = Real::open() else { return };
    let cases = [
        ("aig", "20131007", (522, 522, 0)),
        ("aig", "20131008", (514, 514, 0)),
        ("bac", "20131007", (641, 641, 0)),
        ("bac", "20131008", (636, 636, 0)),
        ("ibm", "20131007", (554, 554, 0)),
        ("ibm", "20131008", (594, 594, 0)),
    ];
    let found =
        cases.map(|(symbol, date, _)| (symbol, date, compare(&files, symbol, date, ("minute", 60_000))));
    assert_eq!(found, cases);
}

/// Of IBM, the file has not the last ask of 10:46:32, which crossed the bid; so that second and the next differ.
#[test]
fn seconds_agree_with_the_files() {
    let Some(files) = Real::open() else { return };
    let cases = [("aig", (19_775, 19_775, 0)), ("bac", (18_817, 18_817, 0)), ("ibm", (11_676, 11_674, 0))];
    let found = cases.map(|(symbol, _)| (symbol, compare(&files, symbol, "20131007", ("second", 1_000))));
    assert_eq!(found, cases);
}
