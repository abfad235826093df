//! What can go wrong, free of any transport.
//!
//! An expected failure is a [`Refusal`]: it names the field, has a stable code and says what to do.
//! Everything else is a fault of ours or of something we need, and is cut by what the caller does next.

use std::error::Error as StdError;

use crate::store::StoreError;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is at fault; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something outside that this needs is away for now; try again later.
    #[error("{what} is not available: {message}")]
    Unavailable {
        /// What is away, in the user's words: `the market-data connection`, `the desk`.
        what: &'static str,
        /// What is known of the cause, fit for the user.
        message: String,
    },
    /// A fault of ours; the text is for the log alone.
    #[error("internal fault")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable {
                what: "the database",
                message: "it cannot be reached; try again shortly".into(),
            },
            StoreError::Fault(source) => Self::Internal(source),
        }
    }
}

/// An expected failure: what was asked for cannot be done as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The input field at fault, as the client named it (`name`, `instruments`), where it is one field.
    pub field: Option<&'static str>,
    /// The stable, machine-readable reason.
    pub code: RefusalCode,
    /// One sentence for a person: what is wrong, and what would be right.
    pub message: String,
}

impl Refusal {
    /// A refusal of one field.
    pub fn of(field: &'static str, code: RefusalCode, message: impl Into<String>) -> Self {
        Self { field: Some(field), code, message: message.into() }
    }

    /// A refusal of the whole input.
    pub fn whole(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { field: None, code, message: message.into() }
    }
}

/// The stable reason of a [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
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
