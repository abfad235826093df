//! What happened to one instrument on one day: every trade, and every change of its best bid and offer.

use std::ops::Range;

use rust_decimal::Decimal;

use super::moment;
use crate::depth::{Depth, DepthLevel};
use crate::lean::best::Side;
use crate::lean::tick::exchange;
use crate::lean::{Level, Price};
use crate::listing::Listing;
use crate::print::Print;
use crate::tick::{Snapshot, Tick, TickKind};

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
    pub(super) exchange: char,
    pub(super) conditions: u32,
}

/// A change of the best of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    /// In microseconds since 1970.
    pub(super) at: i64,
    pub(super) side: Side,
    pub(super) best: Level,
    pub(super) exchange: char,
}

/// The day of one instrument.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) trades: Vec<Trade>,
    pub(super) quotes: Vec<Quote>,
}

impl Tape {
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
