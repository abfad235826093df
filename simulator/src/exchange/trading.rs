//! The trading floor: takes orders, leads them through the market, writes down what comes of it, and tells.
//!
//! Whatever happens is first a line of the ledger, then a part of the records, then news. Where a line cannot be written
//! (the disk is full), nothing happened: a command is refused, and what the market did waits until it can be written,
//! with the market standing still for all orders until then.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use engine::listing::ListingKind;
use engine::matching::{Calendar, Event, Happening, Matcher, Session};
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc;

use super::Floor;
use super::account::AccountOptions;
use super::ledger::{Head, LedgerFile, Line};
use super::order::{BrokerEvent, OrderRow, Owner, Transmit};
use super::records::Records;

/// How far back orders are led through what they have missed, at most.
const LONGEST_ABSENCE: Duration = Duration::DAY;

/// How much of the market is read at a time.
const STRETCH: Duration = Duration::HOUR;

/// A listing without open orders whose market was not followed for so long is read anew.
const STALE: Duration = Duration::seconds(5);

/// How the broker's part of an exchange is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerOptions {
    /// Its accounts. Those of a ledger that exists already stay as they are.
    pub accounts: Vec<AccountOptions>,
    /// The file in which it writes down what it does, and from which it goes on; absent: it forgets when it ends.
    pub ledger: Option<PathBuf>,
    /// Which hours it keeps; absent: a generated market never closes, a recorded one keeps its exchange's.
    pub session: Option<Session>,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        let account =
            |name: &str, cash: i64| AccountOptions { name: name.to_owned(), cash: Decimal::from(cash) };
        let accounts = vec![account("SIM0000001", 1_000_000), account("SIM0000002", 100_000)];
        Self { accounts, ledger: None, session: None }
    }
}

/// Orders, and who is told of them.
#[derive(Debug)]
pub(super) struct Trading {
    session: Session,
    file: LedgerFile,
    pub(super) records: Records,
    matchers: HashMap<i32, Matcher>,
    /// What has happened in the market, and could not be written down yet.
    unwritten: VecDeque<Event>,
    listeners: Vec<mpsc::UnboundedSender<Arc<BrokerEvent>>>,
}

impl Trading {
    /// Orders that are forgotten when the exchange ends.
    pub(super) fn in_memory(accounts: Vec<AccountOptions>, session: Session, born: OffsetDateTime) -> Self {
        Self::over(LedgerFile::default(), Records::new(Head { born, accounts }), session)
    }

    /// Orders as these options want them; those of a ledger that is there already.
    pub(super) fn open(options: BrokerOptions, session: Session, born: OffsetDateTime) -> io::Result<Self> {
        let Some(path) = options.ledger else { return Ok(Self::in_memory(options.accounts, session, born)) };
        let (mut file, mut lines) = LedgerFile::open(&path)?;
        if lines.is_empty() {
            let head = Line::Opened(Head { born, accounts: options.accounts });
            file.write(&head)?;
            lines.push(head);
        }
        Ok(Self::over(file, Records::read(lines)?, session))
    }

    fn over(file: LedgerFile, records: Records, session: Session) -> Self {
        let (matchers, unwritten, listeners) = (HashMap::new(), VecDeque::new(), Vec::new());
        Self { session, file, records, matchers, unwritten, listeners }
    }

    /// Tells somebody of everything from now on.
    pub(super) fn listen(&mut self) -> mpsc::UnboundedReceiver<Arc<BrokerEvent>> {
        let (listener, events) = mpsc::unbounded_channel();
        self.listeners.push(listener);
        events
    }

    /// Writes a line, and takes it in. Nothing happened where it cannot be written.
    pub(super) fn write(&mut self, line: Line) -> io::Result<()> {
        self.file.write(&line).inspect_err(|error| {
            tracing::error!(%error, "the exchange's ledger cannot be written; no order is taken until it can be again");
        })?;
        self.records.apply(line);
        Ok(())
    }

    /// Tells everybody.
    pub(super) fn tell(&mut self, event: BrokerEvent) {
        let event = Arc::new(event);
        self.listeners.retain(|listener| listener.send(event.clone()).is_ok());
    }

