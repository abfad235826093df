//! Independent judges from npm: the clients `graphql-ws` and `graphql-sse`, the audit of GraphQL over HTTP, the comparison of schemas.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::client::Client;
use crate::skip;
use crate::wait::SOON;

/// A subscription that the npm client made.
pub struct NodeSubscription {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl NodeSubscription {
    /// Subscribes to the quotes of an instrument by the protocol of this scheme: `ws` for `graphql-transport-ws`, `http`
    /// for server-sent events. Where there is no Node, the test is skipped.
    pub async fn quotes(scheme: &str, client: &Client, instrument: &str) -> Option<Self> {
        let folder = judges().await?;
        let mut child = Command::new("node")
            .arg(folder.join("subscribe.mjs"))
            .arg(format!("{scheme}://{}/graphql", client.address()))
            .arg(client.token().unwrap_or_default())
            .arg(instrument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Some(Self { child, lines })
    }

    /// Reads events until one fits.
    pub async fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let read = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                let event: Value = serde_json::from_str(&line).unwrap();
                if fits(&event["data"]["quotes"]) {
                    return event;
                }
            }
            panic!("the npm client ended while waiting for {what}");
        };
        timeout(SOON, read).await.unwrap_or_else(|_| panic!("the npm client did not see {what}"))
    }

    /// Unsubscribes; returns whether the client ended without an error.
    pub async fn end(mut self) -> bool {
        drop(self.child.stdin.take());
        timeout(SOON, self.child.wait()).await.expect("the npm client ends").unwrap().success()
    }
}

/// Runs a script of `tests/node` to its end; the lines of JSON that it printed. Where there is no Node, the test
/// is skipped.
pub async fn judge(script: &str, arguments: &[&OsStr]) -> Option<Vec<Value>> {
    let folder = judges().await?;
    let node = Command::new("node").arg(folder.join(script)).args(arguments).kill_on_drop(true).output();
    let output = timeout(2 * SOON, node).await.unwrap_or_else(|_| panic!("{script} does not end")).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} failed:\n{text}\n{complaint}");
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The folder of the judges, with its packages.
async fn judges() -> Option<PathBuf> {
    static INSTALLED: OnceCell<Option<()>> = OnceCell::const_new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    let installed = INSTALLED.get_or_init(|| install(&folder)).await;
    if installed.is_none() {
        skip::because("npm could not be started; install Node.js with npm");
    }
    installed.map(|()| folder)
}

/// Installs the packages of a folder as its lock file says, unless that is done; `None` where there is no npm.
/// (`cargo xtask test` has done it before the tests begin.)
pub async fn install(folder: &Path) -> Option<()> {
    let stamp = folder.join("node_modules").join(".installed-lock");
    let lock = std::fs::read(folder.join("package-lock.json")).unwrap();
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Some(());
    }
    let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let output = Command::new("npm").args(npm).current_dir(folder).output().await.ok()?;
    assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(&stamp, lock).unwrap();
    Some(())
}
