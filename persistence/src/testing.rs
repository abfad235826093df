//! Private Postgres and Redis servers for tests: on free loopback ports, in temporary folders, ended with
//! the test, even when that is killed.
//!
//! They have passwords, so that a test can look for them where they must not be.

use std::fmt;

mod postgres;
mod redis;
mod server;

pub use postgres::PrivatePostgres;
pub use redis::PrivateRedis;

/// The password of the private servers.
pub const PASSWORD: &str = "private-password";

/// Why there is no private server.
#[derive(Debug)]
pub enum StartError {
    /// A program is missing on this machine: a test that needs it is skipped, and says so.
    Missing(String),
    /// The program is there, but did not come up.
    Failed(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(why) => write!(formatter, "missing: {why}"),
            Self::Failed(why) => write!(formatter, "failed to start: {why}"),
        }
    }
}

impl std::error::Error for StartError {}

impl StartError {
    fn failed(what: &str, error: impl fmt::Display) -> Self {
        Self::Failed(format!("{what}: {error}"))
    }
}
