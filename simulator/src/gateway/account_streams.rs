//! What a client follows of accounts, and telling it what changed: positions and values at once after an
//! execution and every three minutes besides, profit and loss about every second.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

use super::pnl::{FollowedPnl, FollowedPosition};
use super::session::Session;

/// How often profit and loss is told.
const BEAT: Duration = Duration::from_secs(1);

/// After how many beats the values of accounts are told though nothing was executed.
const REFRESH: u32 = 180;

/// Which tags of which accounts.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    pub(super) accounts: Vec<String>,
    pub(super) tags: Vec<String>,
}

/// What one session follows. Maps are by request id.
#[derive(Debug, Default)]
pub(super) struct AccountStreams {
    /// The account of which everything is told.
    pub(super) account: Option<String>,
    /// Whether the positions of all accounts are.
    pub(super) positions: bool,
    pub(super) account_positions: HashMap<i32, String>,
    pub(super) account_values: HashMap<i32, String>,
    pub(super) summaries: HashMap<i32, Summary>,
    pub(super) pnls: HashMap<i32, FollowedPnl>,
    pub(super) position_pnls: HashMap<i32, FollowedPosition>,
    /// What was executed and not told yet: account and contract.
    changes: BTreeSet<(String, i32)>,
    beats: u32,
}

impl AccountStreams {
    /// Keeps in mind that something was executed.
    pub(super) fn note_change(&mut self, account: &str, con_id: i32) {
        self.changes.insert((account.to_owned(), con_id));
    }
}

/// What sets the pace of [`Session::beat`].
pub(super) fn pace() -> Interval {
    let mut pace = tokio::time::interval(BEAT);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

impl Session {
    /// Tells what changed with the last executions.
    pub(super) fn tell_account_changes(&mut self) {
        let changes = std::mem::take(&mut self.account_streams.changes);
        let accounts: BTreeSet<&String> = changes.iter().map(|(account, _)| account).collect();
        for (account, con_id) in &changes {
            self.tell_position(account, *con_id);
        }
        for account in accounts {
            self.tell_account(account);
        }
    }

    /// Tells what is told from time to time.
    pub(super) fn beat(&mut self) {
        if !self.hub.is_broker_reachable() {
            return;
        }
        self.tell_pnls();
        self.account_streams.beats += 1;
        if self.account_streams.beats >= REFRESH {
            self.account_streams.beats = 0;
            for account in self.hub.accounts() {
                self.tell_portfolio(&account);
                self.tell_account(&account);
            }
        }
    }
}
