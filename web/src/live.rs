//! The live side of the contract: one websocket for the whole page, shared by every subscription.
//!
//! [`protocol`] has the messages of `graphql-transport-ws`, [`wire`] one socket, [`pulse`] whether it lives, and
//! [`connection`] the loop that keeps a socket up and every subscription on it. Components hold a [`Live`] and [`Subscription`]s.

use std::cell::Cell;
use std::marker::PhantomData;
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::graphql::document::Request;
use crate::graphql::failure::{Failure, Response, data_of};

pub mod backoff;
pub mod connection;
pub mod protocol;
pub mod pulse;
pub mod wire;

/// Whether the websocket is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// The first one is on its way.
    Connecting,
    /// Up.
    Online,
    /// Down; another try follows.
    Offline,
}

/// The websocket as components see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whether it is up.
    pub state: LinkState,
    /// Counts the sockets: what came over an earlier one may be old.
    pub generation: u32,
}

/// What a component asks of the loop.
pub enum Command {
    /// Starts an operation, and starts it again on every later socket.
    Subscribe {
        /// Ours, for the life of the page.
        id: u64,
        /// The operation.
        request: Request,
        /// Where its events go.
        sink: mpsc::UnboundedSender<Delivery>,
    },
    /// Ends it.
    Unsubscribe(u64),
    /// The access token was renewed.
    TokenRenewed,
}

/// What the loop brings to a subscription.
#[derive(Debug)]
pub enum Delivery {
    /// An answer.
    Next(serde_json::Value),
    /// The operation runs on a new socket: what happened in between is not known.
    Restarted,
    /// The server refused the operation.
    Failed(Failure),
}

/// What a component hears from a subscription.
#[derive(Debug)]
pub enum Event<T> {
    /// New data.
    Data(T),
    /// What happened until now may have been missed.
    Restarted,
    /// An error; the subscription goes on unless it ends next.
    Failed(Failure),
}

/// The way to the loop.
#[derive(Clone)]
pub struct Live {
    commands: mpsc::UnboundedSender<Command>,
    next_id: Rc<Cell<u64>>,
}

impl Live {
    /// The way, and its other end for [`connection::Connection`].
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Command>) {
        let (commands, receiver) = mpsc::unbounded();
        (Self { commands, next_id: Rc::new(Cell::new(1)) }, receiver)
    }

    /// Starts an operation; it ends when the subscription is dropped.
    pub fn subscribe<T, V: Serialize>(&self, operation: &cynic::StreamingOperation<T, V>) -> Subscription<T> {
        let id = self.next_id.replace(self.next_id.get() + 1);
        let (sink, deliveries) = mpsc::unbounded();
        if let Ok(request) = Request::new(operation) {
            self.send(Command::Subscribe { id, request, sink });
        }
        Subscription { id, live: self.clone(), deliveries, data: PhantomData }
    }

    /// Tells the server of the renewed token, without a new socket.
    pub fn token_renewed(&self) {
        self.send(Command::TokenRenewed);
    }

    fn send(&self, command: Command) {
        // The loop is gone only when the page is going away too.
        let _ = self.commands.unbounded_send(command);
    }
}

/// A running operation.
pub struct Subscription<T> {
    id: u64,
    live: Live,
    deliveries: mpsc::UnboundedReceiver<Delivery>,
    data: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Subscription<T> {
    /// The next event; none once the operation has ended.
    pub async fn next(&mut self) -> Option<Event<T>> {
        Some(match self.deliveries.next().await? {
            Delivery::Restarted => Event::Restarted,
            Delivery::Failed(failure) => Event::Failed(failure),
            Delivery::Next(payload) => match serde_json::from_value::<Response<T>>(payload) {
                Ok(response) => data_of(response).map_or_else(Event::Failed, Event::Data),
                Err(_) => Event::Failed(Failure::Unreachable),
            },
        })
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        self.live.send(Command::Unsubscribe(self.id));
    }
}
