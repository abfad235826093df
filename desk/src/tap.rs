//! What this desk publishes, heard in its own process: alerts do not depend on the bus, nor on how slow they are.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use domain::bus::{Message, Topic};
use tokio::sync::broadcast;

/// How many messages wait for whoever listens; then the oldest are left out.
const CAPACITY: usize = 8_192;

/// The messages of the topics that are wanted here.
pub(crate) struct Tap {
    wanted: RwLock<HashSet<Topic>>,
    sender: broadcast::Sender<Arc<Message>>,
}

impl Tap {
    /// A tap that nobody wants anything of.
    pub(crate) fn new() -> Self {
        Self { wanted: RwLock::default(), sender: broadcast::Sender::new(CAPACITY) }
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Message>> {
        self.sender.subscribe()
    }

    /// Wants exactly these topics.
    pub(crate) fn want(&self, topics: HashSet<Topic>) {
        *self.wanted.write().unwrap_or_else(PoisonError::into_inner) = topics;
    }

    /// Tells what is wanted of these messages.
    pub(crate) fn tell(&self, messages: &[Message]) {
        let wanted = self.wanted.read().unwrap_or_else(PoisonError::into_inner);
        if wanted.is_empty() {
            return;
        }
        for message in messages.iter().filter(|message| wanted.contains(&message.topic())) {
            // Nobody listens once the leadership is over.
            let _ = self.sender.send(Arc::new(message.clone()));
        }
    }
}
