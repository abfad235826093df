//! Where a folder of recorded data keeps what.

use std::collections::BTreeSet;
use std::sync::Arc;

use time::Date;

use super::Files;
use crate::lean::bar::{self, DatedBar};
use crate::lean::{File, Price, ReadError, Rows};

/// Where US shares are.
const ROOT: &str = "equity/usa";

/// Where plain text is.
const CSV: &str = "csv";

/// How many other dates are named where the wanted one has nothing.
const MOST_NAMED: usize = 12;

/// How fine files are, the finest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    /// Ticks as plain text.
    Csv,
    Tick,
    Second,
    Minute,
}

impl Grain {
    pub(super) const ALL: [Self; 4] = [Self::Csv, Self::Tick, Self::Second, Self::Minute];

    fn folder(self) -> String {
        match self {
            Self::Csv => CSV.to_owned(),
            Self::Tick => format!("{ROOT}/tick"),
            Self::Second => format!("{ROOT}/second"),
            Self::Minute => format!("{ROOT}/minute"),
        }
    }

    fn suffix(self) -> &'static str {
        if self == Self::Csv { "csv" } else { "zip" }
    }
}

/// What a day's file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Trades,
    Quotes,
}

impl Content {
    fn name(self) -> &'static str {
        match self {
            Self::Trades => "trade",
            Self::Quotes => "quote",
        }
    }
}

/// A folder of recorded data.
pub(super) struct Folder {
    files: Arc<dyn Files>,
}

/// A file that was there.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Found {
    pub(super) fn file(&self) -> File<'_> {
        File { name: &self.name, bytes: &self.bytes }
    }
}

impl Folder {
    pub(super) fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// The symbols that have a file of this date.
    pub(super) fn symbols(&self, date: Date) -> Result<BTreeSet<String>, ReadError> {
        let (mut symbols, mut others) = (BTreeSet::new(), BTreeSet::new());
        for grain in Grain::ALL {
            let folder = grain.folder();
            for symbol in self.list(&folder)? {
                for name in self.list(&format!("{folder}/{symbol}"))? {
                    match name.split_once('_').and_then(|(digits, _)| bar::date(digits)) {
                        Some(found) if found == date => _ = symbols.insert(symbol.clone()),
                        Some(other) => _ = others.insert(other),
                        None => {}
                    }
                }
            }
        }
        if !symbols.is_empty() {
            return Ok(symbols);
        }
        let problem = if others.is_empty() {
            "it has no files of ticks, seconds or minutes; give the folder that holds 'equity/usa', as LEAN's 'Data' \
             does, or 'csv'"
                .to_owned()
        } else {
            format!("it has nothing of {date}; choose one of the dates that it has: {}", near(&others, date))
        };
        Err(ReadError::new("", problem))
    }

    /// The file of a symbol's day.
    pub(super) fn of_day(
        &self,
        symbol: &str,
        date: Date,
        (grain, content): (Grain, Content),
    ) -> Result<Option<Found>, ReadError> {
        let digits = format!("{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day());
        let (folder, content, suffix) = (grain.folder(), content.name(), grain.suffix());
        self.read(format!("{folder}/{symbol}/{digits}_{content}.{suffix}"))
    }

    /// All days of a symbol; none where it has no such file.
    pub(super) fn days(&self, symbol: &str) -> Result<Vec<DatedBar>, ReadError> {
        self.dated(format!("{ROOT}/daily/{symbol}.zip"))
    }

    /// All hours of a symbol; none where it has no such file.
    pub(super) fn hours(&self, symbol: &str) -> Result<Vec<DatedBar>, ReadError> {
        self.dated(format!("{ROOT}/hour/{symbol}.zip"))
    }

    /// The last close before a date.
    pub(super) fn previous_close(&self, symbol: &str, date: Date) -> Result<Option<Price>, ReadError> {
        let days = self.days(symbol)?;
        Ok(days.iter().rev().find(|row| row.date < date).map(|row| row.bar.prices.close))
    }

    /// The letter of the exchange at which a symbol is listed, where the folder knows.
    pub(super) fn home(&self, symbol: &str) -> Result<Option<char>, ReadError> {
        let map = self.read(format!("{ROOT}/map_files/{symbol}.csv"))?;
        let text = map.map(|map| String::from_utf8_lossy(&map.bytes).into_owned()).unwrap_or_default();
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        Ok(last.and_then(|line| line.trim().split(',').nth(2)?.chars().next()))
    }

    /// The rows of a file of earlier days; those that cannot be used are complained about.
    pub(super) fn sound<T>(&self, found: &Found, read: Rows<T>) -> Vec<T> {
        if read.rejected.count > 0 {
            self.complain(&ReadError::new(&found.name, read.rejected.to_string()));
        }
        read.rows
    }

    /// Tells of a file that cannot be used.
    pub(super) fn complain(&self, error: &ReadError) {
        self.files.complain(error);
    }

    fn dated(&self, path: String) -> Result<Vec<DatedBar>, ReadError> {
        let Some(found) = self.read(path)? else { return Ok(Vec::new()) };
        Ok(self.sound(&found, bar::dated(found.file())?))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, ReadError> {
        self.files.list(path).map_err(|error| unreadable(path, &error))
    }

    fn read(&self, name: String) -> Result<Option<Found>, ReadError> {
        match self.files.read(&name) {
            Ok(bytes) => Ok(bytes.map(|bytes| Found { name, bytes })),
            Err(error) => Err(unreadable(&name, &error)),
        }
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> ReadError {
    ReadError::new(path, format!("it cannot be read ({error}); check that this program may read it"))
}

/// The dates around a date, in words.
fn near(dates: &BTreeSet<Date>, date: Date) -> String {
    let mut nearest: Vec<_> = dates.iter().collect();
    nearest.sort_by_key(|other| (**other - date).abs());
    nearest.truncate(MOST_NAMED);
    nearest.sort();
    nearest.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
