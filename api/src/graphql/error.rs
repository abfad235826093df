//! The one place where what went wrong becomes what a client is told.
//!
//! An expected failure of a mutation is a [`UserError`] in its payload. Everything else is a top-level error
//! with a code in its extensions; a fault's text stays in the log, under the trace id that the client gets.

use async_graphql::{Enum, Error, ErrorExtensions as _, SimpleObject};
use domain::error::{Error as DomainError, Refusal, RefusalCode};
use uuid::Uuid;

/// The stable, machine-readable reason of an expected failure.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "RefusalCode")]
pub enum UserErrorCode {
    /// The value is malformed or out of its range.
    Invalid,
    /// The thing that was named does not exist, or is not yours to see.
    NotFound,
    /// The name is in use already.
    Taken,
    /// A limit would be passed.
    LimitReached,
    /// The list no longer holds what the input assumes; read it again.
    Outdated,
    /// Unknown user or wrong password.
    InvalidCredentials,
    /// The session has ended; log in again.
    SessionEnded,
    /// The set-up link is wrong.
    SetUpTokenInvalid,
    /// The first administrator exists already.
    SetUpDone,
    /// The range asked for is too wide, empty or upside down.
    RangeInvalid,
    /// The broker refused; the message gives its words.
    BrokerRefused,
    /// The broker no longer knows the instrument: it was delisted, merged or has expired.
    InstrumentDelisted,
    /// Every market-data line of the kind is in use.
    MarketDataLinesExhausted,
    /// The account lacks the market-data subscription.
    MarketDataNotSubscribed,
    /// The password is right; a code of the second factor is needed as well.
    SecondFactorRequired,
    /// The code of the second factor is wrong, or was used before.
    CodeInvalid,
    /// Too many failed in a short time; the message says when to try again.
    TooManyAttempts,
    /// The link by which a password is chosen is wrong, was used, or has ended.
    PasswordTokenInvalid,
    /// Nobody would be left to manage people.
    LastAdministrator,
    /// The current password is wrong.
    PasswordWrong,
    /// The idempotency key was used for something else before.
    IdempotencyKeyReused,
    /// The order stands where this cannot be done with it.
    NotPossible,
    /// You may not trade this account, or not in this way.
    AccountNotGranted,
    /// Trading is halted; the message says why.
    TradingHalted,
}

/// An expected failure: what was asked for cannot be done as asked, and nothing was changed.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// The path of the input field at fault, where it is one field.
    pub field: Option<Vec<String>>,
    /// The stable, machine-readable reason.
    pub code: UserErrorCode,
    /// One sentence for a person: what is wrong, and what would be right.
    pub message: String,
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        Self {
            field: refusal.field.map(|field| vec![field.to_owned()]),
            code: refusal.code.into(),
            message: refusal.message,
        }
    }
}

/// The codes of top-level errors that are not a [`UserErrorCode`].
pub mod code {
    /// The request is not well-formed GraphQL over HTTP, or its document is not valid.
    pub const BAD_REQUEST: &str = "BAD_REQUEST";
    /// Nobody is logged in, or no longer.
    pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
    /// The user's role does not include this.
    pub const FORBIDDEN: &str = "FORBIDDEN";
    /// Something that this needs is away for now.
    pub const UNAVAILABLE: &str = "UNAVAILABLE";
    /// An id that this server cannot have given out.
    pub const BAD_ID: &str = "BAD_ID";
    /// A limit of the protocol is passed.
    pub const LIMIT: &str = "LIMIT";
    /// The budget is used up for now; `retryAfterMs` in the extensions says until when.
    pub const RATE_LIMITED: &str = "RATE_LIMITED";
    /// The text of the document is not GraphQL.
    pub const PARSE_FAILED: &str = "PARSE_FAILED";
    /// No operation is registered under the `documentId`; send its text.
    pub const DOCUMENT_NOT_FOUND: &str = "DOCUMENT_NOT_FOUND";
    /// A fault of ours.
    pub const INTERNAL: &str = "INTERNAL";
}

/// A top-level error with this code.
pub fn coded(code: &str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// The code's name in the API.
pub fn code_name(refusal: RefusalCode) -> String {
    match async_graphql::resolver_utils::enum_value(UserErrorCode::from(refusal)) {
        async_graphql::Value::Enum(name) => name.to_string(),
        _ => code::INTERNAL.to_owned(),
    }
}

/// A top-level error for something that failed in a query, or failed unexpectedly.
pub fn top_level(error: DomainError) -> Error {
    match error {
        DomainError::Refused(refusal) => coded(&code_name(refusal.code), refusal.message),
        DomainError::Unavailable { .. } => coded(code::UNAVAILABLE, error.to_string()),
        DomainError::Internal(source) => internal(source.as_ref()),
    }
}

/// A masked error for a fault of ours, which is logged under a trace id.
pub fn internal(fault: &(dyn std::error::Error + 'static)) -> Error {
    let trace_id = Uuid::new_v4();
    let causes: Vec<String> =
        std::iter::successors(fault.source(), |cause| cause.source()).map(ToString::to_string).collect();
    tracing::error!(%trace_id, fault = %fault, ?causes, "internal fault");
    coded(code::INTERNAL, "internal fault")
        .extend_with(|_, extensions| extensions.set("traceId", trace_id.to_string()))
}

/// Splits what a use case returned into the payload's two halves; what is not an expected failure is an error.
pub fn payload<T>(result: Result<T, DomainError>) -> Result<(Option<T>, Vec<UserError>), Error> {
    match result {
        Ok(done) => Ok((Some(done), Vec::new())),
        Err(DomainError::Refused(refusal)) => Ok((None, vec![refusal.into()])),
        Err(other) => Err(top_level(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(error: &Error, name: &str) -> Option<String> {
        let value = error.extensions.as_ref()?.get(name)?.clone();
        if let async_graphql::Value::String(text) = value { Some(text) } else { None }
    }

    #[test]
    fn a_fault_is_masked_and_can_be_traced() {
        let error = top_level(DomainError::Internal("relation \"users\" does not exist".into()));
        assert_eq!(error.message, "internal fault");
        assert_eq!(extension(&error, "code").as_deref(), Some("INTERNAL"));
        assert!(extension(&error, "traceId").is_some_and(|id| Uuid::parse_str(&id).is_ok()));
    }

    #[test]
    fn what_is_expected_keeps_its_words_and_code() {
        let refused = Refusal::of("from", RefusalCode::RangeInvalid, "too wide");
        let error = top_level(refused.clone().into());
        assert_eq!(
            (error.message.as_str(), extension(&error, "code").as_deref()),
            ("too wide", Some("RANGE_INVALID"))
        );
        let (none, errors) = payload::<()>(Err(refused.into())).unwrap();
        assert!(none.is_none());
        assert_eq!(errors[0].field, Some(vec!["from".to_owned()]));
        let away = DomainError::Unavailable { what: "the desk", message: "it does not answer".into() };
        let error = payload::<()>(Err(away)).unwrap_err();
        assert_eq!(error.message, "the desk is not available: it does not answer");
        assert_eq!(extension(&error, "code").as_deref(), Some("UNAVAILABLE"));
    }
}
