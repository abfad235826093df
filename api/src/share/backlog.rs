//! What waits for one who is told of everything: the latest of it, and how much before had to be left out.
//!
//! Whoever reads too slowly finds a gap in place of what was left out. It is written when the reader comes back, by the
//! shared execution itself, so that it has the reader's own fields; until it is there nothing may overtake it.

use std::collections::VecDeque;

use domain::quote::Stamp;
use smallvec::SmallVec;
use tokio::sync::mpsc::UnboundedSender;

use crate::share::frame::{Frame, Place, SeatNumber};

/// The most events that wait.
const MOST: usize = 1_000;

/// The most bytes that wait; the text of an event is one for all who wait for it.
const MOST_BYTES: usize = 1_024 * 1_024;

/// How much is taken before another topic has its turn.
const TURN: usize = 64;

/// Something was left out at one seat, and is to be told there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Where.
    pub seat: SeatNumber,
    /// How many events.
    pub count: u64,
    /// The last one before them, where there was one.
    pub after: Option<Stamp>,
}

/// Events that wait for one seat.
pub struct Backlog {
    seat: SeatNumber,
    calls: UnboundedSender<Missed>,
    frames: VecDeque<Frame>,
    bytes: usize,
    left_out: u64,
    gap: Gap,
    taken: Option<Stamp>,
}

/// How far the gap is that stands before what waits.
enum Gap {
    /// There is none yet.
    None,
    /// It is being written, for so many events.
    Called(u64),
    /// It can be told.
    Written(Frame),
}

impl Backlog {
    /// Nothing waits; gaps are called for here.
    pub fn new(seat: SeatNumber, calls: UnboundedSender<Missed>) -> Self {
        Self { seat, calls, frames: VecDeque::new(), bytes: 0, left_out: 0, gap: Gap::None, taken: None }
    }

    /// Adds an event; what waits longest makes room for it.
    pub fn put(&mut self, frame: Frame) {
        match frame.place() {
            Place::Missed(_) => self.gap = Gap::Written(frame),
            Place::End => {
                if let Gap::Called(count) = self.gap {
                    // There is nobody any more who would write it.
                    self.left_out += count;
                    self.gap = Gap::None;
                }
                // It takes nothing's place.
                self.bytes += frame.response().len();
                self.frames.push_back(frame);
                return;
            }
            _ => {
                self.bytes += frame.response().len();
                self.frames.push_back(frame);
            }
        }
        while self.frames.len() > MOST || (self.bytes > MOST_BYTES && self.frames.len() > 1) {
            let Some(oldest) = self.frames.pop_front() else { return };
            self.bytes -= oldest.response().len();
            self.left_out += 1;
        }
    }

    /// Whether something can be taken.
    pub fn has_news(&self) -> bool {
        match self.gap {
            Gap::None => !self.frames.is_empty(),
            Gap::Called(_) => false,
            Gap::Written(_) => true,
        }
    }

