//! The ids of the requests that a client may send, without the protobuf offset.

macro_rules! requests {
    ($($name:ident = $id:expr, $label:literal;)*) => {
        $(#[allow(dead_code, reason = "the table is whole, so that every request has a name")]
        pub(crate) const $name: i32 = $id;)*

        /// The protocol's name of a request, or nothing where there is no such request.
        pub(crate) fn name(id: i32) -> Option<&'static str> {
            match id {
                $($id => Some($label),)*
                _ => None,
            }
        }
    };
}

requests! {
    MARKET_DATA = 1, "reqMktData";
    CANCEL_MARKET_DATA = 2, "cancelMktData";
    PLACE_ORDER = 3, "placeOrder";
    CANCEL_ORDER = 4, "cancelOrder";
    OPEN_ORDERS = 5, "reqOpenOrders";
    ACCOUNT_DATA = 6, "reqAccountUpdates";
    EXECUTIONS = 7, "reqExecutions";
    IDS = 8, "reqIds";
    CONTRACT_DATA = 9, "reqContractDetails";
    MARKET_DEPTH = 10, "reqMktDepth";
    CANCEL_MARKET_DEPTH = 11, "cancelMktDepth";
    NEWS_BULLETINS = 12, "reqNewsBulletins";
    CANCEL_NEWS_BULLETINS = 13, "cancelNewsBulletins";
    SET_LOG_LEVEL = 14, "setServerLogLevel";
    AUTO_OPEN_ORDERS = 15, "reqAutoOpenOrders";
    ALL_OPEN_ORDERS = 16, "reqAllOpenOrders";
    MANAGED_ACCOUNTS = 17, "reqManagedAccts";
    ADVISOR = 18, "requestFA";
    REPLACE_ADVISOR = 19, "replaceFA";
    HISTORICAL_DATA = 20, "reqHistoricalData";
    EXERCISE_OPTIONS = 21, "exerciseOptions";
    SCANNER = 22, "reqScannerSubscription";
    CANCEL_SCANNER = 23, "cancelScannerSubscription";
    SCANNER_PARAMETERS = 24, "reqScannerParameters";
    CANCEL_HISTORICAL_DATA = 25, "cancelHistoricalData";
    CURRENT_TIME = 49, "reqCurrentTime";
    REAL_TIME_BARS = 50, "reqRealTimeBars";
    CANCEL_REAL_TIME_BARS = 51, "cancelRealTimeBars";
    FUNDAMENTALS = 52, "reqFundamentalData";
    CANCEL_FUNDAMENTALS = 53, "cancelFundamentalData";
    IMPLIED_VOLATILITY = 54, "calculateImpliedVolatility";
    OPTION_PRICE = 55, "calculateOptionPrice";
    CANCEL_IMPLIED_VOLATILITY = 56, "cancelCalculateImpliedVolatility";
    CANCEL_OPTION_PRICE = 57, "cancelCalculateOptionPrice";
    GLOBAL_CANCEL = 58, "reqGlobalCancel";
    MARKET_DATA_TYPE = 59, "reqMarketDataType";
    POSITIONS = 61, "reqPositions";
    ACCOUNT_SUMMARY = 62, "reqAccountSummary";
    CANCEL_ACCOUNT_SUMMARY = 63, "cancelAccountSummary";
    CANCEL_POSITIONS = 64, "cancelPositions";
    VERIFY = 65, "verifyRequest";
    VERIFY_MESSAGE = 66, "verifyMessage";
    DISPLAY_GROUPS = 67, "queryDisplayGroups";
    GROUP_EVENTS = 68, "subscribeToGroupEvents";
    UPDATE_DISPLAY_GROUP = 69, "updateDisplayGroup";
    CANCEL_GROUP_EVENTS = 70, "unsubscribeFromGroupEvents";
    START_API = 71, "startApi";
    POSITIONS_MULTI = 74, "reqPositionsMulti";
    CANCEL_POSITIONS_MULTI = 75, "cancelPositionsMulti";
    ACCOUNT_UPDATES_MULTI = 76, "reqAccountUpdatesMulti";
    CANCEL_ACCOUNT_UPDATES_MULTI = 77, "cancelAccountUpdatesMulti";
    OPTION_PARAMETERS = 78, "reqSecDefOptParams";
    SOFT_DOLLAR_TIERS = 79, "reqSoftDollarTiers";
    FAMILY_CODES = 80, "reqFamilyCodes";
    MATCHING_SYMBOLS = 81, "reqMatchingSymbols";
    DEPTH_EXCHANGES = 82, "reqMktDepthExchanges";
    SMART_COMPONENTS = 83, "reqSmartComponents";
    NEWS_ARTICLE = 84, "reqNewsArticle";
    NEWS_PROVIDERS = 85, "reqNewsProviders";
    HISTORICAL_NEWS = 86, "reqHistoricalNews";
    HEAD_TIMESTAMP = 87, "reqHeadTimestamp";
    HISTOGRAM = 88, "reqHistogramData";
    CANCEL_HISTOGRAM = 89, "cancelHistogramData";
    CANCEL_HEAD_TIMESTAMP = 90, "cancelHeadTimestamp";
    MARKET_RULE = 91, "reqMarketRule";
    PNL = 92, "reqPnL";
    CANCEL_PNL = 93, "cancelPnL";
    PNL_SINGLE = 94, "reqPnLSingle";
    CANCEL_PNL_SINGLE = 95, "cancelPnLSingle";
    HISTORICAL_TICKS = 96, "reqHistoricalTicks";
    TICK_BY_TICK = 97, "reqTickByTickData";
    CANCEL_TICK_BY_TICK = 98, "cancelTickByTickData";
    COMPLETED_ORDERS = 99, "reqCompletedOrders";
    WSH_METADATA = 100, "reqWshMetaData";
    CANCEL_WSH_METADATA = 101, "cancelWshMetaData";
    WSH_EVENTS = 102, "reqWshEventData";
    CANCEL_WSH_EVENTS = 103, "cancelWshEventData";
    USER_INFO = 104, "reqUserInfo";
    CURRENT_TIME_MILLIS = 105, "reqCurrentTimeInMillis";
    CANCEL_CONTRACT_DATA = 106, "cancelContractData";
    CANCEL_HISTORICAL_TICKS = 107, "cancelHistoricalTicks";
    CONFIG = 108, "reqConfig";
    UPDATE_CONFIG = 109, "updateConfig";
}
