//! Accounts.

use super::super::account::{
    AccountDataEnd, AccountDataRequest, AccountSummary, AccountSummaryEnd, AccountSummaryRequest,
    AccountUpdateMulti, AccountUpdateMultiEnd, AccountUpdateTime, AccountUpdatesMultiRequest, AccountValue,
    FamilyCodes, Pnl, PnlRequest, PnlSingle, PnlSingleRequest, PortfolioValue, Position, PositionEnd,
    PositionMulti, PositionMultiEnd, PositionsMultiRequest,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for AccountDataRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { subscribe: fields.flag("subscribe")?, acct_code: fields.text("acctCode")? })
    }
}

impl FromText for AccountSummaryRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { req_id: fields.int("reqId")?, group: fields.text("group")?, tags: fields.text("tags")? })
    }
}

impl FromText for PositionsMultiRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            req_id: fields.int("reqId")?,
            account: fields.text("account")?,
            model_code: fields.text("modelCode")?,
        })
    }
}

impl FromText for AccountUpdatesMultiRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            req_id: fields.int("reqId")?,
            account: fields.text("account")?,
            model_code: fields.text("modelCode")?,
            ledger_and_nlv: fields.flag("ledgerAndNLV")?,
        })
    }
}

impl FromText for PnlRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            req_id: fields.int("reqId")?,
            account: fields.text("account")?,
            model_code: fields.text("modelCode")?,
        })
    }
}

impl FromText for PnlSingleRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            req_id: fields.int("reqId")?,
            account: fields.text("account")?,
            model_code: fields.text("modelCode")?,
            con_id: fields.int("conId")?,
        })
    }
}

impl ToText for AccountValue {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("2").put(&self.key).put(&self.value).put(&self.currency).put(&self.account_name);
    }
}

impl ToText for PortfolioValue {
    fn write(&self, fields: &mut Writer<'_>) {
        let contract = self.contract.clone().unwrap_or_default();
        fields
            .put("8")
            .number(&contract.con_id)
            .put(&contract.symbol)
            .put(&contract.sec_type)
            .put(&contract.last_trade_date_or_contract_month)
            .number(&contract.strike)
            .put(&contract.right)
            .put(&contract.multiplier)
            .put(&contract.primary_exch)
            .put(&contract.currency)
            .put(&contract.local_symbol)
            .put(&contract.trading_class)
            .amount(&self.position)
            .number(&self.market_price)
            .number(&self.market_value)
            .number(&self.average_cost)
            .number(&self.unrealized_pnl)
            .number(&self.realized_pnl)
            .put(&self.account_name);
    }
}

impl ToText for AccountUpdateTime {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").put(&self.time_stamp);
    }
}

impl ToText for AccountDataEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").put(&self.account_name);
    }
}

impl ToText for AccountSummary {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .put("1")
            .number(&self.req_id)
            .put(&self.account)
            .put(&self.tag)
            .put(&self.value)
            .put(&self.currency);
    }
}

impl ToText for AccountSummaryEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id);
    }
}

impl ToText for Position {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .put("3")
            .put(&self.account)
            .contract(&self.contract.clone().unwrap_or_default())
            .amount(&self.position)
            .number(&self.avg_cost);
    }
}

impl ToText for PositionEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1");
    }
}

impl ToText for PositionMulti {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .put("1")
            .number(&self.req_id)
            .put(&self.account)
            .contract(&self.contract.clone().unwrap_or_default())
            .amount(&self.position)
            .number(&self.avg_cost)
            .put(&self.model_code);
    }
}

impl ToText for PositionMultiEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id);
    }
}

impl ToText for AccountUpdateMulti {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .put("1")
            .number(&self.req_id)
            .put(&self.account)
            .put(&self.model_code)
            .put(&self.key)
            .put(&self.value)
            .put(&self.currency);
    }
}

impl ToText for AccountUpdateMultiEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id);
    }
}

impl ToText for Pnl {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .number(&self.req_id)
            .number(&self.daily_pnl)
            .number(&self.unrealized_pnl)
            .number(&self.realized_pnl);
    }
}

impl ToText for PnlSingle {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .number(&self.req_id)
            .size(&self.position)
            .number(&self.daily_pnl)
            .number(&self.unrealized_pnl)
            .number(&self.realized_pnl)
            .number(&self.value);
    }
}

impl ToText for FamilyCodes {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.list(&self.family_codes, |fields, code| {
            fields.put(&code.account_id).put(&code.family_code);
        });
    }
}
