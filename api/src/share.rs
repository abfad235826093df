//! Subscriptions that many have in common are executed once, and their written answers are fanned out.
//!
//! [`Plan`] brings a subscription into a form that does not depend on how it was written; [`Topic`] executes one
//! such form for one subject and puts the bytes into the [`Outbox`] of each connection that follows. What is not
//! declared shareable ([`shape`]) is executed for its subscriber alone; the bytes are the same either way.
//!
//! What waits for a connection that does not read is bounded: the latest value of what conflates ([`frame`]), or of what
//! does not a queue, and a gap for what did not fit ([`backlog`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use domain::clock::Clock;

mod audience;
mod backlog;
mod frame;
mod outbox;
mod plan;
mod shape;
mod source;
mod topic;

pub use frame::{Frame, Place};
pub use outbox::{News, OperationNumber, Order, Outbox};
pub use plan::Plan;
pub use source::{events, is_shared};
pub use topic::Membership;

use crate::graphql::Schema;
use topic::Topic;

/// The most shared executions: what comes besides is executed for its subscriber alone, which weighs more.
const MAX_TOPICS: usize = 20_000;

/// The shared executions of one node, each for as long as somebody follows it.
pub struct Share {
    schema: Schema,
    clock: Arc<dyn Clock>,
    topics: Mutex<Topics>,
}

#[derive(Default)]
struct Topics {
    by_document: HashMap<String, Weak<Topic>>,
    /// How many there may be before those that are over are looked for.
    most: usize,
}

impl Share {
    /// Executes on this schema. It must not charge anybody: who joins was charged before.
    pub fn new(schema: Schema, clock: Arc<dyn Clock>) -> Self {
        Self { schema, clock, topics: Mutex::default() }
    }

    /// Follows a plan for this operation, whose caller may. `None` where one of its subjects cannot be followed;
    /// the plain way then tells why.
    pub async fn join(
        &self,
        plan: &Plan,
        outbox: &Arc<Outbox>,
        operation: OperationNumber,
    ) -> Option<Vec<Membership>> {
        let topics = plan.subjects.iter().map(|subject| self.topic(plan.document(*subject)));
        let topics: Vec<Arc<Topic>> = topics.collect::<Option<_>>()?;
        for topic in &topics {
            if !topic.is_running().await {
                return None;
            }
        }
        let join = |topic: Arc<Topic>| topic.join(plan.pace, outbox, operation);
        Some(topics.into_iter().map(join).collect())
    }

    /// The execution of this document: the one that runs, or a new one, while there are not too many.
    fn topic(&self, document: String) -> Option<Arc<Topic>> {
        let mut topics = self.lock();
        let known = topics.by_document.get(&document).and_then(Weak::upgrade);
        if let Some(topic) = known.filter(|topic| !topic.is_over()) {
            return Some(topic);
        }
        if topics.by_document.len() >= topics.most {
            topics.by_document.retain(|_, topic| topic.strong_count() > 0);
            topics.most = (2 * topics.by_document.len().max(32)).min(MAX_TOPICS);
        }
        if topics.by_document.len() >= MAX_TOPICS {
            return None;
        }
        let topic = Topic::start(&self.schema, Arc::clone(&self.clock), document.clone());
        topics.by_document.insert(document, Arc::downgrade(&topic));
        Some(topic)
    }

    fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
