//! Contracts: what can be traded, and what the broker knows of it.

/// `Contract` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Contract {
    #[prost(int32, optional, tag = "1")]
    pub(crate) con_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) symbol: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) sec_type: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) last_trade_date_or_contract_month: Option<String>,
    #[prost(double, optional, tag = "5")]
    pub(crate) strike: Option<f64>,
    #[prost(string, optional, tag = "6")]
    pub(crate) right: Option<String>,
    #[prost(double, optional, tag = "7")]
    pub(crate) multiplier: Option<f64>,
    #[prost(string, optional, tag = "8")]
    pub(crate) exchange: Option<String>,
    #[prost(string, optional, tag = "9")]
    pub(crate) primary_exch: Option<String>,
    #[prost(string, optional, tag = "10")]
    pub(crate) currency: Option<String>,
    #[prost(string, optional, tag = "11")]
    pub(crate) local_symbol: Option<String>,
    #[prost(string, optional, tag = "12")]
    pub(crate) trading_class: Option<String>,
    #[prost(string, optional, tag = "13")]
    pub(crate) sec_id_type: Option<String>,
    #[prost(string, optional, tag = "14")]
    pub(crate) sec_id: Option<String>,
    #[prost(string, optional, tag = "15")]
    pub(crate) description: Option<String>,
    #[prost(bool, optional, tag = "18")]
    pub(crate) include_expired: Option<bool>,
    #[prost(string, optional, tag = "21")]
    pub(crate) last_trade_date: Option<String>,
}

/// `ContractDataRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContractDataRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
}

/// `ContractData` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContractData {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contract: Option<Contract>,
    #[prost(message, optional, tag = "3")]
    pub(crate) contract_details: Option<ContractDetails>,
}

/// `ContractDetails` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContractDetails {
    #[prost(string, optional, tag = "1")]
    pub(crate) market_name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) min_tick: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) order_types: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) valid_exchanges: Option<String>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) price_magnifier: Option<i32>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) under_con_id: Option<i32>,
    #[prost(string, optional, tag = "7")]
    pub(crate) long_name: Option<String>,
    #[prost(string, optional, tag = "8")]
    pub(crate) contract_month: Option<String>,
    #[prost(string, optional, tag = "9")]
    pub(crate) industry: Option<String>,
    #[prost(string, optional, tag = "10")]
    pub(crate) category: Option<String>,
    #[prost(string, optional, tag = "11")]
    pub(crate) subcategory: Option<String>,
    #[prost(string, optional, tag = "12")]
    pub(crate) time_zone_id: Option<String>,
    #[prost(string, optional, tag = "13")]
    pub(crate) trading_hours: Option<String>,
    #[prost(string, optional, tag = "14")]
    pub(crate) liquid_hours: Option<String>,
    #[prost(string, optional, tag = "15")]
    pub(crate) ev_rule: Option<String>,
    #[prost(double, optional, tag = "16")]
    pub(crate) ev_multiplier: Option<f64>,
    #[prost(int32, optional, tag = "18")]
    pub(crate) agg_group: Option<i32>,
    #[prost(string, optional, tag = "19")]
    pub(crate) under_symbol: Option<String>,
    #[prost(string, optional, tag = "20")]
    pub(crate) under_sec_type: Option<String>,
    #[prost(string, optional, tag = "21")]
    pub(crate) market_rule_ids: Option<String>,
    #[prost(string, optional, tag = "22")]
    pub(crate) real_expiration_date: Option<String>,
    #[prost(string, optional, tag = "23")]
    pub(crate) stock_type: Option<String>,
    #[prost(string, optional, tag = "24")]
    pub(crate) min_size: Option<String>,
    #[prost(string, optional, tag = "25")]
    pub(crate) size_increment: Option<String>,
    #[prost(string, optional, tag = "26")]
    pub(crate) suggested_size_increment: Option<String>,
    #[prost(string, optional, tag = "62")]
    pub(crate) min_algo_size: Option<String>,
    #[prost(string, optional, tag = "63")]
    pub(crate) last_price_precision: Option<String>,
    #[prost(string, optional, tag = "64")]
    pub(crate) last_size_precision: Option<String>,
}

/// `ContractDataEnd` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct ContractDataEnd {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
}

/// `MatchingSymbolsRequest` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MatchingSymbolsRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) pattern: Option<String>,
}

/// `ContractDescription` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContractDescription {
    #[prost(message, optional, tag = "1")]
    pub(crate) contract: Option<Contract>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) derivative_sec_types: Vec<String>,
}

/// `SymbolSamples` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SymbolSamples {
    #[prost(int32, optional, tag = "1")]
    pub(crate) req_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) contract_descriptions: Vec<ContractDescription>,
}

/// `MarketRuleRequest` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct MarketRuleRequest {
    #[prost(int32, optional, tag = "1")]
    pub(crate) market_rule_id: Option<i32>,
}

/// `PriceIncrement` of the protocol.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct PriceIncrement {
    #[prost(double, optional, tag = "1")]
    pub(crate) low_edge: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) increment: Option<f64>,
}

/// `MarketRule` of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MarketRule {
    #[prost(int32, optional, tag = "1")]
    pub(crate) market_rule_id: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) price_increments: Vec<PriceIncrement>,
}

super::responses! {
    ContractData = 10,
    ContractDataEnd = 52,
    SymbolSamples = 79,
    MarketRule = 93,
}
