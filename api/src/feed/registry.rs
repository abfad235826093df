//! The channels that are open on this node, each as long as somebody follows it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::bar::{BarUpdate, Series};
use domain::bus::{Bus, Topic};
use domain::clock::Clock;
use domain::depth::Depth;
use domain::instrument::InstrumentId;
use domain::quote::Quote;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::feed::channel::Channel;
use crate::feed::tape::Tape;

/// How long a topic stays in demand after somebody asked for its latest value.
const ASKED_COUNTS: Duration = Duration::from_secs(10);

/// How many topics count as asked for at most: questions must not take the lines of those who follow.
const MAX_ASKED: usize = 200;

/// What is followed, by what it is about.
type Followed<K, C> = Mutex<HashMap<K, Weak<C>>>;

/// Open channels, and topics that were asked for lately.
#[derive(Default)]
pub struct Registry {
    quotes: Followed<InstrumentId, Channel<Quote>>,
    trades: Followed<InstrumentId, Tape>,
    depth: Followed<InstrumentId, Channel<Depth>>,
    bars: Followed<Series, Channel<BarUpdate>>,
    asked: Mutex<HashMap<Topic, Instant>>,
    changes: Notify,
}

impl Registry {
    /// The channel of an instrument's quotes.
    pub fn quotes(
        this: &Arc<Self>,
        id: InstrumentId,
        bus: &Arc<dyn Bus>,
        clock: &Arc<dyn Clock>,
    ) -> Arc<Channel<Quote>> {
        let open = || Channel::open(Topic::Quotes(id), Arc::clone(this), Arc::clone(bus), Arc::clone(clock));
        this.channel(&this.quotes, id, open)
    }

    /// The tape of an instrument.
    pub fn trades(
        this: &Arc<Self>,
        id: InstrumentId,
        bus: &Arc<dyn Bus>,
        clock: &Arc<dyn Clock>,
    ) -> Arc<Tape> {
        let open = || Tape::open(id, Arc::clone(this), Arc::clone(bus), Arc::clone(clock));
        this.channel(&this.trades, id, open)
    }

    /// The channel of an instrument's depth.
    pub fn depth(
        this: &Arc<Self>,
        id: InstrumentId,
        bus: &Arc<dyn Bus>,
        clock: &Arc<dyn Clock>,
    ) -> Arc<Channel<Depth>> {
        let open = || Channel::open(Topic::Depth(id), Arc::clone(this), Arc::clone(bus), Arc::clone(clock));
        this.channel(&this.depth, id, open)
    }

    /// The channel of a series' live bars.
    pub fn bars(
        this: &Arc<Self>,
        series: Series,
        bus: &Arc<dyn Bus>,
        clock: &Arc<dyn Clock>,
    ) -> Arc<Channel<BarUpdate>> {
        let open =
            || Channel::open(Topic::Bars(series), Arc::clone(this), Arc::clone(bus), Arc::clone(clock));
        this.channel(&this.bars, series, open)
    }

    fn channel<K: Hash + Eq, C>(
        &self,
        channels: &Followed<K, C>,
        key: K,
        open: impl FnOnce() -> Arc<C>,
    ) -> Arc<C> {
        let mut channels = lock(channels);
        if let Some(channel) = channels.get(&key).and_then(Weak::upgrade) {
            return channel;
        }
        let channel = open();
        channels.insert(key, Arc::downgrade(&channel));
        self.changed();
        channel
    }

    /// Forgets the channel of this topic once nobody follows it.
    pub fn closed(&self, topic: Topic) {
        match topic {
            Topic::Quotes(id) => forget(&self.quotes, &id),
            Topic::Trades(id) => forget(&self.trades, &id),
            Topic::Depth(id) => forget(&self.depth, &id),
            Topic::Bars(series) => forget(&self.bars, &series),
            Topic::Desk | Topic::Alerts | Topic::AlertEvents(_) => {}
        }
        self.changed();
    }

    /// Notes that somebody asked for the latest values of these topics.
    pub fn asked(&self, topics: &[Topic]) {
        let now = Instant::now();
        let mut asked = lock(&self.asked);
        let mut has_new = false;
        for topic in topics {
            if let Some(at) = asked.get_mut(topic) {
                *at = now;
            } else if asked.len() < MAX_ASKED {
                asked.insert(*topic, now);
                has_new = true;
            }
        }
        if has_new {
            self.changed();
        }
    }

    /// What this node needs now.
    pub fn wanted(&self) -> Vec<Topic> {
        let mut topics: Vec<Topic> = Vec::new();
        topics.extend(followed(&self.quotes).into_iter().map(Topic::Quotes));
        topics.extend(followed(&self.trades).into_iter().map(Topic::Trades));
        topics.extend(followed(&self.depth).into_iter().map(Topic::Depth));
        topics.extend(followed(&self.bars).into_iter().map(Topic::Bars));
        let mut asked = lock(&self.asked);
        asked.retain(|_, at| at.elapsed() < ASKED_COUNTS);
        let followed: std::collections::HashSet<Topic> = topics.iter().copied().collect();
        topics.extend(asked.keys().filter(|topic| !followed.contains(topic)));
        topics
    }

    /// Says that what is wanted has changed, or must be announced again.
    pub fn changed(&self) {
        self.changes.notify_one();
    }

    /// Waits for a change.
    pub async fn change(&self) {
        self.changes.notified().await;
    }
}

fn followed<K: Copy, C>(channels: &Followed<K, C>) -> Vec<K> {
    lock(channels).iter().filter(|(_, channel)| channel.strong_count() > 0).map(|(key, _)| *key).collect()
}

fn forget<K: Hash + Eq, C>(channels: &Followed<K, C>, key: &K) {
    let mut channels = lock(channels);
    // Another follower may have opened a new channel in the meantime.
    if channels.get(key).is_some_and(|channel| channel.strong_count() == 0) {
        channels.remove(key);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
