//! How the API is set up, and what it lets through.

use std::sync::Arc;
use std::time::Duration;

use domain::address::AddressRange;
use domain::rate::Allowance;

use crate::auth::MasterKey;

/// How the API is set up.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// The installation's key.
    pub key: MasterKey,
    /// Origins (`https://desk.example.com`) besides the server's own whose pages may use the API.
    pub allowed_origins: Vec<String>,
    /// The version of the server, as `system` tells it.
    pub version: &'static str,
    /// How the protocol behaves.
    pub protocol: ProtocolOptions,
}

/// How the protocol behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtocolOptions {
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<AddressRange>,
    /// Which documents are executed.
    pub documents: DocumentPolicy,
    /// The registered operations, as JSON `{"sha256:…": "document"}`; those of the embedded web client where
    /// none are given.
    pub operations: Option<Arc<str>>,
    /// Which status codes answers have.
    pub http_status: HttpStatus,
    /// How much is let through.
    pub limits: Limits,
}

/// Which documents are executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentPolicy {
    /// Any, of anybody.
    #[default]
    Any,
    /// Only API keys may send any; everybody else is held to the registered operations.
    Registered,
}

/// Which status codes answers have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpStatus {
    /// What the audit of the npm package `graphql-http` expects: 400 for whatever is wrong with an operation, 200
    /// for it where the client takes `application/json` alone.
    #[default]
    Audit,
    /// The draft of August 2026: 422 for an operation that is not valid, 294 for a partial success.
    Draft2026,
}

/// A budget that is used up and comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How much there is at most.
    pub capacity: u32,
    /// How much comes back in a second.
    pub per_second: u32,
}

impl From<Budget> for Allowance {
    fn from(budget: Budget) -> Self {
        Self { capacity: budget.capacity, per_second: budget.per_second.into() }
    }
}

/// How much is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What the operations of one user (or of one address without a user) may cost.
    pub cost: Budget,
    /// How long a query or a mutation may take.
    pub execution: Duration,
    /// The most open sockets of one user.
    pub sockets_per_user: u32,
    /// The most open sockets of one address.
    pub sockets_per_address: u32,
    /// How much one user may follow at once: 1 for an instrument whose events are shared; what is executed for this
    /// subscriber alone weighs a hundred times its cost.
    pub streams_per_user: u32,
    /// How many shared executions there may be at once that one user began, where one of indicators counts as often as it has
    /// indicators. What comes besides is executed for this user alone.
    pub shared_per_user: u32,
    /// The most open sockets of one address on which nobody has logged in yet.
    pub waiting_per_address: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cost: Budget { capacity: 20_000, per_second: 1_000 },
            execution: Duration::from_secs(30),
            sockets_per_user: 10_000,
            sockets_per_address: 10_000,
            streams_per_user: 200_000,
            shared_per_user: 2_000,
            waiting_per_address: 256,
        }
    }
}
