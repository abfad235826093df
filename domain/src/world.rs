//! Worlds do not mix: everything that comes from a broker says through which connection, and in which
//! environment.

use std::fmt;
use std::str::FromStr;

/// Whether money is at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Generated or replayed markets; no broker is involved.
    Simulated,
    /// A broker's paper account.
    Paper,
    /// A broker's live account: real money.
    Live,
}

impl Environment {
    /// The name in the database and on the screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => "SIMULATED",
            Self::Paper => "PAPER",
            Self::Live => "LIVE",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "SIMULATED" => Ok(Self::Simulated),
            "PAPER" => Ok(Self::Paper),
            "LIVE" => Ok(Self::Live),
            other => Err(format!("'{other}' is not an environment; expected SIMULATED, PAPER or LIVE")),
        }
    }
}

/// The short, settled name of a broker connection, `ib` for the first one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// A connection of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
