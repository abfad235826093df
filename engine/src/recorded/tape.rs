//! What happened to one instrument on one day: every trade, and every change of its best bid and offer.

use std::ops::Range;

use rust_decimal::Decimal;
use time::Duration;

use super::folder::{Content, Folder, Found, Grain};
use super::{Reading, micros, moment};
use crate::depth::{Depth, DepthLevel};
use crate::lean::bar::{QuoteBar, TradeBar};
use crate::lean::best::{BestQuotes, Change, Side};
use crate::lean::tick::{TradeTick, exchange};
use crate::lean::{ExchangeDay, Level, Price, ReadError, Rows, bar, csv, tick};
use crate::listing::Listing;
use crate::print::Print;
use crate::tick::{Snapshot, Tick, TickKind};

/// The most rows of one day's instruments together: some three gigabytes.
const MOST_ROWS: usize = 60_000_000;

/// How many changes are looked back at for what stands behind the best price.
const LOOK_BACK: usize = 4_000;

/// Conditions of a regular sale.
const REGULAR: [u32; 2] = [0, 1];

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trade {
    /// In microseconds since 1970: no two are at the same, those of one millisecond follow each other by one.
    pub(super) at: i64,
    pub(super) price: Price,
    pub(super) size: i64,
    exchange: char,
    conditions: u32,
}

/// A change of the best of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    /// In microseconds since 1970.
    pub(super) at: i64,
    pub(super) side: Side,
    pub(super) best: Level,
    exchange: char,
}

/// The day of one instrument.
#[derive(Debug, Default)]
pub(super) struct Tape {
    trades: Vec<Trade>,
    quotes: Vec<Quote>,
}

impl Tape {
    /// Reads the finest files that a folder has of this day.
    pub(super) fn read(
        folder: &Folder,
        symbol: &str,
        day: ExchangeDay,
        reading: &mut Reading,
    ) -> Result<Self, ReadError> {
        let mut tape = Self::default();
        for content in [Content::Trades, Content::Quotes] {
            for grain in Grain::ALL {
                if let Some(found) = folder.of_day(symbol, day.date(), (grain, content))? {
                    match content {
                        Content::Trades => tape.trades = read_trades(&found, grain, day, reading)?,
                        Content::Quotes => tape.quotes = read_quotes(&found, grain, day, reading)?,
                    }
                    break;
                }
            }
            if reading.rows > MOST_ROWS {
                let problem = format!(
                    "with it the day has more than {MOST_ROWS} rows, too many to hold in memory; \
                     take symbols that you do not need out of the folder"
                );
                return Err(ReadError::new(symbol, problem));
            }
        }
        Ok(tape)
    }

    /// The first and the last moment at which something happens.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let ends = |times: [Option<i64>; 2]| times.into_iter().flatten();
        let first = ends([self.trades.first().map(|it| it.at), self.quotes.first().map(|it| it.at)]).min()?;
        let last = ends([self.trades.last().map(|it| it.at), self.quotes.last().map(|it| it.at)]).max()?;
        Some((first, last))
    }

    /// How many trades and changes of a best price there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.trades.len(), self.quotes.len())
    }

    /// The best bid and ask that all before a moment left behind.
    pub(super) fn best(&self, at: i64) -> (Option<Level>, Option<Level>) {
        let before = &self.quotes[..self.quotes.partition_point(|quote| quote.at < at)];
        let newest = |side| before.iter().rev().find(|quote| quote.side == side).map(|quote| quote.best);
        (newest(Side::Bid), newest(Side::Ask))
    }

    /// The trades before a moment.
    pub(super) fn trades_before(&self, at: i64) -> &[Trade] {
        &self.trades[..self.trades.partition_point(|trade| trade.at < at)]
    }

    /// The trades with `from` <= time < `to`.
    pub(super) fn trades(&self, from: i64, to: i64) -> &[Trade] {
        &self.trades[range(&self.trades, from, to, |trade| trade.at)]
    }

    /// The changes of the best prices with `from` <= time < `to`.
    pub(super) fn quotes(&self, from: i64, to: i64) -> &[Quote] {
        &self.quotes[range(&self.quotes, from, to, |quote| quote.at)]
    }

    /// Quotes and trades with `from` <= time < `to`, in order; of one moment, the quotes first.
    pub(super) fn ticks(&self, from: i64, to: i64) -> Vec<Tick> {
        let (mut trades, mut quotes) = (self.trades(from, to), self.quotes(from, to));
        let mut ticks = Vec::with_capacity(trades.len() + quotes.len());
        loop {
            match (trades.split_first(), quotes.split_first()) {
                (Some((trade, rest)), quote) if quote.is_none_or(|(quote, _)| trade.at < quote.at) => {
                    ticks.push(trade.tick());
                    trades = rest;
                }
                (_, Some((quote, rest))) => {
                    ticks.push(quote.tick());
                    quotes = rest;
                }
                _ => return ticks,
            }
        }
    }

    /// The trades with `from` <= time < `to`, as they stand on the tape.
    pub(super) fn prints(&self, from: i64, to: i64) -> Vec<Print> {
        self.trades(from, to).iter().map(Trade::print).collect()
    }

    /// The book whose best prices are those of `top`: behind a best price that is the recorded one stands the last
    /// that is known of each exchange.
    pub(super) fn depth(&self, listing: &Listing, top: &Snapshot, at: i64) -> Depth {
        let before = &self.quotes[..self.quotes.partition_point(|quote| quote.at < at)];
        let side = |side, price: Decimal, size| {
            if price <= Decimal::ZERO {
                return Vec::new();
            }
            let mut levels = behind(before, side);
            if levels.first().is_none_or(|first| first.price != price || first.size != size) {
                levels = vec![DepthLevel { price, size, exchange: listing.primary_exchange.clone() }];
            }
            levels
        };
        Depth { bids: side(Side::Bid, top.bid, top.bid_size), asks: side(Side::Ask, top.ask, top.ask_size) }
    }
}

