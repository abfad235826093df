//! What the codes of Interactive Brokers mean for whoever asked.

use std::io::ErrorKind;

use domain::RefusalCode;
use domain::market_data::SourceError;
use ibapi::{Error, Notice};

/// The account lacks the live data, but there may be delayed data.
const NOT_SUBSCRIBED: [i32; 6] = [354, 10089, 10168, 10186, 10187, 10189];

/// Every line of its kind is in use: for quotes, for depth, for trades.
const EXHAUSTED: [i32; 3] = [101, 309, 10190];
/// There is no such contract.
const UNKNOWN_CONTRACT: i32 = 200;
/// Another session of the same user takes the data.
pub(super) const COMPETING_SESSION: i32 = 10197;
/// Delayed data comes instead of live data.
pub(super) const DISPLAYING_DELAYED: i32 = 10167;

/// The message limit, IB's own connection trouble, a halted book: the same question may succeed later.
const PASSING: [i32; 8] = [100, 316, 322, 366, 502, 504, 1100, 2110];
const HISTORY_SERVICE: i32 = 162;

/// What an error of the client crate means to the caller. `asked` says what was wanted: `the contract search`.
pub(super) fn source_error(error: &Error, asked: &str) -> SourceError {
    match error {
        Error::Notice(notice) => refused(notice),
        Error::Timeout => {
            SourceError::Unavailable(format!("the gateway did not answer {asked} in time; try again"))
        }
        Error::InvalidArgument(message) => SourceError::Rejected {
            code: RefusalCode::BrokerRefused,
            message: format!("{asked} cannot be sent: {message}"),
        },
        error if is_connection_end(error) => SourceError::Unavailable(format!(
            "the connection to the gateway was lost during {asked}; it comes back by itself, try again"
        )),
        other => {
            tracing::warn!(error = %other, asked, "the gateway's answer cannot be read");
            SourceError::Unavailable(format!("the gateway's answer to {asked} cannot be read; try again"))
        }
    }
}

/// What a coded refusal of a request means to the caller.
pub(super) fn refused(notice: &Notice) -> SourceError {
    let said = in_words(notice);
    let code = match notice.code {
        code if is_exhausted(code) => RefusalCode::MarketDataLinesExhausted,
        // We ask by the contract's own id, which was found once.
        UNKNOWN_CONTRACT => {
            return SourceError::Rejected {
                code: RefusalCode::InstrumentDelisted,
                message: format!("the instrument was delisted, merged or has expired: {said}"),
            };
        }
        code if is_not_subscribed(code) => RefusalCode::MarketDataNotSubscribed,
        HISTORY_SERVICE if notice.message.to_lowercase().contains("permission") => {
            RefusalCode::MarketDataNotSubscribed
        }
        HISTORY_SERVICE => return SourceError::Unavailable(said),
        code if PASSING.contains(&code) => return SourceError::Unavailable(said),
        _ => RefusalCode::BrokerRefused,
    };
    SourceError::Rejected { code, message: said }
}

/// IB's words, with the code that a person can look up.
pub(super) fn in_words(notice: &Notice) -> String {
    let text = notice.message.trim();
    let text = if text.is_empty() { "no reason given" } else { text };
    format!("Interactive Brokers: {text} ({})", notice.code)
}

/// Whether every line of the kind that was asked for is in use.
pub(super) fn is_exhausted(code: i32) -> bool {
    EXHAUSTED.contains(&code)
}

/// Whether the account lacks the live data that was asked for.
pub(super) fn is_not_subscribed(code: i32) -> bool {
    NOT_SUBSCRIBED.contains(&code)
}

/// Whether a refused question for bars only says that there are none.
pub(super) fn is_no_data(error: &Error) -> bool {
    matches!(error, Error::Notice(notice) if notice.code == HISTORY_SERVICE
        && notice.message.to_lowercase().contains("no data"))
}

/// Whether there is no such contract.
pub(super) fn is_unknown_contract(error: &Error) -> bool {
    matches!(error, Error::Notice(notice) if notice.code == UNKNOWN_CONTRACT)
}

/// Whether a refused quote subscription may be let in later, without anybody doing anything.
pub(super) fn may_pass(notice: &Notice) -> bool {
    notice.code == COMPETING_SESSION || PASSING.contains(&notice.code)
}

/// Whether the error means that the connection as a whole has ended.
pub(super) fn is_connection_end(error: &Error) -> bool {
    matches!(
        error,
        Error::Io(_)
            | Error::ConnectionFailed
            | Error::ConnectionReset
            | Error::ConnectionRejected(_)
            | Error::Shutdown
            | Error::Cancelled
            | Error::EndOfStream
            | Error::UnexpectedEndOfStream
            | Error::InvalidFrame(_)
    )
}