    /// Takes what is next, oldest first; nothing where that is a gap that has to be written first.
    pub fn take(&mut self) -> SmallVec<[Frame; 1]> {
        match std::mem::replace(&mut self.gap, Gap::None) {
            Gap::Written(frame) => return SmallVec::from_iter([frame]),
            Gap::Called(count) => {
                self.gap = Gap::Called(count);
                return SmallVec::new();
            }
            Gap::None if self.left_out > 0 => {
                let missed = Missed { seat: self.seat, count: self.left_out, after: self.taken };
                if self.calls.send(missed).is_ok() {
                    self.gap = Gap::Called(std::mem::take(&mut self.left_out));
                    return SmallVec::new();
                }
                // The execution is over, and nobody can tell of the gap: the stream ends before it, where it is whole.
                self.frames.retain(|frame| frame.place() == Place::End);
                self.bytes = self.frames.iter().map(|frame| frame.response().len()).sum();
            }
            Gap::None => {}
        }
        let turn = self.frames.len().min(TURN);
        let frames: SmallVec<[Frame; 1]> = self.frames.drain(..turn).collect();
        self.bytes -= frames.iter().map(|frame| frame.response().len()).sum::<usize>();
        let last = frames.iter().rev().find_map(|frame| match frame.place() {
            Place::Each(stamp) => Some(stamp),
            _ => None,
        });
        self.taken = last.or(self.taken);
        frames
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::ws::Utf8Bytes;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    fn trade(sequence: u64) -> Frame {
        let place = Place::Each(Stamp { epoch: 1, sequence });
        Frame::new(sequence, place, Utf8Bytes::from(sequence.to_string()))
    }

    fn other(place: Place) -> Frame {
        Frame::new(0, place, Utf8Bytes::from_static("other"))
    }

    fn backlog() -> (Backlog, UnboundedReceiver<Missed>) {
        let (calls, called) = unbounded_channel();
        (Backlog::new(7, calls), called)
    }

    /// Everything that can be taken now.
    fn taken(backlog: &mut Backlog) -> Vec<String> {
        let mut all = Vec::new();
        while backlog.has_news() {
            all.extend(backlog.take().iter().map(|frame| frame.response().to_string()));
        }
        all
    }

    fn numbers(from: u64, to: u64) -> Vec<String> {
        (from..=to).map(|sequence| sequence.to_string()).collect()
    }

    #[test]
    fn everything_is_told_in_order_and_in_turns() {
        let (mut backlog, mut called) = backlog();
        (1..=150).for_each(|sequence| backlog.put(trade(sequence)));
        assert_eq!(backlog.take().len(), TURN, "others have their turn");
        (151..=200).for_each(|sequence| backlog.put(trade(sequence)));
        assert_eq!(taken(&mut backlog), numbers(65, 200));
        assert_eq!(backlog.bytes, 0);
        assert!(called.try_recv().is_err(), "nothing was left out");
    }

    #[test]
    fn a_gap_stands_for_what_was_left_out_and_nothing_overtakes_it() {
        let (mut backlog, mut called) = backlog();
        (1..=5).for_each(|sequence| backlog.put(trade(sequence)));
        assert_eq!(taken(&mut backlog), numbers(1, 5));
        (6..=1_008).for_each(|sequence| backlog.put(trade(sequence)));
        assert_eq!(taken(&mut backlog), [""; 0]);
        let after = Some(Stamp { epoch: 1, sequence: 5 });
        assert_eq!(called.try_recv(), Ok(Missed { seat: 7, count: 3, after }));
        // One more is left out while the gap is written.
        backlog.put(trade(1_009));
        assert!(!backlog.has_news());
        backlog.put(other(Place::Missed(7)));
        assert_eq!(backlog.take()[0].response().as_str(), "other");
        assert_eq!(taken(&mut backlog), [""; 0]);
        assert_eq!(called.try_recv(), Ok(Missed { seat: 7, count: 1, after }));
        backlog.put(other(Place::Missed(7)));
        assert_eq!(taken(&mut backlog)[1..], numbers(10, 1_009));
        assert!(called.try_recv().is_err());
    }

    #[test]
    fn bytes_are_bounded_too() {
        let (mut backlog, mut called) = backlog();
        let large = Utf8Bytes::from("x".repeat(MOST_BYTES / 4));
        for sequence in 1..=10 {
            backlog.put(Frame::new(sequence, Place::Each(Stamp { epoch: 1, sequence }), large.clone()));
        }
        assert_eq!((backlog.frames.len(), backlog.bytes), (4, MOST_BYTES));
        assert!(backlog.take().is_empty());
        assert_eq!(called.try_recv(), Ok(Missed { seat: 7, count: 6, after: None }));
    }

    #[test]
    fn the_end_waits_for_no_gap_that_nobody_writes() {
        let (mut backlog, called) = backlog();
        (1..=1_001).for_each(|sequence| backlog.put(trade(sequence)));
        assert!(backlog.take().is_empty());
        backlog.put(other(Place::End));
        drop(called);
        assert_eq!(taken(&mut backlog), ["other"], "nothing comes behind a gap that is not told");
    }

    #[test]
    fn the_end_takes_the_place_of_nothing() {
        let (mut backlog, _called) = backlog();
        (1..=1_000).for_each(|sequence| backlog.put(trade(sequence)));
        backlog.put(other(Place::End));
        let all = taken(&mut backlog);
        assert_eq!((all.len(), all.last().map(String::as_str)), (1_001, Some("other")));
    }
}
