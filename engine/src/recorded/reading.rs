//! What the files of a day say, made into a tape.

use time::Duration;

use super::folder::{Content, Folder, Found, Grain};
use super::tape::{Quote, Tape, Trade};
use super::{Reading, micros};
use crate::lean::bar::{QuoteBar, TradeBar};
use crate::lean::best::{BestQuotes, Change, Side};
use crate::lean::tick::TradeTick;
use crate::lean::{ExchangeDay, Level, Price, ReadError, Rows, bar, csv, tick};

/// The most rows of one day's instruments together: some three gigabytes. They are counted file by file, so that the last
/// one may go beyond it, by what one file may hold.
const MOST_ROWS: usize = 60_000_000;

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
    use crate::tick::Tick;

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
