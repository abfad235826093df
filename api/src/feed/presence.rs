//! What this node knows of the leading desk and the bus, and what follows for every value it shows.

use std::sync::Arc;
use std::time::Duration;

use domain::bus::{Bus, Delivery, Message, Topic};
use domain::clock::Clock;
use domain::desk::{DeskStatus, HEARTBEAT_MISSED};
use domain::quote::FeedState;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::feed::channel::Link;
use crate::feed::registry::Registry;
use crate::feed::shown::{Shown, Streamed};

/// How long to wait before the bus is tried again.
pub(super) const RETRY: Duration = Duration::from_secs(1);

pub(super) const BUS_AWAY: &str = "the message bus is not available";
pub(super) const NO_DESK: &str = "no desk is running";
const NEW_DESK: &str = "another desk has taken over; waiting for its first value";
const RECOVERING: &str = "the message bus is back; waiting for the first value";
const STARTING: &str = "waiting for the desk";
const WAITING: &str = "the message bus is back; waiting for the desk";

/// How long one call to the bus may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The leading desk, as last heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskPresence {
    /// Whether one leads now.
    pub leading: bool,
    /// What the last one said.
    pub status: Option<Arc<DeskStatus>>,
    /// When it said so, by this node's clock.
    pub seen_at: Option<OffsetDateTime>,
}

impl DeskPresence {
    /// The same without what changes at every heartbeat.
    pub fn without_times(&self) -> Self {
        let status = self
            .status
            .as_deref()
            .map(|status| Arc::new(DeskStatus { at: OffsetDateTime::UNIX_EPOCH, ..status.clone() }));
        Self { leading: self.leading, status, seen_at: None }
    }
}

/// What follows for every value: whether the bus and the desk are there, and which desk leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    trouble: Option<(FeedState, &'static str)>,
    epoch: Option<u64>,
}

impl Outlook {
    /// The value as it is shown: the worse of its own state and of what this node knows.
    pub fn show<V: Streamed>(&self, value: Arc<V>, link: Link) -> Shown<V> {
        let (state, reason) = self.state_of(value.as_ref(), link);
        Shown { value, state, reason }
    }

    /// Whether no desk is running: nothing comes until one does.
    pub fn is_without_desk(&self) -> bool {
        self.trouble == Some((FeedState::Stale, NO_DESK))
    }

    fn state_of<V: Streamed>(&self, value: &V, link: Link) -> (FeedState, Option<String>) {
        let own = value.state();
        let known = value.stamp().epoch > 0;
        let outdated = known && self.epoch.is_some_and(|epoch| epoch > value.stamp().epoch);
        let worse = match (self.trouble, link) {
            (Some(stale @ (FeedState::Stale, _)), _) => Some(stale),
            (_, Link::Down) => Some((FeedState::Stale, BUS_AWAY)),
            _ if own == FeedState::Stale => None,
            (Some(trouble), _) => Some(trouble),
            _ if outdated => Some((FeedState::Recovering, NEW_DESK)),
            (None, Link::Recovering) => Some((FeedState::Recovering, RECOVERING)),
            (None, Link::Up) => None,
        };
        match worse {
            Some((state, reason)) => (state, Some(reason.to_owned())),
            None => (own, value.reason().map(str::to_owned)),
        }
    }
}

/// Listens to the desk's heartbeats.
pub struct PresenceWatch {
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    presence: watch::Sender<DeskPresence>,
    outlook: watch::Sender<Outlook>,
}

impl PresenceWatch {
    /// Knows nothing yet, and trusts nothing before the first heartbeat.
    pub fn new(bus: Arc<dyn Bus>, clock: Arc<dyn Clock>) -> Self {
        Self {
            bus,
            clock,
            presence: watch::Sender::new(DeskPresence::default()),
            outlook: watch::Sender::new(Outlook {
                trouble: Some((FeedState::Recovering, STARTING)),
                epoch: None,
            }),
        }
    }

    /// How the leading desk is; changes at every heartbeat.
    pub fn presence(&self) -> watch::Receiver<DeskPresence> {
        self.presence.subscribe()
    }

    /// What follows for every value; changes only when it does.
    pub fn outlook(&self) -> watch::Receiver<Outlook> {
        self.outlook.subscribe()
    }

