//! Tests that cannot run here say so, and why.

use std::fs::OpenOptions;
use std::io::Write;

/// Notes that the running test is skipped: in the file that `TICKGRAPH_SKIPS` names (`cargo xtask test`
/// reads it, since a test program shows nothing of tests that pass), else on standard error.
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "the harness is no part of the product")]
pub fn because(why: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {why}", thread.name().unwrap_or("a test"));
    match std::env::var_os("TICKGRAPH_SKIPS") {
        Some(file) => {
            let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
            writeln!(file, "{line}").unwrap();
        }
        None => eprintln!("SKIPPED: {line}"),
    }
}
