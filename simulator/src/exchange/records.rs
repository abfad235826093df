//! What the ledger's lines add up to: orders, executions, positions and cash.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use domain::order::Side;
use rust_decimal::Decimal;
use time::macros::datetime;
use time::{OffsetDateTime, UtcOffset};

use super::account::AccountOptions;
use super::holding::Holding;
use super::ledger::{Head, Ledger, Line, Payment, Refusal};
use super::order::{Fill, FillFilter, OrderRow, Owner};

/// The currency of accounts.
pub(super) const DOLLAR: &str = "USD";

/// The moment from which the numbers of orders are counted.
const EPOCH: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

/// How many numbers there are for each second between two births.
const ORDERS_A_SECOND: i64 = 16;

/// The numbers of an exchange begin below this one, and have the rest of 31 bits to go on.
const FIRST_NUMBERS: i64 = 2_000_000_000;

/// Everything that is known of orders and money.
#[derive(Debug)]
pub(super) struct Records {
    born: OffsetDateTime,
    accounts: Vec<Account>,
    orders: BTreeMap<i64, OrderRow>,
    open: BTreeSet<i64>,
    /// The newest order of each client's numbers.
    numbers: HashMap<(i32, i32), i64>,
    /// The greatest number that each client has used.
    greatest: HashMap<i32, i32>,
    /// What was done of each order, in points of price times quantity.
    done: HashMap<i64, Decimal>,
    fills: Vec<Fill>,
    refusals: Vec<Refusal>,
}

/// The money of an account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    /// Cash by currency.
    pub(super) cash: BTreeMap<String, Decimal>,
    /// Positions by contract, closed ones too.
    pub(super) holdings: BTreeMap<i32, Holding>,
}

impl Records {
    /// Nothing but accounts.
    pub(super) fn new(head: Head) -> Self {
        let open = |account: AccountOptions| Account {
            name: account.name,
            cash: BTreeMap::from([(DOLLAR.to_owned(), account.cash)]),
            holdings: BTreeMap::new(),
        };
        Self {
            born: head.born,
            accounts: head.accounts.into_iter().map(open).collect(),
            orders: BTreeMap::new(),
            open: BTreeSet::new(),
            numbers: HashMap::new(),
            greatest: HashMap::new(),
            done: HashMap::new(),
            fills: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// What these lines say.
    pub(super) fn read(lines: Vec<Line>) -> io::Result<Self> {
        let mut lines = lines.into_iter();
        let Some(Line::Opened(head)) = lines.next() else {
            let words = "the exchange's ledger does not begin with its accounts; move the file away";
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        };
        let mut records = Self::new(head);
        lines.for_each(|line| records.apply(line));
        Ok(records)
    }

    /// Takes a line in.
    pub(super) fn apply(&mut self, line: Line) {
        match line {
            Line::Opened(_) => {}
            Line::Placed { row } | Line::Changed { row } => self.put(row),
            Line::Executed { row, fill, payment } => {
                self.put(row);
                self.pay(&fill, &payment);
                *self.done.entry(fill.perm_id).or_default() += fill.quantity * fill.price;
                self.fills.push(*fill);
            }
            Line::Refused(refusal) => self.refusals.push(refusal),
        }
    }

    fn put(&mut self, row: OrderRow) {
        // What was placed at the broker's own screen has no number until it is bound.
        if row.order_id != 0 {
            self.numbers.insert((row.client_id, row.order_id), row.perm_id);
            let greatest = self.greatest.entry(row.client_id).or_insert(row.order_id);
            *greatest = row.order_id.max(*greatest);
        }
        if row.is_open() {
            self.open.insert(row.perm_id);
        } else {
            self.open.remove(&row.perm_id);
        }
        self.orders.insert(row.perm_id, row);
    }

    fn pay(&mut self, fill: &Fill, payment: &Payment) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.name == fill.account) else {
            return;
        };
        account.holdings.entry(fill.con_id).or_default().trade(signed(fill.side, fill.quantity), fill.price);
        *account.cash.entry(payment.currency.clone()).or_default() += payment.amount;
        *account.cash.entry(DOLLAR.to_owned()).or_default() -= fill.commission;
    }

