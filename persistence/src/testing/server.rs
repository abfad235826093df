//! A server program as a child of the test.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::StartError;

/// How long a server may take to come up or to go away.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked whether it did.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Starts the program that is given after the name of a signal, and sends it that signal when its own input
/// ends: closed by the test, or because the test is gone, whatever ended that.
const WATCHER: &str = r#"signal=$1; shift
"$@" </dev/null & server=$!
read -r _
kill -s "$signal" "$server" 2>/dev/null
wait "$server""#;

/// An unprivileged user, where the tests run as root: Postgres refuses to be run by that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account to run servers as; `None` where the tests are not run by root.
    pub(super) fn unprivileged(folder: &Path) -> Result<Option<Self>, StartError> {
        use std::os::unix::fs::MetadataExt;
        let owner = std::fs::metadata(folder).map_err(|error| StartError::failed("the folder", error))?.uid();
        if owner != 0 {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd")
            .map_err(|error| StartError::failed("/etc/passwd", error))?;
        let find = |name: &str| accounts.lines().find_map(|line| Self::parse(line, name));
        let missing = || StartError::Missing("a user 'postgres' or 'nobody' to run the server as".into());
        find("postgres").or_else(|| find("nobody")).map(Some).ok_or_else(missing)
    }

    fn parse(line: &str, name: &str) -> Option<Self> {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        Some(Self { user: fields.nth(1)?.parse().ok()?, group: fields.next()?.parse().ok()? })
    }

    /// Gives `path` to this account.
    pub(super) fn own(self, path: &Path) -> Result<(), StartError> {
        std::os::unix::fs::chown(path, Some(self.user), Some(self.group))
            .map_err(|error| StartError::failed("giving the folder to the server's user", error))
    }

    /// Makes `command` run as this account.
    pub(super) fn apply(self, command: &mut std::process::Command) {
        command.uid(self.user).gid(self.group);
    }
}

/// How a server program is started.
pub(super) struct Launch<'a> {
    /// The program.
    pub(super) program: &'a Path,
    /// What it is told.
    pub(super) arguments: &'a [String],
    /// Whom it runs as.
    pub(super) account: Option<Account>,
    /// Where its output is appended.
    pub(super) log: &'a Path,
    /// The signal that ends it at once. (Not every program hears `QUIT`: a shell has it ignored by what it
    /// starts in the background.)
    pub(super) end: &'a str,
}

/// A running program.
pub(super) struct Server {
    watcher: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program.
    pub(super) fn start(launch: &Launch) -> Result<Self, StartError> {
        let Launch { program, arguments, account, log, end } = *launch;
        let failed = |error| StartError::failed("starting the server", error);
        let output = File::options().create(true).append(true).open(log).map_err(failed)?;
        let mut command = std::process::Command::new("sh");
        command.args(["-c", WATCHER, "watcher", end]).arg(program).args(arguments);
        command.current_dir(log.parent().unwrap_or(Path::new("/")));
        command.stdin(Stdio::piped()).stdout(output.try_clone().map_err(failed)?).stderr(output);
        if let Some(account) = account {
            account.apply(&mut command);
        }
        // Kept out of the terminal's signals: Ctrl-C ends the test, and the watcher then ends the server.
        command.process_group(0);
        let watcher = Command::from(command).spawn().map_err(failed)?;
        Ok(Self { watcher, log: log.to_owned() })
    }

    /// Waits until `answers` does.
    pub(super) async fn ready(&mut self, answers: impl AsyncFn() -> bool) -> Result<(), StartError> {
        let patience = Instant::now() + PATIENCE;
        while !answers().await {
            if Instant::now() > patience {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                return Err(StartError::Failed(format!(
                    "it did not come up within {PATIENCE:?}; its log:\n{log}"
                )));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Ends the program, and waits until it has ended.
    pub(super) async fn end(mut self) -> Result<(), StartError> {
        let failed = |error| StartError::failed("ending the server", error);
        drop(self.watcher.stdin.take());
        tokio::time::timeout(PATIENCE, self.watcher.wait())
            .await
            .map_err(|_| StartError::Failed(format!("it did not end within {PATIENCE:?}")))?
            .map_err(failed)?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input makes the watcher end the server; waited for, so that nothing outlives the
        // test's folder.
        drop(self.watcher.stdin.take());
        let patience = Instant::now() + Duration::from_secs(5);
        while matches!(self.watcher.try_wait(), Ok(None)) && Instant::now() < patience {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

/// A port that nobody listens on now.
pub(super) fn free_port() -> Result<u16, StartError> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let port = listener.and_then(|listener| listener.local_addr()).map(|address| address.port());
    port.map_err(|error| StartError::failed("finding a free port", error))
}

/// An empty folder of one's own, open to `account`.
pub(super) fn folder() -> Result<(tempfile::TempDir, Option<Account>), StartError> {
    let folder = tempfile::Builder::new()
        .prefix("tickgraph-test-")
        .tempdir()
        .map_err(|error| StartError::failed("making a temporary folder", error))?;
    let account = Account::unprivileged(folder.path())?;
    if let Some(account) = account {
        account.own(folder.path())?;
    }
    Ok((folder, account))
}
