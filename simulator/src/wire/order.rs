//! Orders. None is taken yet, so only the ends of empty lists are written.

/// `AutoOpenOrdersRequest` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct AutoOpenOrdersRequest {
    #[prost(bool, optional, tag = "1")]
    pub(crate) auto_bind: Option<bool>,
}

/// `OpenOrdersEnd` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct OpenOrdersEnd {}

/// `CompletedOrdersEnd` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct CompletedOrdersEnd {}

/// `ExecutionDetailsEnd` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct ExecutionDetailsEnd {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
}

super::responses! {
    OpenOrdersEnd = 53,
    CompletedOrdersEnd = 102,
    ExecutionDetailsEnd = 55,
}
