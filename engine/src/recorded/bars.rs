//! Bars of a recorded instrument: of the day from its ticks, of earlier days from the files.

use domain::bar::BarSize;
use time::macros::time;
use time::{Date, OffsetDateTime};
use time_tz::{OffsetDateTimeExt, timezones::db::america::NEW_YORK};

use super::folder::{Content, Folder, Grain};
use super::micros;
use super::piece::{Piece, add_up, halves};
use super::tape::{Quote, Tape, Trade};
use crate::lean::bar::{self, QuoteBar};
use crate::lean::best::Side;
use crate::lean::{ExchangeDay, ReadError};
use crate::tick::{BarPrice, MarketBar};

/// The most days whose files one question opens.
const MOST_DAYS: usize = 40;

/// What is asked.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) size: BarSize,
    pub(super) price: BarPrice,
    pub(super) from: OffsetDateTime,
    pub(super) to: OffsetDateTime,
}

/// The past of one instrument.
pub(super) struct History<'a> {
    pub(super) folder: &'a Folder,
    pub(super) symbol: &'a str,
    pub(super) day: ExchangeDay,
    pub(super) tape: &'a Tape,
}

impl History<'_> {
    /// The bars that start in [`from`, `to`), of what happened before `to`. A file that cannot be used is complained
    /// about and has no bars: the day itself was read at the start, and is not affected.
    pub(super) fn bars(&self, wanted: Wanted) -> Vec<MarketBar> {
        let earlier = match wanted.size {
            size if size >= BarSize::Day1 => self.days(wanted),
            size if size >= BarSize::Hour1 && wanted.price == BarPrice::Trades => self.hours(wanted),
            _ => Ok(self.short(wanted)),
        };
        let earlier = earlier.unwrap_or_else(|error| {
            self.folder.complain(&error);
            Vec::new()
        });
        let pieces = earlier.into_iter().chain(self.today(wanted));
        add_up(pieces, wanted.size, wanted.price, (wanted.from, wanted.to))
    }

    /// Earlier days, as the beginnings of their dates.
    fn days(&self, wanted: Wanted) -> Result<Vec<Piece>, ReadError> {
        if wanted.price != BarPrice::Trades {
            return Ok(Vec::new());
        }
        let last = self.day.date().min(wanted.to.date());
        let rows = self.folder.days(self.symbol)?.into_iter();
        let rows = rows.filter(|row| row.date < self.day.date() && row.date <= last);
        Ok(rows.map(|row| Piece::of_bar(date_start(row.date), row.bar.prices, row.bar.volume)).collect())
    }

    fn hours(&self, wanted: Wanted) -> Result<Vec<Piece>, ReadError> {
        let rows = self.folder.hours(self.symbol)?.into_iter().filter(|row| row.date < self.day.date());
        let pieces = rows.filter_map(|row| {
            let at = ExchangeDay::new(row.date).at(row.bar.time)?;
            Some(Piece::of_bar(micros(at), row.bar.prices, row.bar.volume))
        });
        let (from, to) = (micros(wanted.size.floor(wanted.from)), micros(wanted.to));
        Ok(pieces.filter(|piece| (from..to).contains(&piece.at)).collect())
    }

    /// Earlier days from their seconds or minutes.
    fn short(&self, wanted: Wanted) -> Vec<Piece> {
        let grain = if wanted.size < BarSize::Min1 { Grain::Second } else { Grain::Minute };
        let (from, to) = (micros(wanted.size.floor(wanted.from)), micros(wanted.to));
        let mut date = wanted.from.to_timezone(NEW_YORK).date();
        let mut pieces = Vec::new();
        for _ in 0..MOST_DAYS {
            if date >= self.day.date() || micros(date.midnight().assume_utc()) > to {
                break;
            }
            match self.file(date, grain, wanted.price) {
                Ok(more) => pieces.extend(more),
                Err(error) => self.folder.complain(&error),
            }
            let Some(next) = date.next_day() else { break };
            date = next;
        }
        pieces.retain(|piece| (from..to).contains(&piece.at));
        pieces
    }

    fn file(&self, date: Date, grain: Grain, price: BarPrice) -> Result<Vec<Piece>, ReadError> {
        let day = ExchangeDay::new(date);
        if price == BarPrice::Trades {
            let Some(found) = self.folder.of_day(self.symbol, date, (grain, Content::Trades))? else {
                return Ok(Vec::new());
            };
            let bars = self.folder.sound(&found, bar::trades(found.file())?).into_iter();
            return Ok(bars
                .filter_map(|bar| Some(Piece::of_bar(micros(day.at(bar.time)?), bar.prices, bar.volume)))
                .collect());
        }
        let Some(found) = self.folder.of_day(self.symbol, date, (grain, Content::Quotes))? else {
            return Ok(Vec::new());
        };
        let bars = self.folder.sound(&found, bar::quotes(found.file())?).into_iter();
        Ok(bars.filter_map(|bar| quote_piece(&bar, price, micros(day.at(bar.time)?))).collect())
    }

    /// The day itself, up to the moment asked for: of days and longer bars, the regular session.
    fn today(&self, wanted: Wanted) -> Vec<Piece> {
        let to = micros(wanted.to);
        if wanted.size >= BarSize::Day1 {
            let session = (self.day.time(time!(09:30)), self.day.time(time!(16:00)));
            let (Some(open), Some(close)) = session else { return Vec::new() };
            if wanted.price != BarPrice::Trades {
                return Vec::new();
            }
            // A day's bar stands at the beginning of its date.
            let start = date_start(self.day.date());
            let trades = self.tape.trades(micros(open), micros(close).min(to));
            return trades.iter().map(|trade| Piece { at: start, ..traded(trade) }).collect();
        }
        let from = micros(wanted.size.floor(wanted.from));
        match wanted.price {
            BarPrice::Trades => self.tape.trades(from, to).iter().map(traded).collect(),
            price => quoted(self.tape.quotes(from, to), self.tape.best(from), price),
        }
    }
}

