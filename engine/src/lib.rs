//! Pure market machinery: a generated market that is always open, the same for the same seed; and recorded
//! days ([`recorded`]), read from files in LEAN's format ([`lean`]).
//!
//! [`market::GeneratedMarket`] answers for any moment, years back, in any order: what trades
//! ([`listing`]), what the book looks like, which ticks there were ([`tick`]), and which bars they make.
//! [`matching`] says what becomes of orders while such a market goes by. Nothing here does I/O or reads a clock.

pub mod depth;
pub mod lean;
pub mod listing;
pub mod market;
pub mod matching;
pub mod print;
pub mod recorded;
pub mod tick;

mod bar;
mod book;
mod catalogue;
mod character;
mod future;
mod noise;
mod path;
mod rhythm;
mod stretch;
mod walk;
mod wander;
