//! `cargo xtask test`: everything that can be checked, and how many tests passed, failed and were skipped.
//!
//! A failed check (format, clippy, the web client's size) does not keep the tests from running; it counts
//! as one failure. The last line is always the totals.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::process::Process;
use crate::totals::Totals;
use crate::{lint, packages, prerequisites, terminal, web, workspace};

/// Runs all of it.
pub fn run() -> Result<()> {
    let mut totals = Totals::default();
    let done = all(&mut totals);
    if let Err(error) = &done {
        totals.fail(format!("{error:#}"));
    }
    terminal::result("");
    for failure in totals.failures() {
        terminal::result(&format!("FAILED: {failure}"));
    }
    for skip in totals.skips() {
        terminal::result(&format!("SKIPPED: {skip}"));
    }
    terminal::result(&totals.to_string());
    if totals.all_well() { Ok(()) } else { bail!("not everything passed") }
}

fn all(totals: &mut Totals) -> Result<()> {
    prerequisites::for_tests()?;
    let checks: [fn() -> Result<()>; 3] =
        [lint::format, lint::clippy, || web::build(&web::Options { dev: false })];
    for check in checks {
        if let Err(error) = check() {
            terminal::failure(&format!("{error:#}"));
            totals.fail(format!("{error:#}"));
        }
    }
    for folder in ["tests/node", "examples/node"] {
        packages::npm(folder)?;
    }
    Process::cargo().args(["build", "--workspace", "--all-targets"]).run()?;
    tests(totals)
}

fn tests(totals: &mut Totals) -> Result<()> {
    let skips = tempfile::NamedTempFile::new().context("no file for the list of skipped tests")?;
    let mut cargo = Process::cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("TICKGRAPH_SKIPS", skips.path())
        .env("TICKGRAPH_BIN", workspace::target().join("debug").join("tickgraph"))
        .env("PATH", path_with_servers()?);
    if let Some(folder) = workspace::test_data() {
        terminal::note(&format!("recorded market data: {}", folder.display()));
        cargo = cargo.env("TICKGRAPH_TEST_DATA", folder);
    }
    // Without it, the test of the Python example is skipped, and says so.
    match packages::python() {
        Ok(interpreter) => cargo = cargo.env("TICKGRAPH_PYTHON", interpreter),
        Err(error) => terminal::note(&format!("{error:#}; going on without Python")),
    }
    // The same holds for the tests of the broker's Python clients.
    match packages::ib_clients() {
        Ok(folder) => cargo = cargo.env("TICKGRAPH_IB_CLIENTS", folder),
        Err(error) => terminal::note(&format!("{error:#}; going on without the broker's Python clients")),
    }
    let succeeded = cargo.run_reading(|line| totals.read(line))?;
    totals.skip(&fs::read_to_string(skips.path()).unwrap_or_default());
    if !succeeded && !totals.any_test_failed() {
        totals.fail("a test program did not compile or ended without a result; see above");
    }
    Ok(())
}

/// `PATH` with the folder of PostgreSQL's server programs, which Debian and Homebrew keep out of it.
fn path_with_servers() -> Result<std::ffi::OsString> {
    let mut folders = workspace::program_folders();
    folders.extend(prerequisites::postgres_folder());
    std::env::join_paths(folders).context("PATH cannot be extended by the folder of PostgreSQL")
}
