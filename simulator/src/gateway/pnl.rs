//! Profit and loss of accounts and positions, told about every second while it changes.

use super::session::{Outcome, Session};
use crate::exchange::broker::{PnlRow, PositionPnl};
use crate::wire::account::{Pnl, PnlRequest, PnlSingle, PnlSingleRequest};
use crate::wire::{decimal, double};

/// An account of which profit and loss is followed, with what was told last.
#[derive(Clone, Debug)]
pub(super) struct FollowedPnl {
    account: String,
    told: Option<PnlRow>,
}

/// A position of which profit and loss is followed, with what was told last.
#[derive(Clone, Debug)]
pub(super) struct FollowedPosition {
    account: String,
    con_id: i32,
    told: Option<PositionPnl>,
}

impl Session {
    pub(super) fn follow_pnl(&mut self, request: &PnlRequest) -> Outcome {
        let account = self.account(request.req_id, request.account.as_deref())?;
        let followed = FollowedPnl { account, told: None };
        self.account_streams.pnls.insert(request.req_id.unwrap_or_default(), followed);
        self.tell_pnls();
        Ok(())
    }

    pub(super) fn follow_position_pnl(&mut self, request: &PnlSingleRequest) -> Outcome {
        let account = self.account(request.req_id, request.account.as_deref())?;
        let con_id = request.con_id.unwrap_or_default();
        // As with the broker, nothing is said of what does not exist.
        if self.hub.exchange.market().listing(con_id).is_none() {
            return Ok(());
        }
        let followed = FollowedPosition { account, con_id, told: None };
        self.account_streams.position_pnls.insert(request.req_id.unwrap_or_default(), followed);
        self.tell_pnls();
        Ok(())
    }

    /// Tells all profit and loss that has changed since it was told last.
    pub(super) fn tell_pnls(&mut self) {
        let exchange = &self.hub.exchange;
        for (request_id, followed) in &mut self.account_streams.pnls {
            let now = exchange.pnl(&followed.account);
            if let Some(row) = now.filter(|_| now != followed.told) {
                followed.told = now;
                self.out.send(&pnl(*request_id, row));
            }
        }
        for (request_id, followed) in &mut self.account_streams.position_pnls {
            let now = exchange.pnl_of(&followed.account, followed.con_id);
            if let Some(row) = now.filter(|_| now != followed.told) {
                followed.told = now;
                self.out.send(&position_pnl(*request_id, row));
            }
        }
    }
}

fn pnl(request_id: i32, row: PnlRow) -> Pnl {
    Pnl {
        req_id: Some(request_id),
        daily_pnl: Some(double(row.daily)),
        unrealized_pnl: Some(double(row.unrealized)),
        realized_pnl: Some(double(row.realized)),
    }
}

fn position_pnl(request_id: i32, row: PositionPnl) -> PnlSingle {
    PnlSingle {
        req_id: Some(request_id),
        position: Some(decimal(row.position)),
        daily_pnl: Some(double(row.pnl.daily)),
        unrealized_pnl: Some(double(row.pnl.unrealized)),
        realized_pnl: Some(double(row.pnl.realized)),
        value: Some(double(row.value)),
    }
}
