//! Those who follow one shared execution, and what they wait for.
//!
//! Those of one pace make a lane; a lane has one clock and one set of waiting events, whatever the number of its
//! seats. Seats are told in the order in which they were taken, which is about that in which they lie in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use tokio::time::Instant;

use crate::feed::Pace;
use crate::share::frame::{Frame, FrameNumber, Latest, Pending, Place, SeatNumber};
use crate::share::outbox::{Outbox, SlotKey};

/// Who follows, and what they wait for.
#[derive(Default)]
pub struct Audience {
    latest: Latest,
    lanes: BTreeMap<Pace, Lane>,
    arrivals: Vec<(SeatNumber, Pace, Seat)>,
    count: SeatNumber,
    told: FrameNumber,
    is_over: bool,
}

/// Where the events of one who follows go.
pub struct Seat {
    outbox: Arc<Outbox>,
    slot: SlotKey,
    /// The last event that was told when it was taken.
    since: FrameNumber,
}

/// Those who want to hear equally often.
struct Lane {
    due: Instant,
    pending: Pending,
    seats: BTreeMap<SeatNumber, Seat>,
}

impl Seat {
    /// A seat whose events go there.
    pub fn new(outbox: Arc<Outbox>, slot: SlotKey) -> Self {
        Self { outbox, slot, since: 0 }
    }
}

impl Audience {
    /// The number of the next seat.
    pub fn number(&mut self) -> SeatNumber {
        self.count += 1;
        self.count
    }

    /// Somebody comes, and is served when it is next looked after newcomers.
    pub fn arrive(&mut self, number: SeatNumber, pace: Pace, seat: Seat) {
        if self.is_over {
            seat.outbox.put(seat.slot, [&self.last_word()]);
        }
        self.arrivals.push((number, pace, seat));
    }

    /// Somebody goes.
    pub fn leave(&mut self, number: SeatNumber, pace: Pace) {
        if let Some(lane) = self.lanes.get_mut(&pace) {
            lane.seats.remove(&number);
            if lane.seats.is_empty() {
                self.lanes.remove(&pace);
            }
        }
        self.arrivals.retain(|(known, ..)| *known != number);
    }

    /// Whether somebody has come since the last time.
    pub fn has_arrivals(&self) -> bool {
        !self.arrivals.is_empty()
    }

    /// Serves those who have come since the last time.
    pub fn admit(&mut self, now: Instant) {
        for (number, pace, mut seat) in std::mem::take(&mut self.arrivals) {
            let lane = self.lanes.entry(pace).or_insert_with(|| Lane {
                due: now,
                pending: Pending::default(),
                seats: BTreeMap::new(),
            });
            seat.since = self.told;
            seat.outbox.put(seat.slot, self.latest.frames());
            lane.seats.insert(number, seat);
        }
    }

    /// Takes an event, which the lanes are told when they are served next.
    pub fn take(&mut self, place: Place, response: Utf8Bytes) {
        self.told += 1;
        let frame = Frame::new(self.told, place, response);
        if let Place::Missed(number) = place {
            if let Some(seat) = self.lanes.values().find_map(|lane| lane.seats.get(&number)) {
                seat.outbox.put(seat.slot, [&frame]);
            }
            return;
        }
        self.latest.put(&frame);
        for lane in self.lanes.values_mut() {
            lane.pending.put(frame.clone());
        }
    }

    /// Tells the lanes that are due what they wait for.
    pub fn serve(&mut self, now: Instant) {
        for (pace, lane) in &mut self.lanes {
            lane.serve(*pace, now);
        }
    }

