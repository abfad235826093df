//! Features, end to end: the real program, real servers, the simulated gateway, real clients.

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
