//! The dashboard of Tickgraph: a client of `schema.graphql` and of nothing else.
//!
//! [`graphql`] has the operations, [`live`] the websocket, [`session`] who is logged in, [`feed`] the quotes.
//! [`pages`] fetch and compose, [`components`] know domain words, [`ui`] knows none, [`text`] has every word.

mod browser;
mod graphql;
mod live;
mod number;
mod session;

fn main() {}
