//! Bars of five seconds, as they close.

use super::contract::Contract;

/// `RealTimeBarsRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RealTimeBarsRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) bar_size: Option<i32>,
    #[prost(string, optional, tag = "4")]
    pub(crate) what_to_show: Option<String>,
    #[prost(bool, optional, tag = "5")]
    pub(crate) use_rth: Option<bool>,
}

/// `RealTimeBarTick` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RealTimeBarTick {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) time: Option<i64>,
    #[prost(double, optional, tag = "3")]
    pub(crate) open: Option<f64>,
    #[prost(double, optional, tag = "4")]
    pub(crate) high: Option<f64>,
    #[prost(double, optional, tag = "5")]
    pub(crate) low: Option<f64>,
    #[prost(double, optional, tag = "6")]
    pub(crate) close: Option<f64>,
    #[prost(string, optional, tag = "7")]
    pub(crate) volume: Option<String>,
    #[prost(string, optional, tag = "8")]
    pub(crate) wap: Option<String>,
    #[prost(int32, optional, tag = "9")]
    pub(crate) count: Option<i32>,
}

super::responses! {
    RealTimeBarTick = 50,
}
