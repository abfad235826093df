//! One shared execution, and those who follow it.
//!
//! A task executes each event once, and puts the written response into the outboxes of all who follow: at once, or
//! at the next turn of their pace. Those of one pace make a lane; a lane has one clock and one set of waiting
//! events, whatever the number of its seats. Events are taken from the feed only when some lane may be served, so
//! that nothing is executed that nobody could be told.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{Request, Response};
use axum::extract::ws::Utf8Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::feed::Pace;
use crate::graphql::Schema;
use crate::http::{Caller, event, response_text};
use crate::share::frame::{Frame, FrameNumber, Latest, Pending, Place};
use crate::share::outbox::{Outbox, SlotKey};
use crate::share::source::{Progress, Source};

/// How many events are looked at before a newcomer is served.
const CATCH_UP: usize = 64;

/// A shared execution; it ends when nobody holds it any more.
pub struct Topic {
    seats: Arc<Seats>,
    progress: Arc<watch::Sender<Progress>>,
    pump: AbortHandle,
}

/// Who follows, and what they wait for.
#[derive(Default)]
struct Seats {
    plan: Mutex<SeatPlan>,
    arrived: Notify,
}

#[derive(Default)]
struct SeatPlan {
    latest: Latest,
    lanes: BTreeMap<Pace, Lane>,
    arrivals: Vec<(SeatNumber, Pace, Seat)>,
    count: SeatNumber,
    told: FrameNumber,
    is_over: bool,
}

type SeatNumber = u64;

struct Seat {
    outbox: Arc<Outbox>,
    slot: SlotKey,
    /// The last event that was told when it was taken.
    since: FrameNumber,
}

/// Those who want to hear equally often.
struct Lane {
    due: Instant,
    pending: Pending,
    seats: HashMap<SeatNumber, Seat>,
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
    /// Begins to execute this document.
    pub fn start(schema: &Schema, document: String) -> Arc<Self> {
        let seats = Arc::new(Seats::default());
        let progress = Arc::new(watch::Sender::new(Progress::Starting));
        let source = Source::new(Arc::clone(&progress));
        let request = Request::new(document).data(source.clone()).data(Caller::default());
        let responses = schema.execute_stream(request);
        let pump = Pump { seats: Arc::clone(&seats), progress: Arc::clone(&progress), source, responses };
        let pump = tokio::spawn(pump.run()).abort_handle();
        Arc::new(Self { seats, progress, pump })
    }

    /// Whether it can be joined; waits until that is known.
    pub async fn is_running(&self) -> bool {
        let mut progress = self.progress.subscribe();
        let known = progress.wait_for(|progress| *progress != Progress::Starting).await;
        known.is_ok_and(|progress| *progress == Progress::Running)
    }

    /// Whether it is refused or over.
    pub fn is_over(&self) -> bool {
        *self.progress.borrow() == Progress::Over
    }

    /// Takes a seat: first comes what is known now, then each change at this pace.
    pub fn join(self: Arc<Self>, pace: Pace, outbox: &Arc<Outbox>, slot: SlotKey) -> Membership {
        let mut plan = self.seats.lock();
        plan.count += 1;
        let number = plan.count;
        if plan.is_over {
            outbox.put(slot, [&plan.last_word()]);
        }
        plan.arrivals.push((number, pace, Seat { outbox: Arc::clone(outbox), slot, since: 0 }));
        drop(plan);
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
    fn lock(&self) -> MutexGuard<'_, SeatPlan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SeatPlan {
    fn leave(&mut self, number: SeatNumber, pace: Pace) {
        if let Some(lane) = self.lanes.get_mut(&pace) {
            lane.seats.remove(&number);
            if lane.seats.is_empty() {
                self.lanes.remove(&pace);
            }
        }
        self.arrivals.retain(|(known, ..)| *known != number);
    }

    /// Serves those who have come since the last time.
    fn admit(&mut self, now: Instant) {
        for (number, pace, mut seat) in std::mem::take(&mut self.arrivals) {
            let lane = self.lanes.entry(pace).or_insert_with(|| Lane {
                due: now,
                pending: Pending::default(),
                seats: HashMap::new(),
            });
            seat.since = self.told;
            seat.outbox.put(seat.slot, self.latest.frames());
            lane.seats.insert(number, seat);
        }
    }

    /// Tells an event to the lanes that are due, and keeps it for the others.
    fn tell(&mut self, place: Place, response: Utf8Bytes, now: Instant) {
        self.told += 1;
        let frame = Frame::new(self.told, place, response);
        self.latest.put(&frame);
        for (pace, lane) in &mut self.lanes {
            lane.pending.put(frame.clone());
            lane.serve(*pace, now);
        }
    }

    /// Serves the lanes that have become due.
    fn serve(&mut self, now: Instant) {
        for (pace, lane) in &mut self.lanes {
            lane.serve(*pace, now);
        }
    }

    /// Tells everybody, and whoever may still come, that nothing more comes.
    fn end(&mut self) {
        self.admit(Instant::now());
        self.is_over = true;
        let end = [self.last_word()];
        for seat in self.lanes.values().flat_map(|lane| lane.seats.values()) {
            seat.outbox.put(seat.slot, &end);
        }
    }

    fn last_word(&self) -> Frame {
        Frame::new(self.told + 1, Place::End, Utf8Bytes::default())
    }

    /// When a lane with something to say is due.
    fn next_service(&self) -> Option<Instant> {
        self.lanes.values().filter(|lane| !lane.pending.is_empty()).map(|lane| lane.due).min()
    }

    /// When an event could be told to somebody.
    fn next_event(&self) -> Option<Instant> {
        self.lanes.values().map(|lane| lane.due).min()
    }
}

impl Lane {
    fn serve(&mut self, pace: Pace, now: Instant) {
        if self.due > now || self.pending.is_empty() {
            return;
        }
        let frames = self.pending.take();
        for seat in self.seats.values() {
            // What waits here may be what a newcomer was told at once.
            seat.outbox.put(seat.slot, frames.iter().filter(|frame| frame.number() > seat.since));
        }
        self.due = now + pace.interval();
    }
}

struct Pump {
    seats: Arc<Seats>,
    progress: Arc<watch::Sender<Progress>>,
    source: Source,
    responses: BoxStream<'static, Response>,
}

impl Pump {
    async fn run(mut self) {
        loop {
            if !self.seats.lock().arrivals.is_empty() {
                // A newcomer gets what is known now, not what was told to the others last.
                self.catch_up();
                self.seats.lock().admit(Instant::now());
            }
            let (service, event) = {
                let plan = self.seats.lock();
                (plan.next_service(), plan.next_event())
            };
            let is_starting = *self.progress.borrow() == Progress::Starting;
            let event = if is_starting { Some(Instant::now()) } else { event };
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
                Some(response) if *self.progress.borrow() == Progress::Running => self.tell(response),
                _ => return,
            }
        }
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
        self.seats.lock().tell(self.source.place(), text, Instant::now());
    }
}

