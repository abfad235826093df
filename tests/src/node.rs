//! The npm client `graphql-ws`, as a child process.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
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
    /// Subscribes to the quotes of an instrument. Where there is no Node, the test is skipped.
    pub async fn quotes(client: &Client, instrument: &str) -> Option<Self> {
        let folder = installed().await?;
        let mut child = Command::new("node")
            .arg(folder.join("subscribe.mjs"))
            .arg(format!("ws://{}/graphql", client.address()))
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

/// The folder of the script, with its packages installed as its lock file says.
async fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    let stamp = folder.join("node_modules").join(".installed-lock");
    let lock = std::fs::read(folder.join("package-lock.json")).unwrap();
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Some(folder);
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .output()
        .await;
    match npm {
        Err(error) => {
            skip::because(&format!("npm could not be started ({error}); install Node.js with npm"));
            None
        }
        Ok(output) => {
            assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
            std::fs::write(&stamp, lock).unwrap();
            Some(folder)
        }
    }
}
