//! GraphQL over a websocket: the subprotocol `graphql-transport-ws`, and no other.
//!
//! A socket is two tasks, one that reads and one that writes, with a task for each operation between them and a
//! bounded queue in front of the writer. Where a client does not read, its queue fills, its operations wait (and
//! their values conflate), and after a deadline the socket is closed.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::StreamExt as _;
use tokio::sync::{mpsc, oneshot};

use crate::admission::Seat;
use crate::http::{App, ClientOrigin};

mod close;
mod connection;
mod message;
mod operation;
mod writer;

use close::Close;
use connection::Connection;

const PROTOCOL: &str = "graphql-transport-ws";

/// Memory per idle socket is mostly this.
const READ_BUFFER: usize = 4_096;

const WRITE_BUFFER: usize = 16_384;

/// The largest message that a client may send.
const MAX_MESSAGE: usize = 65_536;

/// How many messages wait for the writer at most.
const QUEUE: usize = 64;

/// Whoever opened a socket.
pub(crate) struct Visitor {
    /// Where it comes from.
    pub origin: ClientOrigin,
    /// Its seat among the open sockets.
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
        .on_upgrade(move |socket| sockets.track_future(serve(app, visitor, socket)))
}

async fn serve(app: Arc<App>, visitor: Visitor, mut socket: WebSocket) {
    if socket.protocol().is_none_or(|protocol| protocol != PROTOCOL) {
        let refused = Close::SubprotocolNotAcceptable;
        let frame = CloseFrame { code: refused.code(), reason: refused.reason().into() };
        // Whoever speaks another protocol may be gone already.
        let _ = socket.send(Message::Close(Some(frame))).await;
        return;
    }
    let (sink, stream) = socket.split();
    let (queue, queued) = mpsc::channel(QUEUE);
    let (close, closing) = oneshot::channel();
    let writer = tokio::spawn(writer::write(sink, queued, closing));
    Connection::new(app, visitor, queue).run(stream, close, writer).await;
}
