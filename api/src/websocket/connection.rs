//! The reading half of a socket: the protocol's states, the token's life, the signs of life.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures::StreamExt as _;
use futures::stream::SplitStream;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::auth::{Principal, Unauthenticated};
use crate::http::{App, Caller, WireRequest, prepare};
use crate::websocket::Visitor;
use crate::websocket::close::Close;
use crate::websocket::message::{Bare, ClientMessage, ServerMessage};
use crate::websocket::operation::{NotBegun, Operations, acknowledgement, send};

/// How long a client may take to send `connection_init`.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a sign of life is asked for.
const PING_EVERY: Duration = Duration::from_secs(25);

/// Without a sign of life for this long, the client is gone.
const SILENCE: Duration = Duration::from_mins(1);

/// How often the session is looked up again.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// How long the client may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long a socket lives whose token has no end.
const NO_END: Duration = Duration::from_hours(24 * 365);

const BAD_FRAME: &str = "Frames are whole, text is UTF-8, and a message has at most 64 KiB";
const NO_TOKEN: &str = "Forbidden: send {\"accessToken\": \"…\"} in the payload of connection_init";
const NOT_VALID: &str = "Forbidden: the access token is not valid or has expired";
const EXPIRED: &str = "Forbidden: the access token has expired; renew it with a ping in time";
const ENDED: &str = "Forbidden: the session has ended; log in again";
const TOO_MANY: &str = "Forbidden: this user has too many open connections; close some first";
const ANOTHER_USER: &str = "Forbidden: the access token is another user's";

/// What comes next on a socket.
enum Event {
    Message(Option<Result<Message, axum::Error>>),
    Expired,
    CheckDue,
    PingDue,
    Silent,
    ServerStops,
    WriterEnded,
}

/// How a socket ends.
enum End {
    /// The server closes it.
    Close(Close),
    /// The other side has closed it, or it broke.
    Gone,
}

/// One socket.
pub struct Connection {
    app: Arc<App>,
    visitor: Visitor,
    queue: mpsc::Sender<Utf8Bytes>,
    operations: Operations,
    principal: Option<Principal>,
    expires: Instant,
    check_due: Instant,
    ping_due: Instant,
    heard: Instant,
}

impl Connection {
    /// A socket that was just opened.
    pub fn new(app: Arc<App>, visitor: Visitor, queue: mpsc::Sender<Utf8Bytes>) -> Self {
        let now = Instant::now();
        Self {
            operations: Operations::new(Arc::clone(&app), queue.clone()),
            app,
            visitor,
            queue,
            principal: None,
            expires: now + INIT_TIMEOUT,
            check_due: now + CHECK_EVERY,
            ping_due: now + PING_EVERY,
            heard: now,
        }
    }

    /// Serves the socket to its end.
    pub async fn run(
        mut self,
        mut stream: SplitStream<WebSocket>,
        close: oneshot::Sender<Close>,
        mut writer: JoinHandle<()>,
    ) {
        let end = loop {
            let event = self.next_event(&mut stream, &mut writer).await;
            if let Err(end) = self.handle(event).await {
                break end;
            }
        };
        drop(self);
        if let End::Close(reason) = end {
            tracing::debug!(?reason, "a websocket is closed");
            let _ = close.send(reason);
            // The close goes out, and the other side's answer is awaited, so that it is not cut off on its way.
            let answered = async { while let Some(Ok(_)) = stream.next().await {} };
            let _ = timeout(GOODBYE, async { tokio::join!(answered, &mut writer) }).await;
        }
        writer.abort();
    }

    async fn next_event(&self, stream: &mut SplitStream<WebSocket>, writer: &mut JoinHandle<()>) -> Event {
        let is_open = self.principal.is_some();
        tokio::select! {
            biased;
            () = self.app.closing.cancelled() => Event::ServerStops,
            _ = writer => Event::WriterEnded,
            () = sleep_until(self.expires) => Event::Expired,
            () = sleep_until(self.check_due), if is_open => Event::CheckDue,
            () = sleep_until(self.ping_due), if is_open => Event::PingDue,
            () = sleep_until(self.heard + SILENCE) => Event::Silent,
            message = stream.next() => Event::Message(message),
        }
    }

