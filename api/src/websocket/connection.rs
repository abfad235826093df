//! One socket: a task that reads, writes and keeps the protocol's states.
//!
//! It is polled by hand, since reading and writing share the socket: whatever happens next is an [`Event`]. Reading
//! and writing take turns, what waits is written in one go, and while a client does not read nothing more is taken
//! for it from the outbox, where its values conflate, nor from the operations that run inside the socket.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use domain::rate::{Allowance, Bucket, Taken};
use futures::future::BoxFuture;
use futures::{FutureExt as _, Sink as _, SinkExt as _, StreamExt as _};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use tokio::time::{Instant, timeout};

use crate::auth::{Principal, Unauthenticated, Vigil, Watched};
use crate::follow::Step;
use crate::http::{App, Caller, WireRequest, prepare};
use crate::share::{News, OperationNumber, Order, Outbox};
use crate::websocket::close::Close;
use crate::websocket::deadline::{Deadlines, Due};
use crate::websocket::message::{Bare, ClientMessage, ServerMessage};
use crate::websocket::operation::Operations;
use crate::websocket::{PROTOCOL, Visitor};

/// How long the client may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(2);

/// How much is written before the socket looks at something else.
const BATCH: usize = 64 * 1_024;

/// How many messages a client may send.
const MESSAGES: Allowance = Allowance { capacity: 1_000, per_second: 100.0 };

const BAD_FRAME: &str = "Frames are whole, text is UTF-8, and a message has at most 64 KiB";
const NO_TOKEN: &str = "Forbidden: send {\"accessToken\": \"…\"} in the payload of connection_init";
const NOT_VALID: &str = "Forbidden: the access token or API key is not valid or has expired";
const EXPIRED: &str = "Forbidden: the access token has expired; renew it with a ping in time";
const ENDED: &str = "Forbidden: the session or API key has ended; log in again";
const CHANGED: &str = "Forbidden: your rights have changed; connect again";
const TOO_MANY: &str = "Forbidden: this user has too many open connections; close some first";
const ANOTHER_USER: &str = "Forbidden: the access token is another user's";

/// What comes next on a socket.
enum Event {
    Message(Message),
    Broken(axum::Error),
    Gone,
    Due(Due),
    Order(Order),
    /// A token was looked up.
    Known(Asked, Result<Principal, Unauthenticated>),
    Step(OperationNumber, Step),
}

/// Why a token was looked up.
enum Asked {
    Init,
    /// A ping, whose payload goes back without the token.
    Renewal(Map<String, Value>),
}

/// How a socket ends.
enum End {
    /// The server closes it.
    Close(Close),
    /// The other side has closed it, or it broke.
    Gone,
}

type LookUp = BoxFuture<'static, (Asked, Result<Principal, Unauthenticated>)>;

/// One socket.
pub struct Connection {
    app: Arc<App>,
    socket: WebSocket,
    visitor: Visitor,
    outbox: Arc<Outbox>,
    watched: Watched,
    operations: Operations,
    replies: VecDeque<Utf8Bytes>,
    is_flushing: bool,
    reads_first: bool,
    shared_first: bool,
    principal: Option<Arc<Principal>>,
    look_up: Option<LookUp>,
    deadlines: Deadlines,
    begun: Instant,
    messages: Bucket,
}

impl Connection {
    /// A socket that was just opened.
    pub fn new(app: Arc<App>, visitor: Visitor, socket: WebSocket) -> Self {
        let outbox = Arc::new(Outbox::default());
        Self {
            watched: Vigil::watch(&app.core.vigil, Arc::clone(&outbox)),
            operations: Operations::new(Arc::clone(&app), Arc::clone(&outbox)),
            app,
            socket,
            visitor,
            outbox,
            replies: VecDeque::new(),
            is_flushing: false,
            reads_first: false,
            shared_first: false,
            principal: None,
            look_up: None,
            deadlines: Deadlines::new(),
            begun: Instant::now(),
            messages: Bucket::full(MESSAGES, Duration::ZERO),
        }
    }

