//! One measurement: a fresh server, a crowd of subscribers, and events at a steady rate.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::ground::Ground;
use super::publisher::{Published, Publisher, Rate};
use super::server::{Crowd, Peer, Server};
use crate::load::{Generator, Outcome, Window, micros};
use crate::process::usage;

/// The time from the plan to the first event.
const AHEAD: Duration = Duration::from_millis(200);

/// How often an event is published while sockets connect.
const WARMING: Duration = Duration::from_millis(500);

/// How long a server is left alone before its memory is looked at.
const SETTLING: Duration = Duration::from_millis(1_500);

/// For how long something is measured.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Before it counts.
    pub warm: Duration,
    /// While it counts.
    pub takes: Duration,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Sample {
    /// By the publisher.
    pub published: Published,
    /// By the load generator.
    pub outcome: Outcome,
    /// Deliveries that there should have been.
    pub expected: u64,
    /// How long it counted.
    pub takes: Duration,
    /// The server's processor time.
    pub server: Duration,
    /// Redis's processor time.
    pub redis: Duration,
    /// The server's memory before anybody connected, with everybody connected, and at the end; in KiB.
    pub resident_kib: [u64; 3],
}

/// A server with a crowd connected to it.
pub struct Stage {
    server: Server,
    generator: Generator,
    publisher: Arc<Mutex<Publisher>>,
    crowd: Crowd,
    before_kib: u64,
    connected_kib: u64,
}

impl Stage {
    /// Starts the server and connects everybody.
    pub async fn open(peer: Peer, crowd: Crowd, ground: &mut Ground) -> anyhow::Result<Self> {
        let server = Server::start(peer, ground).await?;
        let mut publisher = ground.publisher(peer);
        publisher.tell(crowd.instruments).await?;
        tokio::time::sleep(SETTLING).await;
        let before_kib = server.usage()?.resident_kib;
        let mut generator = Generator::start(&server.plan(crowd, ground)).await?;
        let ready = tokio::select! {
            ready = generator.ready() => ready,
            failed = keep_warm(&mut publisher) => failed,
        };
        ready.with_context(|| format!("{} did not come to serve {crowd:?}", peer.name()))?;
        tokio::time::sleep(SETTLING).await;
        let connected_kib = server.usage()?.resident_kib;
        let publisher = Arc::new(Mutex::new(publisher));
        Ok(Self { server, generator, publisher, crowd, before_kib, connected_kib })
    }

    /// The memory that each connected socket has cost, in bytes.
    pub fn bytes_per_socket(&self) -> u64 {
        let sockets = u64::try_from(self.crowd.sockets.max(1)).unwrap_or(u64::MAX);
        self.connected_kib.saturating_sub(self.before_kib) * 1_024 / sockets
    }

    /// Publishes and measures.
    pub async fn measure(&mut self, rate: Rate, times: Times, redis_id: u32) -> anyhow::Result<Sample> {
        let length = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let from = micros() + length(AHEAD);
        let window =
            Window { begin: from + length(times.warm), end: from + length(times.warm + times.takes) };
        let Self { server, generator, publisher, .. } = self;
        let usages = || anyhow::Ok((server.usage()?, usage(redis_id)?));
        let (teller, runtime) = (Arc::clone(publisher), Handle::current());
        let publishing =
            tokio::task::spawn_blocking(move || teller.blocking_lock().run(&runtime, rate, from, window));
        let before = async {
            tokio::time::sleep(AHEAD + times.warm).await;
            usages()
        };
        let (published, outcome, before) =
            futures::try_join!(async { publishing.await? }, generator.measure(window), before)?;
        let after = usages()?;
        let readers = u64::try_from(self.crowd.sockets - self.crowd.stalled)?;
        Ok(Sample {
            published,
            outcome,
            expected: published.events * readers,
            takes: times.takes,
            server: after.0.cpu_since(&before.0),
            redis: after.1.cpu_since(&before.1),
            resident_kib: [self.before_kib, self.connected_kib, after.0.resident_kib],
        })
    }

    /// Ends the subscribers, and then the server.
    pub async fn close(self) -> anyhow::Result<()> {
        self.generator.end().await
    }
}

/// Publishes an event now and then, so that everybody who connects gets something.
async fn keep_warm(publisher: &mut Publisher) -> anyhow::Result<()> {
    loop {
        publisher.tell(1).await?;
        tokio::time::sleep(WARMING).await;
    }
}
