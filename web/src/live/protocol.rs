//! The messages of `graphql-transport-ws`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graphql::failure::ServerError;
use crate::session::AccessToken;

/// The subprotocol that both sides must name.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// The close codes after which a new token may help.
pub const FORBIDDEN: [u16; 2] = [4401, 4403];

/// What the server says.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Operations may start.
    ConnectionAck,
    /// Are you there?
    Ping,
    /// I am.
    Pong,
    /// An answer.
    Next {
        /// Of which operation.
        id: String,
        /// The answer itself.
        payload: Value,
    },
    /// The operation is refused, and has ended.
    Error {
        /// Which.
        id: String,
        /// Why.
        payload: Vec<ServerError>,
    },
    /// The operation has ended.
    Complete {
        /// Which.
        id: String,
    },
}

/// What we say.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message.
    ConnectionInit {
        /// The token.
        payload: Value,
    },
    /// Starts an operation.
    Subscribe {
        /// Ours.
        id: String,
        /// The operation.
        payload: Value,
    },
    /// Ends an operation.
    Complete {
        /// Which.
        id: String,
    },
    /// Are you there? With a token, also: this is the new one.
    Ping {
        /// The token.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    /// I am.
    Pong,
}

/// The token as a payload.
pub fn credentials(token: &AccessToken) -> Value {
    json!({ "accessToken": token.secret() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_messages_are_read() {
        let check = |json: &str, expect: ServerMessage| {
            assert_eq!(serde_json::from_str::<ServerMessage>(json).unwrap(), expect, "{json}");
        };
        check(r#"{"type":"connection_ack","payload":{"x":1}}"#, ServerMessage::ConnectionAck);
        check(r#"{"type":"ping"}"#, ServerMessage::Ping);
        check(r#"{"type":"pong","payload":null}"#, ServerMessage::Pong);
        check(
            r#"{"id":"7","type":"next","payload":{"data":{"a":"1"}}}"#,
            ServerMessage::Next { id: "7".into(), payload: json!({"data": {"a": "1"}}) },
        );
        check(r#"{"id":"7","type":"complete"}"#, ServerMessage::Complete { id: "7".into() });
        let refused = r#"{"id":"7","type":"error","payload":[{"message":"no"}]}"#;
        assert!(matches!(
            serde_json::from_str(refused).unwrap(),
            ServerMessage::Error { payload, .. } if payload[0].message == "no"
        ));
        assert!(serde_json::from_str::<ServerMessage>(r#"{"type":"hello"}"#).is_err());
    }

    #[test]
    fn our_messages_are_as_the_protocol_says() {
        let check = |message: ClientMessage, expect: Value| {
            assert_eq!(serde_json::to_value(message).unwrap(), expect);
        };
        let operation = json!({"query": "subscription { x }"});
        check(
            ClientMessage::Subscribe { id: "1".into(), payload: operation },
            json!({"type": "subscribe", "id": "1", "payload": {"query": "subscription { x }"}}),
        );
        check(ClientMessage::Complete { id: "1".into() }, json!({"type": "complete", "id": "1"}));
        check(ClientMessage::Ping { payload: None }, json!({"type": "ping"}));
        check(ClientMessage::Pong, json!({"type": "pong"}));
    }
}