    /// Serves the socket to its end.
    pub async fn run(mut self: Box<Self>) {
        let end = if self.speaks_the_protocol() {
            loop {
                let event = poll_fn(|context| self.poll_event(context)).await;
                if let Err(end) = self.handle(event) {
                    break end;
                }
            }
        } else {
            End::Close(Close::SubprotocolNotAcceptable)
        };
        self.operations.clear();
        // Where the client does not take it, the connection simply ends.
        let _ = timeout(GOODBYE, self.say_goodbye(end)).await;
    }

    fn speaks_the_protocol(&self) -> bool {
        self.socket.protocol().is_some_and(|protocol| protocol == PROTOCOL)
    }

    async fn say_goodbye(&mut self, end: End) -> Result<(), axum::Error> {
        if let End::Close(reason) = end {
            tracing::debug!(?reason, "a websocket is closed");
            for reply in std::mem::take(&mut self.replies) {
                self.socket.feed(Message::Text(reply)).await?;
            }
            let frame = CloseFrame { code: reason.code(), reason: reason.reason().as_ref().into() };
            self.socket.send(Message::Close(Some(frame))).await?;
        }
        // A close is answered, by whichever side did not begin it; it must not be cut off on its way.
        while let Some(Ok(_)) = self.socket.next().await {}
        Ok(())
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(due) = self.deadlines.poll_due(context) {
            return Poll::Ready(Event::Due(due));
        }
        if let Some(look_up) = &mut self.look_up
            && let Poll::Ready((asked, found)) = look_up.poll_unpin(context)
        {
            self.look_up = None;
            return Poll::Ready(Event::Known(asked, found));
        }
        self.reads_first = !self.reads_first;
        if self.reads_first
            && let Poll::Ready(event) = self.poll_read(context)
        {
            return Poll::Ready(event);
        }
        if let Poll::Ready(event) = self.poll_write(context) {
            return Poll::Ready(event);
        }
        // Also where it was read first: replies that stood in the way may have gone out.
        self.poll_read(context)
    }

