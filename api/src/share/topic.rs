//! One shared execution, and those who follow it.
//!
//! A task executes each event once, and puts the written response into the outboxes of all who follow: at once, or
//! at the next turn of their pace. Events are taken from the feed only when some lane may be served, so that nothing
//! is executed that nobody could be told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{Executor, Request, Response};
use domain::clock::Clock;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::feed::{Delivery, Pace};
use crate::http::{Caller, event, response_text};
use crate::share::audience::{Audience, Seat};
use crate::share::backlog::Backlog;
use crate::share::frame::{Pending, SeatNumber};
use crate::share::outbox::{OperationNumber, Outbox, SlotKey, Waiting};
use crate::share::source::{Progress, Source};
use crate::tally::Taken;

/// How many events are looked at before a newcomer is served.
const CATCH_UP: usize = 64;

/// A shared execution; it ends when nobody holds it any more.
pub struct Topic {
    seats: Arc<Seats>,
    source: Source,
    pump: AbortHandle,
    _begun: Taken,
}

/// What is executed, and counted to whoever began it.
pub struct Execution {
    /// The subscription.
    pub document: String,
    /// What it takes of what its user may begin.
    pub begun: Taken,
}

/// Who follows.
#[derive(Default)]
struct Seats {
    audience: Mutex<Audience>,
    arrived: Notify,
}

/// A place in a topic's audience, for as long as this value lives.
pub struct Membership {
    topic: Arc<Topic>,
    number: SeatNumber,
    pace: Pace,
    outbox: Arc<Outbox>,
    slot: SlotKey,
}

impl Topic {
    /// Begins to execute a document.
    pub fn start(schema: &impl Executor, clock: Arc<dyn Clock>, execution: Execution) -> Arc<Self> {
        let Execution { document, begun } = execution;
        let seats = Arc::new(Seats::default());
        let source = Source::new(clock);
        let request = Request::new(document).data(source.clone()).data(Caller::default());
        let responses = schema.execute_stream(request, None);
        let pump = Pump { seats: Arc::clone(&seats), source: source.clone(), responses };
        let pump = tokio::spawn(pump.run()).abort_handle();
        Arc::new(Self { seats, source, pump, _begun: begun })
    }

    /// Whether it can be joined; waits until that is known.
    pub async fn is_running(&self) -> bool {
        let mut progress = self.source.progress().subscribe();
        let known = progress.wait_for(|progress| *progress != Progress::Starting).await;
        known.is_ok_and(|progress| *progress == Progress::Running)
    }

    /// Whether it is refused or over.
    pub fn is_over(&self) -> bool {
        *self.source.progress().borrow() == Progress::Over
    }

    /// Takes a seat for this operation: first comes what is known now, then each change at this pace.
    pub fn join(self: Arc<Self>, pace: Pace, outbox: &Arc<Outbox>, operation: OperationNumber) -> Membership {
        let mut audience = self.seats.lock();
        let number = audience.number();
        let waiting = match self.source.delivery() {
            Some(Delivery::Every) => Waiting::Every(Box::new(Backlog::new(number, self.source.calls()))),
            Some(Delivery::Latest) | None => Waiting::Latest(Pending::default()),
        };
        let slot = outbox.open(operation, waiting);
        audience.arrive(number, pace, Seat::new(Arc::clone(outbox), slot));
        drop(audience);
        self.seats.arrived.notify_one();
        Membership { topic: self, number, pace, outbox: Arc::clone(outbox), slot }
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.topic.seats.lock().leave(self.number, self.pace);
        self.outbox.close(self.slot);
    }
}

impl Seats {
    fn lock(&self) -> MutexGuard<'_, Audience> {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Pump {
    seats: Arc<Seats>,
    source: Source,
    responses: BoxStream<'static, Response>,
}

impl Pump {
    async fn run(mut self) {
        loop {
            if self.seats.lock().has_arrivals() {
                // A newcomer gets what is known now, not what was told to the others last; where every event counts, all
                // that is told from now on.
                if self.source.delivery() == Some(Delivery::Latest) {
                    self.catch_up();
                }
                self.seats.lock().admit(Instant::now());
            }
            let (service, event) = {
                let audience = self.seats.lock();
                (audience.next_service(), audience.next_event())
            };
            let event = if self.progress() == Progress::Starting { Some(Instant::now()) } else { event };
            let response = tokio::select! {
                () = self.seats.arrived.notified() => continue,
                () = at(service) => {
                    self.seats.lock().serve(Instant::now());
                    continue;
                }
                response = async {
                    at(event).await;
                    self.responses.next().await
                } => response,
            };
            match response {
                Some(response) if self.progress() == Progress::Running => self.tell(response),
                _ => return,
            }
        }
    }

    fn progress(&self) -> Progress {
        *self.source.progress().borrow()
    }

    /// Executes what is there already.
    fn catch_up(&mut self) {
        for _ in 0..CATCH_UP {
            match self.responses.next().now_or_never() {
                Some(Some(response)) => self.tell(response),
                _ => return,
            }
        }
    }

    fn tell(&self, response: Response) {
        let text = response_text(&event(response));
        let now = Instant::now();
        let mut audience = self.seats.lock();
        if self.source.delivery() == Some(Delivery::Every) {
            // Who has come before an event is told of it.
            audience.admit(now);
        }
        audience.take(self.source.place(), text);
        audience.serve(now);
    }
}

impl Drop for Pump {
    /// However it ends, nothing more comes, and whoever waits for it is told.
    fn drop(&mut self) {
        self.source.progress().send_replace(Progress::Over);
        // It would write the gaps that seats call for: once it is gone, they know that none comes.
        self.responses = stream::empty().boxed();
        self.seats.lock().end();
    }
}

/// Waits for this moment; without one, for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        // The clock of timers turns by milliseconds: it would let what is due wait for the next one.
        Some(moment) if moment <= Instant::now() => {}
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
