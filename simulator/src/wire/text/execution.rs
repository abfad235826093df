//! Executions, and what they cost.

use super::super::execution::{
    CommissionReport, ExecutionDetails, ExecutionDetailsEnd, ExecutionFilter, ExecutionRequest,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

/// From this version on an execution tells whether its price may still be revised.
const PRICE_REVISION: i32 = 178;

impl FromText for ExecutionRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let req_id = fields.int("reqId")?;
        let filter = ExecutionFilter {
            client_id: fields.int("clientId")?,
            acct_code: fields.text("acctCode")?,
            time: fields.text("time")?,
            symbol: fields.text("symbol")?,
            sec_type: fields.text("secType")?,
            exchange: fields.text("exchange")?,
            side: fields.text("side")?,
            ..ExecutionFilter::default()
        };
        Ok(Self { req_id, execution_filter: Some(filter) })
    }
}

impl ToText for ExecutionDetails {
    fn write(&self, fields: &mut Writer<'_>) {
        let contract = self.contract.clone().unwrap_or_default();
        let execution = self.execution.clone().unwrap_or_default();
        fields
            .put(&self.req_id.unwrap_or(-1))
            .number(&execution.order_id)
            .contract(&contract)
            .put(&execution.exec_id)
            .put(&execution.time)
            .put(&execution.acct_number)
            .put(&execution.exchange)
            .put(&execution.side)
            .amount(&execution.shares)
            .number(&execution.price)
            .number(&execution.perm_id)
            .number(&execution.client_id)
            .put(&execution.is_liquidation.unwrap_or_default())
            .amount(&execution.cum_qty)
            .number(&execution.avg_price)
            .put(&execution.order_ref)
            .put(&execution.ev_rule)
            .put(&execution.ev_multiplier)
            .put(&execution.model_code)
            .number(&execution.last_liquidity);
        if fields.version() >= PRICE_REVISION {
            fields.put("0");
        }
    }
}

impl ToText for ExecutionDetailsEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id);
    }
}

impl ToText for CommissionReport {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .put("1")
            .put(&self.exec_id)
            .number(&self.commission_and_fees)
            .put(&self.currency)
            .double(&self.realized_pnl)
            .double(&None)
            .put("");
    }
}
