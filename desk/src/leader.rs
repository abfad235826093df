//! Leading and standing by.
//!
//! A desk asks for the lease until it gets it, leads while it has it, and stops at once when another has
//! taken it. While the database does not answer, nobody else can take the lease either, so the feed goes
//! on: an outage of the database does not darken the screens. (Orders will ask for more: a lease that is
//! known to run.)

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::bus::{BusError, Message};
use domain::desk::{DeskStatus, HEARTBEAT, LineCounts};
use domain::lease::Lease;
use domain::market_data::{ConnectionState, ConnectionStatus, MarketDataSource};
use domain::world::{ConnectionId, Environment};
use futures::StreamExt;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::tap::Tap;
use crate::{DeskOptions, DeskPorts, alert, answer, delivery, feed};

/// A desk: leads, or stands by.
pub struct Desk {
    ports: DeskPorts,
    options: DeskOptions,
}

impl Desk {
    /// A desk that has not begun.
    pub fn new(ports: DeskPorts, options: DeskOptions) -> Self {
        Self { ports, options }
    }

    /// Runs until `stop`; gives the lease back at the end.
    pub async fn run(self, stop: CancellationToken) {
        let mut waiting = false;
        while !stop.is_cancelled() {
            match self.ports.lease.acquire(self.options.id, self.options.lease_lives).await {
                Ok(Some(lease)) => {
                    waiting = false;
                    self.lead(lease, &stop).await;
                }
                Ok(None) if !waiting => {
                    waiting = true;
                    info!("another desk leads; standing by");
                }
                Ok(None) => {}
                Err(error) => warn!(error = error_chain(&error), "cannot ask for the lease"),
            }
            pause(self.options.lease_every, &stop).await;
        }
        if let Err(error) = self.ports.lease.release(self.options.id).await {
            warn!(error = error_chain(&error), "cannot give the lease back; it will run out");
        }
    }

    /// Leads until the lease is lost or `stop`.
    async fn lead(&self, lease: Lease, stop: &CancellationToken) {
        info!(epoch = lease.fence, "this desk leads");
        let ended = stop.child_token();
        let leadership = Leadership {
            ports: self.ports.clone(),
            options: self.options,
            epoch: lease.fence,
            since: self.ports.clock.now(),
            source: (self.ports.source)(lease.fence),
            awake: Mutex::new(Instant::now()),
            tap: Tap::new(),
            due: watch::Sender::new(()),
        };
        let work = leadership.work(ended.clone());
        let keep = async {
            self.keep(lease, &ended).await;
            ended.cancel();
        };
        tokio::join!(work, keep);
        info!(epoch = lease.fence, "this desk no longer leads");
    }

    /// Renews the lease until it is lost or `ended`.
    async fn keep(&self, lease: Lease, ended: &CancellationToken) {
        let mut answered = true;
        while !ended.is_cancelled() {
            pause(self.options.lease_every, ended).await;
            match self.ports.lease.acquire(self.options.id, self.options.lease_lives).await {
                Ok(Some(renewed)) if renewed == lease => answered = true,
                // Lost, or run out and taken anew: either way this leadership is over.
                Ok(_) => return,
                Err(error) => {
                    if std::mem::replace(&mut answered, false) {
                        warn!(
                            error = error_chain(&error),
                            "cannot renew the lease; leading on until told otherwise"
                        );
                    }
                }
            }
        }
    }
}

/// One stretch of leading.
pub(crate) struct Leadership {
    pub(crate) ports: DeskPorts,
    pub(crate) options: DeskOptions,
    pub(crate) epoch: u64,
    pub(crate) since: OffsetDateTime,
    pub(crate) source: Option<Arc<dyn MarketDataSource>>,
    awake: Mutex<Instant>,
    /// What is published, heard in this process.
    pub(crate) tap: Tap,
    /// Told when something may be to be delivered.
    pub(crate) due: watch::Sender<()>,
}

impl Leadership {
    /// Publishes; nothing where this process stood still for so long that another may lead by now, and does.
    pub(crate) async fn publish(&self, messages: &[Message]) -> Result<(), BusError> {
        let result = if self.may_lead().await {
            self.tap.tell(messages);
            self.ports.bus.publish(messages).await
        } else {
            Ok(())
        };
        *self.awake.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        result
    }

