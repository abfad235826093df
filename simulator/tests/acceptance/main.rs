//! The simulator as an independent client sees it: the crate `ibapi`, over a real socket, and, where no
//! proper client would do such a thing, bytes written by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod account;
mod cancel;
mod connection;
mod contract;
mod depth;
mod execution;
mod fault;
mod held_order;
mod historical_ticks;
mod history;
mod market_data;
mod option;
mod order;
mod order_fault;
mod order_refusal;
mod raw;
mod realtime_bars;
mod replay;
mod scanner;
mod support;
mod tape;
mod text;
mod text_order;
