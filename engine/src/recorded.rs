//! A recorded market: one day of a folder of recorded data (LEAN's format, [`crate::lean`]), played as if it were now.
//!
//! It answers like the generated market, for any moment of its day, and never from the future of the moment asked for:
//! - **ticks** come from the finest file that the day has: CSV ([`crate::lean::csv`]), else every trade and quote, else
//!   seconds, else minutes. A bar of
//!   trades is played as its open, the two extremes and the close, spread over its time, with its volume divided among
//!   them; a bar of quotes as its open and its close. So bars that are built from these ticks are those of the file.
//! - **bars** of the day itself are built from its ticks, whatever the hour. Earlier days come from the file that suits
//!   the size: seconds, minutes, hours (regular session alone) or days (regular session; of the day itself, the
//!   regular session so far). A day without that file has no bars. Prices are as they were then: not adjusted for
//!   splits and dividends.
//! - **instruments** are those for which the folder has a file of that day.

mod bars;
mod folder;
mod instrument;
mod piece;
mod reading;
mod tape;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use domain::bar::BarSize;
use rust_decimal::Decimal;
use time::macros::time;
use time::{Date, OffsetDateTime};

use self::folder::Folder;
use self::tape::Tape;
use crate::depth::Depth;
use crate::lean::{ExchangeDay, Level, Price, ReadError};
use crate::listing::Listing;
use crate::market::Market;
use crate::print::Print;
use crate::tick::{BarPrice, MarketBar, Snapshot, Tick};

/// The files of a folder. Reading them is left to the caller, so that nothing here does I/O.
pub trait Files: Send + Sync {
    /// What is in the file at this path, whose parts are separated by `/`; `None` where there is none.
    fn read(&self, path: &str) -> std::io::Result<Option<Vec<u8>>>;

    /// The names in the folder at this path, in order; empty where there is none.
    fn list(&self, path: &str) -> std::io::Result<Vec<String>>;

    /// Tells of a file of an earlier day that was asked for and cannot be used: its bars are missing.
    fn complain(&self, error: &ReadError);
}

/// What was read at the start, for whoever wants to compare with the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The files.
    pub files: usize,
    /// Their rows.
    pub rows: usize,
    /// Rows that could not be used or are doubted by the source, each file's with a sentence.
    pub notes: Vec<String>,
    /// How many opening and closing quotes were left out ([`crate::lean::best`]).
    pub announcements: usize,
}

/// One day of a folder.
pub struct RecordedMarket {
    folder: Folder,
    day: ExchangeDay,
    listings: Vec<Listing>,
    /// What is known of each listing, in the same order.
    known: Vec<Known>,
    places: HashMap<i32, usize>,
    reading: Reading,
}

/// What is known of a listing.
struct Known {
    /// Its name in the folder.
    symbol: String,
    /// What happened on the day.
    tape: Tape,
    /// The last close before the day.
    previous_close: Option<Price>,
}

impl fmt::Debug for RecordedMarket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.day.date();
        formatter
            .debug_struct("RecordedMarket")
            .field("date", &date)
            .field("listings", &self.listings.len())
            .finish_non_exhaustive()
    }
}

impl RecordedMarket {
    /// Reads all that a folder has of this date.
    pub fn open(files: Arc<dyn Files>, date: Date) -> Result<Self, ReadError> {
        let folder = Folder::new(files);
        let day = ExchangeDay::new(date);
        let mut reading = Reading::default();
        let (mut listings, mut known) = (Vec::new(), Vec::new());
        for symbol in folder.symbols(date)? {
            let listing = instrument::listing(&symbol, &folder, |id| {
                listings.iter().any(|listing: &Listing| listing.con_id == id)
            })?;
            let tape = Tape::read(&folder, &symbol, day, &mut reading)?;
            let previous_close = folder.previous_close(&symbol, date)?;
            listings.push(listing);
            known.push(Known { symbol, tape, previous_close });
        }
        let places = listings.iter().enumerate().map(|(place, listing)| (listing.con_id, place)).collect();
        Ok(Self { folder, day, listings, known, places, reading })
    }

