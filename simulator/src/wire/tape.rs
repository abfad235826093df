//! Every single tick, as it happens and of the past.

use super::contract::Contract;

/// `TickByTickRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TickByTickRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(string, optional, tag = "3")]
    pub(crate) tick_type: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) number_of_ticks: Option<i32>,
    #[prost(bool, optional, tag = "5")]
    pub(crate) ignore_size: Option<bool>,
}

/// `HistoricalTicksRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalTicksRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(string, optional, tag = "3")]
    pub(crate) start_date_time: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) end_date_time: Option<String>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) number_of_ticks: Option<i32>,
    #[prost(string, optional, tag = "6")]
    pub(crate) what_to_show: Option<String>,
    #[prost(bool, optional, tag = "7")]
    pub(crate) use_rth: Option<bool>,
    #[prost(bool, optional, tag = "8")]
    pub(crate) ignore_size: Option<bool>,
}

/// `TickAttribLast` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct TickAttribLast {
    #[prost(bool, optional, tag = "1")]
    pub(crate) past_limit: Option<bool>,
    #[prost(bool, optional, tag = "2")]
    pub(crate) unreported: Option<bool>,
}

/// `HistoricalTickLast` of the protocol: a trade.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalTickLast {
    #[prost(int64, optional, tag = "1")]
    pub(crate) time: Option<i64>,
    #[prost(message, optional, tag = "2")]
    pub(crate) tick_attrib_last: Option<TickAttribLast>,
    #[prost(double, optional, tag = "3")]
    pub(crate) price: Option<f64>,
    #[prost(string, optional, tag = "4")]
    pub(crate) size: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) exchange: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) special_conditions: Option<String>,
}

/// `TickAttribBidAsk` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct TickAttribBidAsk {
    #[prost(bool, optional, tag = "1")]
    pub(crate) bid_past_low: Option<bool>,
    #[prost(bool, optional, tag = "2")]
    pub(crate) ask_past_high: Option<bool>,
}

/// `HistoricalTickBidAsk` of the protocol: the best prices.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalTickBidAsk {
    #[prost(int64, optional, tag = "1")]
    pub(crate) time: Option<i64>,
    #[prost(message, optional, tag = "2")]
    pub(crate) tick_attrib_bid_ask: Option<TickAttribBidAsk>,
    #[prost(double, optional, tag = "3")]
    pub(crate) price_bid: Option<f64>,
    #[prost(double, optional, tag = "4")]
    pub(crate) price_ask: Option<f64>,
    #[prost(string, optional, tag = "5")]
    pub(crate) size_bid: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) size_ask: Option<String>,
}

/// `HistoricalTick` of the protocol: the middle between the best prices.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalTick {
    #[prost(int64, optional, tag = "1")]
    pub(crate) time: Option<i64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) price: Option<f64>,
    #[prost(string, optional, tag = "3")]
    pub(crate) size: Option<String>,
}

/// One tick of any type.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum TapeTick {
    #[prost(message, tag = "3")]
    Last(HistoricalTickLast),
    #[prost(message, tag = "4")]
    BidAsk(HistoricalTickBidAsk),
    #[prost(message, tag = "5")]
    MidPoint(HistoricalTick),
}

/// `TickByTickData` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TickByTickData {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) tick_type: Option<i32>,
    #[prost(oneof = "TapeTick", tags = "3, 4, 5")]
    pub(crate) tick: Option<TapeTick>,
}

/// `HistoricalTicksLast` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
#[allow(clippy::struct_field_names, reason = "the names are the protocol's")]
pub(crate) struct HistoricalTicksLast {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) historical_ticks_last: Vec<HistoricalTickLast>,
    #[prost(bool, optional, tag = "3")]
    pub(crate) is_done: Option<bool>,
}

/// `HistoricalTicksBidAsk` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
#[allow(clippy::struct_field_names, reason = "the names are the protocol's")]
pub(crate) struct HistoricalTicksBidAsk {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) historical_ticks_bid_ask: Vec<HistoricalTickBidAsk>,
    #[prost(bool, optional, tag = "3")]
    pub(crate) is_done: Option<bool>,
}

/// `HistoricalTicks` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
#[allow(clippy::struct_field_names, reason = "the names are the protocol's")]
pub(crate) struct HistoricalTicks {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) historical_ticks: Vec<HistoricalTick>,
    #[prost(bool, optional, tag = "3")]
    pub(crate) is_done: Option<bool>,
}

super::responses! {
    TickByTickData = 99,
    HistoricalTicks = 96,
    HistoricalTicksBidAsk = 97,
    HistoricalTicksLast = 98,
}
