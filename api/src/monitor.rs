//! How the installation is: the database, the bus, and what the log-in page must know.
//!
//! A loop looks every few seconds and keeps what it saw, so that a page asked for by anybody costs nothing.

use std::future::Future;
use std::time::Duration;

use domain::world::Environment;
use tokio::sync::{Notify, watch};

use crate::Services;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(3);

/// How long an answer may take before the component counts as down.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether a component answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reachable {
    /// It does.
    Yes,
    /// It does not, for this reason.
    No(&'static str),
}

/// How the installation was when last looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The database.
    pub database: Reachable,
    /// The bus.
    pub bus: Reachable,
    /// Whether no user exists yet.
    pub set_up_needed: bool,
    /// The world of the database.
    pub environment: Option<Environment>,
    looked: bool,
}

/// Looks, and tells.
pub struct Monitor {
    overview: watch::Sender<Overview>,
    hurry: Notify,
}

impl Monitor {
    /// A monitor that has not looked yet.
    pub fn new() -> Self {
        let overview = Overview {
            database: Reachable::No("it has not been looked at yet"),
            bus: Reachable::No("it has not been looked at yet"),
            set_up_needed: false,
            environment: None,
            looked: false,
        };
        Self { overview: watch::Sender::new(overview), hurry: Notify::new() }
    }

    /// What was seen last; right after the start it waits for the first look, but not for long.
    pub async fn overview(&self, services: &Services) -> Overview {
        let mut changes = self.overview.subscribe();
        let looked = async { changes.wait_for(|overview| overview.looked).await.map(|_| ()) };
        let _ = tokio::time::timeout(2 * PATIENCE, looked).await;
        let mut overview = self.overview.borrow().clone();
        // Another node may have set up the installation since the last look; nobody should be sent there again.
        if overview.set_up_needed && services.people.users.any().await.unwrap_or(false) {
            overview.set_up_needed = false;
            self.look_now();
        }
        overview
    }

    /// What is seen, each time it changes.
    pub fn changes(&self) -> watch::Receiver<Overview> {
        self.overview.subscribe()
    }

    /// Looks at once rather than at the next round: something is known to have changed.
    pub fn look_now(&self) {
        self.overview.send_modify(|overview| overview.set_up_needed = false);
        self.hurry.notify_one();
    }

    /// Looks every few seconds, without end.
    pub async fn run(&self, services: &Services) {
        loop {
            let seen = self.look(services).await;
            self.overview.send_if_modified(|overview| {
                let changed = *overview != seen;
                *overview = seen;
                changed
            });
            let _ = tokio::time::timeout(EVERY, self.hurry.notified()).await;
        }
    }

    async fn look(&self, services: &Services) -> Overview {
        let (database, bus) = tokio::join!(
            reach(services.installation.ping(), "it does not answer"),
            reach(services.bus.ping(), "it does not answer")
        );
        let before = self.overview.borrow().clone();
        let mut seen = Overview { database, bus, looked: true, ..before };
        if database == Reachable::Yes {
            if let Ok(Ok(any)) = tokio::time::timeout(PATIENCE, services.people.users.any()).await {
                seen.set_up_needed = !any;
            }
            let environment = tokio::time::timeout(PATIENCE, services.installation.environment()).await;
            if let Ok(Ok(environment)) = environment {
                seen.environment = environment;
            }
        }
        seen
    }
}

/// Whether an answer comes in time.
pub async fn reach<E: std::error::Error>(
    ping: impl Future<Output = Result<(), E>>,
    reason: &'static str,
) -> Reachable {
    match tokio::time::timeout(PATIENCE, ping).await {
        Ok(Ok(())) => Reachable::Yes,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a component does not answer");
            Reachable::No(reason)
        }
        Err(_) => Reachable::No(reason),
    }
}
