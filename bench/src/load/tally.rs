//! What all sockets of a load generator have got, counted without parsing JSON: the generator shares the
//! machine with what it measures.

use std::ops::Range;

use hdrhistogram::Histogram;
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

/// An instrument is told by the whole part of its first price: this, and its index.
pub const FIRST_PRICE: u32 = 1_000;

/// How many reasons for which sockets ended are kept.
const MOST_REASONS: usize = 3;

/// A delivery as it is read off the text of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The number of the event in its instrument's stream.
    pub sequence: u32,
    /// Which instrument.
    pub index: Option<usize>,
    /// When it was published, in microseconds since 1970.
    pub published: u64,
}

/// Finds the sequence, the first price and the first size of a quote, in this order.
pub struct Reader {
    sequence: Finder<'static>,
    price: Finder<'static>,
    size: Finder<'static>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            sequence: Finder::new(br#""sequence":""#),
            price: Finder::new(br#""price":""#),
            size: Finder::new(br#""size":""#),
        }
    }
}

impl Reader {
    /// The delivery in this message; `None` where it holds none.
    pub fn read(&self, text: &[u8]) -> Option<Delivery> {
        let (sequence, rest) = number_after(&self.sequence, text)?;
        let (price, rest) = number_after(&self.price, rest)?;
        let (published, _) = number_after(&self.size, rest)?;
        let index = u32::try_from(price).ok().and_then(|price| price.checked_sub(FIRST_PRICE));
        Some(Delivery {
            sequence: u32::try_from(sequence).ok()?,
            index: index.and_then(|index| usize::try_from(index).ok()),
            published,
        })
    }
}

/// The whole number right after `label`, and what follows.
fn number_after<'a>(label: &Finder<'_>, text: &'a [u8]) -> Option<(u64, &'a [u8])> {
    let rest = text.get(label.find(text)? + label.needle().len()..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = rest[..digits]
        .iter()
        .fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    (digits > 0).then_some((number, &rest[digits..]))
}

/// What one socket has seen last of each instrument.
pub struct Seen {
    sequences: Vec<u32>,
    any: bool,
}

impl Seen {
    /// Nothing yet.
    pub fn nothing(instruments: usize) -> Self {
        Self { sequences: vec![0; instruments], any: false }
    }
}

/// What was measured between two moments.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Events of this time that arrived.
    pub deliveries: u64,
    /// Events that the sequences of one socket and instrument left out.
    pub missed: u64,
    /// Events that came again, or after a later one.
    pub repeated: u64,
    /// Messages that were no quote.
    pub others: u64,
    /// Sockets that ended.
    pub closed: u64,
    /// Why the first of them did.
    pub reasons: Vec<String>,
    /// Microseconds from publication to arrival.
    pub p50: u64,
    /// The same.
    pub p99: u64,
    /// The same.
    pub p999: u64,
    /// The same.
    pub max: u64,
}

/// All sockets together.
pub struct Tally {
    reader: Reader,
    window: Range<u64>,
    latencies: Histogram<u64>,
    outcome: Outcome,
    /// How many sockets have got something.
    pub begun: usize,
    /// Of all time, inside the measured one or not.
    pub deliveries: u64,
}

impl Tally {
    /// Counts nothing yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            reader: Reader::default(),
            window: 0..0,
            latencies: Histogram::new_with_bounds(1, 120_000_000, 3)?,
            outcome: Outcome::default(),
            begun: 0,
            deliveries: 0,
        })
    }

    /// Counts what is published in this time, from nothing.
    pub fn measure(&mut self, window: Range<u64>) {
        self.window = window;
        self.latencies.reset();
        // Sockets that ended stay ended.
        let Outcome { closed, reasons, .. } = std::mem::take(&mut self.outcome);
        self.outcome = Outcome { closed, reasons, ..Outcome::default() };
    }

    /// Takes a message that arrived at `now`.
    pub fn take(&mut self, text: &[u8], now: u64, seen: &mut Seen) {
        let Some(delivery) = self.reader.read(text) else {
            self.outcome.others += 1;
            return;
        };
        self.deliveries += 1;
        if !std::mem::replace(&mut seen.any, true) {
            self.begun += 1;
        }
        let measured = self.window.contains(&delivery.published);
        if let Some(last) = delivery.index.and_then(|index| seen.sequences.get_mut(index)) {
            let before = std::mem::replace(last, delivery.sequence);
            match delivery.sequence.checked_sub(before) {
                _ if before == 0 || !measured => {}
                Some(0) | None => self.outcome.repeated += 1,
                Some(step) => self.outcome.missed += u64::from(step - 1),
            }
        }
        if measured {
            self.outcome.deliveries += 1;
            self.latencies.saturating_record(now.saturating_sub(delivery.published).max(1));
        }
    }

    /// Notes that a socket ended.
    pub fn closed(&mut self, reason: String) {
        self.outcome.closed += 1;
        if self.outcome.reasons.len() < MOST_REASONS && !self.outcome.reasons.contains(&reason) {
            self.outcome.reasons.push(reason);
        }
    }

    /// What was measured.
    pub fn outcome(&self) -> Outcome {
        let at = |quantile| self.latencies.value_at_quantile(quantile);
        let (p50, p99, p999, max) = (at(0.5), at(0.99), at(0.999), self.latencies.max());
        Outcome { p50, p99, p999, max, ..self.outcome.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sequence: u32, price: &str, size: &str) -> String {
        format!(
            r#"{{"type":"next","id":"1","payload":{{"data":{{"quotes":{{"sequence":"{sequence}","state":"LIVE","last":{{"price":"{price}","size":"{size}"}},"bid":{{"price":"3"}}}}}}}}}}"#
        )
    }

    #[test]
    fn a_quote_is_read_without_parsing() {
        let reader = Reader::default();
        let read = |text: &str| reader.read(text.as_bytes());
        let expected = Delivery { sequence: 7, index: Some(17), published: 1_763_850_000_000_000 };
        assert_eq!(read(&message(7, "1017.25", "1763850000000000")), Some(expected));
        assert_eq!(read(&message(7, "99.5", "5")).unwrap().index, None);
        assert_eq!(read(r#"{"type":"ping"}"#), None);
        assert_eq!(read(r#"{"sequence":"1","last":null}"#), None);
    }

    #[test]
    fn what_is_missing_or_comes_again_is_counted_inside_the_window() {
        let mut tally = Tally::new().unwrap();
        let mut seen = Seen::nothing(1);
        tally.measure(100..200);
        for (sequence, published, now) in
            [(1, 90, 95), (2, 100, 110), (5, 150, 170), (5, 160, 161), (9, 200, 300)]
        {
            tally.take(message(sequence, "1000.1", &published.to_string()).as_bytes(), now, &mut seen);
        }
        let outcome = tally.outcome();
        assert_eq!((outcome.deliveries, outcome.missed, outcome.repeated), (3, 2, 1));
        assert_eq!((outcome.max, tally.begun, tally.deliveries), (20, 1, 5));
    }
}
