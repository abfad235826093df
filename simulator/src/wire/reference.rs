//! Reference lists that a small desk never looks at, but that clients ask for.

/// `SmartComponentsRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SmartComponentsRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) bbo_exchange: Option<String>,
}

/// `SmartComponent` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SmartComponent {
    #[prost(int32, optional, tag = "1")]
    pub(crate) bit_number: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) exchange: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) exchange_letter: Option<String>,
}

/// `SmartComponents` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SmartComponents {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) smart_components: Vec<SmartComponent>,
}

/// `SoftDollarTiers` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct SoftDollarTiers {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
}

/// `MarketDepthExchanges` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MarketDepthExchanges {
    #[prost(message, repeated, tag = "1")]
    pub(crate) depth_market_data_descriptions: Vec<DepthMarketDataDescription>,
}

/// `DepthMarketDataDescription` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DepthMarketDataDescription {
    #[prost(string, optional, tag = "1")]
    pub(crate) exchange: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) sec_type: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) listing_exch: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) service_data_type: Option<String>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) agg_group: Option<i32>,
}

/// `NewsProviders` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct NewsProviders {}

/// `SecDefOptParameterEnd` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct SecDefOptParameterEnd {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
}

super::responses! {
    SmartComponents = 82,
    SoftDollarTiers = 77,
    MarketDepthExchanges = 80,
    NewsProviders = 85,
    SecDefOptParameterEnd = 76,
}
