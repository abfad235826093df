//! The harness of the end-to-end tests: real servers, the simulated gateway, the real program as a child
//! process, and clients that read like sentences.
//!
//! A test asks for an [`installation::Installation`], takes a [`client::Client`] of it, and says what it
//! expects. Everything that was started ends with the value that stands for it. The harness ends a test (by
//! a panic with a sentence) where something it needs fails.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

pub mod answer;
pub mod browser;
pub mod client;
pub mod contract;
pub mod example;
pub mod fuzz;
pub mod ib_client;
pub mod installation;
pub mod mailbox;
pub mod market;
pub mod node;
pub mod program;
pub mod receiver;
pub mod screen;
pub mod skip;
pub mod subscription;
pub mod token;
pub mod wait;
pub mod wire;
