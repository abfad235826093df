//! A bus and a clock for tests: everything happens in the process, and goes wrong on demand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::bus::{Bus, BusError, Delivery, Demand, Message, Topic};
use domain::clock::Clock;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

/// A clock that stands still.
pub struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-22 20:00 UTC)
    }
}

/// A bus that can be taken away, and remembers what was announced.
pub struct FakeBus {
    away: AtomicBool,
    retained: Mutex<HashMap<Topic, Arc<Message>>>,
    listeners: Mutex<Vec<(Topic, mpsc::UnboundedSender<Delivery>)>>,
    wanted: watch::Sender<Vec<Topic>>,
}

impl FakeBus {
    /// A bus that works.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            away: AtomicBool::new(false),
            retained: Mutex::default(),
            listeners: Mutex::default(),
            wanted: watch::Sender::new(Vec::new()),
        })
    }

    /// Tells a message as a desk would.
    pub fn tell(&self, message: Message) {
        let message = Arc::new(message);
        if message.retained() {
            self.retained.lock().unwrap().insert(message.topic(), Arc::clone(&message));
        }
        let topic = message.topic();
        self.listeners.lock().unwrap().retain(|(known, sender)| {
            *known != topic || sender.send(Delivery::Message(Arc::clone(&message))).is_ok()
        });
    }

    /// The connection breaks; what is told meanwhile is not heard.
    pub fn breaks(&self) {
        self.away.store(true, Ordering::SeqCst);
        self.deliver(&Delivery::Interrupted);
    }

    /// The connection is back.
    pub fn comes_back(&self) {
        self.away.store(false, Ordering::SeqCst);
        self.deliver(&Delivery::Resumed);
    }

    /// Forgets what was retained, as a bus that was emptied.
    pub fn forget(&self) {
        self.retained.lock().unwrap().clear();
    }

    /// Keeps a message without telling it, as one that went past while the connection was broken.
    pub fn retain(&self, message: Message) {
        self.retained.lock().unwrap().insert(message.topic(), Arc::new(message));
    }

    /// How many listen to a topic.
    pub fn listeners(&self, topic: Topic) -> usize {
        self.listeners
            .lock()
            .unwrap()
            .iter()
            .filter(|(known, sender)| *known == topic && !sender.is_closed())
            .count()
    }

    /// What was announced last.
    pub fn announced(&self) -> watch::Receiver<Vec<Topic>> {
        self.wanted.subscribe()
    }

    fn deliver(&self, delivery: &Delivery) {
        self.listeners.lock().unwrap().retain(|(_, sender)| sender.send(delivery.clone()).is_ok());
    }

    fn check(&self) -> Result<(), BusError> {
        if self.away.load(Ordering::SeqCst) { Err(BusError("taken away by the test".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Bus for FakeBus {
    async fn publish(&self, messages: &[Message]) -> Result<(), BusError> {
        self.check()?;
        for message in messages {
            self.tell(message.clone());
        }
        Ok(())
    }

    async fn latest(&self, topics: &[Topic]) -> Result<Vec<Option<Arc<Message>>>, BusError> {
        self.check()?;
        let retained = self.retained.lock().unwrap();
        Ok(topics.iter().map(|topic| retained.get(topic).cloned()).collect())
    }

    async fn subscribe(&self, topic: Topic) -> Result<BoxStream<'static, Delivery>, BusError> {
        self.check()?;
        let (sender, receiver) = mpsc::unbounded_channel();
        self.listeners.lock().unwrap().push((topic, sender));
        Ok(tokio_stream::wrappers::UnboundedReceiverStream::new(receiver).boxed())
    }

    async fn ping(&self) -> Result<(), BusError> {
        self.check()
    }
}

#[async_trait]
impl Demand for FakeBus {
    async fn announce(&self, _: Uuid, topics: &[Topic], _: Duration) -> Result<(), BusError> {
        self.check()?;
        self.wanted.send_replace(topics.to_vec());
        Ok(())
    }

    async fn wanted(&self) -> Result<Vec<Topic>, BusError> {
        Ok(self.wanted.borrow().clone())
    }

    async fn changes(&self) -> Result<BoxStream<'static, ()>, BusError> {
        Ok(futures::stream::pending().boxed())
    }
}
