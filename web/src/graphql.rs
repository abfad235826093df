//! The operations of the contract, each under the server's noun, and the way they travel over HTTP.
//!
//! cynic checks every fragment against `schema.graphql` when this crate is compiled.

#[allow(missing_docs, non_snake_case, clippy::all, clippy::pedantic, reason = "written by cynic")]
#[cynic::schema("tickgraph")]
pub mod schema {}

pub mod bar;
pub mod failure;
pub mod http;
pub mod instrument;
pub mod quote;
pub mod scalar;
pub mod session;
pub mod system;
pub mod user;
pub mod user_error;
pub mod watchlist;
