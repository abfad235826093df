//! One topic on this node: listened to once, its newest values kept for whoever follows.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::bus::{Bus, BusError, Delivery, Message, Topic};
use domain::clock::Clock;
use domain::quote::{FeedRefusal, Stamp, StreamGap};
use futures::StreamExt as _;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::feed::presence::{PATIENCE, RETRY};
use crate::feed::registry::Registry;
use crate::feed::shown::Streamed;

/// How many slots are kept: for bars, the forming one, and those that have closed or been corrected since the slowest
/// subscriber heard last. One that hears every ten seconds of bars of a second misses none.
const SLOTS: usize = 16;

/// How the connection to the bus is, for one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Messages arrive.
    Up,
    /// Messages may be missing.
    Down,
    /// It is back, but the bus remembers nothing of this topic.
    Recovering,
}

/// What is known of a topic. Each change has a version, so that a follower knows what it has not seen yet.
#[derive(Clone, Debug)]
pub struct Known<V> {
    /// Whether the bus has been asked once.
    pub ready: bool,
    /// How the connection is.
    pub link: Link,
    /// Of the last change.
    pub version: u64,
    /// The newest value of each slot, in the order of arrival.
    pub values: VecDeque<(u64, Arc<V>)>,
    /// The last gap.
    pub gap: Option<(u64, StreamGap)>,
    /// Why the desk does not serve this topic; kept until a value arrives.
    pub refusal: Option<(u64, FeedRefusal)>,
}

impl<V: Streamed> Known<V> {
    /// Nothing yet.
    pub fn nothing() -> Self {
        Self { ready: false, link: Link::Up, version: 0, values: VecDeque::new(), gap: None, refusal: None }
    }

    /// The version of the current value: of bars, the one of the latest time, though an earlier one may have been
    /// corrected after it.
    pub fn current(&self) -> Option<u64> {
        self.values.iter().max_by_key(|(_, value)| value.slot()).map(|(version, _)| *version)
    }

    /// Takes a value, and notes a gap where its sequence jumps; returns whether it was news.
    fn take(&mut self, value: &V, clock: &dyn Clock) -> bool {
        if let Some((_, newest)) = self.values.back() {
            if !is_news(value, newest) {
                return false;
            }
            if let Some(after) = gap_before(value.stamp(), newest.stamp()) {
                let reason = "messages were lost on the way from the desk".to_owned();
                self.lose(StreamGap {
                    instrument: value.instrument(),
                    after: Some(after),
                    at: clock.now(),
                    reason,
                });
            }
        }
        self.version += 1;
        let slot = value.slot();
        self.values.retain(|(_, kept)| kept.slot() != slot);
        self.values.push_back((self.version, Arc::new(value.clone())));
        if self.values.len() > SLOTS {
            self.values.pop_front();
        }
        self.refusal = None;
        true
    }

    fn lose(&mut self, gap: StreamGap) {
        self.version += 1;
        self.gap = Some((self.version, gap));
    }

    fn refuse(&mut self, refusal: FeedRefusal) {
        self.version += 1;
        self.refusal = Some((self.version, refusal));
    }
}

/// Whether a value that arrives is news. One that was on its way while the last was read back is not; but a
/// producer that counts anew inside its epoch is believed where it tells of a later moment.
pub(super) fn is_news<V: Streamed>(value: &V, newest: &V) -> bool {
    let (arrived, known) = (value.stamp(), newest.stamp());
    if arrived.epoch != known.epoch {
        return arrived.epoch > known.epoch;
    }
    arrived.sequence > known.sequence || (arrived.sequence < known.sequence && !value.is_earlier_than(newest))
}

pub(super) fn gap_before(arrived: Stamp, known: Stamp) -> Option<Stamp> {
    (arrived.epoch == known.epoch && arrived.sequence > known.sequence + 1).then_some(known)
}

/// A topic that is listened to for as long as this value lives.
pub struct Channel<V: Streamed> {
    topic: Topic,
    known: watch::Receiver<Known<V>>,
    registry: Arc<Registry>,
    pump: AbortHandle,
}

impl<V: Streamed> Channel<V> {
    /// Begins to listen.
    pub fn open(
        topic: Topic,
        registry: Arc<Registry>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let (sender, known) = watch::channel(Known::nothing());
        let pump = tokio::spawn(Pump { topic, known: sender, bus, clock }.run()).abort_handle();
        Arc::new(Self { topic, known, registry, pump })
    }

    /// The topic.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// What is known, and becomes known.
    pub fn known(&self) -> watch::Receiver<Known<V>> {
        self.known.clone()
    }
}

