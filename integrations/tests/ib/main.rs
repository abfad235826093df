//! Interactive Brokers' market data against the simulated gateway, over a real socket.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it cannot go on")]

mod bars;
mod connection;
mod depth;
mod harness;
mod outages;
mod quotes;
mod search;
mod trades;
