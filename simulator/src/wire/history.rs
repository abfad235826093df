//! Bars of the past.

use super::contract::Contract;
use super::{Batch, Dialect, Response};

/// `HistoricalDataRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalDataRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(string, optional, tag = "3")]
    pub(crate) end_date_time: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) bar_size_setting: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) duration: Option<String>,
    #[prost(bool, optional, tag = "6")]
    pub(crate) use_rth: Option<bool>,
    #[prost(string, optional, tag = "7")]
    pub(crate) what_to_show: Option<String>,
    #[prost(int32, optional, tag = "8")]
    pub(crate) format_date: Option<i32>,
    #[prost(bool, optional, tag = "9")]
    pub(crate) keep_up_to_date: Option<bool>,
}

/// `HistoricalDataBar` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalDataBar {
    #[prost(string, optional, tag = "1")]
    pub(crate) date: Option<String>,
    #[prost(double, optional, tag = "2")]
    pub(crate) open: Option<f64>,
    #[prost(double, optional, tag = "3")]
    pub(crate) high: Option<f64>,
    #[prost(double, optional, tag = "4")]
    pub(crate) low: Option<f64>,
    #[prost(double, optional, tag = "5")]
    pub(crate) close: Option<f64>,
    #[prost(string, optional, tag = "6")]
    pub(crate) volume: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub(crate) wap: Option<String>,
    #[prost(int32, optional, tag = "8")]
    pub(crate) bar_count: Option<i32>,
}

/// `HistoricalData` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalData {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) historical_data_bars: Vec<HistoricalDataBar>,
}

/// `HistoricalDataEnd` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalDataEnd {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) start_date_str: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) end_date_str: Option<String>,
}

/// `HistoricalDataUpdate` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalDataUpdate {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) historical_data_bar: Option<HistoricalDataBar>,
}

/// `HeadTimestampRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HeadTimestampRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(bool, optional, tag = "3")]
    pub(crate) use_rth: Option<bool>,
    #[prost(string, optional, tag = "4")]
    pub(crate) what_to_show: Option<String>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) format_date: Option<i32>,
}

/// `HeadTimestamp` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HeadTimestamp {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) head_timestamp: Option<String>,
}

/// `HistoricalSession` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalSession {
    #[prost(string, optional, tag = "1")]
    pub(crate) start_date_time: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) end_date_time: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) ref_date: Option<String>,
}

/// `HistoricalSchedule` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HistoricalSchedule {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) start_date_time: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) end_date_time: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) time_zone: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) historical_sessions: Vec<HistoricalSession>,
}

/// The bars that answer a request, and that these are all. In protobuf these are two messages, in text one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct History {
    pub(crate) data: HistoricalData,
    pub(crate) end: HistoricalDataEnd,
}

impl Response for History {
    fn put(&self, batch: &mut Batch) {
        match batch.dialect() {
            Dialect::Text(version) => batch.text(version, 17, self),
            Dialect::Protobuf => {
                batch.protobuf(17, &self.data);
                batch.protobuf(108, &self.end);
            }
        }
    }
}

super::responses! {
    HistoricalDataUpdate = 90,
    HeadTimestamp = 88,
    HistoricalSchedule = 106,
}
