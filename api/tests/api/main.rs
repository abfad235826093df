//! The API over real HTTP and websockets, on ports that live in the process.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::format_collect,
    clippy::similar_names,
    reason = "these are tests"
)]

mod alerts;
mod api_keys;
mod audit;
mod delivery;
mod depth;
#[path = "../../src/feed/testing.rs"]
#[allow(dead_code, reason = "shared with the unit tests")]
mod fake_bus;
mod http;
mod http_body;
mod http_cost;
mod http_documents;
mod http_lists;
mod http_origin;
mod http_status;
mod indicators;
mod layouts;
mod log_in;
mod market;
mod people;
mod private;
mod schema;
mod second_factor;
mod sessions;
mod sharing;
mod sse;
mod support;
mod throttle;
mod trades;
mod walk;
mod watchlists;
mod websocket;
