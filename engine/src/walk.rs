//! The daily walk: where a listing's path ends each UTC day, from 2010 to 2039.
//!
//! It starts from a price that was true when 2026 began and goes both ways, each step a pure function of
//! the key and the day. A weak pull towards the trend keeps it near the well-known level for decades.

use std::sync::OnceLock;

use crate::book::UNITS;
use crate::character::Character;
use crate::noise::{ONE, Stream};
use crate::rhythm::is_weekend;
use crate::stretch::{FINE, Stretch};

/// The first day: 2010-01-01, in days since 1970-01-01.
pub const FIRST_DAY: i64 = 14_610;
/// The day before which the price is the anchor: 2026-01-01.
const ANCHOR_DAY: i64 = 20_454;
/// The last day: 2039-12-31.
pub const LAST_DAY: i64 = 25_566;

const STEP: u64 = 1;
const SHAPE: u64 = 2;
const VOLUME: u64 = 3;

/// The part of the way back to the trend that a day covers.
const PULL: i64 = 64;
/// Fractions of a path unit in the trend.
const PART: i64 = 1 << 20;

/// The days of one listing.
#[derive(Debug)]
pub struct Walk {
    /// Fixes the daily moves.
    pub leader_key: u64,
    /// Fixes the shape of each day.
    pub path_key: u64,
    /// Fixes the volume.
    pub own_key: u64,
    /// What is added to the path, in path units.
    pub premium: i64,
    /// The last day of trading and the days between two expiries, for what expires.
    pub expiry: Option<(i64, i64)>,
    closes: OnceLock<Vec<i64>>,
}

impl Walk {
    /// A walk that lasts for ever.
    pub fn new(leader_key: u64, path_key: u64, own_key: u64) -> Self {
        Self { leader_key, path_key, own_key, premium: 0, expiry: None, closes: OnceLock::new() }
    }

    /// The first and the last day with events; two years for what expires.
    pub fn days(&self) -> (i64, i64) {
        self.expiry.map_or((FIRST_DAY, LAST_DAY), |(last, _)| (FIRST_DAY.max(last - 730), LAST_DAY.min(last)))
    }

    /// What happens on a day; `None` before the first and after the last.
    pub fn day(&self, character: &Character, day: i64) -> Option<Stretch> {
        let (first, last) = self.days();
        if !(first..=last).contains(&day) {
            return None;
        }
        let closes = self.closes.get_or_init(|| self.closes(character));
        let index = usize::try_from(day - FIRST_DAY).ok()?;
        let [open, close] = *closes.get(index..index + 2)?.as_array()?;
        let mut shape = Stream::of(self.path_key, SHAPE, day);
        let deviation = deviation(character, open);
        let high = open.max(close) + deviation * shape.normal().abs() / (2 * ONE);
        let low = open.min(close) - deviation * shape.normal().abs() / (2 * ONE);
        let events = character.events * (750 + shape.below(500)) / 1_000;
        let mut noise = Stream::of(self.own_key, VOLUME, day);
        let busy = 500 + noise.below(500) + noise.below(500);
        let volume = character.volume * busy / if is_weekend(day) { 2_500 } else { 1_000 };
        Some(Stretch {
            open: open + self.premium,
            high: high + self.premium,
            low: low + self.premium,
            close: close + self.premium,
            volume: events + (volume / self.remoteness(day) - events).max(0),
            count: events,
            deviation: deviation * FINE,
        })
    }

    /// By how much less a future trades than the front contract.
    fn remoteness(&self, day: i64) -> i64 {
        match self.expiry.map(|(last, period)| (last - day) / period) {
            None | Some(..=0) => 1,
            Some(1) => 6,
            Some(2) => 20,
            Some(_) => 40,
        }
    }

    /// The close of the day before the first, and of every day since, without the premium.
    fn closes(&self, character: &Character) -> Vec<i64> {
        let anchor = character.anchor * UNITS;
        let moved = |price: i64, day: i64| {
            deviation(character, price) * Stream::of(self.leader_key, STEP, day).normal() / ONE
        };
        let (mut price, mut trend) = (anchor, anchor * PART);
        let mut closes = vec![price];
        for day in (FIRST_DAY..ANCHOR_DAY).rev() {
            trend -= trend / 1_000_000 * character.drift;
            price += (trend / PART - price) / PULL - moved(price, day);
            closes.push(price);
        }
        closes.reverse();
        (price, trend) = (anchor, anchor * PART);
        for day in ANCHOR_DAY..=LAST_DAY {
            trend += trend / 1_000_000 * character.drift;
            price += (trend / PART - price) / PULL + moved(price, day);
            closes.push(price);
        }
        closes
    }
}

/// The usual move of a day from this price, in path units.
fn deviation(character: &Character, price: i64) -> i64 {
    price * character.volatility / 10_000
}
