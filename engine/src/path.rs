//! The path of one listing: a tree from days down to events, any part of which can be computed alone.
//!
//! A day comes from the [`Walk`]; it splits into 24 hours, an hour into 60 minutes, a minute into 60
//! seconds, a second into its events. Each split draws from a [`Stream`] that only the listing, the level
//! and the place in time fix, so whoever asks, in whatever order, meets the same children.

use crate::book::Book;
use crate::character::Character;
use crate::noise::Stream;
use crate::rhythm::new_york_hours;
use crate::stretch::{Stretch, Weight, events, split};
use crate::walk::Walk;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

const SPLIT: u64 = 16;
const MOMENTS: u64 = 32;
const BOOK: u64 = 33;
const SIZES: u64 = 34;

/// How fine a node of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A UTC day.
    Day,
    /// An hour: the coarsest stretch that has one book.
    Hour,
    /// A minute.
    Minute,
    /// A second.
    Second,
    /// One event.
    Event,
}

impl Level {
    /// How long its nodes are, in microseconds.
    const fn length(self) -> i64 {
        match self {
            Self::Day => DAY,
            Self::Hour => 3_600 * SECOND,
            Self::Minute => 60 * SECOND,
            Self::Second => SECOND,
            Self::Event => 1,
        }
    }
}

/// A stretch of time in its place.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// How long it is.
    level: Level,
    /// Its number among its level since 1970-01-01 UTC; of an event, the microsecond.
    index: i64,
    /// What happened in it.
    pub stretch: Stretch,
    /// The book of its hour; of a day, that of its first hour.
    pub book: Book,
}

impl Node {
    /// Its first microsecond since 1970-01-01 UTC.
    pub const fn start(&self) -> i64 {
        self.index * self.level.length()
    }

    const fn end(&self) -> i64 {
        self.start() + self.level.length()
    }
}

/// A stretch of microseconds since 1970-01-01 UTC: `from` is in it, `to` is not.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first.
    pub from: i64,
    /// The first after.
    pub to: i64,
}

/// The path of one listing.
#[derive(Debug)]
pub struct Path {
    /// What it is made from.
    pub character: Character,
    walk: Walk,
    hours: [Weight; 24],
    busiest: i64,
}

impl Path {
    /// The path of a walk.
    pub fn new(character: Character, walk: Walk) -> Self {
        let hours = character.rhythm.hours();
        let busiest = hours.iter().map(|hour| hour.intensity).max().unwrap_or(1);
        Self { character, walk, hours, busiest }
    }

    /// The first microsecond, and the first after the last.
    pub fn life(&self) -> Span {
        let (first, last) = self.walk.days();
        Span { from: first * DAY, to: (last + 1) * DAY }
    }

    /// Hands the nodes that make up `span` to `take`, in order: those of the level `finest` or longer
    /// (but never whole days) that lie within, and at its edges the shorter ones that do.
    pub fn visit(&self, span: Span, finest: Level, take: &mut impl FnMut(&Node)) {
        let life = self.life();
        let span = Span { from: span.from.max(life.from), to: span.to.min(life.to) };
        for day in span.from.div_euclid(DAY)..(span.to + DAY - 1).div_euclid(DAY) {
            if let Some(day) = self.day(day) {
                self.descend(&day, span, finest.max(Level::Hour), take);
            }
        }
    }

    fn descend(&self, node: &Node, span: Span, finest: Level, take: &mut impl FnMut(&Node)) {
        if node.stretch.count == 0 || node.end() <= span.from || node.start() >= span.to {
            return;
        }
        if node.level >= finest && node.start() >= span.from && node.end() <= span.to {
            take(node);
        } else {
            for child in self.children(node) {
                self.descend(&child, span, finest, take);
            }
        }
    }

    /// The last event before a microsecond.
    pub fn last_before(&self, moment: i64) -> Option<Node> {
        let life = self.life();
        let last = (moment - 1).min(life.to - 1).div_euclid(DAY);
        (life.from / DAY..=last).rev().find_map(|day| self.last_in(&self.day(day)?, moment))
    }

    /// The last event of a node.
    pub fn last_of(&self, node: &Node) -> Option<Node> {
        self.last_in(node, node.end())
    }

    fn last_in(&self, node: &Node, moment: i64) -> Option<Node> {
        if node.stretch.count == 0 || node.start() >= moment {
            return None;
        }
        if node.level == Level::Event {
            return Some(*node);
        }
        self.children(node).iter().rev().find_map(|child| self.last_in(child, moment))
    }

    /// The sizes of the book at an event: bid and ask.
    pub fn sizes(&self, event: &Node) -> (i64, i64) {
        let mut noise = Stream::of(self.walk.own_key, SIZES, event.index);
        let mut size = || {
            let usual = 1 + noise.below(2 * self.character.lots);
            self.character.lot * (1 + usual * noise.uneven() / 128)
        };
        (size(), size())
    }

    fn day(&self, day: i64) -> Option<Node> {
        let stretch = self.walk.day(&self.character, day)?;
        Some(Node { level: Level::Day, index: day, stretch, book: self.book(day * 24, new_york_hours(day)) })
    }

    fn children(&self, node: &Node) -> Vec<Node> {
        let mut noise = Stream::of(self.walk.path_key, SPLIT + node.level as u64, node.index);
        let stretch = node.stretch;
        match node.level {
            Level::Day => {
                let offset = new_york_hours(node.index);
                let mut weights = self.hours;
                weights.rotate_right(usize::try_from(-offset).unwrap_or(0));
                let hours = place(node, Level::Hour, split(stretch, &weights, &mut noise));
                hours.map(|hour| Node { book: self.book(hour.index, offset), ..hour }).collect()
            }
            Level::Hour => {
                let local = node.index + new_york_hours(node.index.div_euclid(24));
                let weights = self.character.rhythm.minutes(local.rem_euclid(24));
                place(node, Level::Minute, split(stretch, &weights, &mut noise)).collect()
            }
            Level::Minute => {
                // Events come in bursts: some seconds have several, many have none.
                let weights = [(); 60].map(|()| Weight { pace: noise.uneven(), intensity: 1 });
                place(node, Level::Second, split(stretch, &weights, &mut noise)).collect()
            }
            Level::Second => self.moments(node, events(stretch, &mut noise)),
            Level::Event => Vec::new(),
        }
    }

    /// Puts the events of a second each into a slot of its own, at some microsecond of it.
    fn moments(&self, second: &Node, events: Vec<Stretch>) -> Vec<Node> {
        let mut noise = Stream::of(self.walk.path_key, MOMENTS, second.index);
        let slot = SECOND / second.stretch.count;
        let mut start = second.start();
        events
            .into_iter()
            .map(|stretch| {
                let index = start + noise.below(slot);
                start += slot;
                Node { level: Level::Event, index, stretch, book: second.book }
            })
            .collect()
    }

    /// The book of an hour: the quieter the hour, the wider.
    fn book(&self, hour: i64, offset: i64) -> Book {
        let local = usize::try_from((hour + offset).rem_euclid(24)).unwrap_or(0);
        let intensity = self.hours.get(local).map_or(1, |weight| weight.intensity);
        let half = self.character.half_spread * self.busiest / intensity;
        Book::of(half, &mut Stream::of(self.walk.own_key, BOOK, hour))
    }
}

/// Numbers the children of a node.
fn place(parent: &Node, level: Level, children: Vec<Stretch>) -> impl Iterator<Item = Node> {
    let (first, book) = (parent.start() / level.length(), parent.book);
    (first..).zip(children).map(move |(index, stretch)| Node { level, index, stretch, book })
}
