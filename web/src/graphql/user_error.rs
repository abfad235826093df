//! Expected failures of a mutation, told at the field that they are about.

use super::failure::Failure;
use super::schema;

/// The stable reason.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(non_exhaustive)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum UserErrorCode {
    Invalid,
    NotFound,
    Taken,
    LimitReached,
    Outdated,
    InvalidCredentials,
    SessionEnded,
    SetUpTokenInvalid,
    SetUpDone,
    RangeInvalid,
    BrokerRefused,
    MarketDataLinesExhausted,
    MarketDataNotSubscribed,
    SecondFactorRequired,
    CodeInvalid,
    TooManyAttempts,
    PasswordTokenInvalid,
    LastAdministrator,
    PasswordWrong,
    InstrumentDelisted,
    #[cynic(fallback)]
    Other,
}

/// One expected failure.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// The path of the input field, where it is about one.
    pub field: Option<Vec<String>>,
    /// The stable reason.
    pub code: UserErrorCode,
    /// The reason in English, in a sentence.
    pub message: String,
}

impl UserError {
    /// Whether it is about this field of the input.
    pub fn is_about(&self, field: &str) -> bool {
        self.field.as_ref().and_then(|path| path.last()).is_some_and(|last| last == field)
    }
}

/// Why a mutation changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// For reasons that the user can mend.
    User(Vec<UserError>),
    /// For any other reason.
    Failure(Failure),
}

impl Refusal {
    /// Whether this is among the reasons.
    pub fn has(&self, code: UserErrorCode) -> bool {
        matches!(self, Self::User(errors) if errors.iter().any(|error| error.code == code))
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}
