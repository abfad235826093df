//! The dashboard of Tickgraph: a client of `schema.graphql` and of nothing else.
//!
//! [`graphql`] has the operations, [`live`] the websocket, [`session`] who is logged in, [`feed`] the quotes,
//! [`chart`] the drawing. [`pages`] fetch and compose, [`components`] know domain words, [`ui`] knows none,
//! [`text`] has every word, [`browser`] is the way to the browser.

mod app;
mod browser;
mod chart;
mod components;
mod feed;
mod graphql;
mod live;
mod number;
mod pages;
mod preferences;
mod session;
mod text;
mod ui;

fn main() {
    dioxus::launch(app::App);
}