    /// What was read.
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Its day.
    pub const fn day(&self) -> ExchangeDay {
        self.day
    }

    /// The first and the last moment at which something happens.
    pub fn span(&self) -> Option<(OffsetDateTime, OffsetDateTime)> {
        let spans = || self.known.iter().filter_map(|known| known.tape.span());
        let first = spans().map(|(first, _)| first).min()?;
        let last = spans().map(|(_, last)| last).max()?;
        Some((moment(first), moment(last)))
    }

    /// When the regular session begins.
    pub fn opening(&self) -> Option<OffsetDateTime> {
        self.day.time(time!(09:30))
    }

    /// How many trades and how many changes of a best price a listing has on the day.
    pub fn counts(&self, con_id: i32) -> (usize, usize) {
        self.find(con_id).map_or((0, 0), |(_, known)| known.tape.counts())
    }

    fn find(&self, con_id: i32) -> Option<(&Listing, &Known)> {
        let place = *self.places.get(&con_id)?;
        Some((self.listings.get(place)?, self.known.get(place)?))
    }
}

impl Market for RecordedMarket {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn listing(&self, con_id: i32) -> Option<&Listing> {
        self.find(con_id).map(|(listing, _)| listing)
    }

    fn head(&self, con_id: i32) -> Option<OffsetDateTime> {
        let (_, known) = self.find(con_id)?;
        let first_day = self.folder.days(&known.symbol).ok()?.first().map(|row| row.date);
        first_day.map(|date| date.midnight().assume_utc()).or_else(|| Some(moment(known.tape.span()?.0)))
    }

    fn snapshot(&self, con_id: i32, at: OffsetDateTime) -> Option<Snapshot> {
        let (_, known) = self.find(con_id)?;
        let at = micros(at);
        let tape = &known.tape;
        let (bid, ask) = tape.best(at);
        let price = |level: Option<Level>| level.map_or(Decimal::ZERO, |level| level.price.decimal());
        let size = |level: Option<Level>| level.map_or(Decimal::ZERO, |level| Decimal::from(level.size));
        let trades = tape.trades_before(at);
        let last = trades.last();
        let decimal = Price::decimal;
        Some(Snapshot {
            bid: price(bid),
            bid_size: size(bid),
            ask: price(ask),
            ask_size: size(ask),
            last: last.map(|trade| trade.price.decimal()),
            last_size: last.map(|trade| Decimal::from(trade.size)),
            last_at: last.map(|trade| moment(trade.at)),
            open: trades.first().map(|trade| trade.price.decimal()),
            high: trades.iter().map(|trade| trade.price).max().map(decimal),
            low: trades.iter().map(|trade| trade.price).min().map(decimal),
            previous_close: known.previous_close.map(decimal).unwrap_or_default(),
            volume: Decimal::from(trades.iter().map(|trade| i128::from(trade.size)).sum::<i128>()),
        })
    }

    fn ticks(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Tick> {
        self.find(con_id).map_or_else(Vec::new, |(_, known)| known.tape.ticks(micros(from), micros(to)))
    }

    fn bars(
        &self,
        con_id: i32,
        size: BarSize,
        price: BarPrice,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Vec<MarketBar> {
        let Some((_, known)) = self.find(con_id) else { return Vec::new() };
        let history =
            bars::History { folder: &self.folder, symbol: &known.symbol, day: self.day, tape: &known.tape };
        history.bars(bars::Wanted { size, price, from, to })
    }

    fn prints(&self, con_id: i32, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Print> {
        self.find(con_id).map_or_else(Vec::new, |(_, known)| known.tape.prints(micros(from), micros(to)))
    }

    fn depth(&self, con_id: i32, top: &Snapshot, at: OffsetDateTime) -> Depth {
        let Some((listing, known)) = self.find(con_id) else { return Depth::default() };
        known.tape.depth(listing, top, micros(at))
    }
}

/// Microseconds since 1970-01-01: the first whole one that is not before a moment.
fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from((at.unix_timestamp_nanos() + 999).div_euclid(1_000)).unwrap_or(i64::MAX)
}

fn moment(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
