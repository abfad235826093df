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
use domain::user::UserId;

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
use crate::tally::Tally;
use plan::Subject;
use topic::{Execution, Topic};

/// The most shared executions: what comes besides is executed for its subscriber alone, which weighs more.
const MAX_TOPICS: usize = 20_000;

/// The shared executions of one node, each for as long as somebody follows it.
pub struct Share {
    schema: Schema,
    clock: Arc<dyn Clock>,
    topics: Mutex<Topics>,
    /// Who began how many of them.
    begun: Arc<Tally>,
}

/// Who follows, and where the events go.
pub struct Follower {
    /// The user.
    pub user: UserId,
    /// The connection's outbox.
    pub outbox: Arc<Outbox>,
    /// The operation's number there.
    pub operation: OperationNumber,
}

#[derive(Default)]
struct Topics {
    by_document: HashMap<String, Weak<Topic>>,
    /// How many there may be before those that are over are looked for.
    most: usize,
}

impl Share {
    /// Executes on this schema, so many at once that one user began. It must not charge anybody: who joins was charged
    /// before.
    pub fn new(schema: Schema, clock: Arc<dyn Clock>, per_user: u32) -> Self {
        Self { schema, clock, topics: Mutex::default(), begun: Tally::new(per_user) }
    }

    /// Follows a plan for this operation, whose caller may. `None` where one of its subjects cannot be followed, or the user
    /// began too many; the plain way then tells why, or serves.
    pub async fn join(&self, plan: &Plan, follower: Follower) -> Option<Vec<Membership>> {
        let Follower { user, outbox, operation } = follower;
        let topic = |subject: &Subject| self.topic(plan.document(*subject), (user, plan.load));
        let topics: Vec<Arc<Topic>> = plan.subjects.iter().map(topic).collect::<Option<_>>()?;
        for topic in &topics {
            if !topic.is_running().await {
                return None;
            }
        }
        let join = |topic: Arc<Topic>| topic.join(plan.pace, &outbox, operation);
        Some(topics.into_iter().map(join).collect())
    }

    /// The execution of this document: the one that runs, or a new one, while there are not too many. A new one is counted
    /// to whoever begins it for as long as it runs, whoever follows it then: so nobody can use up what is there for all.
    fn topic(&self, document: String, (user, load): (UserId, u32)) -> Option<Arc<Topic>> {
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
        let execution = Execution { document: document.clone(), begun: self.begun.take(user, load)? };
        let topic = Topic::start(&self.schema, Arc::clone(&self.clock), execution);
        topics.by_document.insert(document, Arc::downgrade(&topic));
        Some(topic)
    }

    fn lock(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
