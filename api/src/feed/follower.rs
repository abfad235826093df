//! One subscriber to one topic, at its own pace.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::quote::FeedState;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::feed::Pace;
use crate::feed::channel::{Channel, Known, Link};
use crate::feed::presence::Outlook;
use crate::feed::shown::{FeedEvent, Streamed};

/// How long the first event may wait for the bus.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

/// Follows a channel.
pub struct Follower<V: Streamed> {
    channel: Arc<Channel<V>>,
    known: watch::Receiver<Known<V>>,
    outlook: watch::Receiver<Outlook>,
    pace: Duration,
    due: Instant,
    begun: bool,
    seen: u64,
    told: Option<(FeedState, Option<String>)>,
    queue: VecDeque<FeedEvent<V>>,
}

impl<V: Streamed> Follower<V> {
    /// Begins to follow.
    pub fn new(channel: Arc<Channel<V>>, outlook: watch::Receiver<Outlook>, pace: Pace) -> Self {
        Self {
            known: channel.known(),
            channel,
            outlook,
            pace: pace.0,
            due: Instant::now(),
            begun: false,
            seen: 0,
            told: None,
            queue: VecDeque::new(),
        }
    }

    /// The events, without end.
    pub fn into_stream(self) -> BoxStream<'static, FeedEvent<V>> {
        futures::stream::unfold(self, |mut follower| async move {
            let event = follower.next().await?;
            Some((event, follower))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<FeedEvent<V>> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.begun {
                tokio::select! {
                    changed = self.known.changed() => changed.ok()?,
                    changed = self.outlook.changed() => changed.ok()?,
                }
                // Whatever arrives meanwhile replaces what is there: the last value is the one that is told.
                // A timer that is due already may still wait for the next turn of the clock.
                if Instant::now() < self.due {
                    sleep_until(self.due).await;
                }
            } else {
                let _ = timeout(FIRST_ANSWER, self.known.wait_for(|known| known.ready)).await;
            }
            self.gather();
            if !self.queue.is_empty() {
                self.due = Instant::now() + self.pace;
            }
        }
    }

    /// Queues what has changed since the last time.
    fn gather(&mut self) {
        let outlook = self.outlook.borrow_and_update().clone();
        let known = self.known.borrow_and_update();
        let is_new = |version: u64| version > self.seen;
        if let Some((version, gap)) = &known.gap
            && self.begun
            && is_new(*version)
        {
            self.queue.push_back(FeedEvent::Gap(gap.clone()));
        }
        let refused = known.refusal.as_ref().filter(|(version, _)| is_new(*version));
        let current = known.current();
        let mut told = None;
        for (version, value) in &known.values {
            let is_current = Some(*version) == current;
            let shown = outlook.show(Arc::clone(value), known.link);
            let state = Some((shown.state, shown.reason.clone()));
            let changed = if self.begun { is_new(*version) } else { is_current };
            if changed || (is_current && state != self.told) {
                self.queue.push_back(FeedEvent::Value(shown));
            }
            if is_current {
                told = state;
            }
        }
        if current.is_none() && known.refusal.is_none() {
            let placeholder = V::instrument_of(self.channel.topic()).and_then(V::placeholder);
            if let Some(value) = placeholder {
                let link = if known.link == Link::Down { Link::Down } else { Link::Up };
                let shown = outlook.show(Arc::new(value), link);
                told = Some((shown.state, shown.reason.clone()));
                if told != self.told {
                    self.queue.push_back(FeedEvent::Value(shown));
                }
            }
        }
        if let Some((_, refusal)) = refused {
            self.queue.push_back(FeedEvent::Refused(refusal.clone()));
        }
        self.told = told;
        self.seen = known.version;
        self.begun = true;
    }
}
