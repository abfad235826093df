//! What is to be published next, numbered.

use std::collections::{HashMap, HashSet};

use domain::bus::{Message, Topic};
use domain::quote::Stamp;

/// Messages in the order in which they are told.
pub(super) struct Outbox {
    epoch: u64,
    sequences: HashMap<Topic, u64>,
    waiting: Vec<Message>,
}

impl Outbox {
    /// Nothing was told yet in this epoch.
    pub(super) fn new(epoch: u64) -> Self {
        Self { epoch, sequences: HashMap::new(), waiting: Vec::new() }
    }

    /// The next place in a topic's stream. One that is given to nobody tells listeners of a hole.
    pub(super) fn stamp(&mut self, topic: Topic) -> Stamp {
        let sequence = self.sequences.entry(topic).or_default();
        *sequence += 1;
        Stamp { epoch: self.epoch, sequence: *sequence }
    }

    /// The place that was given last.
    pub(super) fn last(&self, topic: Topic) -> Option<Stamp> {
        self.sequences.get(&topic).map(|sequence| Stamp { epoch: self.epoch, sequence: *sequence })
    }

    /// Adds a message.
    pub(super) fn put(&mut self, message: Message) {
        self.waiting.push(message);
    }

    /// Adds messages.
    pub(super) fn extend(&mut self, messages: impl IntoIterator<Item = Message>) {
        self.waiting.extend(messages);
    }

    /// What waits.
    pub(super) fn waiting(&self) -> &[Message] {
        &self.waiting
    }

    /// What waited could not be told: of these topics the last message that the bus retains goes on waiting.
    pub(super) fn keep_last(&mut self, mut topics: HashSet<Topic>) {
        self.waiting.reverse();
        self.waiting.retain(|message| message.retained() && topics.remove(&message.topic()));
        self.waiting.reverse();
    }

    /// What waited was told.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
