//! Contracts.

use super::super::contract::{
    ContractData, ContractDataEnd, ContractDataRequest, MarketRule, MarketRuleRequest,
    MatchingSymbolsRequest, SymbolSamples,
};
use super::{FromText, ISSUER, Malformed, Reader, SIZE_RULES, ToText, Writer};

impl FromText for ContractDataRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let req_id = fields.int("reqId")?;
        let mut contract = fields.contract()?;
        contract.include_expired = fields.flag("includeExpired")?;
        contract.sec_id_type = fields.text("secIdType")?;
        contract.sec_id = fields.text("secId")?;
        if fields.version() >= ISSUER {
            fields.skip("issuerId")?;
        }
        Ok(Self { req_id, contract: Some(contract) })
    }
}

impl FromText for MatchingSymbolsRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { req_id: fields.int("reqId")?, pattern: fields.text("pattern")? })
    }
}

impl FromText for MarketRuleRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { market_rule_id: fields.int("marketRuleId")? })
    }
}

impl ToText for ContractData {
    fn write(&self, fields: &mut Writer<'_>) {
        let contract = self.contract.clone().unwrap_or_default();
        let details = self.contract_details.clone().unwrap_or_default();
        let is_old = fields.version() < SIZE_RULES;
        if is_old {
            fields.put("8");
        }
        fields
            .number(&self.req_id)
            .put(&contract.symbol)
            .put(&contract.sec_type)
            .put(&contract.last_trade_date_or_contract_month)
            .number(&contract.strike)
            .put(&contract.right)
            .put(&contract.exchange)
            .put(&contract.currency)
            .put(&contract.local_symbol)
            .put(&details.market_name)
            .put(&contract.trading_class)
            .number(&contract.con_id)
            .put(&details.min_tick);
        if is_old {
            fields.put("100");
        }
        fields
            .put(&contract.multiplier)
            .put(&details.order_types)
            .put(&details.valid_exchanges)
            .number(&details.price_magnifier)
            .number(&details.under_con_id)
            .put(&details.long_name)
            .put(&contract.primary_exch)
            .put(&details.contract_month)
            .put(&details.industry)
            .put(&details.category)
            .put(&details.subcategory)
            .put(&details.time_zone_id)
            .put(&details.trading_hours)
            .put(&details.liquid_hours)
            .put(&details.ev_rule)
            .put(&details.ev_multiplier)
            .put("0")
            .whole(&details.agg_group)
            .put(&details.under_symbol)
            .put(&details.under_sec_type)
            .put(&details.market_rule_ids)
            .put(&details.real_expiration_date)
            .put(&details.stock_type);
        if !is_old {
            fields.put(&details.min_size).put(&details.size_increment);
        }
        if fields.version() >= SIZE_RULES - 1 {
            fields.put(&details.suggested_size_increment);
        }
    }
}

impl ToText for ContractDataEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id);
    }
}

impl ToText for SymbolSamples {
    fn write(&self, fields: &mut Writer<'_>) {
        let has_issuer = fields.version() >= ISSUER;
        fields.number(&self.req_id).list(&self.contract_descriptions, |fields, found| {
            let contract = found.contract.clone().unwrap_or_default();
            fields
                .number(&contract.con_id)
                .put(&contract.symbol)
                .put(&contract.sec_type)
                .put(&contract.primary_exch)
                .put(&contract.currency)
                .list(&found.derivative_sec_types, |fields, kind| {
                    fields.put(kind);
                });
            if has_issuer {
                fields.put(&contract.description).put("");
            }
        });
    }
}

impl ToText for MarketRule {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.market_rule_id).list(&self.price_increments, |fields, step| {
            fields.number(&step.low_edge).number(&step.increment);
        });
    }
}
