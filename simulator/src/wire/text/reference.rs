//! Reference lists.

use super::super::reference::{
    MarketDepthExchanges, NewsProviders, SecDefOptParameterEnd, SmartComponents, SmartComponentsRequest,
    SoftDollarTiers,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for SmartComponentsRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { req_id: fields.int("reqId")?, bbo_exchange: fields.text("bboExchange")? })
    }
}

impl ToText for SmartComponents {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.req_id).list(&self.smart_components, |fields, component| {
            fields.number(&component.bit_number).put(&component.exchange).put(&component.exchange_letter);
        });
    }
}

impl ToText for SoftDollarTiers {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.req_id).put("0");
    }
}

impl ToText for MarketDepthExchanges {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.list(&self.depth_market_data_descriptions, |fields, exchange| {
            fields
                .put(&exchange.exchange)
                .put(&exchange.sec_type)
                .put(&exchange.listing_exch)
                .put(&exchange.service_data_type)
                .whole(&exchange.agg_group);
        });
    }
}

impl ToText for NewsProviders {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("0");
    }
}

impl ToText for SecDefOptParameterEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.req_id);
    }
}