    /// The names of the accounts, the first first.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// The account of this name; the first where none is named.
    pub(super) fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| name.is_empty() || account.name == name)
    }

    /// The order of this number of the exchange.
    pub(super) fn order(&self, perm_id: i64) -> Option<&OrderRow> {
        self.orders.get(&perm_id)
    }

    /// The newest order of this number of a client.
    pub(super) fn numbered(&self, client_id: i32, order_id: i32) -> Option<&OrderRow> {
        self.numbers.get(&(client_id, order_id)).and_then(|perm_id| self.orders.get(perm_id))
    }

    /// The greatest number that a client has used.
    pub(super) fn greatest(&self, client_id: i32) -> i32 {
        self.greatest.get(&client_id).copied().unwrap_or_default().max(0)
    }

    /// The smallest number that client 0 has.
    pub(super) fn smallest(&self) -> i32 {
        let bound =
            self.numbers.keys().filter(|(client_id, _)| *client_id == 0).map(|(_, order_id)| *order_id);
        bound.min().unwrap_or_default().min(0)
    }

    /// The open orders, oldest first.
    pub(super) fn open(&self, whose: Owner) -> impl Iterator<Item = &OrderRow> {
        let open = self.open.iter().filter_map(|perm_id| self.orders.get(perm_id));
        open.filter(move |row| match whose {
            Owner::Client(client_id) => row.client_id == client_id,
            Owner::All => true,
        })
    }

    /// The orders that have ended since a moment, oldest first.
    pub(super) fn completed(&self, since: OffsetDateTime) -> impl Iterator<Item = &OrderRow> {
        self.orders.values().filter(move |row| row.completed_at.is_some_and(|at| at >= since))
    }

    /// The executions since a moment, oldest first.
    pub(super) fn fills_since(&self, since: OffsetDateTime) -> &[Fill] {
        let first = self.fills.iter().rposition(|fill| fill.at < since).map_or(0, |place| place + 1);
        self.fills.get(first..).unwrap_or_default()
    }

    /// The executions that pass, oldest first.
    pub(super) fn fills(&self, filter: &FillFilter, midnight: OffsetDateTime) -> Vec<Fill> {
        let fills = self.fills_since(filter.since.unwrap_or(midnight)).iter();
        fills.filter(|fill| filter.passes(fill)).cloned().collect()
    }

    /// The id of the next execution. The moment at which the exchange was born is in it, as in [`Self::next_perm_id`].
    pub(super) fn next_execution_id(&self) -> String {
        format!("{:08x}.{:08x}.01.01", self.fills.len() + 1, self.born.unix_timestamp())
    }

    /// What was done of an order, in points of price times quantity.
    pub(super) fn done(&self, perm_id: i64) -> Decimal {
        self.done.get(&perm_id).copied().unwrap_or_default()
    }

    /// The exchange's number of the next order. Where the numbers begin depends on when the exchange was born, so that one
    /// that forgets everything does not give a number again unless it takes more than sixteen orders a second all its life.
    /// Old clients have 32 bits for it.
    pub(super) fn next_perm_id(&self) -> i64 {
        let age = (self.born - EPOCH).whole_seconds();
        let first = (age * ORDERS_A_SECOND).rem_euclid(FIRST_NUMBERS) + 1;
        self.orders.last_key_value().map_or(first, |(last, _)| last + 1)
    }

    /// Everything, for tests.
    pub(super) fn ledger(&self) -> Ledger {
        Ledger {
            orders: self.orders.values().cloned().collect(),
            fills: self.fills.clone(),
            refusals: self.refusals.clone(),
        }
    }
}

impl FillFilter {
    fn passes(&self, fill: &Fill) -> bool {
        self.client_id.is_none_or(|client_id| fill.client_id == client_id)
            && self.account.as_ref().is_none_or(|account| fill.account == *account)
            && self.con_id.is_none_or(|con_id| fill.con_id == con_id)
            && self.side.is_none_or(|side| fill.side == side)
    }
}

/// More than zero where it is bought, less where it is sold.
pub(super) fn signed(side: Side, quantity: Decimal) -> Decimal {
    match side {
        Side::Buy => quantity,
        Side::Sell => -quantity,
    }
}

/// When the day (UTC) of a moment began.
pub(super) fn midnight(at: OffsetDateTime) -> OffsetDateTime {
    at.to_offset(UtcOffset::UTC).replace_time(time::Time::MIDNIGHT)
}
