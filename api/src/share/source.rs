//! What a shared execution hands to its resolver: the way into the feed, and an eye on what comes out of it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, ready};

use async_graphql::Context;
use domain::clock::Clock;
use domain::instrument::InstrumentId;
use domain::quote::StreamGap;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use time::OffsetDateTime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::feed::{Delivery, FeedEvent, Pace, Streamed};
use crate::share::backlog::Missed;
use crate::share::frame::Place;

/// How far a shared execution has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its resolver has not answered yet.
    Starting,
    /// It follows the feed.
    Running,
    /// It was refused, or is over.
    Over,
}

/// Goes with the request of a shared execution. Guards let it pass: they are asked for each who joins.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    progress: watch::Sender<Progress>,
    delivery: OnceLock<Delivery>,
    place: Mutex<Place>,
    calls: UnboundedSender<Missed>,
    called: Mutex<Option<UnboundedReceiver<Missed>>>,
    clock: Arc<dyn Clock>,
}

impl Source {
    /// A source that is not followed yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let (calls, called) = unbounded_channel();
        Self(Arc::new(Inner {
            progress: watch::Sender::new(Progress::Starting),
            delivery: OnceLock::new(),
            place: Mutex::new(Place::Gap),
            calls,
            called: Mutex::new(Some(called)),
            clock,
        }))
    }

    /// How far it has come, and comes.
    pub fn progress(&self) -> &watch::Sender<Progress> {
        &self.0.progress
    }

    /// What may be left out of its events; known once it runs.
    pub fn delivery(&self) -> Option<Delivery> {
        self.0.delivery.get().copied()
    }

    /// Where a seat calls for the gap that it is to be told.
    pub fn calls(&self) -> UnboundedSender<Missed> {
        self.0.calls.clone()
    }

    /// The place of the event that was executed last.
    pub fn place(&self) -> Place {
        *lock(&self.0.place)
    }

    /// Notes each event on its way into the execution, which takes the next one only when it is done with the last.
    /// Gaps of single seats go the same way.
    fn watch<V: Streamed>(
        &self,
        mut events: BoxStream<'static, FeedEvent<V>>,
    ) -> BoxStream<'static, FeedEvent<V>> {
        // What delivery it is stands before anybody can join.
        let _ = self.0.delivery.set(V::DELIVERY);
        self.0.progress.send_replace(Progress::Running);
        let mut called = lock(&self.0.called).take();
        let source = self.clone();
        let mut instrument = None;
        let events = stream::poll_fn(move |context| {
            if let Some(instrument) = instrument
                && let Some(called) = &mut called
                && let Poll::Ready(Some(missed)) = called.poll_recv(context)
            {
                source.note(Place::Missed(missed.seat));
                let gap = missed.gap(instrument, source.0.clock.now());
                return Poll::Ready(Some(FeedEvent::Gap(gap)));
            }
            let event = ready!(events.poll_next_unpin(context));
            if let Some(event) = &event {
                instrument = Some(event.instrument());
                source.note(place_of(event));
            }
            Poll::Ready(event)
        });
        events.boxed()
    }

    fn note(&self, place: Place) {
        *lock(&self.0.place) = place;
    }
}

impl Missed {
    /// The gap that tells of it.
    fn gap(self, instrument: InstrumentId, at: OffsetDateTime) -> StreamGap {
        let Self { count, after, .. } = self;
        let reason = match count {
            1 => "your connection did not read fast enough: 1 trade was left out".to_owned(),
            count => format!("your connection did not read fast enough: {count} trades were left out"),
        };
        StreamGap { instrument, after, at, reason }
    }
}

fn place_of<V: Streamed>(event: &FeedEvent<V>) -> Place {
    match event {
        FeedEvent::Value(shown) => match V::DELIVERY {
            Delivery::Latest => Place::Value(shown.value.slot()),
            Delivery::Every => Place::Each(shown.value.stamp()),
        },
        FeedEvent::Gap(_) => Place::Gap,
        FeedEvent::Refused(_) => Place::Refusal,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The events that a subscription's resolver turns into answers: at the pace that the subscriber asked for, or for a
/// shared execution as fast as it takes them.
pub fn events<V: Streamed>(
    context: &Context<'_>,
    pace: Pace,
    follow: impl FnOnce(Pace) -> BoxStream<'static, FeedEvent<V>>,
) -> BoxStream<'static, FeedEvent<V>> {
    match context.data_opt::<Source>() {
        Some(source) => source.watch(follow(Pace::AS_TAKEN)),
        None => follow(pace),
    }
}

/// Whether this is a shared execution.
pub fn is_shared(context: &Context<'_>) -> bool {
    context.data_opt::<Source>().is_some()
}
