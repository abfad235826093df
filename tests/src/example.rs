//! The programs of `examples/`, run as a stranger would: with a key and symbols.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::wait::SOON;
use crate::{node, skip};

/// What runs an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `examples/python`, in the environment that `TICKGRAPH_PYTHON` names.
    Python,
    /// `examples/node`.
    Node,
    /// `examples/curl`.
    Curl,
}

/// A running example, in a process group of its own.
pub struct Example {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Example {
    /// Starts the example that follows quotes; `environment` has the server and the key. Where what it runs on is missing, the
    /// test is skipped.
    pub async fn start(language: Language, environment: [(&str, &str); 2], symbols: &[&str]) -> Option<Self> {
        let command = match command(language).await {
            Ok(command) => command,
            Err(why) => {
                skip::because(&why);
                return None;
            }
        };
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .args(symbols)
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Some(Self { child, lines })
    }

    /// Reads lines until one begins like this, or until the limit is over.
    pub async fn prints(&mut self, limit: Duration, start: &str) -> bool {
        let read = async {
            let mut last = String::new();
            while let Some(line) = self.lines.next_line().await.unwrap() {
                if line.starts_with(start) {
                    return;
                }
                last = line;
            }
            panic!("the example ended before it printed '{start}'; its last line was '{last}'");
        };
        timeout(limit, read).await.is_ok()
    }

    /// Presses Ctrl-C, and waits for its end.
    pub async fn interrupt(mut self) {
        self.signal(Signal::INT);
        timeout(SOON, self.child.wait()).await.expect("Ctrl-C ends the example").unwrap();
    }

    /// Waits until it ends by itself; whether it ended well, and its complaints.
    pub async fn ended(mut self) -> (bool, String) {
        let mut complaints = String::new();
        let mut reader = BufReader::new(self.child.stderr.take().unwrap()).lines();
        let read = async {
            while let Some(line) = reader.next_line().await.unwrap() {
                complaints.push_str(&line);
            }
            self.child.wait().await.unwrap().success()
        };
        let success = timeout(SOON, read).await.expect("the example ends by itself");
        (success, complaints)
    }

    fn signal(&self, signal: Signal) {
        // The whole group, as a terminal does: a shell waits for the programs that it started.
        let group = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            let _ = kill_process_group(group, signal);
        }
    }
}

/// What the example has started ends with it.
impl Drop for Example {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// The command line before the symbols, or why there is none.
async fn command(language: Language) -> Result<Vec<OsString>, String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples");
    let (program, script): (OsString, PathBuf) = match language {
        Language::Python => {
            let python = variable("TICKGRAPH_PYTHON").ok_or(
                "there is no Python with the packages of examples/python; install python3 with venv, and run cargo xtask test",
            )?;
            (python, examples.join("python/quotes.py"))
        }
        Language::Node => {
            let folder = examples.join("node");
            node::install(&folder).await.ok_or("npm could not be started; install Node.js with npm")?;
            ("node".into(), folder.join("quotes.mjs"))
        }
        Language::Curl => {
            let found = Command::new("curl").arg("--version").stdout(Stdio::null()).status().await;
            found.map_err(|error| format!("curl could not be started ({error}); install curl"))?;
            ("sh".into(), examples.join("curl/quotes.sh"))
        }
    };
    Ok(vec![program, script.into_os_string()])
}

#[allow(clippy::disallowed_methods, reason = "the harness is no part of the product")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
