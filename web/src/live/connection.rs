//! The loop that keeps a websocket up and every subscription running on it.

use std::collections::BTreeMap;

use dioxus::prelude::*;
use futures::channel::mpsc;
use futures::{FutureExt, StreamExt, select};
use gloo_timers::future::TimeoutFuture;

use super::backoff::delay_ms;
use super::protocol::{ClientMessage, FORBIDDEN, ServerMessage, credentials};
use super::pulse::Pulse;
use super::wire::{Wire, WireEvent};
use super::{Command, Delivery, Link, LinkState};
use crate::browser::{self, Notice};
use crate::graphql::document::{Naming, Request};
use crate::graphql::failure::Failure;
use crate::session::{AccessToken, Session};

/// A socket that was up for this long was a good one: the next try comes at once.
const GOOD_MS: i64 = 10_000;

/// How often its pulse is felt.
const ROUND_MS: u32 = 1_000;

struct Operation {
    request: Request,
    sink: mpsc::UnboundedSender<Delivery>,
    /// How the request that runs named it.
    named: Naming,
}

impl Operation {
    fn start(&mut self, id: u64, wire: &Wire, naming: Naming) {
        self.named = naming;
        wire.send(&ClientMessage::Subscribe { id: id.to_string(), payload: self.request.body(naming) });
    }
}

/// The loop and what it knows.
pub struct Connection {
    session: Session,
    link: Signal<Link>,
    commands: mpsc::UnboundedReceiver<Command>,
    notices: mpsc::UnboundedReceiver<Notice>,
    operations: BTreeMap<u64, Operation>,
    failures: u32,
}

/// One socket while it is up.
struct Socket {
    wire: Wire,
    token: AccessToken,
    acknowledged: bool,
    pulse: Pulse,
}

/// Why a socket is given up.
enum End {
    /// Closed, silent, or the machine is offline.
    Lost,
    /// The server no longer takes the token.
    Forbidden,
}

impl Connection {
    /// A loop that answers `commands` and shows its state in `link`.
    pub fn new(session: Session, link: Signal<Link>, commands: mpsc::UnboundedReceiver<Command>) -> Self {
        let notices = browser::notices();
        Self { session, link, commands, notices, operations: BTreeMap::new(), failures: 0 }
    }

    /// Runs until the session ends.
    pub async fn run(mut self) {
        loop {
            match self.session.fresh_token().await {
                Ok(token) => self.run_socket(token).await,
                Err(Failure::Unauthenticated) => return,
                Err(_) => {}
            }
            self.offline();
            self.pause().await;
        }
    }

    async fn run_socket(&mut self, token: AccessToken) {
        let (started, generation) = (browser::monotonic_millis(), self.link.peek().generation);
        let end = self.serve(token).await;
        // At once, since a renewal may take long: no price is fresh without a socket.
        self.offline();
        let acknowledged = self.link.peek().generation > generation;
        let good = acknowledged && browser::monotonic_millis() - started > GOOD_MS;
        self.failures = if good { 0 } else { self.failures.saturating_add(1) };
        if matches!(end, End::Forbidden) {
            // A refusal ends the session, which ends this loop; a failure is tried again.
            let _ = self.session.renew().await;
        }
    }

    fn offline(&mut self) {
        self.link.write().state = LinkState::Offline;
    }

    /// Waits before the next try; a network that comes back, or somebody who looks, ends the wait.
    async fn pause(&mut self) {
        let delay = delay_ms(self.failures.saturating_sub(1), browser::random());
        let mut timer = TimeoutFuture::new(delay).fuse();
        loop {
            select! {
                () = timer => return,
                notice = self.notices.next() => {
                    if !matches!(notice, Some(Notice::Offline)) {
                        return;
                    }
                }
                command = self.commands.next() => {
                    if let Some(command) = command {
                        self.obey(command, None);
                    }
                }
            }
        }
    }