fn date_start(date: Date) -> i64 {
    micros(date.midnight().assume_utc())
}

fn traded(trade: &Trade) -> Piece {
    let point = Piece::point(trade.at, 2 * trade.price.ten_thousandths());
    Piece { volume: trade.size, trades: 1, ..point }
}

/// A bar of quotes as a piece; its mid prices are between the sides' prices of the same name.
fn quote_piece(bar: &QuoteBar, price: BarPrice, at: i64) -> Option<Piece> {
    let side = |side: Option<bar::QuoteSide>| side.map(|side| halves(side.prices));
    let prices = match price {
        BarPrice::Bid => side(bar.bid)?,
        BarPrice::Ask => side(bar.ask)?,
        BarPrice::MidPoint | BarPrice::Trades => {
            let (bid, ask) = (side(bar.bid)?, side(bar.ask)?);
            [0, 1, 2, 3].map(|place: usize| i64::midpoint(bid[place], ask[place]))
        }
    };
    Some(Piece { at, prices, volume: 0, trades: 0 })
}

/// Changes of the best prices as pieces; mid prices are those that stand after all changes of one moment.
fn quoted(
    quotes: &[Quote],
    (bid, ask): (Option<crate::lean::Level>, Option<crate::lean::Level>),
    price: BarPrice,
) -> Vec<Piece> {
    let half = |level: crate::lean::Level| 2 * level.price.ten_thousandths();
    let (mut bid, mut ask) = (bid.map(half), ask.map(half));
    let mut pieces: Vec<Piece> = Vec::new();
    for quote in quotes {
        let side = if quote.side == Side::Bid { &mut bid } else { &mut ask };
        *side = Some(half(quote.best));
        let now = match (price, quote.side) {
            (BarPrice::Bid, Side::Bid) => bid,
            (BarPrice::Ask, Side::Ask) => ask,
            (BarPrice::MidPoint, _) => bid.zip(ask).map(|(bid, ask)| i64::midpoint(bid, ask)),
            _ => None,
        };
        let Some(now) = now else { continue };
        if price == BarPrice::MidPoint {
            pieces.pop_if(|last| last.at == quote.at);
        }
        pieces.push(Piece::point(quote.at, now));
    }
    pieces
}
