//! One event, executed and written, on its way to everybody who follows.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use domain::quote::Stamp;
use smallvec::SmallVec;
use time::OffsetDateTime;

/// What an event replaces where it waits: the last one of the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The latest value; of bars, the latest of each time.
    Value(Option<OffsetDateTime>),
    /// One of a kind of which every value is told: it replaces nothing.
    Each(Stamp),
    /// Something was lost.
    Gap,
    /// Something was lost at this seat, and nowhere else.
    Missed(SeatNumber),
    /// The topic cannot be served; stands until a value comes.
    Refusal,
    /// Nothing more comes.
    End,
}

/// An event with its response, as JSON: `{"data":…}`.
#[derive(Clone, Debug)]
pub struct Frame(Arc<Event>);

#[derive(Debug)]
struct Event {
    number: FrameNumber,
    place: Place,
    response: Utf8Bytes,
}

/// Counts the events of a topic, from 1.
pub type FrameNumber = u64;

/// Counts those who have followed a topic, from 1.
pub type SeatNumber = u64;

impl Frame {
    /// An event at this place.
    pub fn new(number: FrameNumber, place: Place, response: Utf8Bytes) -> Self {
        Self(Arc::new(Event { number, place, response }))
    }

    /// Which of its topic's events it is.
    pub fn number(&self) -> FrameNumber {
        self.0.number
    }

    /// Where it waits.
    pub fn place(&self) -> Place {
        self.0.place
    }

    /// The response.
    pub fn response(&self) -> &Utf8Bytes {
        &self.0.response
    }
}

/// How much may wait: bars of a second for half a minute.
const FULL: usize = 32;

/// Events that wait for one who follows: the last of each place. Quotes and gaps take one place each, bars one for each
/// time; who lets so many wait that it is full does not read.
#[derive(Clone, Debug, Default)]
pub struct Pending(SmallVec<[Frame; 1]>);

impl Pending {
    /// Adds an event, which replaces what waits at its place.
    pub fn put(&mut self, frame: Frame) {
        let place = frame.place();
        if !matches!(place, Place::Each(_)) {
            let is_value = matches!(place, Place::Value(_));
            self.0.retain(|known| known.place() != place && !(is_value && known.place() == Place::Refusal));
        }
        self.0.push(frame);
    }

    /// Takes all of them, oldest first.
    pub fn take(&mut self) -> SmallVec<[Frame; 1]> {
        std::mem::take(&mut self.0)
    }

    /// Whether more waits than anybody who reads would let wait.
    pub fn is_full(&self) -> bool {
        self.0.len() >= FULL
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a newcomer gets first: the current value, and why there is none.
#[derive(Debug, Default)]
pub struct Latest {
    value: Option<Frame>,
    /// Stands until a value comes; where a value stands, that tells how it is itself.
    gap: Option<Frame>,
    refusal: Option<Frame>,
}

impl Latest {
    /// Notes an event.
    pub fn put(&mut self, frame: &Frame) {
        match frame.place() {
            Place::Value(time) => {
                let is_current = self.value.as_ref().is_none_or(|known| known.place() <= Place::Value(time));
                if is_current {
                    self.value = Some(frame.clone());
                }
                (self.gap, self.refusal) = (None, None);
            }
            // What has happened is no news to a newcomer; what stood in its way does not any more.
            Place::Each(_) => (self.gap, self.refusal) = (None, None),
            Place::Refusal => self.refusal = Some(frame.clone()),
            Place::Gap if self.value.is_none() => self.gap = Some(frame.clone()),
            Place::Gap | Place::Missed(_) | Place::End => {}
        }
    }

    /// What is known now.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.value.iter().chain(&self.gap).chain(&self.refusal)
    }
}

impl PartialOrd for Place {
    /// Values are ordered by their time; nothing else has an order.
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => one.partial_cmp(other),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(place: Place, text: &'static str) -> Frame {
        Frame::new(1, place, Utf8Bytes::from_static(text))
    }

    fn at(seconds: i64) -> Place {
        Place::Value(Some(OffsetDateTime::from_unix_timestamp(seconds).unwrap()))
    }

    const QUOTE: Place = Place::Value(None);

    /// The same place twice: what is told of every value replaces nothing.
    const TRADE: Place = Place::Each(Stamp { epoch: 1, sequence: 1 });

    fn texts<'f>(frames: impl IntoIterator<Item = &'f Frame>) -> Vec<&'f str> {
        frames.into_iter().map(|frame| frame.response().as_str()).collect()
    }

    #[test]
    fn what_waits_is_the_last_of_each_place() {
        type Case = (&'static [(Place, &'static str)], &'static [&'static str]);
        let cases: [Case; 6] = [
            (&[(TRADE, "a"), (Place::Refusal, "no"), (TRADE, "b")], &["a", "no", "b"]),
            (&[(QUOTE, "a"), (QUOTE, "b")], &["b"]),
            (&[(QUOTE, "a"), (Place::Gap, "g"), (QUOTE, "b")], &["g", "b"]),
            (&[(Place::Gap, "g"), (QUOTE, "a"), (Place::Gap, "h")], &["a", "h"]),
            (&[(Place::Refusal, "no"), (QUOTE, "a")], &["a"]),
            (&[(QUOTE, "a"), (Place::Refusal, "no")], &["a", "no"]),
        ];
        for (events, expected) in cases {
            let mut pending = Pending::default();
            for (place, text) in events {
                pending.put(frame(*place, text));
            }
            assert_eq!(texts(&pending.take()), expected, "{events:?}");
            assert!(pending.is_empty());
        }
        let mut bars = Pending::default();
        for event in
            [frame(at(0), "forming"), frame(at(0), "closed"), frame(at(5), "next"), frame(at(0), "corrected")]
        {
            bars.put(event);
        }
        assert_eq!(texts(&bars.take()), ["next", "corrected"]);
    }

    #[test]
    fn a_newcomer_gets_the_current_value_and_the_refusal() {
        let mut latest = Latest::default();
        for event in [frame(at(5), "current"), frame(at(0), "corrected"), frame(Place::Gap, "gap")] {
            latest.put(&event);
        }
        assert_eq!(texts(latest.frames()), ["current"]);
        latest.put(&frame(Place::Refusal, "no"));
        assert_eq!(texts(latest.frames()), ["current", "no"]);
        latest.put(&frame(at(5), "again"));
        assert_eq!(texts(latest.frames()), ["again"]);
        let mut trades = Latest::default();
        for event in [frame(Place::Gap, "old"), frame(Place::Gap, "gap"), frame(Place::Refusal, "no")] {
            trades.put(&event);
        }
        assert_eq!(texts(trades.frames()), ["gap", "no"]);
        trades.put(&frame(TRADE, "a"));
        assert_eq!(texts(trades.frames()), [""; 0], "what has happened is no news");
    }
}
