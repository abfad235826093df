//! Features, end to end: the real program, real servers, the simulated gateway, real clients.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod abuse;
mod access;
mod alert;
mod audit;
mod bar;
mod bell;
mod contract;
mod dashboard;
mod depth;
mod differential;
mod edges;
mod event_stream;
mod example;
mod frame;
mod ib_clients;
mod keyboard;
mod look;
mod outage;
mod people;
mod question;
mod quote;
mod replay;
mod secret;
mod session;
mod set_up;
mod socket;
mod start;
mod takeover;
mod trade;
mod watchlist;
mod workspace;