impl Trade {
    fn tick(&self) -> Tick {
        let kind = TickKind::Trade { price: self.price.decimal(), size: Decimal::from(self.size) };
        Tick { at: moment(self.at), kind }
    }

    fn print(&self) -> Print {
        let conditions =
            if REGULAR.contains(&self.conditions) { String::new() } else { format!("{:x}", self.conditions) };
        Print {
            at: moment(self.at),
            price: self.price.decimal(),
            size: Decimal::from(self.size),
            exchange: exchange(self.exchange),
            conditions,
            unreported: false,
            past_limit: false,
        }
    }
}

impl Quote {
    fn tick(&self) -> Tick {
        let (price, size) = (self.best.price.decimal(), Decimal::from(self.best.size));
        let kind = match self.side {
            Side::Bid => TickKind::Bid { price, size },
            Side::Ask => TickKind::Ask { price, size },
        };
        Tick { at: moment(self.at), kind }
    }
}

fn range<T>(all: &[T], from: i64, to: i64, at: impl Fn(&T) -> i64) -> Range<usize> {
    let start = all.partition_point(|it| at(it) < from);
    start..all.partition_point(|it| at(it) < to).max(start)
}

/// The best level of a side and what stands behind it, best first: of each exchange its newest level that was never
/// overtaken (the rule of [`crate::lean::best`]), and of one price the newest.
fn behind(quotes: &[Quote], side: Side) -> Vec<DepthLevel> {
    let is_behind = |price: Price, bound: Price| match side {
        Side::Bid => price < bound,
        Side::Ask => price > bound,
    };
    let (mut seen, mut bound) = (String::new(), None::<Price>);
    let mut levels: Vec<(Price, DepthLevel)> = Vec::new();
    for quote in quotes.iter().rev().take(LOOK_BACK).filter(|quote| quote.side == side) {
        let Level { price, size } = quote.best;
        let stands = bound.is_none_or(|bound| is_behind(price, bound) || price == bound);
        bound = Some(bound.filter(|bound| !is_behind(price, *bound)).unwrap_or(price));
        if seen.contains(quote.exchange) {
            continue;
        }
        seen.push(quote.exchange);
        let is_best = levels.first().is_some_and(|(best, _)| *best == price);
        if stands && !is_best {
            let level = DepthLevel {
                price: price.decimal(),
                size: Decimal::from(size),
                exchange: exchange(quote.exchange),
            };
            levels.push((price, level));
        }
    }
    match side {
        Side::Bid => levels.sort_by_key(|(price, _)| -price.ten_thousandths()),
        Side::Ask => levels.sort_by_key(|(price, _)| price.ten_thousandths()),
    }
    levels.into_iter().map(|(_, level)| level).collect()
}

fn read_trades(
    found: &Found,
    grain: Grain,
    day: ExchangeDay,
    reading: &mut Reading,
) -> Result<Vec<Trade>, ReadError> {
    if let Grain::Csv | Grain::Tick = grain {
        let read =
            if grain == Grain::Csv { csv::trades(found.file(), day)? } else { tick::trades(found.file())? };
        let rows = reading.take(found, read);
        reading.doubt(found, rows.iter().filter(|row| row.suspicious).count());
        return Ok(apart(trades(&rows, day)));
    }
    let rows = reading.take(found, bar::trades(found.file())?);
    Ok(apart(rows.iter().flat_map(|bar| bar_trades(bar, length(grain), day)).collect()))
}

fn read_quotes(
    found: &Found,
    grain: Grain,
    day: ExchangeDay,
    reading: &mut Reading,
) -> Result<Vec<Quote>, ReadError> {
    if let Grain::Second | Grain::Minute = grain {
        let rows = reading.take(found, bar::quotes(found.file())?);
        return Ok(bar_quotes(&rows, length(grain), day));
    }
    let read =
        if grain == Grain::Csv { csv::quotes(found.file(), day)? } else { tick::quotes(found.file())? };
    let rows = reading.take(found, read);
    let mut best = BestQuotes::default();
    let changes = rows.iter().flat_map(|row| best.take(row));
    let quote = |Change { time, side, best, exchange }| {
        Some(Quote { at: micros(day.at(time)?), side, best, exchange })
    };
    let quotes = changes.filter_map(quote).collect();
    reading.doubt(found, best.suspicious());
    reading.announcements += best.announcements();
    Ok(quotes)
}

