//! `cargo xtask run`: from a bare clone to a server that runs.

use std::ffi::OsString;

use anyhow::Result;

use crate::process::Process;
use crate::{prerequisites, terminal, web, workspace};

/// Builds the web client and the server, and becomes the server.
pub fn run(arguments: &[OsString]) -> Result<()> {
    terminal::step("1 of 4: what the build needs");
    prerequisites::for_web()?;
    terminal::step("2 of 4: the web client");
    web::build(&web::Options { dev: false })?;
    terminal::step("3 of 4: the server (the first time takes some minutes)");
    Process::cargo().args(["build", "--release", "--package", "tickgraph"]).run()?;
    terminal::step("4 of 4: tickgraph serve (Ctrl+C ends it)");
    let program = workspace::target().join("release").join("tickgraph");
    Process::new(program).args(["serve"]).args(arguments.iter().cloned()).replace()
}