    async fn serve(&mut self, token: AccessToken) -> End {
        let Some((wire, mut events)) = browser::socket_address().and_then(|address| Wire::open(&address))
        else {
            return End::Lost;
        };
        let pulse = Pulse::opening(browser::moment());
        let mut socket = Socket { wire, token, acknowledged: false, pulse };
        let mut round = TimeoutFuture::new(ROUND_MS).fuse();
        loop {
            let mut event = None;
            select! {
                happened = events.next() => event = Some(happened),
                command = self.commands.next() => {
                    if let Some(command) = command {
                        self.obey(command, Some(&mut socket));
                    }
                }
                notice = self.notices.next() => match notice {
                    Some(Notice::Offline) => return End::Lost,
                    Some(Notice::Visible | Notice::Online) => socket.ask(),
                    None => {}
                },
                () = round => {
                    round = TimeoutFuture::new(ROUND_MS).fuse();
                    socket.ask_if_due();
                }
            }
            if socket.pulse.has_stopped(browser::moment()) {
                return End::Lost;
            }
            match event {
                None => {}
                Some(Some(WireEvent::Opened)) => {
                    socket.wire.send(&ClientMessage::ConnectionInit { payload: credentials(&socket.token) });
                }
                Some(Some(WireEvent::Message(text))) => self.hear(&text, &mut socket),
                Some(Some(WireEvent::Closed(code))) if FORBIDDEN.contains(&code) => return End::Forbidden,
                Some(Some(WireEvent::Closed(_)) | None) => return End::Lost,
            }
        }
    }

    fn hear(&mut self, text: &str, socket: &mut Socket) {
        if socket.acknowledged {
            socket.pulse.heard(browser::moment());
        }
        // What cannot be read is no reason to give up a socket that works.
        let Ok(message) = serde_json::from_str(text) else { return };
        match message {
            ServerMessage::ConnectionAck => self.acknowledged(socket),
            ServerMessage::Ping => socket.wire.send(&ClientMessage::Pong),
            ServerMessage::Pong => {}
            ServerMessage::Next { id, payload } => self.deliver(&id, Delivery::Next(payload)),
            ServerMessage::Error { id, payload } => self.refused(&id, Failure::of(&payload), socket),
            ServerMessage::Complete { id } => self.ended(&id),
        }
    }

    fn acknowledged(&mut self, socket: &mut Socket) {
        socket.acknowledged = true;
        socket.pulse.opened(browser::moment());
        let generation = self.link.peek().generation + 1;
        for (id, operation) in &mut self.operations {
            if generation > 1 {
                let _ = operation.sink.unbounded_send(Delivery::Restarted);
            }
            operation.start(*id, &socket.wire, Naming::present());
        }
        self.link.set(Link { state: LinkState::Online, generation });
    }

    fn deliver(&self, id: &str, delivery: Delivery) {
        if let Some(operation) = id.parse().ok().and_then(|id: u64| self.operations.get(&id)) {
            // A subscriber that has gone unsubscribes by itself.
            let _ = operation.sink.unbounded_send(delivery);
        }
    }

    /// Where the server only did not know what was meant, it is told at length.
    fn refused(&mut self, id: &str, failure: Failure, socket: &Socket) {
        let Ok(number) = id.parse() else { return };
        if let Some(operation) = self.operations.get_mut(&number)
            && let Some(other) = operation.named.after(&failure)
        {
            return operation.start(number, &socket.wire, other);
        }
        self.deliver(id, Delivery::Failed(failure));
        self.ended(id);
    }

    /// Its sink goes, which ends the subscriber's stream.
    fn ended(&mut self, id: &str) {
        if let Ok(id) = id.parse::<u64>() {
            self.operations.remove(&id);
        }
    }

    fn obey(&mut self, command: Command, socket: Option<&mut Socket>) {
        let socket = socket.filter(|socket| socket.acknowledged);
        match command {
            Command::Subscribe { id, request, sink } => {
                let mut operation = Operation { request, sink, named: Naming::present() };
                if let Some(socket) = socket {
                    operation.start(id, &socket.wire, Naming::present());
                }
                self.operations.insert(id, operation);
            }
            Command::Unsubscribe(id) => {
                if let (Some(_), Some(socket)) = (self.operations.remove(&id), socket) {
                    socket.wire.send(&ClientMessage::Complete { id: id.to_string() });
                }
            }
            Command::TokenRenewed => {
                if let (Some(socket), Some(token)) = (socket, self.session.token()) {
                    socket.renew(token);
                }
            }
        }
    }
}

impl Socket {
    /// Asks whether anybody is there, and takes a short silence for a no.
    fn ask(&mut self) {
        if self.acknowledged {
            self.wire.send(&ClientMessage::Ping { payload: None });
            self.pulse.asked(browser::moment());
        }
    }

    /// A page that is looked at must know soon; the timers of a hidden one come too late to ask often.
    fn ask_if_due(&mut self) {
        if browser::is_visible() && self.pulse.should_ask(browser::moment()) {
            self.ask();
        }
    }

    fn renew(&mut self, token: AccessToken) {
        if token != self.token {
            self.wire.send(&ClientMessage::Ping { payload: Some(credentials(&token)) });
            self.token = token;
        }
    }
}
