//! Which options there are on something.

/// `SecDefOptParamsRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SecDefOptParamsRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) underlying_symbol: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) fut_fop_exchange: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) underlying_sec_type: Option<String>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) underlying_con_id: Option<i32>,
}

/// `SecDefOptParameter` of the protocol: the options of one exchange.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SecDefOptParameter {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) exchange: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) underlying_con_id: Option<i32>,
    #[prost(string, optional, tag = "4")]
    pub(crate) trading_class: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) multiplier: Option<String>,
    #[prost(string, repeated, tag = "6")]
    pub(crate) expirations: Vec<String>,
    #[prost(double, repeated, tag = "7")]
    pub(crate) strikes: Vec<f64>,
}

super::responses! {
    SecDefOptParameter = 75,
}