/// Why the gateway could not be connected to, in a sentence that says what to do.
pub(super) fn connect_failure(error: &Error, address: &str) -> String {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => format!(
            "nothing listens at {address}: start IB Gateway, or check the address and the API port in its settings"
        ),
        Error::Io(error) if is_close(error.kind()) => closed_at_once(address),
        Error::ConnectionReset | Error::ConnectionRejected(_) | Error::UnexpectedEndOfStream => {
            closed_at_once(address)
        }
        Error::Io(error) => format!("the gateway at {address} cannot be reached: {error}"),
        Error::ClientIdInUse { client_id } => format!(
            "another program is connected to the gateway at {address} with client id {client_id} (326): \
             end it, or choose another client id"
        ),
        Error::ServerVersion(needed, found, _) => format!(
            "the gateway at {address} is too old (it speaks version {found}, {needed} is needed): update IB Gateway"
        ),
        other => format!("the gateway at {address} did not accept the connection: {other}"),
    }
}

fn is_close(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::UnexpectedEof
            | ErrorKind::BrokenPipe
    )
}

fn closed_at_once(address: &str) -> String {
    format!(
        "the gateway at {address} closed the connection at once: allow API connections from this machine in its settings"
    )
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn notice(code: i32, message: &str) -> Notice {
        Notice {
            request_id: Some(1_500_000_000),
            code,
            message: message.into(),
            error_time: None,
            advanced_order_reject_json: String::new(),
        }
    }

    #[test]
    fn a_code_says_what_the_caller_does_next() {
        let cases = [
            (200, "No security definition has been found", Some(RefusalCode::InstrumentDelisted)),
            (321, "Error validating request", Some(RefusalCode::BrokerRefused)),
            (101, "Max number of tickers has been reached", Some(RefusalCode::MarketDataLinesExhausted)),
            (309, "Max number (3) of market depth requests", Some(RefusalCode::MarketDataLinesExhausted)),
            (10190, "Max number of tick-by-tick requests", Some(RefusalCode::MarketDataLinesExhausted)),
            (316, "Market depth data has been HALTED", None),
            (354, "Requested market data is not subscribed", Some(RefusalCode::MarketDataNotSubscribed)),
            (10168, "Delayed market data is not enabled", Some(RefusalCode::MarketDataNotSubscribed)),
            (162, "No market data permissions for ISLAND STK", Some(RefusalCode::MarketDataNotSubscribed)),
            (162, "Historical data request pacing violation", None),
            (100, "Max rate of messages per second has been exceeded", None),
        ];
        for (code, message, expected) in cases {
            let error = source_error(&Error::Notice(notice(code, message)), "the question");
            match (&error, expected) {
                (SourceError::Rejected { code, .. }, Some(expected)) => assert_eq!(*code, expected),
                (SourceError::Unavailable(_), None) => {}
                _ => panic!("{code} {message}: {error:?}"),
            }
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn what_ends_with_the_connection_or_is_late_may_succeed_later() {
        for error in [Error::Timeout, Error::ConnectionReset, Error::Shutdown, Error::NotImplemented] {
            let answer = source_error(&error, "the contract search");
            assert!(matches!(answer, SourceError::Unavailable(_)), "{error:?}");
            assert!(answer.to_string().contains("the contract search"), "{answer}");
        }
    }

    #[test]
    fn no_data_is_no_error() {
        let cases = [
            (162, "Historical Market Data Service error message:HMDS query returned no data: X@SMART", true),
            (162, "Historical data request pacing violation", false),
            (200, "no data", false),
        ];
        for (code, message, expected) in cases {
            assert_eq!(is_no_data(&Error::Notice(notice(code, message))), expected, "{message}");
        }
    }

    #[test]
    fn a_failed_connection_says_what_to_do() {
        let io = |kind| Error::Io(io::Error::from(kind));
        let cases = [
            (io(ErrorKind::ConnectionRefused), "start IB Gateway"),
            (io(ErrorKind::UnexpectedEof), "allow API connections"),
            (io(ErrorKind::HostUnreachable), "cannot be reached"),
            (Error::ConnectionRejected("eof".into()), "allow API connections"),
            (Error::ClientIdInUse { client_id: 7 }, "client id 7 (326)"),
            (Error::ServerVersion(213, 178, "protobuf".into()), "update IB Gateway"),
        ];
        for (error, expected) in cases {
            let text = connect_failure(&error, "127.0.0.1:4002");
            assert!(text.contains(expected) && text.contains("127.0.0.1:4002"), "{text}");
        }
    }
}
