//! Orders: what becomes of them, and the lists of them.

use super::super::order::{
    AutoOpenOrdersRequest, CompletedOrdersEnd, OpenOrdersEnd, OrderBound, OrderStatus,
};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for AutoOpenOrdersRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { auto_bind: fields.flag("autoBind")? })
    }
}

impl ToText for OrderStatus {
    fn write(&self, fields: &mut Writer<'_>) {
        fields
            .number(&self.order_id)
            .put(&self.status)
            .amount(&self.filled)
            .amount(&self.remaining)
            .number(&self.avg_fill_price)
            .number(&self.perm_id)
            .number(&self.parent_id)
            .number(&self.last_fill_price)
            .number(&self.client_id)
            .put(&self.why_held)
            .number(&self.mkt_cap_price);
    }
}

impl ToText for OrderBound {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.perm_id).number(&self.client_id).number(&self.order_id);
    }
}

impl ToText for OpenOrdersEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1");
    }
}

/// It has no fields at all.
impl ToText for CompletedOrdersEnd {
    fn write(&self, _fields: &mut Writer<'_>) {}
}
