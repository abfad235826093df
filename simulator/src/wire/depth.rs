//! The book below the best prices.

use super::contract::Contract;

/// `MarketDepthRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MarketDepthRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) num_rows: Option<i32>,
    #[prost(bool, optional, tag = "4")]
    pub(crate) is_smart_depth: Option<bool>,
}

/// `MarketDepthData` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MarketDepthData {
    #[prost(int32, optional, tag = "1")]
    pub(crate) position: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) operation: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) side: Option<i32>,
    #[prost(double, optional, tag = "4")]
    pub(crate) price: Option<f64>,
    #[prost(string, optional, tag = "5")]
    pub(crate) size: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) market_maker: Option<String>,
    #[prost(bool, optional, tag = "7")]
    pub(crate) is_smart_depth: Option<bool>,
}

/// `MarketDepth` of the protocol: a row of a book that names nobody.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MarketDepth {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) market_depth_data: Option<MarketDepthData>,
}

/// `MarketDepthL2` of the protocol: a row with the market maker or exchange.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MarketDepthL2 {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) market_depth_data: Option<MarketDepthData>,
}

super::responses! {
    MarketDepth = 12,
    MarketDepthL2 = 13,
}
