//! Why a server could not be used at start, said without its password.

use std::error::Error;

/// Why a connection was not made. No text of it holds a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is not one that can be used; the text says what was expected.
    #[error("{0}")]
    Invalid(String),
    /// The address is well formed, but nothing usable answers there.
    #[error("{what} cannot be used: {cause}; {advice}")]
    Unreachable {
        /// What was tried: `the Postgres server at 127.0.0.1:5432`.
        what: String,
        /// What to look at.
        advice: &'static str,
        /// What came back.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

impl ConnectError {
    /// No usable server answers at `what`.
    pub(crate) fn server(what: String, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let advice = "check that it runs, and that the address, the user and the password are right";
        Self::Unreachable { what, advice, cause: cause.into() }
    }

    /// The file `what` cannot be opened.
    pub(crate) fn file(what: String, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let advice = "check that its folder exists and can be written to, and that the disk is not full";
        Self::Unreachable { what, advice, cause: cause.into() }
    }
}
