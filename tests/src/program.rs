//! The program `tickgraph` as a child process.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::wait::{SOON, within};

/// The environment of a program; nothing of the test's own environment but `PATH` is passed on.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Data in this folder, and a free port.
    pub fn in_folder(folder: &Path) -> Self {
        Self::default()
            .with("TICKGRAPH_DATA", folder.to_string_lossy())
            .with("TICKGRAPH_LISTEN", "127.0.0.1:0")
    }

    /// With one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Without a variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }
}

/// A running `tickgraph`. It is killed when this value is dropped.
pub struct Tickgraph {
    command: String,
    child: Child,
    output: Output,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Everything it said.
    pub output: String,
}

impl Tickgraph {
    /// Starts a command (`serve`, `api` or `desk`) without waiting for anything.
    pub fn start(command: &str, settings: &Settings) -> Self {
        let program = path();
        // Tests look for secrets in all that could be logged; benchmarks ask for what is usually logged.
        let log = variable("TICKGRAPH_LOG").unwrap_or_else(|| "debug,sqlx=info,hyper=info".into());
        let mut process = Command::new(&program);
        process
            .args(command.split_whitespace())
            .env_clear()
            .env("PATH", variable("PATH").unwrap_or_default())
            .env("TICKGRAPH_LOG", log)
            .envs(&settings.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = process.spawn().unwrap_or_else(|error| {
            panic!("{} could not be started ({error}); build it first: cargo build", program.display())
        });
        let output = Output::default();
        output.follow(child.stdout.take().unwrap());
        output.follow(child.stderr.take().unwrap());
        Self { command: command.to_owned(), child, output }
    }

    /// Starts a command that must refuse to run, and waits for its end.
    pub async fn refuses(command: &str, settings: &Settings) -> Ended {
        Self::ends(command, settings).await
    }

    /// Starts a command that ends by itself, and waits for that.
    pub async fn ends(command: &str, settings: &Settings) -> Ended {
        let program = Self::start(command, settings);
        program.ended().await
    }

    /// The address that it listens on, once it does.
    pub async fn address(&mut self) -> SocketAddr {
        let line = self.line("listening on http://").await;
        line.parse().unwrap_or_else(|_| panic!("'{line}' is no address"))
    }

    /// The token of the set-up link that it prints on the first start.
    pub async fn set_up_token(&mut self) -> String {
        let link = self.line("set-up link: ").await;
        link.split_once("#token=").unwrap_or_else(|| panic!("'{link}' has no token")).1.to_owned()
    }

    /// The set-up link that it prints on the first start.
    pub async fn set_up_link(&mut self) -> String {
        self.line("set-up link: ").await
    }

    async fn line(&mut self, start: &str) -> String {
        let (output, command) = (self.output.clone(), self.command.clone());
        within(SOON, &format!("'tickgraph {command}' prints '{start}'"), || {
            let found = output.after(start);
            let exited = self.child.try_wait().unwrap();
            let output = &output;
            async move {
                if let (None, Some(status)) = (&found, exited) {
                    panic!("tickgraph ended ({status}) and had said:\n{}", output.text());
                }
                found
            }
        })
        .await
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it holds in memory; nothing where the system does not tell.
    pub fn resident_kib(&self) -> u64 {
        let id = self.child.id().expect("the program runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// Everything it has said so far.
    pub fn output(&self) -> String {
        self.output.text()
    }

    /// Ends it as a power cut would.
    pub async fn kill9(mut self) -> String {
        self.child.kill().await.unwrap();
        self.output.text()
    }

    /// Stops it in its tracks, without ending it.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a frozen one go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to end, and waits until it has.
    pub async fn terminate(self) -> Ended {
        self.signal(Signal::TERM);
        self.ended().await
    }

    async fn ended(mut self) -> Ended {
        let Ok(status) = timeout(2 * SOON, self.child.wait()).await else {
            panic!("'tickgraph {}' still runs; it said:\n{}", self.command, self.output.text())
        };
        let status = status.unwrap();
        // The last lines may still be on their way through the pipe.
        let _ = timeout(Duration::from_secs(5), self.output.complete()).await;
        Ended { status, output: self.output.text() }
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(id.expect("the program has ended"), signal).unwrap();
    }
}

/// Where the test failed, the end of what the program said helps to see why.
impl Drop for Tickgraph {
    #[allow(clippy::print_stderr, reason = "the test program shows it where a test failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = self.output.text();
            let told: Vec<&str> = text.lines().filter(|line| !line.contains(" DEBUG ")).collect();
            let end = told.len().saturating_sub(40);
            eprintln!("\n--- tickgraph {} had said:\n{}", self.command, told[end..].join("\n"));
        }
    }
}

/// The lines of a program, both streams as they come.
#[derive(Clone, Default)]
struct Output {
    lines: Arc<Mutex<Vec<String>>>,
    open: Arc<Mutex<Vec<tokio::task::JoinHandle<()>>>>,
}

impl Output {
    fn follow(&self, stream: impl AsyncRead + Unpin + Send + 'static) {
        let kept = self.lines.clone();
        let task = tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push(line);
            }
        });
        self.open.lock().unwrap().push(task);
    }

    async fn complete(&self) {
        let tasks = std::mem::take(&mut *self.open.lock().unwrap());
        for task in tasks {
            let _ = task.await;
        }
    }

    fn after(&self, start: &str) -> Option<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().find_map(|line| Some(line.split_once(start)?.1.trim().to_owned()))
    }

    fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

/// The program to test: `TICKGRAPH_BIN`, else the one that was built beside this test program.
fn path() -> PathBuf {
    if let Some(path) = variable("TICKGRAPH_BIN") {
        return path.into();
    }
    let this = std::env::current_exe().unwrap();
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join("tickgraph"));
    beside.into_iter().find(|path| path.is_file()).unwrap_or_else(|| "target/debug/tickgraph".into())
}

#[allow(clippy::disallowed_methods, reason = "the harness is no part of the product")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
