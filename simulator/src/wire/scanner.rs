//! Scans of the market.

use super::contract::Contract;

/// `ScannerSubscription` of the protocol, but for what bonds and options have alone.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ScannerSubscription {
    #[prost(int32, optional, tag = "1")]
    pub(crate) number_of_rows: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) instrument: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) location_code: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) scan_code: Option<String>,
    #[prost(double, optional, tag = "5")]
    pub(crate) above_price: Option<f64>,
    #[prost(double, optional, tag = "6")]
    pub(crate) below_price: Option<f64>,
    #[prost(int64, optional, tag = "7")]
    pub(crate) above_volume: Option<i64>,
    #[prost(string, optional, tag = "21")]
    pub(crate) stock_type_filter: Option<String>,
}

/// `ScannerSubscriptionRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ScannerSubscriptionRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) scanner_subscription: Option<ScannerSubscription>,
}

/// `ScannerDataElement` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ScannerDataElement {
    #[prost(int32, optional, tag = "1")]
    pub(crate) rank: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(string, optional, tag = "3")]
    pub(crate) market_name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) distance: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) benchmark: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub(crate) projection: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub(crate) combo_key: Option<String>,
}

/// `ScannerData` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ScannerData {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) scanner_data_element: Vec<ScannerDataElement>,
}

/// `ScannerParameters` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ScannerParameters {
    #[prost(string, optional, tag = "1")]
    pub(crate) xml: Option<String>,
}

super::responses! {
    ScannerData = 20,
    ScannerParameters = 19,
}
