//! `cargo xtask lint`: everything that is wrong without running the product.

use anyhow::Result;

use crate::process::Process;

/// The format, clippy, and which crate imports which.
pub fn run() -> Result<()> {
    format()?;
    clippy()?;
    Process::cargo().args(["test", "--workspace", "--test", "features", "--", "edges::"]).run()
}

/// Every file is formatted as `cargo fmt` would.
pub fn format() -> Result<()> {
    Process::cargo().args(["fmt", "--all", "--check"]).run()
}

/// No warning anywhere.
pub fn clippy() -> Result<()> {
    Process::cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]).run()
}