impl<V: Streamed> Drop for Channel<V> {
    fn drop(&mut self) {
        self.pump.abort();
        self.registry.closed(self.topic);
    }
}

/// Carries one topic from the bus to its followers.
struct Pump<V> {
    topic: Topic,
    known: watch::Sender<Known<V>>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
}

impl<V: Streamed> Pump<V> {
    async fn run(self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::debug!(%error, topic = ?self.topic, "a topic cannot be listened to");
            }
            self.known.send_modify(|known| {
                known.ready = true;
                known.link = Link::Down;
            });
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Listens until the bus ends it.
    async fn listen(&self) -> Result<(), BusError> {
        let late = |_| BusError("it does not answer".into());
        let mut deliveries = timeout(PATIENCE, self.bus.subscribe(self.topic)).await.map_err(late)??;
        self.read_back().await?;
        while let Some(delivery) = deliveries.next().await {
            match delivery {
                Delivery::Message(message) => self.hear(&message),
                Delivery::Interrupted => self.known.send_modify(|known| known.link = Link::Down),
                Delivery::Resumed => self.read_back().await?,
            }
        }
        Ok(())
    }

    fn hear(&self, message: &Message) {
        self.known.send_if_modified(|known| {
            // A message that arrives shows that the connection works, whatever was said of it before.
            let mended = known.link != Link::Up || !known.ready;
            match message {
                Message::Gap(_, gap) => known.lose(gap.clone()),
                Message::Refused(_, refusal) | Message::BarsRefused(_, refusal) => {
                    known.refuse(refusal.clone());
                }
                other => match V::of(other) {
                    Some(value) => {
                        if !known.take(value, self.clock.as_ref()) && !mended {
                            return false;
                        }
                    }
                    None => return false,
                },
            }
            known.link = Link::Up;
            known.ready = true;
            true
        });
    }

    /// Reads what the bus remembers: at the start, and after an interruption.
    async fn read_back(&self) -> Result<(), BusError> {
        let late = |_| BusError("it does not answer".into());
        let retained = timeout(PATIENCE, self.bus.latest(&[self.topic])).await.map_err(late)??;
        let retained = retained.into_iter().flatten().next();
        self.known.send_modify(|known| {
            known.ready = true;
            let value = retained.as_deref().and_then(V::of);
            known.link = match value {
                Some(value) => {
                    known.take(value, self.clock.as_ref());
                    Link::Up
                }
                None if known.link == Link::Down && !known.values.is_empty() => Link::Recovering,
                None => Link::Up,
            };
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::instrument::InstrumentId;
    use domain::quote::{FeedState, Quote, QuoteValues};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::feed::testing::FixedClock;

    fn quote(epoch: u64, sequence: u64, received: Option<i64>) -> Quote {
        Quote {
            instrument: InstrumentId::from_uuid(Uuid::nil()),
            values: QuoteValues::default(),
            received_at: received.map(|seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap()),
            stamp: Stamp { epoch, sequence },
            state: FeedState::Live,
            reason: None,
        }
    }

    #[test]
    fn what_is_news_and_what_is_a_gap() {
        // (arrives after epoch 5, sequence 10 received at 100; is news; is a gap)
        let cases = [
            (quote(5, 11, Some(101)), true, false),
            (quote(5, 12, Some(101)), true, true),
            (quote(5, 10, Some(100)), false, false),
            (quote(5, 9, Some(99)), false, false),
            (quote(4, 99, Some(101)), false, false),
            (quote(6, 1, Some(101)), true, false),
            (quote(6, 7, None), true, false),
            (quote(5, 1, Some(101)), true, false),
            (quote(5, 1, None), true, false),
        ];
        for (value, news, gap) in cases {
            let mut known = Known::nothing();
            assert!(known.take(&quote(5, 10, Some(100)), &FixedClock));
            assert_eq!(known.take(&value, &FixedClock), news, "{:?}", value.stamp);
            assert_eq!(known.gap.is_some(), gap, "{:?}", value.stamp);
            if gap {
                assert_eq!(known.gap.unwrap().1.after, Some(Stamp { epoch: 5, sequence: 10 }));
            }
        }
    }

    #[test]
    fn a_refusal_stands_until_a_value_arrives() {
        let mut known = Known::nothing();
        known.refuse(FeedRefusal {
            instrument: InstrumentId::from_uuid(Uuid::nil()),
            code: domain::RefusalCode::MarketDataLinesExhausted,
            message: "all lines are in use".into(),
            at: OffsetDateTime::UNIX_EPOCH,
        });
        assert!(known.refusal.is_some());
        known.take(&quote(1, 1, None), &FixedClock);
        assert!(known.refusal.is_none());
    }
}
