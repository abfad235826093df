//! The simulator as an independent client sees it: the crate `ibapi`, over a real socket, and, where no
//! proper client would do such a thing, bytes written by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod account;
mod cancel;
mod connection;
mod contract;
mod depth;
mod fault;
mod historical_ticks;
mod history;
mod market_data;
mod option;
mod raw;
mod realtime_bars;
mod replay;
mod scanner;
mod support;
mod tape;
mod text;