impl Drop for Pump {
    /// However it ends, nothing more comes, and whoever waits for it is told.
    fn drop(&mut self) {
        self.progress.send_replace(Progress::Over);
        self.seats.lock().end();
    }
}

/// Waits for this moment; without one, for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Audience {
        plan: SeatPlan,
        now: Instant,
    }

    impl Audience {
        fn new() -> Self {
            Self { plan: SeatPlan::default(), now: Instant::now() }
        }

        fn at(&self, millis: u64) -> Instant {
            self.now + Duration::from_millis(millis)
        }

        /// Somebody who comes at this moment, and wants to hear so many times a second.
        fn join(&mut self, number: SeatNumber, hz: f64, millis: u64) -> Arc<Outbox> {
            let outbox = Arc::new(Outbox::default());
            let seat = Seat { slot: outbox.open(number), outbox: Arc::clone(&outbox), since: 0 };
            self.plan.arrivals.push((number, Pace::of_hz(hz).unwrap(), seat));
            let now = self.at(millis);
            self.plan.admit(now);
            outbox
        }

        fn tell(&mut self, text: &'static str, millis: u64) {
            let now = self.at(millis);
            self.plan.tell(Place::Value(None), Utf8Bytes::from_static(text), now);
        }

        fn serve(&mut self, millis: u64) {
            let now = self.at(millis);
            self.plan.serve(now);
        }
    }

    fn heard(outbox: &Outbox) -> String {
        let mut all = Vec::new();
        while let Some((_, frames)) = outbox.take() {
            all.extend(frames.iter().map(|frame| frame.response().to_string()));
        }
        all.join(" ")
    }

    #[test]
    fn everybody_hears_at_the_own_pace_and_always_the_last() {
        let mut audience = Audience::new();
        let (fast, slow) = (audience.join(1, 50.0, 0), audience.join(2, 10.0, 0));
        audience.tell("a", 0);
        assert_eq!((heard(&fast), heard(&slow)), ("a".into(), "a".into()));
        audience.tell("b", 20);
        audience.tell("c", 40);
        assert_eq!((heard(&fast), heard(&slow)), ("c".into(), String::new()));
        assert_eq!(audience.plan.next_event(), Some(audience.at(60)));
        assert_eq!(
            audience.plan.next_service(),
            Some(audience.at(100)),
            "the slow ones still wait for the last"
        );
        audience.serve(99);
        assert_eq!(heard(&slow), "");
        audience.serve(100);
        assert_eq!((heard(&fast), heard(&slow)), (String::new(), "c".into()));
        assert_eq!(audience.plan.next_service(), None);
    }

    #[test]
    fn a_newcomer_hears_what_is_known_and_then_what_the_others_hear() {
        let mut audience = Audience::new();
        let first = audience.join(1, 10.0, 0);
        audience.tell("a", 0);
        let second = audience.join(2, 10.0, 50);
        assert_eq!((heard(&first), heard(&second)), ("a".into(), "a".into()));
        audience.tell("b", 60);
        let third = audience.join(3, 10.0, 70);
        assert_eq!((heard(&first), heard(&third)), (String::new(), "b".into()));
        audience.serve(100);
        assert_eq!((heard(&first), heard(&second)), ("b".into(), "b".into()));
        assert_eq!(heard(&third), "", "nothing is told twice");
    }

    #[test]
    fn who_has_left_hears_nothing_and_holds_nothing() {
        let mut audience = Audience::new();
        let (gone, stays) = (audience.join(1, 10.0, 0), audience.join(2, 20.0, 0));
        audience.plan.leave(1, Pace::of_hz(10.0).unwrap());
        audience.tell("a", 0);
        assert_eq!((heard(&gone), heard(&stays)), (String::new(), "a".into()));
        assert_eq!(audience.plan.lanes.len(), 1);
        audience.plan.leave(2, Pace::of_hz(20.0).unwrap());
        assert_eq!(audience.plan.next_event(), None, "without anybody nothing is executed");
    }
}
