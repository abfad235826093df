//! How far a client has come in a stream whose events are numbered, and never left out.
//!
//! Such a stream reads its events where they are stored, when the client has taken those before: nothing waits in
//! between. A client that does not read is told, when its connection is closed, after which number to go on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{Context, Result};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};

/// Marks a place in the stream of one operation; in those of others it marks nothing.
#[derive(Clone, Default)]
pub(crate) struct Bookmark(Arc<Mutex<Option<Numbers>>>);

#[derive(Clone, Copy)]
struct Numbers {
    /// The event that is being executed, or was last.
    executed: u64,
    /// The last one that was handed to the connection.
    handed: u64,
}

impl Bookmark {
    /// To be said when a response is handed to the connection.
    pub fn hand(&self) {
        if let Some(numbers) = self.lock().as_mut() {
            numbers.handed = numbers.executed;
        }
    }

    /// The number after which the client goes on; `None` where the events have no numbers.
    pub fn resume_since(&self) -> Option<u64> {
        self.lock().map(|numbers| numbers.handed)
    }

    fn begin(&self, start: u64) {
        *self.lock() = Some(Numbers { executed: start, handed: start });
    }

    fn execute(&self, number: u64) {
        if let Some(numbers) = self.lock().as_mut() {
            numbers.executed = number;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Numbers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of a subscription that begins after `start`, each with its number. It takes the next one only when the
/// client has room for it.
pub fn numbered<T: 'static>(
    context: &Context<'_>,
    start: u64,
    events: impl Stream<Item = Result<T>> + Send + 'static,
    number: impl Fn(&T) -> u64 + Send + 'static,
) -> BoxStream<'static, Result<T>> {
    let Some(bookmark) = context.data_opt::<Bookmark>().cloned() else { return events.boxed() };
    bookmark.begin(start);
    let note = move |event: &Result<T>| {
        if let Ok(event) = event {
            bookmark.execute(number(event));
        }
    };
    events.inspect(note).boxed()
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, Object, Request, Schema, Subscription};

    use super::*;

    struct Query;

    #[Object]
    impl Query {
        async fn name(&self) -> &str {
            "test"
        }
    }

    struct Subscriptions;

    #[Subscription]
    impl Subscriptions {
        /// Numbers after this one; the third is broken.
        async fn events(&self, context: &Context<'_>, since: u64) -> BoxStream<'static, Result<u64>> {
            let number = |place| if place == 3 { Err("broken".into()) } else { Ok(since + place) };
            let events: Vec<Result<u64>> = (1..=5).map(number).collect();
            numbered(context, since, futures::stream::iter(events), |number| *number)
        }

        async fn others(&self) -> impl Stream<Item = u64> {
            futures::stream::iter([7])
        }
    }

    #[tokio::test]
    async fn it_stands_at_the_last_event_that_was_handed_over() {
        let schema = Schema::build(Query, EmptyMutation, Subscriptions).finish();
        let bookmark = Bookmark::default();
        let request = Request::new("subscription { events(since: 40) }").data(bookmark.clone());
        let mut responses = schema.execute_stream(request);
        assert_eq!(bookmark.resume_since(), None, "it has not begun");
        let mut places = Vec::new();
        while let Some(response) = responses.next().await {
            let before = bookmark.resume_since();
            bookmark.hand();
            places.push((before, response.errors.len(), bookmark.resume_since()));
        }
        let expected = [(40, 0, 41), (41, 0, 42), (42, 1, 42), (42, 0, 44), (44, 0, 45)];
        assert_eq!(places, expected.map(|(before, errors, after)| (Some(before), errors, Some(after))));
    }

    #[tokio::test]
    async fn events_without_numbers_have_no_place() {
        let schema = Schema::build(Query, EmptyMutation, Subscriptions).finish();
        let bookmark = Bookmark::default();
        let request = Request::new("subscription { others }").data(bookmark.clone());
        assert_eq!(schema.execute_stream(request).count().await, 1);
        bookmark.hand();
        assert_eq!(bookmark.resume_since(), None);
    }
}