    /// Tells everybody, and whoever may still come, that nothing more comes.
    pub fn end(&mut self) {
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
    pub fn next_service(&self) -> Option<Instant> {
        self.lanes.values().filter(|lane| !lane.pending.is_empty()).map(|lane| lane.due).min()
    }

    /// When an event could be told to somebody.
    pub fn next_event(&self) -> Option<Instant> {
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

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use super::*;
    use crate::share::outbox::{News, Waiting};

    struct Hall {
        audience: Audience,
        now: Instant,
    }

    impl Hall {
        fn new() -> Self {
            Self { audience: Audience::default(), now: Instant::now() }
        }

        fn at(&self, millis: u64) -> Instant {
            self.now + Duration::from_millis(millis)
        }

        /// Somebody who comes at this moment, and wants to hear so many times a second.
        fn join(&mut self, number: SeatNumber, hz: f64, millis: u64) -> Arc<Outbox> {
            let outbox = Arc::new(Outbox::default());
            let slot = outbox.open(number, Waiting::Latest(Pending::default()));
            self.audience.arrive(number, Pace::of_hz(hz).unwrap(), Seat::new(Arc::clone(&outbox), slot));
            let now = self.at(millis);
            self.audience.admit(now);
            outbox
        }

        fn tell(&mut self, text: &'static str, millis: u64) {
            self.audience.take(Place::Value(None), Utf8Bytes::from_static(text));
            self.serve(millis);
        }

        fn serve(&mut self, millis: u64) {
            let now = self.at(millis);
            self.audience.serve(now);
        }
    }

    fn heard(outbox: &Outbox) -> String {
        let mut all = Vec::new();
        while let Poll::Ready(News::Events(_, frames)) = outbox.poll_take(&Context::from_waker(Waker::noop()))
        {
            all.extend(frames.iter().map(|frame| frame.response().to_string()));
        }
        all.join(" ")
    }

    #[test]
    fn everybody_hears_at_the_own_pace_and_always_the_last() {
        let mut hall = Hall::new();
        let (fast, slow) = (hall.join(1, 50.0, 0), hall.join(2, 10.0, 0));
        hall.tell("a", 0);
        assert_eq!((heard(&fast), heard(&slow)), ("a".into(), "a".into()));
        hall.tell("b", 20);
        hall.tell("c", 40);
        assert_eq!((heard(&fast), heard(&slow)), ("c".into(), String::new()));
        assert_eq!(hall.audience.next_event(), Some(hall.at(60)));
        assert_eq!(hall.audience.next_service(), Some(hall.at(100)), "the slow ones still wait for the last");
        hall.serve(99);
        assert_eq!(heard(&slow), "");
        hall.serve(100);
        assert_eq!((heard(&fast), heard(&slow)), (String::new(), "c".into()));
        assert_eq!(hall.audience.next_service(), None);
    }

    #[test]
    fn a_newcomer_hears_what_is_known_and_then_what_the_others_hear() {
        let mut hall = Hall::new();
        let first = hall.join(1, 10.0, 0);
        hall.tell("a", 0);
        let second = hall.join(2, 10.0, 50);
        assert_eq!((heard(&first), heard(&second)), ("a".into(), "a".into()));
        hall.tell("b", 60);
        let third = hall.join(3, 10.0, 70);
        assert_eq!((heard(&first), heard(&third)), (String::new(), "b".into()));
        hall.serve(100);
        assert_eq!((heard(&first), heard(&second)), ("b".into(), "b".into()));
        assert_eq!(heard(&third), "", "nothing is told twice");
    }

    #[test]
    fn who_has_left_hears_nothing_and_holds_nothing() {
        let mut hall = Hall::new();
        let (gone, stays) = (hall.join(1, 10.0, 0), hall.join(2, 20.0, 0));
        hall.audience.leave(1, Pace::of_hz(10.0).unwrap());
        hall.tell("a", 0);
        assert_eq!((heard(&gone), heard(&stays)), (String::new(), "a".into()));
        assert_eq!(hall.audience.lanes.len(), 1);
        hall.audience.leave(2, Pace::of_hz(20.0).unwrap());
        assert_eq!(hall.audience.next_event(), None, "without anybody nothing is executed");
    }

    #[test]
    fn what_one_seat_missed_is_told_there_alone() {
        let mut hall = Hall::new();
        let (one, other) = (hall.join(1, 10.0, 0), hall.join(2, 10.0, 0));
        hall.audience.take(Place::Missed(2), Utf8Bytes::from_static("gap"));
        hall.serve(0);
        assert_eq!((heard(&one), heard(&other)), (String::new(), "gap".into()));
        hall.audience.take(Place::Missed(3), Utf8Bytes::from_static("gap"));
        hall.serve(0);
        assert_eq!((heard(&one), heard(&other)), (String::new(), String::new()), "it has left");
        let newcomer = hall.join(4, 10.0, 0);
        assert_eq!(heard(&newcomer), "");
    }
}
