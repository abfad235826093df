//! Starting a session, and what belongs to no noun: ids, accounts, time, errors.

/// `StartApiRequest` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct StartApiRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) client_id: Option<i32>,
}

/// `NextValidId` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct NextValidId {
    #[prost(int32, optional, tag = "1")]
    pub(crate) order_id: Option<i32>,
}

/// `ManagedAccounts` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ManagedAccounts {
    #[prost(string, optional, tag = "1")]
    pub(crate) accounts_list: Option<String>,
}

/// `CurrentTime` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct CurrentTime {
    #[prost(int64, optional, tag = "1")]
    pub(crate) current_time: Option<i64>,
}

/// `CurrentTimeInMillis` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct CurrentTimeInMillis {
    #[prost(int64, optional, tag = "1")]
    pub(crate) current_time_in_millis: Option<i64>,
}

/// `ErrorMessage` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ErrorMessage {
    #[prost(int32, optional, tag = "1")]
    pub(crate) id: Option<i32>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) error_time: Option<i64>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) error_code: Option<i32>,
    #[prost(string, optional, tag = "4")]
    pub(crate) error_msg: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) advanced_order_reject_json: Option<String>,
}

/// `UserInfo` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UserInfo {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) white_branding_id: Option<String>,
}

/// What all requests with an id have in common: their first field. The others are skipped.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct ById {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
}

super::responses! {
    NextValidId = 9,
    ManagedAccounts = 15,
    CurrentTime = 49,
    CurrentTimeInMillis = 109,
    ErrorMessage = 4,
    UserInfo = 107,
}
