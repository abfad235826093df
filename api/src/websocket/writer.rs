//! The writing half of a socket: whatever is queued goes out in one flush, within a deadline.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures::SinkExt as _;
use futures::stream::SplitSink;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::websocket::close::Close;

/// How long the client may take to make room.
const DEADLINE: Duration = Duration::from_secs(10);

/// Writes until the queue ends, the socket is closed, or the client stops reading.
pub async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Utf8Bytes>,
    mut closing: oneshot::Receiver<Close>,
) {
    loop {
        let first = tokio::select! {
            biased;
            close = &mut closing => {
                if let Ok(close) = close {
                    say_goodbye(&mut sink, &mut queue, close).await;
                }
                return;
            }
            first = queue.recv() => first,
        };
        let Some(first) = first else { return };
        match timeout(DEADLINE, flush(&mut sink, first, &mut queue)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                tracing::info!(
                    "a websocket is dropped: its client has not read for {} s",
                    DEADLINE.as_secs()
                );
                return;
            }
        }
    }
}

async fn flush(
    sink: &mut SplitSink<WebSocket, Message>,
    first: Utf8Bytes,
    queue: &mut mpsc::Receiver<Utf8Bytes>,
) -> Result<(), axum::Error> {
    let mut next = Some(first);
    while let Some(text) = next {
        sink.feed(Message::Text(text)).await?;
        next = queue.try_recv().ok();
    }
    sink.flush().await
}

/// Sends what is queued and the reason.
async fn say_goodbye(
    sink: &mut SplitSink<WebSocket, Message>,
    queue: &mut mpsc::Receiver<Utf8Bytes>,
    close: Close,
) {
    let goodbye = async {
        while let Ok(text) = queue.try_recv() {
            sink.feed(Message::Text(text)).await?;
        }
        let frame = CloseFrame { code: close.code(), reason: close.reason().into() };
        sink.send(Message::Close(Some(frame))).await
    };
    // Where the client does not take it, the connection simply ends.
    let _ = timeout(Duration::from_secs(1), goodbye).await;
}
