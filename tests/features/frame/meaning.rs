//! What a message is to a server, by the protocol's own words.

use serde_json::{Map, Value};

use super::step::{Operation, Said};

/// What a message is to the server.
pub enum Meaning {
    /// Not of the protocol.
    Nothing,
    /// The beginning.
    Init(Map<String, Value>),
    /// A sign of life is asked for.
    Ping(Option<Value>),
    /// A sign of life.
    Pong,
    /// The beginning of an operation.
    Subscribe(String, Operation),
    /// Of the protocol but for its document: a server may close, or refuse the operation alone.
    WithoutDocument,
    /// The end of one.
    Complete(String),
}

impl Meaning {
    /// Of what is said, and its text.
    pub fn of(said: &Said, text: &str) -> Self {
        if let Said::Subscribe(id, operation) = said {
            return Self::Subscribe(id.to_string(), *operation);
        }
        let Ok(Value::Object(message)) = serde_json::from_str(text) else { return Self::Nothing };
        let payload = message.get("payload").filter(|payload| !payload.is_null());
        let id = message.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        match (message.get("type").and_then(Value::as_str), payload, id) {
            (Some("connection_init"), None, _) => Self::Init(Map::new()),
            (Some("connection_init"), Some(Value::Object(payload)), _) => Self::Init(payload.clone()),
            (Some("ping"), None, _) => Self::Ping(None),
            (Some("ping"), Some(payload @ Value::Object(_)), _) => Self::Ping(Some(payload.clone())),
            (Some("pong"), None | Some(Value::Object(_)), _) => Self::Pong,
            (Some("complete"), _, Some(id)) => Self::Complete(id.to_owned()),
            (Some("subscribe"), Some(Value::Object(request)), Some(id)) => operation(request, id),
            _ => Self::Nothing,
        }
    }
}

/// What an operation of about the right shape is.
fn operation(request: &Map<String, Value>, id: &str) -> Meaning {
    let fits = |name: &str, is: fn(&Value) -> bool| {
        request.get(name).is_none_or(|value| value.is_null() || is(value))
    };
    let well_formed = fits("query", Value::is_string)
        && fits("operationName", Value::is_string)
        && fits("variables", Value::is_object)
        && fits("extensions", Value::is_object);
    match request.get("query").and_then(Value::as_str) {
        _ if !well_formed => Meaning::Nothing,
        None => Meaning::WithoutDocument,
        // An operation that is not in the document is refused.
        Some("{ viewer { role } }") if request.get("operationName").is_none_or(Value::is_null) => {
            Meaning::Subscribe(id.to_owned(), Operation::Query)
        }
        Some(_) => Meaning::Subscribe(id.to_owned(), Operation::Unknown),
    }
}
