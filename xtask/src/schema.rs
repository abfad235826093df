//! `cargo xtask schema`: the contract, as the server prints it.

use std::fs;

use anyhow::{Context, Result};

use crate::process::Process;
use crate::{terminal, workspace};

/// Writes schema.graphql where it differs.
pub fn run() -> Result<()> {
    let printed =
        Process::cargo().args(["run", "--quiet", "--package", "tickgraph", "--", "schema"]).output()?;
    let file = workspace::root().join("schema.graphql");
    if fs::read(&file).is_ok_and(|known| known == printed) {
        terminal::note("schema.graphql is up to date");
        return Ok(());
    }
    fs::write(&file, printed).with_context(|| format!("{} could not be written", file.display()))?;
    terminal::note("schema.graphql was written");
    Ok(())
}