    /// Whether no other desk can lead. The heartbeat publishes every second, and the lease is renewed as often, so
    /// that a silence nearly as long as the lease lives means that the process was stopped and may have lost it;
    /// it is then asked for. A database that does not answer gives it to nobody else either.
    async fn may_lead(&self) -> bool {
        let awake = *self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        if awake.elapsed() < self.options.lease_lives.saturating_sub(2 * self.options.lease_every) {
            return true;
        }
        let lease = self.ports.lease.acquire(self.options.id, self.options.lease_lives).await;
        lease.map_or(true, |lease| lease.is_some_and(|lease| lease.fence == self.epoch))
    }

    async fn work(self, ended: CancellationToken) {
        let this = Arc::new(self);
        let (status, statuses) = watch::channel(this.connection_status(None));
        let (lines, line_counts) = watch::channel(LineCounts::default());
        tokio::join!(
            watch_world(this.clone(), status, ended.clone()),
            beat(this.clone(), statuses.clone(), line_counts, ended.clone()),
            feed::run(this.clone(), statuses.clone(), lines, ended.clone()),
            answer::run(this.clone(), statuses.clone(), ended.clone()),
            alert::run(this.clone(), statuses, ended.clone()),
            delivery::run(this.clone(), ended),
        );
    }

    /// The source's own status, or that it is refused because the database belongs to another world.
    fn connection_status(&self, world: Option<Environment>) -> ConnectionStatus {
        let Some(source) = &self.source else {
            return ConnectionStatus {
                id: ConnectionId::new("ib"),
                environment: None,
                state: ConnectionState::Off,
                message: Some("no Interactive Brokers gateway is configured (IB_ADDRESS)".into()),
                since: self.since,
            };
        };
        let status = source.status();
        match (status.environment, world) {
            (Some(theirs), Some(ours)) if theirs != ours => ConnectionStatus {
                state: ConnectionState::Refused,
                message: Some(format!(
                    "this database belongs to the {ours} world, but the gateway's accounts are {theirs}; \
                     use a database of its own for each world, or start once with --accept-environment {theirs}"
                )),
                ..status
            },
            _ => status,
        }
    }
}

/// Publishes how the connection is, after checking that its world is the database's.
async fn watch_world(
    this: Arc<Leadership>,
    status: watch::Sender<ConnectionStatus>,
    ended: CancellationToken,
) {
    let Some(source) = &this.source else { return ended.cancelled().await };
    let mut changes = source.changes();
    let mut world = None;
    loop {
        let unclaimed = source.status().environment.filter(|_| world.is_none());
        if let Some(environment) = unclaimed {
            match this.ports.installation.claim_environment(environment).await {
                Ok(claimed) => world = Some(claimed),
                Err(error) => warn!(error = error_chain(&error), "cannot check the database's environment"),
            }
        }
        // Until the world is checked, a connection is not used.
        let mut now = this.connection_status(world);
        let usable = matches!(now.state, ConnectionState::Connected | ConnectionState::Degraded);
        if world.is_none() && usable {
            now.state = ConnectionState::Connecting;
        }
        status.send_if_modified(|known| {
            let differs = *known != now;
            *known = now;
            differs
        });
        let retry = world.is_none() && source.status().environment.is_some();
        tokio::select! {
            () = ended.cancelled() => return,
            change = changes.next() => if change.is_none() { return ended.cancelled().await },
            () = tokio::time::sleep(this.options.demand_every), if retry => {}
        }
    }
}

/// Says every second, and at each change, how the desk is.
async fn beat(
    this: Arc<Leadership>,
    mut connection: watch::Receiver<ConnectionStatus>,
    lines: watch::Receiver<LineCounts>,
    ended: CancellationToken,
) {
    let mut every = tokio::time::interval(HEARTBEAT);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = true;
    loop {
        tokio::select! {
            () = ended.cancelled() => return,
            _ = every.tick() => {}
            changed = connection.changed() => if changed.is_err() { return ended.cancelled().await },
        }
        let status = connection.borrow_and_update().clone();
        let heartbeat = heartbeat(&this, status, *lines.borrow());
        let result = this.publish(&[Message::Desk(heartbeat)]).await;
        if let (Err(error), true) = (&result, told) {
            warn!(error = error_chain(error), "cannot tell the heartbeat");
        }
        told = result.is_ok();
    }
}

fn heartbeat(this: &Leadership, connection: ConnectionStatus, lines: LineCounts) -> DeskStatus {
    DeskStatus {
        desk: this.options.id,
        epoch: this.epoch,
        leading_since: this.since,
        at: this.ports.clock.now(),
        connections: vec![connection],
        lines,
    }
}

async fn pause(duration: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(duration) => {}
    }
}

/// An error with its causes, for the log.
pub(crate) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
