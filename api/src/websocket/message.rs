//! The messages of `graphql-transport-ws`, strictly.

use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::WireRequest;

/// What a client may send.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message, with the access token.
    ConnectionInit {
        /// `{"accessToken": "…"}`.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// A sign of life; with an access token in its payload it renews the socket's.
    Ping {
        /// Comes back in the pong.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// The answer to a ping.
    Pong {
        /// Not looked at.
        #[serde(default, rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    /// An operation.
    Subscribe {
        /// Names the operation from now on.
        id: String,
        /// The operation.
        payload: WireRequest,
    },
    /// The client wants no more of an operation.
    Complete {
        /// Which.
        id: String,
    },
}

/// The longest id of an operation, in bytes: it is kept while the operation runs, and comes back with each event.
const MAX_ID: usize = 256;

impl ClientMessage {
    /// The message in a text frame; `None` where it is not one of the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let message: Self = serde_json::from_str(text).ok()?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() || id.len() > MAX_ID => None,
            _ => Some(message),
        }
    }
}

/// What the server sends.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage<'m, P: Serialize> {
    /// The connection may be used.
    ConnectionAck,
    /// Asks for a sign of life.
    Ping,
    /// The answer to a ping.
    Pong {
        /// What came with the ping.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<P>,
    },
    /// The operation was not executed.
    Error {
        /// Which.
        id: &'m str,
        /// The errors.
        payload: P,
    },
    /// The operation is over.
    Complete {
        /// Which.
        id: &'m str,
    },
}

impl<P: Serialize> ServerMessage<'_, P> {
    /// The message as text; `None` where it cannot be written as JSON, which is logged.
    pub fn text(&self) -> Option<Utf8Bytes> {
        match serde_json::to_string(self) {
            Ok(text) => Some(text.into()),
            Err(error) => {
                tracing::error!(%error, "a message cannot be written as JSON");
                None
            }
        }
    }
}

/// A result of an operation, whose response is written already.
pub fn next(id: &str, response: &str) -> Utf8Bytes {
    let mut text = String::with_capacity(response.len() + id.len() + NEXT.len() + 16);
    text.push_str(NEXT);
    write_string(&mut text, id);
    text.push_str(",\"payload\":");
    text.push_str(response);
    text.push('}');
    text.into()
}

const NEXT: &str = "{\"type\":\"next\",\"id\":";

/// Writes a JSON string. Most ids need no escaping, and there is one in every message.
fn write_string(text: &mut String, value: &str) {
    if value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push_str(&Value::from(value).to_string());
    }
}

/// A message without a payload.
pub type Bare = ServerMessage<'static, ()>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_protocol_are_taken() {
        let good = [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":{"accessToken":"x"}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"ping","payload":null}"#,
            r#"{"type":"pong","payload":{"a":1}}"#,
            r#"{"id":"1","type":"complete"}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }","variables":{"n":1.5},"operationName":null}}"#,
        ];
        for text in good {
            assert!(ClientMessage::parse(text).is_some(), "{text}");
        }
        let bad = [
            "",
            "{}",
            "null",
            "[]",
            r#""ping""#,
            r#"{"type":"start","id":"1","payload":{"query":"{ a }"}}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"ping","payload":"text"}"#,
            r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{ a }"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":[]}}"#,
            r#"{"type":"complete"}"#,
        ];
        for text in bad {
            assert!(ClientMessage::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_sent_is_the_protocols() {
        assert_eq!(next("7", "[1]").as_str(), r#"{"type":"next","id":"7","payload":[1]}"#);
        for id in ["a\"b", "back\\slash", "line\nbreak", "\u{1}", "汉字", "\u{2028}"] {
            let written: Value = serde_json::from_str(&next(id, "null")).unwrap();
            assert_eq!(written, serde_json::json!({ "type": "next", "id": id, "payload": null }));
        }
        assert_eq!(Bare::ConnectionAck.text().unwrap().as_str(), r#"{"type":"connection_ack"}"#);
        assert_eq!(Bare::Pong { payload: None }.text().unwrap().as_str(), r#"{"type":"pong"}"#);
    }
}
