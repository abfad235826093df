//! `cargo xtask bench NAME`: measures the optimised server.

use std::ffi::OsString;

use anyhow::Result;

use crate::process::Process;
use crate::{packages, prerequisites, web, workspace};

/// The benchmark that also runs servers of others.
const FANOUT: &str = "fanout";

/// The benchmark that looks at the dashboard.
const CHART: &str = "chart";

/// The benchmark that needs no server, and a peer in Python.
const INDICATORS: &str = "indicators";

/// Builds the server and the benchmarks, and runs one.
pub fn run(name: &str, arguments: &[OsString]) -> Result<()> {
    if name == INDICATORS {
        return indicators(arguments);
    }
    if name == CHART {
        prerequisites::for_chart()?;
        web::build(&web::Options { dev: false })?;
    } else {
        prerequisites::for_bench()?;
    }
    if name == FANOUT {
        prerequisites::for_peers()?;
        packages::npm("bench/peers")?;
    }
    Process::cargo().args(["build", "--release", "--package", "tickgraph", "--package", "bench"]).run()?;
    let release = workspace::target().join("release");
    let mut bench = Process::new(release.join("bench"))
        .args([name])
        .args(arguments.iter().cloned())
        .env("TICKGRAPH_LOG", "info")
        .env("TICKGRAPH_BIN", release.join("tickgraph"));
    if let Some(folder) = workspace::test_data() {
        bench = bench.env("TICKGRAPH_TEST_DATA", folder);
    }
    bench.run()
}

fn indicators(arguments: &[OsString]) -> Result<()> {
    prerequisites::for_python_peers()?;
    let python = packages::python_peers()?;
    Process::cargo().args(["build", "--release", "--package", "bench"]).run()?;
    Process::new(workspace::target().join("release").join("bench"))
        .args([INDICATORS])
        .args(arguments.iter().cloned())
        .env("TICKGRAPH_PYTHON", python)
        .run()
}
