//! The operations of the contract, each under the server's noun, and the way they travel over HTTP
//! ([`http`], by the names that [`document`] gives them).
//!
//! cynic checks every fragment against `schema.graphql` when this crate is compiled.

#[allow(missing_docs, non_snake_case, clippy::all, clippy::pedantic, reason = "written by cynic")]
#[cynic::schema("tickgraph")]
pub mod schema {}

pub mod alert;
pub mod alert_event;
pub mod api_key;
pub mod audit;
pub mod bar;
pub mod depth;
pub mod document;
pub mod email;
pub mod failure;
pub mod http;
pub mod indicator;
pub mod instrument;
pub mod layout;
pub mod page;
pub mod password;
pub mod person;
pub mod preferences;
pub mod quote;
pub mod scalar;
pub mod session;
pub mod system;
pub mod totp;
pub mod trade;
pub mod user;
pub mod user_error;
pub mod volume_profile;
pub mod watchlist;
pub mod webhook;
