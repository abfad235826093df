//! The positions of accounts, and telling them when they change.

use super::report::contract_of;
use super::session::{Outcome, Session};
use crate::exchange::broker::PositionRow;
use crate::wire::account::{
    PortfolioValue, Position, PositionEnd, PositionMulti, PositionMultiEnd, PositionsMultiRequest,
};
use crate::wire::{decimal, double};

impl Session {
    /// What an account holds.
    fn held_positions(&self, account: &str) -> impl Iterator<Item = PositionRow> + use<> {
        self.hub.exchange.positions(account).into_iter().filter(|position| !position.quantity.is_zero())
    }

    pub(super) fn follow_positions(&mut self) {
        for account in self.hub.accounts() {
            self.held_positions(&account).for_each(|position| self.send_position(&position));
        }
        self.out.send(&PositionEnd {});
        self.account_streams.positions = true;
    }

    pub(super) fn follow_account_positions(&mut self, request: &PositionsMultiRequest) -> Outcome {
        let account = self.account(request.req_id, request.account.as_deref())?;
        let request_id = request.req_id.unwrap_or_default();
        self.held_positions(&account).for_each(|position| self.send_account_position(request_id, &position));
        self.out.send(&PositionMultiEnd { req_id: Some(request_id) });
        self.account_streams.account_positions.insert(request_id, account);
        Ok(())
    }

    /// Sends what an account holds, with what it is worth.
    pub(super) fn send_portfolio(&self, account: &str) {
        self.held_positions(account).for_each(|position| self.send_portfolio_value(&position));
    }

    /// Tells what an account holds, with what it is worth, where it is followed.
    pub(super) fn tell_portfolio(&self, account: &str) {
        if self.account_streams.account.as_deref() == Some(account) {
            self.send_portfolio(account);
        }
    }

    /// Tells a position that has changed, to whoever follows it.
    pub(super) fn tell_position(&self, account: &str, con_id: i32) {
        let positions = self.hub.exchange.positions(account);
        let Some(position) = positions.iter().find(|position| position.con_id == con_id) else { return };
        let streams = &self.account_streams;
        if streams.account.as_deref() == Some(account) {
            self.send_portfolio_value(position);
        }
        if streams.positions {
            self.send_position(position);
        }
        for (request_id, followed) in &streams.account_positions {
            if followed == account {
                self.send_account_position(*request_id, position);
            }
        }
    }

    fn send_position(&self, row: &PositionRow) {
        self.out.send(&Position {
            account: Some(row.account.clone()),
            contract: Some(contract_of(&self.hub.exchange, row.con_id, "")),
            position: Some(decimal(row.quantity)),
            avg_cost: Some(double(row.average_cost)),
        });
    }

    fn send_account_position(&self, request_id: i32, row: &PositionRow) {
        self.out.send(&PositionMulti {
            req_id: Some(request_id),
            account: Some(row.account.clone()),
            contract: Some(contract_of(&self.hub.exchange, row.con_id, "")),
            position: Some(decimal(row.quantity)),
            avg_cost: Some(double(row.average_cost)),
            model_code: Some(String::new()),
        });
    }

    fn send_portfolio_value(&self, row: &PositionRow) {
        self.out.send(&PortfolioValue {
            contract: Some(contract_of(&self.hub.exchange, row.con_id, "")),
            position: Some(decimal(row.quantity)),
            market_price: Some(double(row.market_price)),
            market_value: Some(double(row.market_value)),
            average_cost: Some(double(row.average_cost)),
            unrealized_pnl: Some(double(row.unrealized)),
            realized_pnl: Some(double(row.realized)),
            account_name: Some(row.account.clone()),
        });
    }
}
