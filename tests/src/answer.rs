//! What the server answered to one request.

use std::ops::Index;

use serde_json::Value;

/// A GraphQL answer over HTTP. Indexed, it is the `data`.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The whole body; null where it was no JSON.
    pub body: Value,
    /// The `Set-Cookie` header.
    pub set_cookie: Option<String>,
}

impl Answer {
    /// The `extensions.code` of the first top-level error.
    pub fn error_code(&self) -> Option<&str> {
        self.body.pointer("/errors/0/extensions/code")?.as_str()
    }

    /// The text of the first top-level error.
    pub fn error_text(&self) -> &str {
        self.body.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default()
    }

    /// The data, where nothing went wrong.
    pub fn data(&self) -> &Value {
        assert!(self.status == 200 && self.body.get("errors").is_none(), "unexpected: {self:?}");
        &self.body["data"]
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.data()[field]
    }
}

/// The code of a payload's first user error.
pub fn refusal(payload: &Value) -> Option<&str> {
    payload["userErrors"][0]["code"].as_str()
}
