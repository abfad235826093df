//! The bus inside one process: the twin of [`crate::redis::RedisBus`] for an installation of one node.
//!
//! Messages are shared, not copied. It is never away, so a listener is interrupted only by being slow.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::bus::{Bus, BusError, Delivery, Demand, Message, RETAINED_FOR, Topic};
use domain::desk::{Asked, DeskQuestion, DeskReply, DeskRequests, Responder};
use domain::market_data::SourceError;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::WatchStream;
use uuid::Uuid;

use crate::listener::{Feeder, locked, queue};

mod limiter;

pub(crate) use limiter::LocalLimiter;

/// The most questions that wait for a desk; the oldest make room.
const MOST_QUESTIONS: usize = 1_000;

/// Bus, demand, desk requests and token buckets of one process. Clones are the same bus.
#[derive(Clone, Default)]
pub struct LocalBus {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    topics: Mutex<Topics>,
    wanted: Mutex<HashMap<Uuid, Want>>,
    wanted_changed: watch::Sender<()>,
    questions: Mutex<VecDeque<Waiting>>,
    question_came: Notify,
    limiter: LocalLimiter,
}

#[derive(Default)]
struct Topics {
    listeners: HashMap<Topic, HashMap<u64, Feeder>>,
    latest: HashMap<Topic, Retained>,
    next_listener: u64,
}

struct Retained {
    message: Arc<Message>,
    until: Instant,
}

struct Want {
    topics: Vec<Topic>,
    until: Instant,
}

struct Waiting {
    question: DeskQuestion,
    until: Instant,
    answer: oneshot::Sender<DeskReply>,
}

impl LocalBus {
    /// A bus that nobody uses yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Topics {
    fn publish(&mut self, message: &Message, now: Instant) {
        let topic = message.topic();
        let message = Arc::new(message.clone());
        for feeder in self.listeners.get(&topic).into_iter().flat_map(HashMap::values) {
            feeder.deliver(Delivery::Message(Arc::clone(&message)));
        }
        if message.retained() {
            self.latest.insert(topic, Retained { message, until: now + RETAINED_FOR });
        }
    }

    fn remove(&mut self, topic: Topic, listener: u64) {
        if let Some(feeders) = self.listeners.get_mut(&topic) {
            feeders.remove(&listener);
            if feeders.is_empty() {
                self.listeners.remove(&topic);
            }
        }
    }
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, messages: &[Message]) -> Result<(), BusError> {
        let now = Instant::now();
        let mut topics = locked(&self.shared.topics);
        for message in messages {
            topics.publish(message, now);
        }
        Ok(())
    }

    async fn latest(&self, topics: &[Topic]) -> Result<Vec<Option<Arc<Message>>>, BusError> {
        let now = Instant::now();
        let kept = locked(&self.shared.topics);
        let find = |topic| kept.latest.get(topic).filter(|retained| now < retained.until);
        Ok(topics.iter().map(|topic| find(topic).map(|retained| Arc::clone(&retained.message))).collect())
    }

    async fn subscribe(&self, topic: Topic) -> Result<BoxStream<'static, Delivery>, BusError> {
        let mut topics = locked(&self.shared.topics);
        topics.next_listener += 1;
        let number = topics.next_listener;
        // Weak, so that a listener does not keep the bus alive.
        let shared = Arc::downgrade(&self.shared);
        let (feeder, listener) = queue(move || {
            if let Some(shared) = shared.upgrade() {
                locked(&shared.topics).remove(topic, number);
            }
        });
        topics.listeners.entry(topic).or_default().insert(number, feeder);
        Ok(listener.boxed())
    }

    async fn ping(&self) -> Result<(), BusError> {
        Ok(())
    }
}

#[async_trait]
impl Demand for LocalBus {
    async fn announce(&self, node: Uuid, topics: &[Topic], lives: Duration) -> Result<(), BusError> {
        let want = Want { topics: topics.to_vec(), until: Instant::now() + lives };
        locked(&self.shared.wanted).insert(node, want);
        self.shared.wanted_changed.send_replace(());
        Ok(())
    }

    async fn wanted(&self) -> Result<Vec<Topic>, BusError> {
        let now = Instant::now();
        let mut wanted = locked(&self.shared.wanted);
        wanted.retain(|_, want| now < want.until);
        let mut seen = std::collections::HashSet::new();
        let topics = wanted.values().flat_map(|want| &want.topics).copied();
        Ok(topics.filter(|topic| seen.insert(*topic)).collect())
    }

    async fn changes(&self) -> Result<BoxStream<'static, ()>, BusError> {
        Ok(WatchStream::from_changes(self.shared.wanted_changed.subscribe()).boxed())
    }
}

#[async_trait]
impl DeskRequests for LocalBus {
    async fn ask(&self, question: DeskQuestion, deadline: Duration) -> DeskReply {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { question, until: Instant::now() + deadline, answer };
        {
            let mut questions = locked(&self.shared.questions);
            // Whoever asked has gone, or will not wait any longer.
            questions.retain(Waiting::is_awaited);
            if questions.len() >= MOST_QUESTIONS {
                questions.pop_front();
            }
            questions.push_back(waiting);
        }
        self.shared.question_came.notify_one();
        match tokio::time::timeout(deadline, answered).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) | Err(_) => Err(not_answered()),
        }
    }

    async fn questions(&self) -> Result<BoxStream<'static, Asked>, BusError> {
        let next = |shared: Arc<Shared>| async move { Some((shared.next_question().await, shared)) };
        Ok(stream::unfold(Arc::clone(&self.shared), next).boxed())
    }
}

impl Waiting {
    fn is_awaited(&self) -> bool {
        !self.answer.is_closed() && Instant::now() < self.until
    }
}

impl Shared {
    async fn next_question(&self) -> Asked {
        loop {
            let came = self.question_came.notified();
            if let Some(asked) = self.take_question() {
                return asked;
            }
            came.await;
        }
    }

    fn take_question(&self) -> Option<Asked> {
        let mut questions = locked(&self.questions);
        while let Some(waiting) = questions.pop_front() {
            if !waiting.is_awaited() {
                continue;
            }
            if !questions.is_empty() {
                // One wake-up may stand for several questions.
                self.question_came.notify_one();
            }
            let answer: Responder = Box::new(move |reply| {
                // Whoever asked may have gone meanwhile.
                drop(waiting.answer.send(reply));
                Box::pin(std::future::ready(()))
            });
            return Some(Asked { question: waiting.question, answer });
        }
        None
    }
}

/// What an unanswered question comes back with.
pub(crate) fn not_answered() -> SourceError {
    SourceError::Unavailable(
        "the desk did not answer in time; it may be starting, so try again shortly".into(),
    )
}
