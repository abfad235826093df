//! The nouns of a trading desk, their rules, the ports through which they reach the outside world,
//! and the use cases, by noun.
//!
//! Nothing here reads a clock, a socket, a file or the environment: time comes from [`clock::Clock`],
//! randomness from [`random::Random`], and everything else through a trait that another crate
//! implements. A module is a noun; where a noun is stored, its store port stands beside it.

pub mod access;
pub mod account;
pub mod address;
pub mod alert;
pub mod api_key;
pub mod asker;
pub mod audit;
pub mod bar;
pub mod bus;
pub mod clock;
pub mod decimal;
pub mod delivery;
pub mod depth;
pub mod desk;
pub mod error;
pub mod execution;
pub mod indicator;
pub mod installation;
pub mod instrument;
pub mod layout;
pub mod lease;
pub mod live_bar;
pub mod mail;
pub mod market_data;
mod name;
mod named;
pub mod order;
pub mod page;
pub mod people;
pub mod preferences;
pub mod quote;
pub mod random;
pub mod rate;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod store;
pub mod throttle;
pub mod trade;
pub mod user;
pub mod volume_profile;
pub mod watchlist;
pub mod webhook;
pub mod world;

pub use error::{Error, Refusal, RefusalCode};
