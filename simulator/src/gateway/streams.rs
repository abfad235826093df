//! The streams of a session beyond level 1, by request id.

use std::collections::HashMap;

use super::Hub;
use super::depth::FollowedBook;
use super::realtime_bars::RealTimeBars;
use super::scanner::Scan;
use super::tape::Tape;

/// The streams of one session.
#[derive(Default)]
pub(super) struct Streams {
    pub(super) tapes: HashMap<i32, Tape>,
    pub(super) books: HashMap<i32, FollowedBook>,
    pub(super) bars: HashMap<i32, RealTimeBars>,
    pub(super) scans: HashMap<i32, Scan>,
}

impl Streams {
    /// Tells clients what they missed of prices and books.
    pub(super) fn refresh(&self) {
        self.tapes.values().for_each(Tape::refresh);
        self.books.values().for_each(FollowedBook::refresh);
    }

    /// Lets clients begin their books anew (317).
    pub(super) fn reset_books(&self) {
        self.books.values().for_each(FollowedBook::reset);
    }

    /// Forgets all market data, as after 1101.
    pub(super) fn forget(&mut self) {
        self.tapes.clear();
        self.books.clear();
        self.bars.clear();
    }
}

impl Hub {
    /// Whether streams that must not have holes are told anything: a row that is thrown away unseen would
    /// leave the client with another book than it was told.
    pub(super) fn streams_flow(&self) -> bool {
        self.market_data_flows() && !self.faults.is_silent()
    }
}
