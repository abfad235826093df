//! What the gateway tells its clients by number: notices and errors, with the broker's words.

use crate::exchange::broker::Refused;

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
    /// How a refused order can be sent nevertheless (JSON); empty where it cannot.
    pub(crate) overriding: String,
}

impl Notice {
    /// A refusal of this request.
    pub(crate) fn refusal(request_id: i32, code: i32, message: impl Into<String>) -> Self {
        Self { request_id, code, message: message.into(), overriding: String::new() }
    }

    /// What the exchange says of this order.
    pub(crate) fn of(order_id: i32, refused: Refused) -> Self {
        Self::refusal(order_id, refused.code, refused.message)
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
        107 => "Cannot transmit incomplete order.",
        111 => "The TIF (Tif type) and the order type are incompatible.",
        113 => "The Tif option should be set to DAY for MOC and LOC orders.",
        200 => "No security definition has been found for the request",
        202 => "Order Canceled - reason:",
        203 => "The security is not available or allowed for this account.",
        309 => "Max number (3) of market depth requests has been reached.",
        317 => {
            "Market depth data has been RESET. Please empty deep book contents before applying any new \
             entries."
        }
        326 => "Unable to connect as the client id is already in use. Retry with a unique client id.",
        327 => "Only API connections with clientId set to 0 can set the auto bind TWS orders property.",
        354 => "Requested market data is not subscribed. Delayed market data is available.",
        385 => "Duplicate ticker ID for API scanner subscription.",
        387 => "Unsupported order type for this exchange and security type.",
        391 => "The time or time-zone entered is invalid. The correct format is hh:mm:ss xxx",
        413 => "What-if order should have the transmit flag set to true.",
        434 => "The order size cannot be zero.",
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
        2109 => {
            "Order Event Warning: Attribute \"Outside Regular Trading Hours\" is ignored based on the order \
             type and destination. PlaceOrder is now processed."
        }
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