impl Reading {
    /// Notes what was read of a file.
    fn take<T>(&mut self, found: &Found, read: Rows<T>) -> Vec<T> {
        self.files += 1;
        self.rows += read.rows.len();
        if read.rejected.count > 0 {
            self.notes.push(format!("{}: {}", found.name, read.rejected));
        }
        read.rows
    }

    /// Notes how many rows of a file are suspicious.
    fn doubt(&mut self, found: &Found, rows: usize) {
        if rows > 0 {
            self.notes.push(format!("{}: rows marked as suspicious were left out: {rows}", found.name));
        }
    }
}

fn length(grain: Grain) -> Duration {
    match grain {
        Grain::Csv | Grain::Tick => Duration::MILLISECOND,
        Grain::Second => Duration::SECOND,
        Grain::Minute => Duration::MINUTE,
    }
}

/// The trades that are not suspicious.
fn trades(rows: &[TradeTick], day: ExchangeDay) -> Vec<Trade> {
    let trade = |row: &TradeTick| {
        let TradeTick { price, size, exchange, conditions, .. } = *row;
        Some(Trade { at: micros(day.at(row.time)?), price, size, exchange, conditions })
    };
    rows.iter().filter(|row| !row.suspicious).filter_map(trade).collect()
}

/// The same, each at least a microsecond after the one before: a moment finds one trade. More than a millisecond has
/// room for reach into the next.
fn apart(mut trades: Vec<Trade>) -> Vec<Trade> {
    let mut earliest = i64::MIN;
    for trade in &mut trades {
        trade.at = trade.at.max(earliest);
        earliest = trade.at + 1;
    }
    trades
}

/// A bar as trades: open, the two extremes, close.
fn bar_trades(bar: &TradeBar, length: Duration, day: ExchangeDay) -> Vec<Trade> {
    let Some(start) = day.at(bar.time).map(micros) else { return Vec::new() };
    let prices = bar.prices;
    let extremes =
        if prices.close >= prices.open { [prices.low, prices.high] } else { [prices.high, prices.low] };
    let mut points = vec![prices.open, extremes[0], extremes[1], prices.close];
    points.dedup();
    let count = i64::try_from(points.len()).unwrap_or(1);
    let (each, rest) = (bar.volume / count, bar.volume % count);
    let step = i64::try_from(length.whole_microseconds()).unwrap_or_default() / count;
    let trade = |(place, price): (i64, Price)| Trade {
        at: start + place * step,
        price,
        size: if place + 1 == count { each + rest } else { each },
        exchange: ' ',
        conditions: 0,
    };
    (0..).zip(points).map(trade).collect()
}

/// Bars as quotes: what each side is at the beginning and at the end.
fn bar_quotes(bars: &[QuoteBar], length: Duration, day: ExchangeDay) -> Vec<Quote> {
    let (mut quotes, mut bests) = (Vec::new(), [None; 2]);
    let mut tell = |at, side: Side, best: Level| {
        let known = &mut bests[usize::from(side == Side::Ask)];
        if *known != Some(best) {
            *known = Some(best);
            quotes.push(Quote { at, side, best, exchange: ' ' });
        }
    };
    for bar in bars {
        let Some(start) = day.at(bar.time).map(micros) else { continue };
        let end = start + i64::try_from(length.whole_microseconds()).unwrap_or_default() - 1_000;
        let sides = [(Side::Bid, bar.bid), (Side::Ask, bar.ask)];
        let sides = || sides.into_iter().filter_map(|(side, bar)| Some((side, bar?)));
        for (side, bar) in sides() {
            tell(start, side, Level { price: bar.prices.open, size: bar.size });
        }
        for (side, bar) in sides() {
            tell(end, side, Level { price: bar.prices.close, size: bar.size });
        }
    }
    quotes
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn no_two_trades_share_a_moment() {
        let row = |time| TradeTick {
            time,
            price: Price::new(10_000).unwrap(),
            size: 1,
            exchange: 'P',
            conditions: 0,
            suspicious: false,
        };
        let rows: Vec<_> = std::iter::repeat_n(row(5), 2_500).chain([row(6), row(20)]).collect();
        let trades = apart(trades(&rows, ExchangeDay::new(date!(2013 - 10 - 07))));
        let first = trades[0].at;
        let expected: Vec<_> = (0..=2_500).chain([15_000]).collect();
        assert_eq!(trades.iter().map(|trade| trade.at - first).collect::<Vec<_>>(), expected);
        let tape = Tape { trades, quotes: Vec::new() };
        let alone = |tick: &Tick| tape.prints(micros(tick.at), micros(tick.at) + 1).len();
        assert!(tape.ticks(first, first + 20_000).iter().all(|tick| alone(tick) == 1));
    }
}
