//! A new socket: prefix, version, dialect and client id, within a time limit; then its session.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};
use tokio_util::sync::CancellationToken;

use super::outbox::{Greeting, Outbox};
use super::session::{Session, decode};
use super::{Hub, handshake};
use crate::notice::{NO_REQUEST, Notice};
use crate::wire::session::StartApiRequest;
use crate::wire::{MAX_FRAME, ids, text_frame};

/// How long a client may take to introduce itself.
const INTRODUCTION: Duration = Duration::from_secs(30);

/// What a client says, frame by frame.
pub(super) type Frames = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;

/// Serves one socket until the client, a fault or the gateway's end closes it.
pub(super) async fn serve(hub: Arc<Hub>, stream: TcpStream, socket: CancellationToken) {
    stream.set_nodelay(true).ok();
    let (read, write) = stream.into_split();
    let (out, writer) = Greeting::open(hub.clone(), write, socket.clone());
    socket.run_until_cancelled(converse(&hub, read, out)).await;
    writer.finish(&socket).await;
}

async fn converse(hub: &Arc<Hub>, mut read: OwnedReadHalf, out: Greeting) {
    let introduced = tokio::time::timeout(INTRODUCTION, async {
        let mut prefix = [0; 4];
        read.read_exact(&mut prefix).await.ok()?;
        if prefix != handshake::PREFIX {
            return None;
        }
        let mut frames = LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_read(read);
        introduce(hub, &mut frames, out).await.map(|introduced| (frames, introduced))
    });
    if let Ok(Some((frames, (out, client)))) = introduced.await {
        Session::new(out, client).run(frames).await;
    }
}

/// Agrees on a version, and with it on a dialect, and registers the client id.
async fn introduce(hub: &Arc<Hub>, frames: &mut Frames, out: Greeting) -> Option<(Outbox, Client)> {
    let offer = frames.next().await?.ok()?;
    let version = handshake::negotiate(std::str::from_utf8(&offer).ok()?)?;
    let out = out.speak(handshake::dialect(version));
    out.send_frame(text_frame(&handshake::acknowledgement(version, hub.exchange.now())));
    let start = frames.next().await?.ok()?;
    let (id, body) = out.dialect().split(&start)?;
    if id != ids::START_API {
        out.tell(&Notice::refusal(NO_REQUEST, 504, "Not connected"));
        return None;
    }
    let start: StartApiRequest = decode(id, body).map_err(|notice| out.tell(&notice)).ok()?;
    let Some(client) = Client::register(hub, start.client_id.unwrap_or_default()) else {
        out.tell(&Notice::news(326));
        return None;
    };
    Some((out, client))
}

/// A client id that is in use while this lives.
pub(super) struct Client {
    pub(super) hub: Arc<Hub>,
    pub(super) id: i32,
}

impl Client {
    fn register(hub: &Arc<Hub>, id: i32) -> Option<Self> {
        let free = !hub.faults.take_busy_client_id() && hub.state().client_ids.insert(id);
        free.then(|| Self { hub: hub.clone(), id })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.hub.state().client_ids.remove(&self.id);
    }
}
