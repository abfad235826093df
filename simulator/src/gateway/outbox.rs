//! What a session sends: a bounded queue, and the task that writes it to the socket.
//!
//! Whoever sends never waits. Where a client reads too slowly and the queue is full, its socket is closed:
//! it can neither hold up others nor fill the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Hub;
use crate::notice::Notice;
use crate::wire::session::ErrorMessage;
use crate::wire::{Batch, Dialect, Response};

/// What a message costs beyond its bytes.
const OVERHEAD: usize = 64;

/// How many bytes are written at a time, where more wait.
const BATCH: usize = 64 << 10;

/// How long a farewell (326) may take to reach the client.
const FAREWELL: Duration = Duration::from_secs(1);

struct Queued {
    bytes: Vec<u8>,
    due: Instant,
}

/// The sending side of a session. Cloned, it feeds the same socket.
#[derive(Clone)]
pub(super) struct Outbox {
    hub: Arc<Hub>,
    queue: UnboundedSender<Queued>,
    waiting: Arc<AtomicUsize>,
    /// Closes the socket.
    socket: CancellationToken,
    dialect: Dialect,
}

/// The sending side of a socket on which nobody has agreed on a dialect yet.
pub(super) struct Greeting {
    hub: Arc<Hub>,
    queue: UnboundedSender<Queued>,
    waiting: Arc<AtomicUsize>,
    socket: CancellationToken,
}

impl Greeting {
    /// An outbox in front of a socket, and the task that empties it: it ends when all clones are dropped
    /// and everything is written, or when `socket` is cancelled, which it also does when writing fails.
    pub(super) fn open(hub: Arc<Hub>, half: OwnedWriteHalf, socket: CancellationToken) -> (Self, Writer) {
        let (queue, queued) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        hub.exchange.heed(&waiting, hub.options.backlog);
        let write = write(half, queued, waiting.clone());
        let task = tokio::spawn({
            let socket = socket.clone();
            async move {
                socket.run_until_cancelled(write).await;
                socket.cancel();
            }
        });
        (Self { hub, queue, waiting, socket }, Writer(task))
    }

    /// The outbox, now that it is known how to write.
    pub(super) fn speak(self, dialect: Dialect) -> Outbox {
        let Self { hub, queue, waiting, socket } = self;
        Outbox { hub, queue, waiting, socket, dialect }
    }
}

impl Outbox {
    /// How messages are written on this socket.
    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Sends a message.
    pub(super) fn send<M: Response>(&self, message: &M) {
        let mut batch = self.batch();
        batch.push(message);
        self.send_batch(batch);
    }

    /// An empty batch, for messages that leave in one piece.
    pub(super) const fn batch(&self) -> Batch {
        Batch::new(self.dialect)
    }

    /// Sends what is in a batch.
    pub(super) fn send_batch(&self, batch: Batch) {
        if !batch.is_empty() {
            self.send_frame(batch.into_bytes());
        }
    }

    /// Sends an error or a piece of news.
    pub(super) fn tell(&self, notice: &Notice) {
        self.send(&self.message(notice));
    }

    /// An error or a piece of news, as it is sent now.
    pub(super) fn message(&self, notice: &Notice) -> ErrorMessage {
        let now = self.hub.exchange.now();
        let milliseconds = i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        ErrorMessage {
            id: Some(notice.request_id),
            error_time: Some(milliseconds),
            error_code: Some(notice.code),
            error_msg: Some(notice.message.clone()),
            advanced_order_reject_json: Some(notice.overriding.clone()).filter(|text| !text.is_empty()),
        }
    }

    /// Closes the socket at once; what was not sent yet never is.
    pub(super) fn abort(&self) {
        self.socket.cancel();
    }

    /// Sends a frame that is ready.
    pub(super) fn send_frame(&self, bytes: Vec<u8>) {
        if self.hub.faults.is_silent() {
            return;
        }
        let cost = bytes.len() + OVERHEAD;
        if self.waiting.fetch_add(cost, Ordering::Relaxed) + cost > self.hub.options.backlog {
            tracing::warn!("a client reads too slowly; its socket is closed");
            self.socket.cancel();
            return;
        }
        let due = Instant::now() + self.hub.faults.delay();
        // It fails where the socket is closed already.
        self.queue.send(Queued { bytes, due }).ok();
    }
}

/// The task that writes.
pub(super) struct Writer(JoinHandle<()>);

impl Writer {
    /// Waits until everything is written, but not for ever.
    pub(super) async fn finish(self, socket: &CancellationToken) {
        let mut task = self.0;
        if tokio::time::timeout(FAREWELL, &mut task).await.is_err() {
            socket.cancel();
            task.await.ok();
        }
    }
}

/// Writes what waits, as much as possible at a time.
async fn write(mut half: OwnedWriteHalf, mut queued: UnboundedReceiver<Queued>, waiting: Arc<AtomicUsize>) {
    let mut batch = Vec::new();
    let mut next = queued.recv().await;
    while let Some(first) = next {
        // Only where it is in the future: a timer that has run out still costs up to a millisecond.
        if first.due > Instant::now() {
            tokio::time::sleep_until(first.due).await;
        }
        let now = Instant::now();
        batch.clear();
        let mut cost = 0;
        next = Some(first);
        while let Some(message) = next.take_if(|message| message.due <= now && batch.len() < BATCH) {
            cost += message.bytes.len() + OVERHEAD;
            batch.extend_from_slice(&message.bytes);
            next = queued.try_recv().ok();
        }
        if half.write_all(&batch).await.is_err() {
            return;
        }
        waiting.fetch_sub(cost, Ordering::Relaxed);
        if next.is_none() {
            next = queued.recv().await;
        }
    }
    half.shutdown().await.ok();
}
