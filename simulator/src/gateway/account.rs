//! Requests about accounts. The accounts are paper accounts in which nothing has happened yet: a million
//! dollars in cash, and no position.

use super::session::{Outcome, Session, decode};
use crate::notice::Notice;
use crate::wire::account::{
    AccountDataEnd, AccountDataRequest, AccountSummary, AccountSummaryEnd, AccountSummaryRequest,
    AccountUpdateMulti, AccountUpdateMultiEnd, AccountUpdateTime, AccountUpdatesMultiRequest, AccountValue,
    FamilyCode, FamilyCodes, Pnl, PnlRequest, PnlSingle, PnlSingleRequest, PositionEnd, PositionMultiEnd,
    PositionsMultiRequest,
};
use crate::wire::session::ById;
use crate::wire::{Body, ids};

/// How many subscriptions to the account summary a client may have.
const MAX_SUMMARIES: usize = 2;

const CURRENCY: &str = "USD";

/// What is told of an account: tag, value, and whether the value is money.
const VALUES: [(&str, &str, Unit); 24] = [
    ("AccountType", "INDIVIDUAL", Unit::None),
    ("AccountReady", "true", Unit::None),
    ("Cushion", "1", Unit::None),
    ("DayTradesRemaining", "-1", Unit::None),
    ("LookAheadNextChange", "0", Unit::None),
    ("Leverage", "0.00", Unit::None),
    ("AccruedCash", "0.00", Unit::Money),
    ("AvailableFunds", "1000000.00", Unit::Money),
    ("BuyingPower", "4000000.00", Unit::Money),
    ("EquityWithLoanValue", "1000000.00", Unit::Money),
    ("ExcessLiquidity", "1000000.00", Unit::Money),
    ("FullAvailableFunds", "1000000.00", Unit::Money),
    ("FullExcessLiquidity", "1000000.00", Unit::Money),
    ("FullInitMarginReq", "0.00", Unit::Money),
    ("FullMaintMarginReq", "0.00", Unit::Money),
    ("GrossPositionValue", "0.00", Unit::Money),
    ("InitMarginReq", "0.00", Unit::Money),
    ("MaintMarginReq", "0.00", Unit::Money),
    ("NetLiquidation", "1000000.00", Unit::Money),
    ("PreviousDayEquityWithLoanValue", "1000000.00", Unit::Money),
    ("RegTEquity", "1000000.00", Unit::Money),
    ("RegTMargin", "0.00", Unit::Money),
    ("SMA", "1000000.00", Unit::Money),
    ("TotalCashValue", "1000000.00", Unit::Money),
];

/// What is told of an account's money in one currency.
const LEDGER: [(&str, &str); 8] = [
    ("CashBalance", "1000000.00"),
    ("ExchangeRate", "1.00"),
    ("NetLiquidationByCurrency", "1000000.00"),
    ("RealizedPnL", "0.00"),
    ("StockMarketValue", "0.00"),
    ("TotalCashBalance", "1000000.00"),
    ("UnrealizedPnL", "0.00"),
    ("FutureOptionValue", "0.00"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    None,
    Money,
}

impl Unit {
    fn currency(self) -> String {
        if self == Self::Money { CURRENCY.to_owned() } else { String::new() }
    }
}

/// All that is told of an account: tag, value, currency.
fn values() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let ledger = LEDGER.into_iter().map(|(tag, value)| (tag, value, CURRENCY.to_owned()));
    VALUES.into_iter().map(|(tag, value, unit)| (tag, value, unit.currency())).chain(ledger)
}

impl Session {
    /// Answers a request about accounts.
    pub(super) fn answer_account(&mut self, id: i32, body: Body<'_>) -> Outcome {
        match id {
            ids::ACCOUNT_DATA => return self.send_account(&decode(id, body)?),
            ids::ACCOUNT_SUMMARY => return self.send_summary(&decode(id, body)?),
            ids::CANCEL_ACCOUNT_SUMMARY => {
                let request: ById = decode(id, body)?;
                self.summaries.remove(&request.req_id.unwrap_or_default());
            }
            ids::POSITIONS => self.out.send(&PositionEnd {}),
            ids::POSITIONS_MULTI => {
                let request: PositionsMultiRequest = decode(id, body)?;
                self.account(request.req_id, request.account.as_deref())?;
                self.out.send(&PositionMultiEnd { req_id: request.req_id });
            }
            ids::ACCOUNT_UPDATES_MULTI => return self.send_updates(&decode(id, body)?),
            ids::PNL => {
                let request: PnlRequest = decode(id, body)?;
                self.account(request.req_id, request.account.as_deref())?;
                let nothing = Some(0.0);
                self.out.send(&Pnl {
                    req_id: request.req_id,
                    daily_pnl: nothing,
                    unrealized_pnl: nothing,
                    realized_pnl: nothing,
                });
            }
            ids::PNL_SINGLE => return self.send_pnl_single(&decode(id, body)?),
            ids::FAMILY_CODES => self.send_family_codes(),
            // The rest are cancellations of what was answered once and for all.
            _ => {}
        }
        Ok(())
    }

