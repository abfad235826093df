//! What the gateway tells its clients by number: notices and errors, with the broker's words.

/// The id of a message that belongs to no request.
pub(crate) const NO_REQUEST: i32 = -1;

/// A refused request, or news: the broker's code and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The request that it answers, or [`NO_REQUEST`].
    pub(crate) request_id: i32,
    /// The broker's code.
    pub(crate) code: i32,
    /// The broker's words.
    pub(crate) message: String,
}

impl Notice {
    /// A refusal of this request.
    pub(crate) fn refusal(request_id: i32, code: i32, message: impl Into<String>) -> Self {
        Self { request_id, code, message: message.into() }
    }

    /// A request whose fields make no sense (321).
    pub(crate) fn invalid(request_id: i32, cause: &str) -> Self {
        Self::refusal(request_id, 321, format!("Error validating request.-'bQ' : cause - {cause}"))
    }

    /// Bars that cannot be had (162).
    pub(crate) fn no_history(request_id: i32, cause: &str) -> Self {
        Self::refusal(request_id, 162, format!("Historical Market Data Service error message:{cause}"))
    }

    /// News of the connection, in the broker's words.
    pub(crate) fn news(code: i32) -> Self {
        Self::refusal(NO_REQUEST, code, words(code))
    }
}

/// What Interactive Brokers says with this code.
pub(crate) fn words(code: i32) -> String {
    let words = match code {
        100 => "Max rate of messages per second has been exceeded.",
        101 => "Max number of tickers has been reached.",
        102 => "Duplicate ticker ID.",
        200 => "No security definition has been found for the request",
        309 => "Max number (3) of market depth requests has been reached.",
        317 => {
            "Market depth data has been RESET. Please empty deep book contents before applying any new \
             entries."
        }
        326 => "Unable to connect as the client id is already in use. Retry with a unique client id.",
        327 => "Only API connections with clientId set to 0 can set the auto bind TWS orders property.",
        354 => "Requested market data is not subscribed. Delayed market data is available.",
        385 => "Duplicate ticker ID for API scanner subscription.",
        430 => "We are sorry, but fundamentals data for the security specified is not available.",
        1100 => "Connectivity between IB and Trader Workstation has been lost.",
        1101 => "Connectivity between IB and Trader Workstation has been restored - data lost.",
        1102 => {
            "Connectivity between IB and Trader Workstation has been restored - data maintained. \
             All data farms are connected: usfarm; ushmds; secdefil."
        }
        1300 => "TWS socket port has been reset and this connection is being dropped.",
        2103 => "Market data farm connection is broken:usfarm",
        2104 => "Market data farm connection is OK:usfarm",
        2105 => "HMDS data farm connection is broken:ushmds",
        2106 => "HMDS data farm connection is OK:ushmds",
        2107 => "HMDS data farm connection is inactive but should be available upon demand.ushmds",
        2108 => "Market data farm connection is inactive but should be available upon demand.usfarm",
        2110 => {
            "Connectivity between Trader Workstation and server is broken. It will be restored automatically."
        }
        2119 => "Market data farm is connecting:usfarm",
        2157 => "Sec-def data farm connection is broken:secdefil",
        2158 => "Sec-def data farm connection is OK:secdefil",
        10089 => {
            "Requested market data requires additional subscription for API. See link in 'Market Data \
             Connections' dialog for more details. Delayed market data is available."
        }
        10092 => "Deep market data is not supported for this combination of security type/exchange",
        10167 => "Requested market data is not subscribed. Displaying delayed market data.",
        10168 => "Requested market data is not subscribed. Delayed market data is not enabled.",
        10190 => "Max number of tick-by-tick requests has been reached.",
        10197 => "No market data during competing live session",
        10276 => "News feed is not allowed",
        _ => return format!("Simulated notice {code}."),
    };
    words.to_owned()
}
