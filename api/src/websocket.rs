//! GraphQL over a websocket: the subprotocol `graphql-transport-ws`, and no other.
//!
//! A socket is one task. Operations whose execution is shared with other sockets cost it a slot in its outbox; others
//! run inside it. Where a client does not read, nothing is taken for it from the outbox, where values conflate, and
//! after a deadline the socket is closed.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;

use crate::admission::Seat;
use crate::http::{App, ClientOrigin};

mod close;
mod connection;
mod deadline;
mod message;
mod operation;

use connection::Connection;

const PROTOCOL: &str = "graphql-transport-ws";

/// Memory per idle socket is mostly this: clients send little.
const READ_BUFFER: usize = 1_024;

/// How much is gathered before it is written.
const WRITE_BUFFER: usize = 16_384;

/// The largest message that a client may send.
const MAX_MESSAGE: usize = 65_536;

/// Whoever opened a connection that lasts.
pub(crate) struct Visitor {
    /// Where it comes from.
    pub origin: ClientOrigin,
    /// Its seat among the open connections.
    pub seat: Seat,
}

/// Takes a websocket.
pub(crate) fn accept(app: Arc<App>, visitor: Visitor, upgrade: WebSocketUpgrade) -> Response {
    let sockets = app.sockets.clone();
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .protocols([PROTOCOL])
        .on_upgrade(move |socket| {
            // In a box: what a task moves about it keeps room for twice.
            let connection = Box::new(Connection::new(app, visitor, socket));
            sockets.track_future(connection.run())
        })
}
