//! The prints of an instrument, newest first, as long as the page remembers them.

use std::collections::VecDeque;

use crate::graphql::scalar::{DateTime, Decimal};
use crate::graphql::trade::Trade;

/// How many prints are kept.
pub const MOST: usize = 5_000;

/// A line of the tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A print.
    Print(Trade),
    /// Prints were lost, then.
    Gap(DateTime, String),
}

impl Line {
    /// Whether a reader who wants no print below this size sees it.
    fn passes(&self, least: Option<Decimal>) -> bool {
        match self {
            Self::Print(trade) => least.is_none_or(|least| trade.size.is_some_and(|size| size >= least)),
            Self::Gap(..) => true,
        }
    }
}

/// The tape. Each line has a number, so that a reader who scrolls keeps what was in sight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    lines: VecDeque<(u64, Line)>,
    told: u64,
}

impl Tape {
    /// A tape with what happened before, oldest first.
    pub fn beginning(trades: Vec<Trade>) -> Self {
        let mut tape = Self::default();
        for trade in trades {
            tape.add(Line::Print(trade));
        }
        tape
    }

    /// The tape with what came live since the reading of what happened before began. Of that, the newest prints of the
    /// past are known already: they are told apart by what they say, since their times are whole seconds.
    #[must_use]
    pub fn after(mut self, live: &Self) -> Self {
        let mut known: Vec<Trade> = self.prints().collect();
        for (_, line) in live.lines.iter().rev() {
            let twin = match line {
                Line::Print(trade) => known.iter().position(|before| before.is_twin(trade)),
                Line::Gap(..) => None,
            };
            match twin {
                // Two prints that say the same are two prints.
                Some(place) => drop(known.swap_remove(place)),
                None => self.add(line.clone()),
            }
        }
        self
    }

    fn prints(&self) -> impl Iterator<Item = Trade> {
        self.lines.iter().filter_map(|(_, line)| match line {
            Line::Print(trade) => Some(trade.clone()),
            Line::Gap(..) => None,
        })
    }

    /// Something happened.
    pub fn add(&mut self, line: Line) {
        self.told += 1;
        self.lines.push_front((self.told, line));
        self.lines.truncate(MOST);
    }

    /// The number of the newest line.
    pub fn newest(&self) -> u64 {
        self.told
    }

    /// The lines up to a number that are not below a size, newest first.
    pub fn shown(&self, until: Option<u64>, least: Option<Decimal>) -> Vec<&(u64, Line)> {
        let known = |number: u64| until.is_none_or(|until| number <= until);
        self.lines.iter().filter(|(number, line)| known(*number) && line.passes(least)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(price: &str, size: &str) -> Trade {
        Trade {
            price: price.parse().unwrap(),
            size: Some(size.parse().unwrap()),
            exchange: None,
            conditions: None,
            side: None,
            unreported: false,
            source_at: None,
            received_at: DateTime::from_millis(0),
        }
    }

    #[test]
    fn what_history_and_the_stream_both_tell_stands_once() {
        let past = Tape::beginning(vec![trade("1", "5"), trade("2", "50"), trade("2", "50")]);
        let mut live = Tape::default();
        for (price, size) in [("2", "50"), ("2", "50"), ("2", "50"), ("3", "7")] {
            live.add(Line::Print(trade(price, size)));
        }
        let whole = past.after(&live);
        let prices: Vec<_> = whole.prints().map(|trade| trade.price.0.to_string()).collect();
        assert_eq!(prices, ["3", "2", "2", "2", "1"]);
    }

    #[test]
    fn the_newest_stands_first_and_a_reader_who_scrolls_is_not_moved() {
        let mut tape = Tape::beginning(vec![trade("1", "5"), trade("2", "50")]);
        let numbers = |tape: &Tape, until: Option<u64>, least: Option<&str>| {
            let least = least.map(|least| least.parse().unwrap());
            tape.shown(until, least).into_iter().map(|(number, _)| *number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&tape, None, None), [2, 1]);
        let held = tape.newest();
        tape.add(Line::Print(trade("3", "5")));
        tape.add(Line::Gap(DateTime::from_millis(0), "lost".into()));
        assert_eq!(numbers(&tape, Some(held), None), [2, 1]);
        assert_eq!(numbers(&tape, None, Some("10")), [4, 2], "a gap is never hidden");
        for _ in 0..2 * MOST {
            tape.add(Line::Print(trade("4", "1")));
        }
        assert_eq!(tape.shown(None, None).len(), MOST);
    }
}
