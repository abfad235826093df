//! The pump: folds the generated ticks into the books that somebody watches.
//!
//! Each listing is served every 250 ms, the rate at which Interactive Brokers sends level-1 data, in one
//! of five turns, so that not everything moves in the same moment. Tapes are served every turn, tick by tick.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::{BookKey, Feed, Floor};

/// How long a turn is, in milliseconds of the clock.
const TURN_MS: i128 = 50;

/// How many turns there are until a listing is served again.
const TURNS: i128 = 5;

/// Where a book is further behind than this (the exchange was stopped, or the clock leapt), its prices
/// are read anew instead of being led through every tick in between.
const CATCH_UP: time::Duration = time::Duration::seconds(5);

/// Serves the books, turn by turn, until it is dropped.
pub(super) async fn run(floor: Arc<Floor>) {
    let mut opened = floor.open.subscribe();
    loop {
        if opened.wait_for(|open| *open).await.is_err() {
            return;
        }
        let now = milliseconds(floor.clock.now());
        let wait = u64::try_from(TURN_MS - now.rem_euclid(TURN_MS)).unwrap_or(1);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let turn = milliseconds(floor.clock.now()).div_euclid(TURN_MS).rem_euclid(TURNS);
        for key in floor.due(turn) {
            floor.advance(key);
        }
    }
}

fn milliseconds(moment: OffsetDateTime) -> i128 {
    moment.unix_timestamp_nanos().div_euclid(1_000_000)
}

impl Floor {
    /// The books of this turn that are not held.
    fn due(&self, turn: i128) -> Vec<BookKey> {
        let books = self.books();
        let due = |(con_id, feed): &BookKey| {
            let is_turn = *feed == Feed::Tape || i128::from(*con_id).rem_euclid(TURNS) == turn;
            is_turn && !books.held.contains(con_id)
        };
        books.by_key.iter().filter(|(key, book)| due(key) && book.is_watched()).map(|(key, _)| *key).collect()
    }

    /// Brings a book to the present. The ticks are made with the books unlocked, so that nobody who
    /// publishes has to wait for them.
    fn advance(&self, key: BookKey) {
        let to = self.clock.now() - key.1.lag();
        let Some(from) = self.books().by_key.get(&key).map(|book| book.cursor) else { return };
        if to <= from {
            return;
        }
        // A tape goes on over midnight: nothing of the day is told on it.
        let is_tape = key.1 == Feed::Tape;
        if to - from > CATCH_UP || (to.date() != from.date() && !is_tape) {
            self.reload(key);
            return;
        }
        let ticks = self.market.ticks(key.0, from, to);
        let mut books = self.books();
        if books.held.contains(&key.0) {
            return;
        }
        if let Some(book) = books.by_key.get_mut(&key).filter(|book| book.cursor == from) {
            if is_tape { book.follow(&ticks, to) } else { book.advance(&ticks, to) }
        }
    }
}