    async fn handle(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Message(Some(Ok(message))) => {
                self.heard = Instant::now();
                self.hear(message).await
            }
            Event::Message(Some(Err(error))) => {
                tracing::debug!(%error, "a websocket broke");
                // Where the connection itself is gone, nobody hears this.
                Err(End::Close(Close::BadMessage(BAD_FRAME)))
            }
            Event::Message(None) | Event::WriterEnded => Err(End::Gone),
            Event::Expired if self.principal.is_none() => Err(End::Close(Close::InitTimeout)),
            Event::Expired => Err(End::Close(Close::Forbidden(EXPIRED))),
            Event::CheckDue => self.check_session().await,
            Event::PingDue => {
                self.ping_due = Instant::now() + PING_EVERY;
                self.send(Bare::Ping.text()).await
            }
            Event::Silent => Err(End::Close(Close::Silent)),
            Event::ServerStops => Err(End::Close(Close::GoingAway)),
        }
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => {
                return Err(End::Close(Close::BadMessage("Messages are JSON in text frames")));
            }
            // The library answers control frames itself.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        let Some(message) = ClientMessage::parse(&text) else {
            return Err(End::Close(Close::BadMessage("Not a message of graphql-transport-ws")));
        };
        match message {
            ClientMessage::ConnectionInit { payload } => self.init(payload.unwrap_or_default()).await,
            ClientMessage::Ping { payload } => self.ping(payload).await,
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Subscribe { id, payload } => self.subscribe(id, payload).await,
            ClientMessage::Complete { id } => {
                self.operations.complete(&id);
                Ok(())
            }
        }
    }

    async fn init(&mut self, payload: Map<String, Value>) -> Result<(), End> {
        if self.principal.is_some() {
            return Err(End::Close(Close::TooManyInits));
        }
        let Some(Value::String(token)) = payload.get("accessToken") else {
            return Err(End::Close(Close::Forbidden(NO_TOKEN)));
        };
        let principal = self.principal_of(token).await?;
        if self.visitor.seat.authenticated(principal.user.id).is_err() {
            return Err(End::Close(Close::Forbidden(TOO_MANY)));
        }
        self.adopt(principal);
        self.check_due = Instant::now() + CHECK_EVERY;
        self.send(acknowledgement()).await
    }

    async fn ping(&mut self, payload: Option<Map<String, Value>>) -> Result<(), End> {
        let payload = match payload {
            Some(mut payload) => {
                // A token is not sent back to anybody.
                if let Some(token) = payload.remove("accessToken") {
                    self.renew(&token).await?;
                }
                Some(payload)
            }
            None => None,
        };
        self.send(ServerMessage::Pong { payload }.text()).await
    }

    async fn renew(&mut self, token: &Value) -> Result<(), End> {
        let Some(known) = self.principal.as_ref().map(|principal| principal.user.id) else {
            return Err(End::Close(Close::Unauthorized));
        };
        let Value::String(token) = token else {
            return Err(End::Close(Close::BadMessage("accessToken is a string")));
        };
        let principal = self.principal_of(token).await?;
        if principal.user.id != known {
            return Err(End::Close(Close::Forbidden(ANOTHER_USER)));
        }
        self.adopt(principal);
        Ok(())
    }

    async fn principal_of(&self, token: &str) -> Result<Principal, End> {
        match self.app.core.authenticator.principal(token, self.visitor.origin.address).await {
            Ok(principal) => Ok(principal),
            Err(Unauthenticated::Rejected(_)) => Err(End::Close(Close::Forbidden(NOT_VALID))),
            Err(Unauthenticated::Failed(error)) => {
                tracing::warn!(%error, "an access token could not be checked");
                Err(End::Close(Close::Internal))
            }
        }
    }

    /// From now on the socket is this user's, until the token ends.
    fn adopt(&mut self, principal: Principal) {
        let now = self.app.core.services.clock.now();
        let left =
            principal.expires_at.map_or(NO_END, |end| (end - now).try_into().unwrap_or(Duration::ZERO));
        self.expires = Instant::now() + left;
        self.principal = Some(principal);
    }

    async fn check_session(&mut self) -> Result<(), End> {
        self.check_due = Instant::now() + CHECK_EVERY;
        let Some(principal) = &mut self.principal else { return Ok(()) };
        match self.app.core.authenticator.again(principal).await {
            Ok(Some(known)) => {
                *principal = known;
                Ok(())
            }
            Ok(None) => Err(End::Close(Close::Forbidden(ENDED))),
            // What was open stays open while the database is away; the token's end still holds.
            Err(error) => {
                tracing::debug!(%error, "a session could not be looked up");
                Ok(())
            }
        }
    }

    async fn subscribe(&mut self, id: String, wire: WireRequest) -> Result<(), End> {
        let Some(principal) = self.principal.clone() else {
            return Err(End::Close(Close::Unauthorized));
        };
        let prepared = prepare(&self.app, wire, Some(&principal));
        let caller = Caller { principal: Some(principal), cookie: None, origin: self.visitor.origin.clone() };
        match self.operations.begin(id, prepared, caller).await {
            Ok(()) => Ok(()),
            Err(NotBegun::Duplicate) => Err(End::Close(Close::DuplicateOperation)),
        }
    }

    async fn send(&self, message: Option<Utf8Bytes>) -> Result<(), End> {
        if send(&self.queue, message).await { Ok(()) } else { Err(End::Gone) }
    }
}
