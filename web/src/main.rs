//! The dashboard of Tickgraph: a client of `schema.graphql` and of nothing else.
//!
//! [`graphql`] has the operations, [`live`] the websocket, [`session`] who is logged in, [`feed`] the quotes,
//! [`chart`] the drawing. [`pages`] fetch and compose, [`components`] know domain words, [`ui`] knows none,
//! [`text`] has every word, [`browser`] is the way to the browser.

mod agent;
mod alerts;
mod app;
mod browser;
mod chart;
mod components;
mod feed;
mod graphql;
mod keyboard;
mod live;
mod news;
mod number;
mod pages;
mod preferences;
mod session;
mod tape;
mod text;
mod ui;
mod workspace;

use std::io::{self, Write};

/// In a browser: the dashboard. Anywhere else: what `operations.json` has to hold, so that
/// `cargo run -p web > web/operations.json` makes it.
fn main() -> io::Result<()> {
    if cfg!(target_family = "wasm") {
        dioxus::launch(app::App);
        return Ok(());
    }
    io::stdout().write_all(graphql::document::registry()?.as_bytes())
}
