//! Publishing, the retained messages, and listening.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::bus::{Bus, BusError, Delivery, Message, RETAINED_FOR, Topic};
use futures::StreamExt;
use futures::stream::BoxStream;

use super::link::{Sink, Subscription};
use super::{RedisBus, away};
use crate::listener::{locked, queue};
use crate::wire;

#[async_trait]
impl Bus for RedisBus {
    async fn publish(&self, messages: &[Message]) -> Result<(), BusError> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut pipeline = redis::pipe();
        let mut last = HashMap::new();
        let mut written = Vec::with_capacity(messages.len());
        for message in messages {
            let payload = wire::write_message(message).map_err(away)?;
            let topic = wire::topic_name(message.topic());
            if message.retained() {
                last.insert(topic.clone(), written.len());
            }
            written.push((topic, payload));
        }
        // Kept before it is told: whoever hears of a message finds it, or a later one, when asking for the last.
        for (topic, index) in last {
            let (key, payload) = (self.names.of(&format!("last:{topic}")), &written[index].1);
            pipeline.cmd("SET").arg(key).arg(payload).arg("EX").arg(RETAINED_FOR.as_secs()).ignore();
        }
        for (topic, payload) in &written {
            pipeline.cmd("PUBLISH").arg(self.names.of(&format!("topic:{topic}"))).arg(payload).ignore();
        }
        self.commands.run(&pipeline).await
    }

    async fn latest(&self, topics: &[Topic]) -> Result<Vec<Option<Arc<Message>>>, BusError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let names = topics.iter().map(|topic| self.names.of(&format!("last:{}", wire::topic_name(*topic))));
        let mut pipeline = redis::pipe();
        pipeline.cmd("MGET").arg(names.collect::<Vec<_>>());
        let (kept,): (Vec<Option<Vec<u8>>>,) = self.commands.run(&pipeline).await?;
        Ok(kept.into_iter().map(|payload| payload.as_deref().and_then(read_kept)).collect())
    }

    async fn subscribe(&self, topic: Topic) -> Result<BoxStream<'static, Delivery>, BusError> {
        let channel = self.names.of(&format!("topic:{}", wire::topic_name(topic)));
        // The queue is made before the subscription that it gives up with its listener.
        let place: Arc<Mutex<Option<Subscription>>> = Arc::default();
        let given_up = Arc::clone(&place);
        let (feeder, listener) = queue(move || drop(locked(&given_up).take()));
        let subscription = self.link.listen(channel, Sink::Topic(feeder)).await?;
        *locked(&place) = Some(subscription);
        Ok(listener.boxed())
    }

    async fn ping(&self) -> Result<(), BusError> {
        self.commands.run(redis::pipe().cmd("PING").ignore()).await
    }
}

fn read_kept(payload: &[u8]) -> Option<Arc<Message>> {
    match wire::read_message(payload) {
        Ok(message) => Some(Arc::new(message)),
        Err(error) => {
            tracing::warn!(bytes = payload.len(), %error, "a retained message in Redis was left out");
            None
        }
    }
}
