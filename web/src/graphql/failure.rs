//! Why an operation did not give its answer, cut by what the dashboard does next.

use serde::Deserialize;

use super::instrument::InstrumentId;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server could not be reached, or did not speak GraphQL: try again later.
    Unreachable,
    /// The access token is missing, wrong or too old: renew the session.
    Unauthenticated,
    /// The server answered with an error: show it.
    Refused {
        /// The stable code, as `extensions.code`.
        code: String,
        /// The reason, in a sentence.
        message: String,
        /// Which instrument it is about, where it is about one only.
        instrument: Option<InstrumentId>,
    },
}

/// What the server adds to an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Extensions {
    /// The stable code.
    #[serde(default)]
    pub code: String,
    /// The id of the instrument that the error is about.
    pub instrument: Option<InstrumentId>,
}

/// An error of the server.
pub type ServerError = cynic::GraphQlError<Extensions>;

/// The answer to an operation.
pub type Response<T> = cynic::GraphQlResponse<T, Extensions>;

impl Failure {
    /// Whether a reader learns the same from both, whichever instrument each is about.
    pub fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused { code, message, .. }, Self::Refused { code: other, message: said, .. }) => {
                code == other && message == said
            }
            _ => self == other,
        }
    }

    /// What this list of errors comes to; an empty list counts as an answer that could not be read.
    pub fn of(errors: &[ServerError]) -> Self {
        let extensions = |error: &ServerError| error.extensions.clone().unwrap_or_default();
        if errors.iter().any(|error| extensions(error).code == "UNAUTHENTICATED") {
            return Self::Unauthenticated;
        }
        errors.first().map_or(Self::Unreachable, |error| {
            let Extensions { code, instrument } = extensions(error);
            Self::Refused { code, message: error.message.clone(), instrument }
        })
    }
}

/// The data of an answer, or why there is none. An answer with errors counts as failed: the dashboard's
/// operations have one root field each.
pub fn data_of<T>(response: Response<T>) -> Result<T, Failure> {
    match (response.data, response.errors.unwrap_or_default()) {
        (Some(data), errors) if errors.is_empty() => Ok(data),
        (_, errors) => Err(Failure::of(&errors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Result<i32, Failure> {
        data_of(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn an_answer_is_data_or_a_failure() {
        let about = |code: &str, instrument: Option<&str>| Failure::Refused {
            code: code.into(),
            message: "no".into(),
            instrument: instrument.map(InstrumentId::new),
        };
        let refused = |code: &str| about(code, None);
        let check = |json: &str, expect: Result<i32, Failure>| assert_eq!(parsed(json), expect, "{json}");
        check(r#"{"data":1}"#, Ok(1));
        check(r#"{"data":1,"errors":[{"message":"no"}]}"#, Err(refused("")));
        check(r#"{"errors":[{"message":"no","extensions":{"code":"LIMIT"}}]}"#, Err(refused("LIMIT")));
        check(
            r#"{"errors":[{"message":"no","extensions":{"code":"LINES","instrument":"i7"}}]}"#,
            Err(about("LINES", Some("i7"))),
        );
        check(
            r#"{"errors":[{"message":"no"},{"message":"x","extensions":{"code":"UNAUTHENTICATED"}}]}"#,
            Err(Failure::Unauthenticated),
        );
        check(r#"{"data":1,"errors":[]}"#, Ok(1));
        check(r#"{"data":null,"errors":[]}"#, Err(Failure::Unreachable));
    }
}
