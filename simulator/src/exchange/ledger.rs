//! The ledger: what the exchange has done, one line of JSON for each thing, in order. It is only ever appended to.
//!
//! A line is handed to the operating system before anybody is told what it says, so that the exchange may be killed at any
//! moment and goes on from its file. Each line holds its order as it stands after it; what an exchange knows of orders and
//! money is nothing but its lines, read in order.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::account::AccountOptions;
use super::line;
use super::order::{Fill, OrderRow, Refused};

/// What a ledger says: the oracle of tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Every order that was ever given a number, as it stands, oldest first.
    pub orders: Vec<OrderRow>,
    /// Every execution, oldest first.
    pub fills: Vec<Fill>,
    /// Everything that was refused without being given a number, oldest first.
    pub refusals: Vec<Refusal>,
}

impl Ledger {
    /// The orders with this reference.
    pub fn orders_of<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a OrderRow> {
        self.orders.iter().filter(move |row| row.reference == reference)
    }

    /// The executions with this reference.
    pub fn fills_of<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a Fill> {
        self.fills.iter().filter(move |fill| fill.reference == reference)
    }
}

/// Something that was refused without being given a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    #[serde(with = "line::text")]
    pub at: OffsetDateTime,
    /// Who wanted it.
    pub client_id: i32,
    /// The client's number of it.
    pub order_id: i32,
    /// The client's own words.
    pub reference: String,
    /// Why.
    pub refused: Refused,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// When the exchange was started for the first time.
    #[serde(with = "line::text")]
    pub(super) born: OffsetDateTime,
    /// Its accounts, as they were opened.
    pub(super) accounts: Vec<AccountOptions>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub(super) enum Line {
    /// The first.
    Opened(Head),
    /// A new order.
    Placed { row: OrderRow },
    /// An order changed, or ended.
    Changed { row: OrderRow },
    /// An order changed by an execution.
    Executed { row: OrderRow, fill: Box<Fill>, payment: Payment },
    /// Something was refused without being given a number.
    Refused(Refusal),
}

/// What an execution pays or costs, its commission aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payment {
    pub(super) currency: String,
    #[serde(with = "line::text")]
    pub(super) amount: Decimal,
}

/// Where lines are written.
#[derive(Debug, Default)]
pub(super) struct LedgerFile {
    /// Absent: the exchange forgets everything when it ends.
    file: Option<Lines>,
}

#[derive(Debug)]
struct Lines {
    file: File,
    /// How many bytes of whole lines there are.
    length: u64,
    /// Whether there may be a part of a line behind them.
    is_torn: bool,
}

impl LedgerFile {
    /// Opens a file, which is made where there is none, and reads its lines. A torn last line is cut off: nobody was told
    /// what it would have said.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<Line>)> {
        let named = |error: io::Error| {
            let words = format!("the exchange's ledger {} cannot be used: {error}", path.display());
            io::Error::new(error.kind(), words)
        };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(named)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => named(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "another exchange is running on it; stop that one, or give another file",
            )),
            TryLockError::Error(error) => named(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(named)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            tracing::warn!(
                ledger = %path.display(),
                bytes = bytes.len() - whole,
                "the last line of the exchange's ledger was torn and is cut off"
            );
            bytes.truncate(whole);
            file.set_len(length(&bytes)).map_err(named)?;
        }
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().map(|(place, line)| {
            serde_json::from_slice(line).map_err(|error| {
                let words = format!("line {} makes no sense ({error}); move the file away", place + 1);
                named(io::Error::new(io::ErrorKind::InvalidData, words))
            })
        });
        let lines = lines.collect::<io::Result<Vec<Line>>>()?;
        let file = Lines { file, length: length(&bytes), is_torn: false };
        Ok((Self { file: Some(file) }, lines))
    }

    /// Writes a line, whole or not at all.
    pub(super) fn write(&mut self, line: &Line) -> io::Result<()> {
        let Some(lines) = &mut self.file else { return Ok(()) };
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        lines.append(&bytes)
    }
}

impl Lines {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.file.set_len(self.length)?;
        }
        self.is_torn = true;
        if let Err(error) = self.file.write_all(line) {
            self.is_torn = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.is_torn = false;
        self.length += length(line);
        Ok(())
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
impl LedgerFile {
    /// A file that cannot be written, as on a full disk.
    pub(super) fn read_only(path: &Path) -> Self {
        let file = Lines { file: File::open(path).unwrap(), length: 0, is_torn: false };
        Self { file: Some(file) }
    }
}