    /// The account of this name; none or `All` means the first.
    fn account(&self, request_id: Option<i32>, name: Option<&str>) -> Result<String, Notice> {
        let accounts = &self.hub.options.accounts;
        let name = name.unwrap_or_default();
        let found = match name {
            "" | "All" => accounts.first(),
            name => accounts.iter().find(|account| account.as_str() == name),
        };
        found.cloned().ok_or_else(|| {
            let request_id = request_id.unwrap_or(crate::notice::NO_REQUEST);
            Notice::invalid(request_id, &format!("Invalid account code '{name}'."))
        })
    }

    fn send_account(&self, request: &AccountDataRequest) -> Outcome {
        let account = self.account(None, request.acct_code.as_deref())?;
        if !request.subscribe.unwrap_or_default() {
            return Ok(());
        }
        for (key, value, currency) in values() {
            self.out.send(&AccountValue {
                key: Some(key.to_owned()),
                value: Some(value.to_owned()),
                currency: Some(currency),
                account_name: Some(account.clone()),
            });
        }
        let now = self.hub.exchange.now();
        let time = format!("{:02}:{:02}", now.hour(), now.minute());
        self.out.send(&AccountUpdateTime { time_stamp: Some(time) });
        self.out.send(&AccountDataEnd { account_name: Some(account) });
        Ok(())
    }

    fn send_summary(&mut self, request: &AccountSummaryRequest) -> Outcome {
        let request_id = request.req_id.unwrap_or_default();
        if self.summaries.len() >= MAX_SUMMARIES && !self.summaries.contains(&request_id) {
            let words = "Error processing request.-'bQ' : cause - Maximum number of account summary \
                         requests exceeded";
            return Err(Notice::refusal(request_id, 322, words));
        }
        if request.group.as_deref() != Some("All") {
            self.account(Some(request_id), request.group.as_deref())?;
        }
        self.summaries.insert(request_id);
        let tags: Vec<&str> = request.tags.as_deref().unwrap_or_default().split(',').map(str::trim).collect();
        let is_ledger_wanted = tags.iter().any(|tag| tag.starts_with("$LEDGER"));
        for account in &self.hub.options.accounts {
            let wanted = values().filter(|(tag, ..)| {
                tags.contains(tag) || (is_ledger_wanted && LEDGER.iter().any(|(key, _)| key == tag))
            });
            for (tag, value, currency) in wanted {
                self.out.send(&AccountSummary {
                    req_id: Some(request_id),
                    account: Some(account.clone()),
                    tag: Some(tag.to_owned()),
                    value: Some(value.to_owned()),
                    currency: Some(currency),
                });
            }
        }
        self.out.send(&AccountSummaryEnd { req_id: Some(request_id) });
        Ok(())
    }

    fn send_updates(&self, request: &AccountUpdatesMultiRequest) -> Outcome {
        let account = self.account(request.req_id, request.account.as_deref())?;
        for (key, value, currency) in values() {
            self.out.send(&AccountUpdateMulti {
                req_id: request.req_id,
                account: Some(account.clone()),
                model_code: request.model_code.clone(),
                key: Some(key.to_owned()),
                value: Some(value.to_owned()),
                currency: Some(currency),
            });
        }
        self.out.send(&AccountUpdateMultiEnd { req_id: request.req_id });
        Ok(())
    }

    fn send_pnl_single(&self, request: &PnlSingleRequest) -> Outcome {
        self.account(request.req_id, request.account.as_deref())?;
        // As with the broker, nothing is said of what does not exist.
        let listing = self.hub.exchange.market().listing(request.con_id.unwrap_or_default());
        if listing.is_none() {
            return Ok(());
        }
        let nothing = Some(0.0);
        self.out.send(&PnlSingle {
            req_id: request.req_id,
            position: Some("0".to_owned()),
            daily_pnl: nothing,
            unrealized_pnl: nothing,
            realized_pnl: nothing,
            value: nothing,
        });
        Ok(())
    }

    fn send_family_codes(&self) {
        let accounts = self.hub.options.accounts.iter();
        let family_codes = accounts
            .map(|account| FamilyCode { account_id: Some(account.clone()), family_code: Some(String::new()) })
            .collect();
        self.out.send(&FamilyCodes { family_codes });
    }
}
