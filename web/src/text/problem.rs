//! What went wrong, in the reader's language.

use super::{Catalogue, Language, Text};
use crate::graphql::failure::Failure;
use crate::graphql::user_error::{Refusal, UserError, UserErrorCode};

impl Catalogue {
    /// Why there is no answer. The server's own sentence, which is English, says more than ours where it is
    /// not about something that every reader meets.
    pub fn failure(self, failure: &Failure) -> String {
        let (code, message) = match failure {
            Failure::Unreachable => return self.say(Text::FailureUnreachable).to_owned(),
            Failure::Unauthenticated => return self.say(Text::FailureUnauthenticated).to_owned(),
            Failure::Refused { code, message, .. } => (code.as_str(), message),
        };
        let own = match code {
            "FORBIDDEN" => Some(Text::FailureForbidden),
            "UNAVAILABLE" => Some(Text::FailureUnavailable),
            "LIMIT" => Some(Text::FailureLimit),
            "RATE_LIMITED" => Some(Text::FailureRateLimited),
            "INTERNAL" => Some(Text::FailureInternal),
            "MARKET_DATA_LINES_EXHAUSTED" => Some(Text::FailureLines),
            "MARKET_DATA_NOT_SUBSCRIBED" => Some(Text::FailureNotSubscribed),
            "INSTRUMENT_DELISTED" => Some(Text::FailureDelisted),
            _ => None,
        };
        match own {
            Some(own) if self.0 != Language::English || message.is_empty() => self.say(own).to_owned(),
            _ => sentence(message),
        }
    }

    /// What is wrong with one field of a form.
    pub fn field_error(self, refusal: Option<&Refusal>, field: &str) -> Option<String> {
        let Some(Refusal::User(errors)) = refusal else { return None };
        errors.iter().find(|error| error.is_about(field)).map(|error| self.user_error(error))
    }

    /// What is wrong with a form as a whole, when these fields tell the rest.
    pub fn form_error(self, refusal: &Refusal, fields: &[&str]) -> Option<String> {
        let errors = match refusal {
            Refusal::Failure(failure) => return Some(self.failure(failure)),
            Refusal::User(errors) if errors.is_empty() => return Some(self.say(Text::ErrorOther).to_owned()),
            Refusal::User(errors) => errors,
        };
        let about_none = |error: &&UserError| !fields.iter().any(|field| error.is_about(field));
        errors.iter().find(about_none).map(|error| self.user_error(error))
    }

    fn user_error(self, error: &UserError) -> String {
        if self.0 == Language::English && !error.message.is_empty() {
            return sentence(&error.message);
        }
        let text = match error.code {
            UserErrorCode::Invalid if error.is_about("username") => Text::ErrorInvalidUsername,
            UserErrorCode::Invalid if error.is_about("password") || error.is_about("newPassword") => {
                Text::ErrorInvalidPassword
            }
            UserErrorCode::Invalid if error.is_about("addresses") => Text::ErrorInvalidAddresses,
            UserErrorCode::Invalid if error.is_about("name") => Text::ErrorInvalidName,
            UserErrorCode::Invalid | UserErrorCode::RangeInvalid => Text::ErrorInvalid,
            UserErrorCode::NotFound => Text::ErrorNotFound,
            UserErrorCode::Taken => Text::ErrorTaken,
            UserErrorCode::LimitReached => Text::ErrorLimitReached,
            UserErrorCode::Outdated => Text::ErrorOutdated,
            UserErrorCode::InvalidCredentials => Text::ErrorCredentials,
            UserErrorCode::SessionEnded => Text::FailureUnauthenticated,
            UserErrorCode::SetUpTokenInvalid => Text::ErrorSetUpToken,
            UserErrorCode::SetUpDone => Text::ErrorSetUpDone,
            UserErrorCode::MarketDataLinesExhausted => Text::FailureLines,
            UserErrorCode::MarketDataNotSubscribed => Text::FailureNotSubscribed,
            UserErrorCode::SecondFactorRequired => Text::ErrorCodeRequired,
            UserErrorCode::CodeInvalid => Text::ErrorCode,
            UserErrorCode::TooManyAttempts => Text::ErrorTooManyAttempts,
            UserErrorCode::PasswordTokenInvalid => Text::ErrorPasswordToken,
            UserErrorCode::LastAdministrator => Text::ErrorLastAdministrator,
            UserErrorCode::InstrumentDelisted => Text::FailureDelisted,
            UserErrorCode::PasswordWrong => Text::ErrorPasswordWrong,
            UserErrorCode::BrokerRefused | UserErrorCode::Other => Text::ErrorOther,
        };
        self.say(text).to_owned()
    }
}

/// With a capital and a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.trim().trim_end_matches('.').chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stand_at_their_field_or_over_the_form() {
        let text = Catalogue(Language::English);
        let error = |field: Option<&str>, message: &str| UserError {
            field: field.map(|field| vec!["input".to_owned(), field.to_owned()]),
            code: UserErrorCode::Invalid,
            message: message.to_owned(),
        };
        let refusal = Refusal::User(vec![error(Some("password"), "too short"), error(None, "no luck")]);
        assert_eq!(text.field_error(Some(&refusal), "password").as_deref(), Some("Too short."));
        assert_eq!(text.field_error(Some(&refusal), "username"), None);
        assert_eq!(text.form_error(&refusal, &["password"]).as_deref(), Some("No luck."));
        let chinese = Catalogue(Language::Chinese);
        assert_eq!(
            chinese.field_error(Some(&refusal), "password").as_deref(),
            Some(chinese.say(Text::ErrorInvalidPassword)),
        );
    }
}
