//! A websocket client that knows nothing of the protocol but how to send and receive.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects, offering these subprotocols.
    pub async fn connect(address: &str, protocols: &str) -> Self {
        Self::connect_from(address, protocols, None).await.unwrap()
    }

    /// Connects from a page of this origin.
    pub async fn connect_from(
        address: &str,
        protocols: &str,
        origin: Option<&'static str>,
    ) -> Result<Self, tokio_tungstenite::tungstenite::Error> {
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        if !protocols.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_str(protocols)?);
        }
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", HeaderValue::from_static(origin));
        }
        Ok(Self(tokio_tungstenite::connect_async(request).await?.0))
    }

    /// Connects as a proxy does for a client at this address.
    pub async fn connect_through(
        address: &str,
        protocols: &str,
        client: &'static str,
    ) -> Result<Self, tokio_tungstenite::tungstenite::Error> {
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", HeaderValue::from_str(protocols)?);
        headers.insert("x-forwarded-for", HeaderValue::from_static(client));
        Ok(Self(tokio_tungstenite::connect_async(request).await?.0))
    }

    /// Says who it is.
    pub async fn init(&mut self, token: &str) {
        self.send(&json!({ "type": "connection_init", "payload": { "accessToken": token } })).await;
    }

    /// Connects and is acknowledged.
    pub async fn open(address: &str, token: &str) -> Self {
        let mut socket = Self::connect(address, "graphql-transport-ws").await;
        socket.send(&json!({ "type": "connection_init", "payload": { "accessToken": token } })).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Connects with the smallest of receive buffers, and is acknowledged.
    pub async fn open_narrow(address: &str, token: &str) -> Self {
        let tcp = tokio::net::TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(4_096).unwrap();
        let stream = MaybeTlsStream::Plain(tcp.connect(address.parse().unwrap()).await.unwrap());
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
        let mut socket = Self(tokio_tungstenite::client_async(request, stream).await.unwrap().0);
        socket.send(&json!({ "type": "connection_init", "payload": { "accessToken": token } })).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message.
    pub async fn receive(&mut self) -> Value {
        loop {
            let message =
                timeout(PATIENCE, self.0.next()).await.expect("a message in time").expect("no end").unwrap();
            match message {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a message, not {other:?}"),
            }
        }
    }

    /// The payload of the next message, which must be a `next` of this operation.
    pub async fn next(&mut self, id: &str) -> Value {
        let mut message = self.receive().await;
        assert_eq!((message["type"].as_str(), message["id"].as_str()), (Some("next"), Some(id)), "{message}");
        message["payload"].take()
    }

    /// Waits for the close; returns its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("a close frame, not {other:?}"),
            }
        }
    }

    /// Waits until the connection is over, however it ends.
    pub async fn ended(&mut self) {
        let end = async { while let Some(Ok(_)) = self.0.next().await {} };
        timeout(PATIENCE, end).await.expect("the end in time");
    }
}
