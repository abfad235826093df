//! Level-1 market data.

use super::super::market_data::{
    MarketDataRequest, MarketDataType, MarketDataTypeRequest, TickGeneric, TickPrice, TickReqParams,
    TickSize, TickSnapshotEnd, TickString,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for MarketDataRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let req_id = fields.int("reqId")?;
        let contract = fields.contract()?;
        fields.skip_legs(&contract)?;
        fields.skip_delta_neutral()?;
        let request = Self {
            req_id,
            contract: Some(contract),
            generic_tick_list: fields.text("genericTickList")?,
            snapshot: fields.flag("snapshot")?,
            regulatory_snapshot: fields.flag("regulatorySnapshot")?,
        };
        fields.skip("mktDataOptions")?;
        Ok(request)
    }
}

impl FromText for MarketDataTypeRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { market_data_type: fields.int("marketDataType")? })
    }
}

impl ToText for MarketDataType {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id).number(&self.market_data_type);
    }
}

impl ToText for TickReqParams {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .number(&self.req_id)
            .put(&self.min_tick)
            .put(&self.bbo_exchange)
            .number(&self.snapshot_permissions);
    }
}

impl ToText for TickPrice {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .put("6")
            .number(&self.req_id)
            .number(&self.tick_type)
            .number(&self.price)
            .size(&self.size)
            .number(&self.attr_mask);
    }
}

impl ToText for TickSize {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("6").number(&self.req_id).number(&self.tick_type).size(&self.size);
    }
}

impl ToText for TickString {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("6").number(&self.req_id).number(&self.tick_type).put(&self.value);
    }
}

impl ToText for TickGeneric {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("6").number(&self.req_id).number(&self.tick_type).number(&self.value);
    }
}

impl ToText for TickSnapshotEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id);
    }
}
