//! The hub between the bus and the subscribers of this node.
//!
//! Whatever the number of clients, a topic is listened to once. Its newest value stands in a watch, and each
//! subscriber takes it at its own pace, so that a slow one delays nobody and costs nothing; only of trades, which stand
//! each for itself, a number waits for each subscriber. What is shown is the
//! worse of what the desk says of a value and of what this node knows of the bus and the desk.

use std::sync::Arc;
use std::time::Duration;

use domain::bar::{BarUpdate, Series};
use domain::bus::{Bus, Demand, Topic};
use domain::clock::Clock;
use domain::depth::Depth;
use domain::instrument::InstrumentId;
use domain::quote::Quote;
use domain::trade::Trade;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::watch;
use uuid::Uuid;

mod announcer;
mod channel;
mod follower;
mod presence;
mod registry;
mod shown;
mod tape;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use presence::DeskPresence;
pub use shown::{Delivery, FeedEvent, Shown, Streamed};

use announcer::Announcer;
use channel::Link;
use follower::Follower;
use presence::PresenceWatch;
use registry::Registry;
use tape::TapeFollower;

/// How many times a second somebody may hear: few enough that those who want nearly the same are served together.
const STEPS: [f64; 24] = [
    50.0, 40.0, 30.0, 25.0, 20.0, 15.0, 12.0, 10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.0, 0.75, 0.5,
    0.4, 0.3, 0.2, 0.15, 0.1,
];

/// How often one subscriber hears of one topic at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pace(Duration);

impl Pace {
    /// As often as the subscriber takes an event.
    pub const AS_TAKEN: Self = Self(Duration::ZERO);

    /// So many times a second, from 0.1 to 50, rounded down to a step of [`STEPS`].
    pub fn of_hz(hz: f64) -> Option<Self> {
        let step = STEPS.iter().find(|step| **step <= hz).filter(|_| hz <= STEPS[0])?;
        Some(Self(Duration::from_secs_f64(1.0 / step)))
    }

    /// The time between two events at least.
    pub fn interval(self) -> Duration {
        self.0
    }
}

/// The hub of one node.
pub struct Feed {
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    registry: Arc<Registry>,
    announcer: Announcer,
    presence: PresenceWatch,
}

impl Feed {
    /// A hub that listens to nothing yet.
    pub fn new(node: Uuid, bus: Arc<dyn Bus>, demand: Arc<dyn Demand>, clock: Arc<dyn Clock>) -> Self {
        let registry = Arc::new(Registry::default());
        Self {
            announcer: Announcer::new(node, demand, Arc::clone(&registry)),
            presence: PresenceWatch::new(Arc::clone(&bus), Arc::clone(&clock)),
            bus,
            clock,
            registry,
        }
    }

    /// Watches the desk and announces demand, without end.
    pub async fn run(&self) {
        tokio::join!(self.presence.run(&self.registry), self.announcer.run());
    }

    /// How the leading desk is.
    pub fn presence(&self) -> watch::Receiver<DeskPresence> {
        self.presence.presence()
    }

    /// The latest quotes of these instruments, as far as they are known.
    pub async fn latest(&self, ids: &[InstrumentId]) -> Result<Vec<Shown<Quote>>, domain::Error> {
        let topics: Vec<Topic> = ids.iter().map(|id| Topic::Quotes(*id)).collect();
        self.registry.asked(&topics);
        self.read(&topics).await
    }

    /// The quotes of these instruments: the latest of each first, then each change, at the subscriber's pace.
    pub fn quotes(&self, ids: &[InstrumentId], pace: Pace) -> BoxStream<'static, FeedEvent<Quote>> {
        let streams = ids.iter().map(|id| {
            let channel = Registry::quotes(&self.registry, *id, &self.bus, &self.clock);
            Follower::new(channel, self.presence.outlook(), pace).into_stream()
        });
        futures::stream::select_all(streams).boxed()
    }

    /// Every print of an instrument from now on, as fast as the subscriber takes them; where too many wait, a gap.
    pub fn trades(&self, id: InstrumentId) -> BoxStream<'static, FeedEvent<Trade>> {
        let tape = Registry::trades(&self.registry, id, &self.bus, &self.clock);
        TapeFollower::new(tape, self.presence.outlook()).into_stream()
    }

    /// The depth of an instrument's market: the last known first, then each change, at the subscriber's pace.
    pub fn depth(&self, id: InstrumentId, pace: Pace) -> BoxStream<'static, FeedEvent<Depth>> {
        let channel = Registry::depth(&self.registry, id, &self.bus, &self.clock);
        Follower::new(channel, self.presence.outlook(), pace).into_stream()
    }

    /// The depth of an instrument's market as last known. Asking takes no line: there are few.
    pub async fn latest_depth(&self, id: InstrumentId) -> Result<Option<Shown<Depth>>, domain::Error> {
        Ok(self.read(&[Topic::Depth(id)]).await?.pop())
    }

    /// What the bus remembers of these topics, as this node shows it.
    async fn read<V: Streamed>(&self, topics: &[Topic]) -> Result<Vec<Shown<V>>, domain::Error> {
        let retained = self.bus.latest(topics).await.map_err(|error| {
            tracing::debug!(%error, "the latest values cannot be read");
            domain::Error::Unavailable {
                what: "the message bus",
                message: "the latest values cannot be read; try again shortly".into(),
            }
        })?;
        let outlook = self.presence.outlook().borrow().clone();
        let values = retained.iter().flatten().filter_map(|message| V::of(message));
        Ok(values.map(|value| outlook.show(Arc::new(value.clone()), Link::Up)).collect())
    }

    /// The live bar of a series: its newest state where one is known, then each change.
    pub fn bars(&self, series: Series, pace: Pace) -> BoxStream<'static, FeedEvent<BarUpdate>> {
        let channel = Registry::bars(&self.registry, series, &self.bus, &self.clock);
        Follower::new(channel, self.presence.outlook(), pace).into_stream()
    }
}
