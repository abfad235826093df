//! The state of the installation: what runs, what is connected, which world it is.

use super::document::{query, subscription};
use super::scalar::DateTime;
use super::schema;

/// Which world an account or a price belongs to.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum Environment {
    Simulated,
    Paper,
    Live,
}

/// How a connection to the outside is.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum ConnectionState {
    Off,
    Connecting,
    Connected,
    Degraded,
    Disconnected,
    Refused,
}

/// How a part of the installation is.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum ComponentState {
    Up,
    Down,
}

/// Whether a desk leads.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "described in the contract")]
pub enum DeskState {
    Leading,
    Missing,
}

/// One connection to the outside.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// Which.
    pub id: String,
    /// Its world, where it is known.
    pub environment: Option<Environment>,
    /// How it is.
    pub state: ConnectionState,
    /// More about that, for a person.
    pub message: Option<String>,
    /// Since when.
    pub since: DateTime,
}

/// The process that runs the feed.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Whether one leads.
    pub state: DeskState,
    /// How many market-data lines are in use.
    pub market_data_lines_used: Option<i32>,
    /// How many there are.
    pub market_data_line_limit: Option<i32>,
}

/// A part of the installation.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// How it is.
    pub state: ComponentState,
    /// More about that, for a person.
    pub message: Option<String>,
}

/// The installation.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// The version of the server.
    pub version: String,
    /// The server's clock.
    pub time: DateTime,
    /// The desk.
    pub desk: Desk,
    /// What is connected.
    pub connections: Vec<ConnectionStatus>,
    /// The database.
    pub database: Component,
    /// The message bus.
    pub bus: Component,
}

/// The state now, and at each change.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription")]
pub struct SystemChanges {
    /// The state.
    pub system: System,
}

/// What can be read before anybody is logged in.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "System")]
pub struct Welcome {
    /// Whether nobody has been set up yet.
    pub set_up_needed: bool,
    /// The server's clock.
    pub time: DateTime,
}

/// Asks for it.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
pub struct WelcomeQuery {
    /// The answer.
    pub system: Welcome,
}

/// The texts of the operations here.
pub fn documents() -> Vec<String> {
    vec![subscription::<SystemChanges, ()>(), query::<WelcomeQuery, ()>()]
}
