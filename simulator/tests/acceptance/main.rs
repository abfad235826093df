//! The simulator as an independent client sees it: the crate `ibapi`, over a real socket, and, where no
//! proper client would do such a thing, bytes written by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod account;
mod connection;
mod contract;
mod fault;
mod history;
mod market_data;
mod raw;
mod support;
