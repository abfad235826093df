//! Orders.

use super::super::order::{AutoOpenOrdersRequest, CompletedOrdersEnd, ExecutionDetailsEnd, OpenOrdersEnd};
use super::{FromText, Malformed, Reader, ToText, Writer};

impl FromText for AutoOpenOrdersRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { auto_bind: fields.flag("autoBind")? })
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

impl ToText for ExecutionDetailsEnd {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.req_id);
    }
}
