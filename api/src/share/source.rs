//! What a shared execution hands to its resolver: the way into the feed, and an eye on what comes out of it.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::watch;

use crate::feed::{FeedEvent, Pace, Streamed};
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
pub struct Source {
    progress: Arc<watch::Sender<Progress>>,
    place: Arc<Mutex<Place>>,
}

impl Source {
    /// A source that is not followed yet.
    pub fn new(progress: Arc<watch::Sender<Progress>>) -> Self {
        Self { progress, place: Arc::new(Mutex::new(Place::Gap)) }
    }

    /// The place of the event that was executed last.
    pub fn place(&self) -> Place {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes each event on its way into the execution, which takes the next one only when it is done with the last.
    fn watch<V: Streamed>(
        &self,
        events: BoxStream<'static, FeedEvent<V>>,
    ) -> BoxStream<'static, FeedEvent<V>> {
        self.progress.send_replace(Progress::Running);
        let place = Arc::clone(&self.place);
        let note = move |event: &FeedEvent<V>| {
            let of_event = match event {
                FeedEvent::Value(shown) => Place::Value(shown.value.slot()),
                FeedEvent::Gap(_) => Place::Gap,
                FeedEvent::Refused(_) => Place::Refusal,
            };
            *place.lock().unwrap_or_else(PoisonError::into_inner) = of_event;
        };
        events.inspect(note).boxed()
    }
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
