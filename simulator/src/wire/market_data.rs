//! Level-1 market data.

use super::contract::Contract;

/// `MarketDataRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MarketDataRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(string, optional, tag = "3")]
    pub(crate) generic_tick_list: Option<String>,
    #[prost(bool, optional, tag = "4")]
    pub(crate) snapshot: Option<bool>,
    #[prost(bool, optional, tag = "5")]
    pub(crate) regulatory_snapshot: Option<bool>,
}

/// `MarketDataTypeRequest` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct MarketDataTypeRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) market_data_type: Option<i32>,
}

/// `MarketDataType` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct MarketDataType {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) market_data_type: Option<i32>,
}

/// `TickReqParams` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TickReqParams {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) min_tick: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) bbo_exchange: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) snapshot_permissions: Option<i32>,
    #[prost(string, optional, tag = "5")]
    pub(crate) last_price_precision: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) last_size_precision: Option<String>,
}

/// `TickPrice` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TickPrice {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) tick_type: Option<i32>,
    #[prost(double, optional, tag = "3")]
    pub(crate) price: Option<f64>,
    #[prost(string, optional, tag = "4")]
    pub(crate) size: Option<String>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) attr_mask: Option<i32>,
}

/// `TickSize` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TickSize {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) tick_type: Option<i32>,
    #[prost(string, optional, tag = "3")]
    pub(crate) size: Option<String>,
}

/// `TickString` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TickString {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) tick_type: Option<i32>,
    #[prost(string, optional, tag = "3")]
    pub(crate) value: Option<String>,
}

/// `TickGeneric` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct TickGeneric {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) tick_type: Option<i32>,
    #[prost(double, optional, tag = "3")]
    pub(crate) value: Option<f64>,
}

/// `TickSnapshotEnd` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct TickSnapshotEnd {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
}

super::responses! {
    MarketDataType = 58,
    TickReqParams = 81,
    TickPrice = 1,
    TickSize = 2,
    TickString = 46,
    TickGeneric = 45,
    TickSnapshotEnd = 57,
}