    /// Goes on with the orders of a ledger: they are led through what the market did in the meantime.
    pub(super) fn resume(&mut self, floor: &Floor) {
        let mut open: HashMap<i32, Vec<OrderRow>> = HashMap::new();
        for row in self.records.open(Owner::All).filter(|row| row.transmit == Transmit::Now) {
            open.entry(row.con_id).or_default().push(row.clone());
        }
        let now = floor.clock.now();
        for (con_id, rows) in open {
            // Up to its last line, every order has been led through all that happened.
            let last = rows.iter().map(|row| row.changed_at).max().unwrap_or(now);
            let from = (last + Duration::MICROSECOND).clamp(now - LONGEST_ABSENCE, now);
            let values = floor.market.snapshot(con_id, from);
            let (Some(listing), Some(values)) = (floor.market.listing(con_id), values) else {
                tracing::warn!(
                    con_id,
                    "open orders of a contract that does not trade any more are left alone"
                );
                continue;
            };
            let calendar = Calendar::new(self.session, listing.kind);
            let mut matcher = Matcher::resumed(listing, calendar, &values, from);
            let mut events = Vec::new();
            for row in rows {
                let begun = row.held_until.filter(|until| *until <= from);
                events.extend(begun.map(|at| Event { id: row.perm_id, at, happening: Happening::Begun }));
                events.extend(matcher.resume(row.entry()));
            }
            self.matchers.insert(con_id, matcher);
            self.settle(floor, events);
            self.follow(floor, con_id);
        }
    }

    /// Brings the orders of all listings in this turn to the present.
    pub(super) fn serve(&mut self, floor: &Floor, is_turn: impl Fn(i32) -> bool) {
        if !self.flush(floor) {
            return;
        }
        let due: Vec<i32> = self
            .matchers
            .iter()
            .filter(|(con_id, matcher)| !matcher.is_empty() && is_turn(**con_id))
            .map(|(con_id, _)| *con_id)
            .collect();
        for con_id in due {
            self.follow(floor, con_id);
        }
    }

    /// Whether there is an open order in the market.
    pub(super) fn is_at_work(&self) -> bool {
        self.matchers.values().any(|matcher| !matcher.is_empty())
    }

    /// Brings the orders of a listing to the present. `false` where the market stands still, since the ledger cannot be
    /// written.
    pub(super) fn follow(&mut self, floor: &Floor, con_id: i32) -> bool {
        if !self.flush(floor) {
            return false;
        }
        let now = floor.clock.now();
        let is_held = floor.books().held.contains(&con_id);
        let Some(matcher) = self.matchers.get_mut(&con_id) else { return true };
        let mut events = Vec::new();
        if !is_held {
            let behind = now - matcher.now();
            let leap = if matcher.is_empty() && behind > STALE { Some(now) } else { None };
            let leap = leap.or_else(|| (behind > LONGEST_ABSENCE).then(|| now - LONGEST_ABSENCE));
            if let Some((from, values)) =
                leap.and_then(|from| Some((from, floor.market.snapshot(con_id, from)?)))
            {
                events.extend(matcher.show(&values, from));
            }
            while matcher.now() < now {
                let (from, to) = (matcher.now(), now.min(matcher.now() + STRETCH));
                for tick in floor.market.ticks(con_id, from, to) {
                    events.extend(matcher.tick(&tick));
                }
                events.extend(matcher.advance(to));
            }
        }
        events.extend(matcher.advance(now));
        self.settle(floor, events)
    }

    /// Lets something happen to the matcher of a listing, if it has one.
    pub(super) fn happen(
        &mut self,
        floor: &Floor,
        con_id: i32,
        act: impl FnOnce(&mut Matcher) -> Vec<Event>,
    ) {
        if self.follow(floor, con_id)
            && let Some(matcher) = self.matchers.get_mut(&con_id)
        {
            let events = act(matcher);
            self.settle(floor, events);
        }
    }

    /// The matcher of a listing, which is made where there is none.
    pub(super) fn matcher(&mut self, floor: &Floor, con_id: i32) -> Option<&mut Matcher> {
        let listing = floor.market.listing(con_id)?;
        let values = floor.top(con_id)?;
        let calendar = Calendar::new(self.session, listing.kind);
        let now = floor.clock.now();
        Some(self.matchers.entry(con_id).or_insert_with(|| Matcher::new(listing, calendar, &values, now)))
    }

    /// The hours of a listing.
    pub(super) fn calendar(&self, kind: ListingKind) -> Calendar {
        Calendar::new(self.session, kind)
    }

    /// Takes in what the market did. Whether all of it could be written down.
    pub(super) fn settle(&mut self, floor: &Floor, events: Vec<Event>) -> bool {
        self.unwritten.extend(events);
        self.flush(floor)
    }

    /// Writes down what waits for it.
    fn flush(&mut self, floor: &Floor) -> bool {
        while let Some(event) = self.unwritten.front().copied() {
            if let Some((line, news)) = self.consequence(floor, &event) {
                if self.write(line).is_err() {
                    return false;
                }
                if let Some(news) = news {
                    self.tell(news);
                }
            }
            self.unwritten.pop_front();
        }
        true
    }
}

#[cfg(test)]
mod tests;
