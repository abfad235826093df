//! Features, end to end: the real program, real servers, the simulated gateway, real clients.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod access;
mod bar;
mod dashboard;
mod edges;
mod outage;
mod question;
mod quote;
mod secret;
mod session;
mod set_up;
mod start;
mod takeover;
mod watchlist;