    /// Reads the next message. A client that does not take the replies to its messages is not asked for more.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if !self.replies.is_empty() {
            return Poll::Pending;
        }
        let event = match ready!(self.socket.poll_next_unpin(context)) {
            Some(Ok(message)) => Event::Message(message),
            Some(Err(error)) => Event::Broken(error),
            None => Event::Gone,
        };
        Poll::Ready(event)
    }

    /// Writes what waits: replies, then what the operations have to say. Ready when there is another thing to do.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        loop {
            if self.is_flushing {
                match Pin::new(&mut self.socket).poll_flush(context) {
                    Poll::Ready(Ok(())) => {
                        self.is_flushing = false;
                        self.deadlines.written();
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Event::Broken(error)),
                    Poll::Pending => return self.poll_stalled(context),
                }
            }
            // Shared and other operations take turns, so that neither starves the other.
            self.shared_first = !self.shared_first;
            if !self.shared_first
                && let Poll::Ready((number, step)) = self.operations.poll_step(context)
            {
                return Poll::Ready(Event::Step(number, step));
            }
            match self.fill(context) {
                Ok(None) => {}
                Ok(Some(order)) => return Poll::Ready(Event::Order(order)),
                Err(error) => return Poll::Ready(Event::Broken(error)),
            }
            if !self.is_flushing {
                let step = self.operations.poll_step(context);
                return step.map(|(number, step)| Event::Step(number, step));
            }
        }
    }

    /// The client does not read: nothing is taken for it, but orders.
    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(order) = self.outbox.poll_order(context) {
            return Poll::Ready(Event::Order(order));
        }
        self.deadlines.stalls();
        self.deadlines.poll_due(context).map(Event::Due)
    }

    /// Hands messages to the socket, up to a batch, or until there is an order; there is something to flush then.
    fn fill(&mut self, context: &Context<'_>) -> Result<Option<Order>, axum::Error> {
        let mut written = 0;
        while let Some(reply) = self.replies.pop_front() {
            written += reply.len();
            self.write(reply)?;
        }
        while written < BATCH
            && let Poll::Ready(news) = self.outbox.poll_take(context)
        {
            let (number, frames) = match news {
                News::Order(order) => return Ok(Some(order)),
                News::Events(number, frames) => (number, frames),
            };
            for frame in &frames {
                if let Some(text) = self.operations.shared_message(number, frame) {
                    written += text.len();
                    self.write(text)?;
                }
            }
        }
        Ok(None)
    }

    fn write(&mut self, text: Utf8Bytes) -> Result<(), axum::Error> {
        self.is_flushing = true;
        Pin::new(&mut self.socket).start_send(Message::Text(text))
    }

    fn handle(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Message(message) => self.hear(message),
            Event::Broken(error) => {
                tracing::debug!(%error, "a websocket broke");
                // Where the connection itself is gone, nobody hears this.
                Err(End::Close(Close::BadMessage(BAD_FRAME)))
            }
            Event::Gone => Err(End::Gone),
            Event::Due(Due::Expired) if self.principal.is_none() => Err(End::Close(Close::InitTimeout)),
            Event::Due(Due::Expired) => Err(End::Close(Close::Forbidden(EXPIRED))),
            Event::Due(Due::Silent) => Err(End::Close(Close::Silent)),
            Event::Due(Due::Stalled) => {
                tracing::info!("a websocket is closed: its client does not read");
                Err(End::Close(self.unread()))
            }
            Event::Due(Due::Ping) => {
                self.reply(Bare::Ping.text());
                Ok(())
            }
            Event::Order(Order::ServerStops) => Err(End::Close(Close::GoingAway)),
            Event::Order(Order::TooSlow) => Err(End::Close(self.unread())),
            Event::Order(Order::AuthorityEnded) => Err(End::Close(Close::Forbidden(ENDED))),
            Event::Order(Order::RightsChanged) => Err(End::Close(Close::Forbidden(CHANGED))),
            Event::Known(Asked::Init, found) => self.admit(found),
            Event::Known(Asked::Renewal(payload), found) => self.renew(found, payload),
            Event::Step(number, step) => {
                let message = self.operations.message(number, step);
                self.reply(message);
                Ok(())
            }
        }
    }

    /// Why a socket is closed whose client does not read. All that was taken for it goes out before the close, if it is
    /// read at all.
    fn unread(&self) -> Close {
        self.operations.resume().map_or(Close::Stalled, Close::Behind)
    }

    fn hear(&mut self, message: Message) -> Result<(), End> {
        self.deadlines.heard();
        if let Taken::Refused { .. } = self.messages.take(1, MESSAGES, self.begun.elapsed()) {
            return Err(End::Close(Close::TooManyMessages));
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => {
                return Err(End::Close(Close::BadMessage("Messages are JSON in text frames")));
            }
            // The library answers control frames itself; what it wrote goes out with the next flush.
            Message::Ping(_) => {
                self.is_flushing = true;
                return Ok(());
            }
            Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        let Some(message) = ClientMessage::parse(&text) else {
            return Err(End::Close(Close::BadMessage("Not a message of graphql-transport-ws")));
        };
        match message {
            ClientMessage::ConnectionInit { payload } => self.init(&payload.unwrap_or_default()),
            ClientMessage::Ping { payload } => self.ping(payload),
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Subscribe { id, payload } => self.subscribe(&id, payload),
            ClientMessage::Complete { id } => {
                self.operations.complete(&id);
                Ok(())
            }
        }
    }

    fn init(&mut self, payload: &Map<String, Value>) -> Result<(), End> {
        if self.principal.is_some() || self.look_up.is_some() {
            return Err(End::Close(Close::TooManyInits));
        }
        let token = token_of(payload).ok_or(End::Close(Close::Forbidden(NO_TOKEN)))?;
        self.look_up(token, Asked::Init);
        Ok(())
    }

    fn admit(&mut self, found: Result<Principal, Unauthenticated>) -> Result<(), End> {
        let principal = found.map_err(refused)?;
        if self.visitor.seat.authenticated(principal.user.id).is_err() {
            return Err(End::Close(Close::Forbidden(TOO_MANY)));
        }
        self.adopt(principal);
        self.reply(Bare::ConnectionAck.text());
        Ok(())
    }

    fn ping(&mut self, payload: Option<Map<String, Value>>) -> Result<(), End> {
        let mut payload = payload;
        // A token is not sent back to anybody.
        let token = payload.as_mut().and_then(|payload| payload.remove("accessToken"));
        let Some(token) = token else {
            self.reply(ServerMessage::Pong { payload }.text());
            return Ok(());
        };
        if self.principal.is_none() {
            return Err(End::Close(Close::Unauthorized));
        }
        let Value::String(token) = token else {
            return Err(End::Close(Close::BadMessage("accessToken is a string")));
        };
        if self.look_up.is_some() {
            return Err(End::Close(Close::BadMessage("Wait for the pong before you send another token")));
        }
        self.look_up(token, Asked::Renewal(payload.unwrap_or_default()));
        Ok(())
    }

    fn renew(
        &mut self,
        found: Result<Principal, Unauthenticated>,
        payload: Map<String, Value>,
    ) -> Result<(), End> {
        let principal = found.map_err(refused)?;
        if let Some(known) = &self.principal {
            if known.user.id != principal.user.id {
                return Err(End::Close(Close::Forbidden(ANOTHER_USER)));
            }
            // What runs was begun with the rights of then.
            if known.rights().reach() != principal.rights().reach() {
                return Err(End::Close(Close::Forbidden(CHANGED)));
            }
        }
        self.adopt(principal);
        self.reply(ServerMessage::Pong { payload: Some(payload) }.text());
        Ok(())
    }

    fn look_up(&mut self, token: String, asked: Asked) {
        let (app, address) = (Arc::clone(&self.app), self.visitor.origin.address);
        let found = async move { (asked, app.core.authenticator.principal(&token, address).await) };
        self.look_up = Some(found.boxed());
    }

    /// From now on the socket is this user's, until the token ends.
    fn adopt(&mut self, principal: Principal) {
        let now = self.app.core.services.clock.now();
        let lives = principal.expires_at.map(|end| (end - now).try_into().unwrap_or(Duration::ZERO));
        self.deadlines.admitted(lives);
        let principal = Arc::new(principal);
        self.watched.adopt(Arc::clone(&principal));
        self.principal = Some(principal);
    }

    fn subscribe(&mut self, id: &str, wire: WireRequest) -> Result<(), End> {
        let Some(principal) = self.principal.clone() else {
            return Err(End::Close(Close::Unauthorized));
        };
        let prepared = prepare(&self.app, wire, Some(&principal));
        let principal = Principal::clone(&principal);
        let caller = Caller { principal: Some(principal), cookie: None, origin: self.visitor.origin.clone() };
        match self.operations.begin(id, prepared, caller) {
            Ok(message) => {
                self.reply(message);
                Ok(())
            }
            Err(_) => Err(End::Close(Close::DuplicateOperation)),
        }
    }

    fn reply(&mut self, message: Option<Utf8Bytes>) {
        self.replies.extend(message);
    }
}

/// The token in the payload of `connection_init`: under its own name, or as the header that HTTP would have.
fn token_of(payload: &Map<String, Value>) -> Option<String> {
    if let Some(Value::String(token)) = payload.get("accessToken") {
        return Some(token.clone());
    }
    let header = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let (scheme, token) = header?.1.as_str()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn refused(why: Unauthenticated) -> End {
    match why {
        Unauthenticated::Rejected(_) => End::Close(Close::Forbidden(NOT_VALID)),
        Unauthenticated::Failed(error) => {
            tracing::warn!(%error, "an access token could not be checked");
            End::Close(Close::Internal)
        }
    }
}
