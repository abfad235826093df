//! Independent clients of the broker's gateway, from `PyPI` and unmodified, as the scripts of `tests/ib_clients` use them.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

use crate::skip;
use crate::wait::SOON;

/// A running client, which reports step by step.
pub struct IbClient {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    complaints: ChildStderr,
}

impl IbClient {
    /// Lets the client of this name ask the gateway at this address for a symbol, and for history up to `end`. Where the client is
    /// not installed, the test is skipped.
    pub fn start(name: &str, gateway: SocketAddr, symbol: &str, end: &str) -> Option<Self> {
        let Some(python) = interpreter(name) else {
            skip::because(&format!(
                "there is no Python with {name}; install python3 with venv, and run cargo xtask test"
            ));
            return None;
        };
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("ib_clients");
        let mut child = Command::new(&python)
            // Nothing is left beside the scripts.
            .arg("-B")
            .arg(scripts.join(format!("{name}_client.py")))
            .args([&gateway.port().to_string(), symbol, end])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} could not be started: {error}", python.display()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let complaints = child.stderr.take().unwrap();
        Some(Self { child, lines, complaints })
    }

    /// What the client reports next, which is to be this step.
    pub async fn reports(&mut self, step: &str) -> Value {
        let line = timeout(SOON, self.lines.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("the client does not report '{step}'")).unwrap();
        let Some(line) = line else {
            let mut complaints = String::new();
            timeout(SOON, self.complaints.read_to_string(&mut complaints)).await.ok();
            panic!("the client ended before it reported '{step}': {complaints}");
        };
        let report: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert_eq!(report["step"], step, "{line}");
        report
    }

    /// Waits until the client has ended by itself; whether it ended well.
    pub async fn ended(mut self) -> bool {
        timeout(SOON, self.child.wait()).await.expect("the client ends by itself").unwrap().success()
    }
}

/// The Python that has this client, in an environment of its own.
fn interpreter(name: &str) -> Option<PathBuf> {
    let python = Path::new(&variable("TICKGRAPH_IB_CLIENTS")?).join(name).join("bin").join("python");
    python.exists().then_some(python)
}

#[allow(clippy::disallowed_methods, reason = "the harness is no part of the product")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
