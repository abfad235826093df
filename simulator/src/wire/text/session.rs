//! Starting a session, and what belongs to no noun.

use super::super::session::{
    ById, CurrentTime, CurrentTimeInMillis, ErrorMessage, ManagedAccounts, NextValidId, StartApiRequest,
    UserInfo,
};
use super::{FromText, Malformed, ORDER_REJECT, Reader, ToText, Writer};
use crate::notice::NO_REQUEST;

impl FromText for StartApiRequest {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let request = Self { client_id: fields.int("clientId")? };
        fields.skip("optionalCapabilities")?;
        Ok(request)
    }
}

impl FromText for ById {
    fn read(fields: &mut Reader<'_>) -> Result<Self, Malformed> {
        let request = Self { req_id: fields.int("reqId")? };
        fields.skip_rest();
        Ok(request)
    }
}

impl ToText for NextValidId {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.order_id);
    }
}

impl ToText for ManagedAccounts {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").put(&self.accounts_list);
    }
}

impl ToText for CurrentTime {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("1").number(&self.current_time);
    }
}

/// No version of the text dialect that is spoken here can ask for it; this is the form of later ones.
impl ToText for CurrentTimeInMillis {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.current_time_in_millis);
    }
}

impl ToText for ErrorMessage {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.put("2").put(&self.id.unwrap_or(NO_REQUEST)).number(&self.error_code).put(&self.error_msg);
        if fields.version() >= ORDER_REJECT {
            fields.put(&self.advanced_order_reject_json);
        }
    }
}

impl ToText for UserInfo {
    fn write(&self, fields: &mut Writer<'_>) {
        fields.number(&self.req_id).put(&self.white_branding_id);
    }
}
