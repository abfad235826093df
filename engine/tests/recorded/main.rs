//! Recorded data in LEAN's format: how it is read, folded and played.
//!
//! Most tests make their own small folder. Those that compare with real data run where `TICKGRAPH_TEST_DATA` names a
//! folder that has it, and say so where they cannot.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod bars;
mod day;
mod folder;
