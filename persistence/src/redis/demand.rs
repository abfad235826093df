//! Which topics somebody listens to: a key with an expiry per node, found through a set of nodes.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use domain::bus::{BusError, Demand, Topic};
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::watch;
use uuid::Uuid;

use super::link::{Signal, Sink};
use super::{RedisBus, away};
use crate::wire;

/// The set of nodes, and the channel that tells of announcements.
const DEMAND: &str = "demand";

#[async_trait]
impl Demand for RedisBus {
    async fn announce(&self, node: Uuid, topics: &[Topic], lives: Duration) -> Result<(), BusError> {
        let names: Vec<String> = topics.iter().map(|topic| wire::topic_name(*topic)).collect();
        let payload = wire::write(&names).map_err(away)?;
        let index = self.names.of(DEMAND);
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("SET").arg(self.demand_key(&node.to_string())).arg(payload);
        pipeline.arg("PX").arg(milliseconds(lives)).ignore();
        pipeline.cmd("SADD").arg(&index).arg(node.to_string()).ignore();
        pipeline.cmd("PUBLISH").arg(&index).arg("").ignore();
        self.commands.run(&pipeline).await
    }

    async fn wanted(&self) -> Result<Vec<Topic>, BusError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("SMEMBERS").arg(self.names.of(DEMAND));
        let (nodes,): (Vec<String>,) = self.commands.run(&pipeline).await?;
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let said = self.read_demands(&nodes).await?;
        let (known, expired): (Vec<_>, Vec<_>) =
            nodes.into_iter().zip(said).partition(|(_, payload)| payload.is_some());
        let mut payloads: Vec<Vec<u8>> = known.into_iter().filter_map(|(_, payload)| payload).collect();
        if !expired.is_empty() {
            let expired = expired.into_iter().map(|(node, _)| node).collect();
            payloads.extend(self.forget_nodes(expired).await?);
        }
        Ok(topics_of(&payloads))
    }

    async fn changes(&self) -> Result<BoxStream<'static, ()>, BusError> {
        let (signal, came) = watch::channel(Signal::default());
        let subscription = self.link.listen(self.names.of(DEMAND), Sink::Signal(signal)).await?;
        // The stream holds the subscription, and ends with the link.
        let next = |(mut came, subscription): (watch::Receiver<Signal>, _)| async move {
            came.changed().await.ok()?;
            Some(((), (came, subscription)))
        };
        Ok(stream::unfold((came, subscription), next).boxed())
    }
}

impl RedisBus {
    fn demand_key(&self, node: &str) -> String {
        self.names.of(&format!("{DEMAND}:{node}"))
    }

    async fn read_demands(&self, nodes: &[String]) -> Result<Vec<Option<Vec<u8>>>, BusError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("MGET").arg(nodes.iter().map(|node| self.demand_key(node)).collect::<Vec<_>>());
        let (said,): (Vec<Option<Vec<u8>>>,) = self.commands.run(&pipeline).await?;
        Ok(said)
    }

    /// Takes nodes that went silent out of the set. One that announced in this very moment is put back,
    /// and what it said returned.
    async fn forget_nodes(&self, nodes: Vec<String>) -> Result<Vec<Vec<u8>>, BusError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("SREM").arg(self.names.of(DEMAND)).arg(&nodes).ignore();
        self.commands.run::<()>(&pipeline).await?;
        let said = self.read_demands(&nodes).await?;
        let mut back = Vec::new();
        let mut payloads = Vec::new();
        for (node, payload) in nodes.into_iter().zip(said) {
            if let Some(payload) = payload {
                back.push(node);
                payloads.push(payload);
            }
        }
        if !back.is_empty() {
            let mut pipeline = redis::pipe();
            pipeline.cmd("SADD").arg(self.names.of(DEMAND)).arg(back).ignore();
            self.commands.run::<()>(&pipeline).await?;
        }
        Ok(payloads)
    }
}

/// The topics that these announcements name, each once. A name that is not known is left out: a newer
/// version may announce it.
fn topics_of(payloads: &[Vec<u8>]) -> Vec<Topic> {
    let mut seen = HashSet::new();
    let mut topics = Vec::new();
    for payload in payloads {
        let Ok(names) = wire::read::<Vec<String>>(payload) else {
            tracing::warn!(bytes = payload.len(), "an announcement of wanted topics cannot be read");
            continue;
        };
        topics.extend(
            names.iter().filter_map(|name| wire::topic_of_name(name)).filter(|topic| seen.insert(*topic)),
        );
    }
    topics
}

/// A length of time as Redis takes it: at least one millisecond.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}
