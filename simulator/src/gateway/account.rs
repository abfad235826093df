//! Requests about accounts: what they are worth. What is followed is told again when it changes.

use super::account_streams::Summary;
use super::account_value::{self, Value};
use super::session::{Outcome, Session, decode};
use crate::notice::{NO_REQUEST, Notice};
use crate::wire::account::{
    AccountDataEnd, AccountDataRequest, AccountSummary, AccountSummaryEnd, AccountSummaryRequest,
    AccountUpdateMulti, AccountUpdateMultiEnd, AccountUpdateTime, AccountUpdatesMultiRequest, AccountValue,
    FamilyCode, FamilyCodes,
};
use crate::wire::session::ById;
use crate::wire::{Body, ids};

/// How many subscriptions to the account summary a client may have.
const MAX_SUMMARIES: usize = 2;

/// What stands for all accounts.
const ALL: &str = "All";

impl Session {
    /// Answers a request about accounts.
    pub(super) fn answer_account(&mut self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::ACCOUNT_DATA => return self.follow_account(&decode(id, body)?),
            ids::ACCOUNT_SUMMARY => return self.follow_summary(&decode(id, body)?),
            ids::ACCOUNT_UPDATES_MULTI => return self.follow_values(&decode(id, body)?),
            ids::POSITIONS => self.follow_positions(),
            ids::POSITIONS_MULTI => return self.follow_account_positions(&decode(id, body)?),
            ids::PNL => return self.follow_pnl(&decode(id, body)?),
            ids::PNL_SINGLE => return self.follow_position_pnl(&decode(id, body)?),
            ids::FAMILY_CODES => self.send_family_codes(),
            ids::CANCEL_POSITIONS => self.account_streams.positions = false,
            _ => {
                let request_id = decode::<ById>(id, body)?.req_id.unwrap_or_default();
                self.unfollow(id, request_id);
            }
        }
        Ok(())
    }

    fn unfollow(&mut self, id: i32, request_id: i32) {
        let streams = &mut self.account_streams;
        match id {
            ids::CANCEL_ACCOUNT_SUMMARY => drop(streams.summaries.remove(&request_id)),
            ids::CANCEL_ACCOUNT_UPDATES_MULTI => drop(streams.account_values.remove(&request_id)),
            ids::CANCEL_POSITIONS_MULTI => drop(streams.account_positions.remove(&request_id)),
            ids::CANCEL_PNL => drop(streams.pnls.remove(&request_id)),
            _ => drop(streams.position_pnls.remove(&request_id)),
        }
    }

    /// The account of this name; none or `All` means the first.
    pub(super) fn account(&self, request_id: Option<i32>, name: Option<&str>) -> Result<String, Notice> {
        let accounts = self.hub.accounts();
        let name = name.unwrap_or_default();
        let found = match name {
            "" | ALL => accounts.first(),
            name => accounts.iter().find(|account| account.as_str() == name),
        };
        found.cloned().ok_or_else(|| {
            let request_id = request_id.unwrap_or(NO_REQUEST);
            Notice::invalid(request_id, &format!("Invalid account code '{name}'."))
        })
    }

    /// All that an account is worth; nothing where the exchange does not know it.
    fn values(&self, account: &str) -> Vec<Value> {
        let row = self.hub.exchange.account(account);
        row.map(|row| account_value::values(&row)).unwrap_or_default()
    }

    fn follow_account(&mut self, request: &AccountDataRequest) -> Outcome {
        let account = self.account(None, request.acct_code.as_deref())?;
        if !request.subscribe.unwrap_or_default() {
            self.account_streams.account = None;
            return Ok(());
        }
        self.account_streams.account = Some(account.clone());
        self.send_portfolio(&account);
        self.send_values(&account);
        self.out.send(&AccountDataEnd { account_name: Some(account) });
        Ok(())
    }

    fn send_values(&self, account: &str) {
        for Value { tag, text, currency } in self.values(account) {
            self.out.send(&AccountValue {
                key: Some(tag.to_owned()),
                value: Some(text),
                currency: Some(currency),
                account_name: Some(account.to_owned()),
            });
        }
        let now = self.hub.exchange.now();
        let time = format!("{:02}:{:02}", now.hour(), now.minute());
        self.out.send(&AccountUpdateTime { time_stamp: Some(time) });
    }

    fn follow_summary(&mut self, request: &AccountSummaryRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        let summaries = &self.account_streams.summaries;
        if summaries.len() >= MAX_SUMMARIES && !summaries.contains_key(&request_id) {
            let words = "Error processing request.-'bQ' : cause - Maximum number of account summary \
                         requests exceeded";
            return Err(Notice::refusal(request_id, 322, words));
        }
        let accounts = match request.group.as_deref() {
            Some(ALL) => self.hub.accounts(),
            name => vec![self.account(Some(request_id), name)?],
        };
        let tags = request.tags.as_deref().unwrap_or_default().split(',');
        let summary = Summary { accounts, tags: tags.map(|tag| tag.trim().to_owned()).collect() };
        for account in &summary.accounts {
            self.send_summary(request_id, account, &summary.tags);
        }
        self.out.send(&AccountSummaryEnd { req_id: Some(request_id) });
        self.account_streams.summaries.insert(request_id, summary);
        Ok(())
    }

    fn send_summary(&self, request_id: i32, account: &str, tags: &[String]) {
        let is_ledger_wanted = tags.iter().any(|tag| tag.starts_with("$LEDGER"));
        let is_wanted = |tag: &str| {
            tags.iter().any(|wanted| wanted == tag) || (is_ledger_wanted && account_value::is_ledger(tag))
        };
        for Value { tag, text, currency } in self.values(account) {
            if is_wanted(tag) {
                self.out.send(&AccountSummary {
                    req_id: Some(request_id),
                    account: Some(account.to_owned()),
                    tag: Some(tag.to_owned()),
                    value: Some(text),
                    currency: Some(currency),
                });
            }
        }
    }

    fn follow_values(&mut self, request: &AccountUpdatesMultiRequest) -> Outcome {
        let account = self.account(request.req_id, request.account.as_deref())?;
        let request_id = request.req_id.unwrap_or_default();
        self.send_account_values(request_id, &account);
        self.out.send(&AccountUpdateMultiEnd { req_id: Some(request_id) });
        self.account_streams.account_values.insert(request_id, account);
        Ok(())
    }

    fn send_account_values(&self, request_id: i32, account: &str) {
        for Value { tag, text, currency } in self.values(account) {
            self.out.send(&AccountUpdateMulti {
                req_id: Some(request_id),
                account: Some(account.to_owned()),
                model_code: Some(String::new()),
                key: Some(tag.to_owned()),
                value: Some(text),
                currency: Some(currency),
            });
        }
    }

    /// Tells what an account is worth now, to whoever follows it.
    pub(super) fn tell_account(&self, account: &str) {
        let streams = &self.account_streams;
        if streams.account.as_deref() == Some(account) {
            self.send_values(account);
        }
        for (request_id, followed) in &streams.account_values {
            if followed == account {
                self.send_account_values(*request_id, account);
            }
        }
        for (request_id, summary) in &streams.summaries {
            if summary.accounts.iter().any(|followed| followed == account) {
                self.send_summary(*request_id, account, &summary.tags);
            }
        }
    }

    fn send_family_codes(&self) {
        let family_code =
            |account: String| FamilyCode { account_id: Some(account), family_code: Some(String::new()) };
        let family_codes = self.hub.accounts().into_iter().map(family_code).collect();
        self.out.send(&FamilyCodes { family_codes });
    }
}
