//! Tells the desk what this node needs, so that nothing else is fed.

use std::sync::Arc;
use std::time::Duration;

use domain::bus::Demand;
use tokio::time::timeout;
use uuid::Uuid;

use crate::feed::registry::Registry;

/// How often demand is announced when nothing changes.
const EVERY: Duration = Duration::from_secs(5);

/// How long an announcement holds: two may get lost.
const LIVES: Duration = Duration::from_secs(15);

/// How long changes are gathered before they are announced: a page asks for many things at once.
const GATHER: Duration = Duration::from_millis(20);

/// How long one announcement may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Announces the demand of one node.
pub struct Announcer {
    node: Uuid,
    demand: Arc<dyn Demand>,
    registry: Arc<Registry>,
}

impl Announcer {
    /// An announcer for this node.
    pub fn new(node: Uuid, demand: Arc<dyn Demand>, registry: Arc<Registry>) -> Self {
        Self { node, demand, registry }
    }

    /// Announces without end: every few seconds, and soon after each change.
    pub async fn run(&self) {
        loop {
            let topics = self.registry.wanted();
            match timeout(PATIENCE, self.demand.announce(self.node, &topics, LIVES)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "demand cannot be announced"),
                Err(_) => tracing::debug!("demand could not be announced in time"),
            }
            if timeout(EVERY, self.registry.change()).await.is_ok() {
                tokio::time::sleep(GATHER).await;
            }
        }
    }
}
