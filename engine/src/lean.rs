//! Readers of recorded data in the format of the LEAN engine, for US shares.
//!
//! Pure functions over bytes: a file goes in, rows come out. Prices in the files are whole numbers of ten-thousandths
//! ([`Price`]), and stay so until they become decimals; times are milliseconds of New York's wall clock, and become UTC
//! by the [`ExchangeDay`].
//!
//! A file that is no zip, that is empty, or that unpacks to more than it may is refused with a [`ReadError`] that
//! names it. A row that is cut off, holds what is no number or too large a one, or is out of order is left out, counted and
//! told ([`Rejected`]); where more than one row in a hundred is like that, the file is refused too.
//!
//! - [`tick`]: every trade and quote; [`best`] folds quotes into a best bid and offer, and states the rule.
//! - [`bar`]: seconds, minutes, hours and days.
//! - [`csv`]: the same ticks as plain text, in a form of our own.

pub mod bar;
pub mod best;
pub mod csv;
pub mod tick;

mod archive;
pub(crate) mod day;
mod row;

use std::fmt;

use rust_decimal::Decimal;

pub use self::day::ExchangeDay;

/// A file of a folder of recorded data.
#[derive(Clone, Copy)]
pub struct File<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", prefix(.file))]
pub struct ReadError {
    /// Which file; empty where it is about the folder.
    pub file: String,
    /// What is wrong with it, and what to do.
    pub problem: String,
}

fn prefix(file: &str) -> String {
    if file.is_empty() { String::new() } else { format!("{file}: ") }
}

impl ReadError {
    /// An error about this file.
    pub fn new(file: &str, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), problem: problem.into() }
    }
}

/// What was read of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// What was left out.
    pub rejected: Rejected,
}

/// Rows that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// How many.
    pub count: usize,
    /// The first few, each with its line and what is wrong with it.
    pub examples: Vec<String>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.count == 1 { "row was" } else { "rows were" };
        write!(formatter, "{} {rows} left out: {}", self.count, self.examples.join("; "))
    }
}

/// The highest price, in ten-thousandths; sums of those above might not fit.
const MOST_PRICE: i64 = 10_000_000_000_000;

/// The largest size.
const MOST_SIZE: i64 = 1_000_000_000_000;

/// A price in ten-thousandths, as the files write it; above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i64);

impl Price {
    /// So many ten-thousandths; `None` unless that is above zero, and no more than a thousand million.
    pub fn new(ten_thousandths: i64) -> Option<Self> {
        (ten_thousandths > 0 && ten_thousandths <= MOST_PRICE).then_some(Self(ten_thousandths))
    }

    /// The same in ten-thousandths.
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// The same as an exact decimal.
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.0, 4).normalize()
    }
}

/// How much stands, or changes hands, at a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// Shares.
    pub size: i64,
}
