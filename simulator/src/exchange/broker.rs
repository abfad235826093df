//! The broker's desk of the exchange: takes orders, and answers for them.
//!
//! Every event is in the ledger before it is told, and told before the call that caused it returns.

use std::sync::{Arc, MutexGuard};

use tokio::sync::mpsc;

use super::Exchange;
pub use super::account::{AccountOptions, AccountRow, PnlRow, PositionPnl, PositionRow};
pub use super::ledger::{Ledger, Refusal};
pub use super::order::{
    BrokerEvent, Fill, FillFilter, OrderEcho, OrderRequest, OrderRow, Owner, Refused, RowStatus, Transmit,
    WhatIf,
};
use super::records::midnight;
pub use super::trading::BrokerOptions;
use super::trading::Trading;
use super::worth::Worth;

impl Exchange {
    /// Places an order, or, where the client has an open one of this number, changes it: that is what `placeOrder` means.
    /// `Ok` and the events tell the same: `Accepted` or `Rejected` of a new order, `Changed` of a changed one, then what
    /// came of it. `Err` means that nothing was placed or changed: no event is told, and the number is not used up.
    pub fn place(&self, request: OrderRequest) -> Result<OrderRow, Refused> {
        self.trading().place(&self.floor, request)
    }

    /// Cancels an order. The row that is returned is about to be canceled; the event `Cancelled` has it as it ended. 10147
    /// where the client has no such order, 10148 where it has ended.
    pub fn cancel(&self, client_id: i32, order_id: i32) -> Result<OrderRow, Refused> {
        self.trading().cancel(&self.floor, client_id, order_id)
    }

    /// Cancels everything that is open, whoever placed it.
    pub fn cancel_all(&self) {
        self.trading().cancel_all(&self.floor);
    }

    /// What an order would do, or why it would be refused.
    pub fn what_if(&self, request: &OrderRequest) -> Result<WhatIf, Refused> {
        self.trading().what_if(&self.floor, request)
    }

    /// Gives an order from the broker's own screen (client 0, order 0) a number of client 0, less than zero; it is told as
    /// `Changed`. `None` where there is no such order.
    pub fn bind(&self, perm_id: i64) -> Option<OrderRow> {
        self.trading().bind(&self.floor, perm_id)
    }

    /// The open orders, oldest first.
    pub fn open_orders(&self, whose: Owner) -> Vec<OrderRow> {
        self.trading().records.open(whose).cloned().collect()
    }

    /// The newest order of this number, open or not.
    pub fn order(&self, client_id: i32, order_id: i32) -> Option<OrderRow> {
        self.trading().records.numbered(client_id, order_id).cloned()
    }

    /// The orders that ended today (UTC), oldest first.
    pub fn completed_orders(&self) -> Vec<OrderRow> {
        self.trading().records.completed(midnight(self.now())).cloned().collect()
    }

    /// The executions that pass, oldest first.
    pub fn fills(&self, filter: &FillFilter) -> Vec<Fill> {
        self.trading().records.fills(filter, midnight(self.now()))
    }

    /// The names of the accounts, the first first.
    pub fn accounts(&self) -> Vec<String> {
        self.trading().records.accounts().map(|account| account.name.clone()).collect()
    }

    /// What an account holds, and what it closed today; nothing where there is no such account.
    pub fn positions(&self, account: &str) -> Vec<PositionRow> {
        let trading = self.trading();
        let account = trading.records.account(account);
        account.map(|account| self.worth(&trading).positions(account)).unwrap_or_default()
    }

    /// The money of an account.
    pub fn account(&self, name: &str) -> Option<AccountRow> {
        let trading = self.trading();
        trading.records.account(name).map(|account| self.worth(&trading).account(account))
    }

    /// The gains and losses of an account.
    pub fn pnl(&self, account: &str) -> Option<PnlRow> {
        let trading = self.trading();
        trading.records.account(account).map(|account| self.worth(&trading).pnl(account))
    }

    /// The gains and losses of one position; `None` where there is no such account or contract.
    pub fn pnl_of(&self, account: &str, con_id: i32) -> Option<PositionPnl> {
        self.market().listing(con_id)?;
        let trading = self.trading();
        trading.records.account(account).map(|account| self.worth(&trading).pnl_of(account, con_id))
    }

    /// The next number that a client can use: one more than the greatest it has used.
    pub fn next_order_id(&self, client_id: i32) -> i32 {
        self.trading().records.greatest(client_id).saturating_add(1)
    }

    /// Everything that happens from now on. Nothing is ever left out, however slowly it is read; a receiver that is dropped
    /// is forgotten.
    pub fn broker_events(&self) -> mpsc::UnboundedReceiver<Arc<BrokerEvent>> {
        self.trading().listen()
    }

    /// All orders and executions there ever were: the oracle of tests.
    pub fn ledger(&self) -> Ledger {
        self.trading().records.ledger()
    }

    fn worth<'a>(&'a self, trading: &'a Trading) -> Worth<'a> {
        Worth { floor: &self.floor, records: &trading.records, now: self.now() }
    }

    fn trading(&self) -> MutexGuard<'_, Trading> {
        self.floor.trading()
    }
}
