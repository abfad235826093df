//! One GraphQL subscription over a websocket of its own, in the protocol `graphql-transport-ws`.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::wait::SOON;

/// A running subscription.
pub struct Subscription {
    socket: Socket,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What comes over the socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A protocol message other than ping and pong.
    Message(Value),
    /// The server closed the socket with this code and reason.
    Closed(u16, String),
}

impl Subscription {
    /// Connects, logs in and subscribes.
    pub async fn open(address: SocketAddr, token: Option<String>, document: &str, variables: Value) -> Self {
        let mut subscription = Self::connect(address).await;
        let payload = token.map(|token| json!({ "accessToken": token }));
        subscription.send(json!({ "type": "connection_init", "payload": payload })).await;
        let acknowledged = subscription.event(SOON, "connection_ack").await;
        assert!(
            matches!(&acknowledged, Event::Message(message) if message["type"] == "connection_ack"),
            "instead of connection_ack: {acknowledged:?}"
        );
        let payload = json!({ "query": document, "variables": variables });
        subscription.send(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        subscription
    }

    /// A socket on which nothing has been said yet.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (socket, _) = connect_async(request).await.expect("the server accepts websockets");
        Self { socket }
    }

    /// Says something.
    pub async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("the socket is open");
    }

    /// The next message or the close.
    pub async fn event(&mut self, limit: Duration, what: &str) -> Event {
        timeout(limit, self.next()).await.unwrap_or_else(|_| panic!("not in time: {what}"))
    }

    /// The next message or the close; pings are answered on the way.
    async fn next(&mut self) -> Event {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).expect("a message is JSON");
                    match message["type"].as_str() {
                        Some("ping") => self.send(json!({ "type": "pong" })).await,
                        Some("pong") => {}
                        _ => return Event::Message(message),
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame
                        .map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
                    return Event::Closed(code, reason);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Event::Closed(1006, error.to_string()),
                None => return Event::Closed(1006, String::new()),
            }
        }
    }

    /// The next payload (`data` and `errors`).
    pub async fn payload(&mut self) -> Value {
        match self.event(SOON, "an event of the subscription").await {
            Event::Message(message) if message["type"] == "next" => message["payload"].clone(),
            other => panic!("the subscription ended: {other:?}"),
        }
    }

    /// The top-level errors with which the subscription is refused, or which an event carries.
    pub async fn errors(&mut self) -> Value {
        match self.event(SOON, "a refusal").await {
            Event::Message(message) if message["type"] == "error" => message["payload"].clone(),
            Event::Message(message) if message["payload"]["errors"].is_array() => {
                message["payload"]["errors"].clone()
            }
            other => panic!("instead of an error: {other:?}"),
        }
    }

    /// Reads past all messages until the server closes the socket; its code and reason.
    pub async fn closed(&mut self, limit: Duration) -> (u16, String) {
        let close = async {
            loop {
                if let Event::Closed(code, reason) = self.next().await {
                    return (code, reason);
                }
            }
        };
        timeout(limit, close).await.unwrap_or_else(|_| panic!("still open after {} s", limit.as_secs()))
    }

    /// Subscribes although that must fail, and returns what the server did, as text.
    pub async fn outcome(&mut self, document: &str) -> String {
        let mut outcome = format!("{:?}", self.event(SOON, "connection_ack or a close").await);
        if outcome.contains("connection_ack") {
            self.send(json!({ "id": "1", "type": "subscribe", "payload": { "query": document } })).await;
            outcome = format!("{:?}", self.event(SOON, "an error").await);
        }
        outcome
    }

    /// Reads events until one fits; the root field's value is looked at, and errors are passed over.
    pub async fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.until_within(SOON, what, fits).await
    }

    /// The same with a limit of its own.
    pub async fn until_within(
        &mut self,
        limit: Duration,
        what: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        match self.find(Instant::now() + limit, fits).await {
            Ok(value) => value,
            Err(last) => panic!("not within {} s: {what}; the last event was {last}", limit.as_secs()),
        }
    }

    /// Reads events until one fits, or until `ends`; then the last one is the error.
    pub async fn find(&mut self, ends: Instant, fits: impl Fn(&Value) -> bool) -> Result<Value, Value> {
        let mut last = Value::Null;
        loop {
            match timeout_at(ends, self.next()).await {
                Err(_) => return Err(last),
                Ok(Event::Message(message)) if message["type"] == "next" => {
                    let data = message["payload"]["data"].as_object();
                    let value = data.and_then(|data| data.values().next()).cloned().unwrap_or_default();
                    if fits(&value) {
                        return Ok(value);
                    }
                    last = if value.is_null() { message } else { value };
                }
                Ok(other) => panic!("the subscription ended: {other:?}; the last event was {last}"),
            }
        }
    }

    /// Reads events until a quote is in one of these states.
    pub async fn until_state(&mut self, states: &[&str]) -> Value {
        self.until(&format!("a quote in state {states:?}"), |quote| {
            quote["state"].as_str().is_some_and(|state| states.contains(&state))
        })
        .await
    }
}