    /// Listens without end. The registry is told when the bus is back, so that demand is announced again.
    pub async fn run(&self, registry: &Registry) {
        loop {
            match timeout(PATIENCE, self.bus.subscribe(Topic::Desk)).await {
                Ok(Ok(deliveries)) => self.listen(deliveries, registry).await,
                Ok(Err(error)) => tracing::debug!(%error, "the desk cannot be listened to"),
                Err(_) => tracing::debug!("the desk cannot be listened to: the bus does not answer"),
            }
            self.bus_is_away();
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn listen(&self, mut deliveries: BoxStream<'static, Delivery>, registry: &Registry) {
        self.bus_is_back(registry).await;
        let mut missed_at = Instant::now() + HEARTBEAT_MISSED;
        loop {
            tokio::select! {
                delivery = deliveries.next() => match delivery {
                    Some(Delivery::Message(message)) => {
                        if let Message::Desk(status) = message.as_ref()
                            && self.still_leads(status)
                        {
                            missed_at = Instant::now() + HEARTBEAT_MISSED;
                            self.desk_is_there(status);
                        }
                    }
                    Some(Delivery::Interrupted) => self.bus_is_away(),
                    Some(Delivery::Resumed) => {
                        self.bus_is_back(registry).await;
                        // The desk may have been there all along: it gets its full time again.
                        missed_at = Instant::now() + HEARTBEAT_MISSED;
                    }
                    None => return,
                },
                () = tokio::time::sleep_until(missed_at), if self.counts_on_a_desk() => self.desk_is_missing(),
            }
        }
    }

    /// Whether a heartbeat is expected now: without the bus, none can be.
    fn counts_on_a_desk(&self) -> bool {
        !matches!(self.outlook.borrow().trouble, Some((FeedState::Stale, _)))
    }

    /// A desk that was frozen and wakes up may still tell of a leadership that has ended.
    fn still_leads(&self, status: &DeskStatus) -> bool {
        self.outlook.borrow().epoch.is_none_or(|epoch| status.epoch >= epoch)
    }

    fn desk_is_there(&self, status: &DeskStatus) {
        let presence = DeskPresence {
            leading: true,
            status: Some(Arc::new(status.clone())),
            seen_at: Some(self.clock.now()),
        };
        self.presence.send_replace(presence);
        self.set_outlook(Outlook { trouble: None, epoch: Some(status.epoch) });
    }

    fn desk_is_missing(&self) {
        tracing::warn!("no desk has been heard of for {} s: quotes are stale", HEARTBEAT_MISSED.as_secs());
        self.nobody_leads();
        self.set_trouble((FeedState::Stale, NO_DESK));
    }

    fn bus_is_away(&self) {
        if self.set_trouble((FeedState::Stale, BUS_AWAY)) {
            tracing::warn!("the message bus is not available: quotes are stale");
        }
        self.nobody_leads();
    }

    /// The bus is there; whether a desk is will be seen within the time of a heartbeat.
    async fn bus_is_back(&self, registry: &Registry) {
        registry.changed();
        if !self.counts_on_a_desk() {
            tracing::info!("the message bus is back");
            self.set_trouble((FeedState::Recovering, WAITING));
        }
        // Before the first heartbeat, the last one tells at least who led: `system` shows it.
        if self.presence.borrow().status.is_none() {
            self.read_back().await;
        }
    }

    async fn read_back(&self) {
        let Ok(Ok(retained)) = timeout(PATIENCE, self.bus.latest(&[Topic::Desk])).await else { return };
        for message in retained.into_iter().flatten() {
            if let Message::Desk(status) = message.as_ref() {
                self.presence.send_modify(|presence| {
                    presence.seen_at = Some(status.at);
                    presence.status = Some(Arc::new(status.clone()));
                });
            }
        }
    }

    fn nobody_leads(&self) {
        self.presence.send_if_modified(|presence| std::mem::replace(&mut presence.leading, false));
    }

    fn set_trouble(&self, trouble: (FeedState, &'static str)) -> bool {
        let epoch = self.outlook.borrow().epoch;
        self.set_outlook(Outlook { trouble: Some(trouble), epoch })
    }

    fn set_outlook(&self, outlook: Outlook) -> bool {
        self.outlook.send_if_modified(|current| {
            let changed = *current != outlook;
            *current = outlook;
            changed
        })
    }
}
