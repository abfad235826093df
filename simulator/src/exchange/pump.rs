//! The pump: folds the generated ticks into the books that somebody watches, and leads open orders through them.
//!
//! Each listing is served every 250 ms, the rate at which Interactive Brokers sends level-1 data, in one
//! of five turns, so that not everything moves in the same moment. Tapes are served every turn, tick by tick.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use tokio::time::{Instant, MissedTickBehavior};

use super::book::Book;
use super::{BookKey, Feed, Floor};
use crate::replay::{ReplayClock, Speed};

/// How long a turn is.
const TURN: Duration = Duration::from_millis(50);

/// How many turns there are until a listing is served again.
const TURNS: i32 = 5;

/// Where a book is further behind than this (the exchange was stopped, or the clock leapt), its prices
/// are read anew instead of being led through every tick in between. A recorded day that is played faster has
/// so many times as much to catch up with.
const CATCH_UP: time::Duration = time::Duration::seconds(5);

/// Serves the books, turn by turn, until it is dropped.
pub(super) async fn run(floor: Arc<Floor>) {
    let mut opened = floor.open.subscribe();
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for turn in (0..TURNS).cycle() {
        if opened.wait_for(|open| *open).await.is_err() {
            return;
        }
        turns.tick().await;
        match floor.replay.as_ref().filter(|clock| clock.speed() == Speed::Max) {
            Some(clock) => floor.play(clock, turns.period()).await,
            None => floor.serve(turn),
        }
        floor.close_the_day();
    }
}

impl Floor {
    /// Brings the books of a turn to the present.
    fn serve(&self, turn: i32) {
        for key in self.due(turn) {
            self.advance(key);
        }
        self.trading().serve(self, |con_id| con_id.rem_euclid(TURNS) == turn);
    }

    /// Plays a recorded day for so long, as fast as those who watch can take it.
    async fn play(&self, clock: &ReplayClock, long: Duration) {
        let until = Instant::now() + long;
        while Instant::now() < until && !clock.is_over() && self.is_watched() && !self.load.is_high() {
            clock.step();
            (0..TURNS).for_each(|turn| self.serve(turn));
            tokio::task::yield_now().await;
        }
    }

    fn is_watched(&self) -> bool {
        self.books().by_key.values().any(Book::is_watched) || self.trading().is_at_work()
    }

    /// Once a recorded day is over, tells those so who have been told all of it.
    fn close_the_day(&self) {
        let Some(clock) = self.replay.as_ref().filter(|clock| clock.is_over()) else { return };
        let now = clock.now();
        for ((_, feed), book) in &mut self.books().by_key {
            if book.cursor >= now - feed.lag() {
                book.close();
            }
        }
    }

    /// The books of this turn that are not held.
    fn due(&self, turn: i32) -> Vec<BookKey> {
        let books = self.books();
        let due = |(con_id, feed): &BookKey| {
            let is_turn = *feed == Feed::Tape || con_id.rem_euclid(TURNS) == turn;
            is_turn && !books.held.contains(con_id)
        };
        books.by_key.iter().filter(|(key, book)| due(key) && book.is_watched()).map(|(key, _)| *key).collect()
    }

    fn catch_up(&self) -> time::Duration {
        match self.replay.as_ref().map(|clock| clock.speed()) {
            Some(Speed::Times(times)) => CATCH_UP * times.max(1.0),
            _ => CATCH_UP,
        }
    }

    /// Brings a book to the present. The ticks are made with the books unlocked, so that nobody who
    /// publishes has to wait for them.
    fn advance(&self, key: BookKey) {
        let now = self.clock.now() - key.1.lag();
        let Some(from) = self.books().by_key.get(&key).map(|book| book.cursor) else { return };
        // A tape goes on over midnight: nothing of the day is told on it. That of a recorded day leaves nothing out: it
        // catches up turn by turn.
        let is_tape = key.1 == Feed::Tape;
        let is_whole = is_tape && self.replay.is_some();
        let to = if is_whole { now.min(from + self.catch_up()) } else { now };
        if to <= from {
            return;
        }
        if to - from > self.catch_up() || (to.date() != from.date() && !is_tape) {
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
