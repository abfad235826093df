//! A private Postgres server.

use std::path::{Path, PathBuf};

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;

use super::server::{Account, Launch, Server, folder, free_port};
use super::{PASSWORD, StartError};

const USER: &str = "tickgraph";

/// A private Postgres server; ended when dropped.
pub struct PrivatePostgres {
    // Ended before its folder is removed.
    server: Option<Server>,
    programs: PathBuf,
    account: Option<Account>,
    folder: TempDir,
    port: u16,
}

impl PrivatePostgres {
    /// Makes and starts a server of its own.
    pub async fn start() -> Result<Self, StartError> {
        let programs = find_programs()?;
        let (folder, account) = folder()?;
        let mut new = Self { server: None, programs, account, folder, port: free_port()? };
        new.initialise().await?;
        new.launch().await?;
        Ok(new)
    }

    /// The address of the database that is there from the start.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes an empty database of this name, and returns its address.
    pub async fn create_database(&self, name: &str) -> Result<String, StartError> {
        let failed = |error| StartError::failed("making a database", error);
        let mut connection = PgConnection::connect_with(&self.options()).await.map_err(failed)?;
        let statement = AssertSqlSafe(format!(r#"CREATE DATABASE "{name}""#));
        connection.execute(statement).await.map_err(failed)?;
        Ok(self.url_of(name))
    }

    /// Stops the server at once, as a crash would; what it holds stays.
    pub async fn stop(&mut self) -> Result<(), StartError> {
        match self.server.take() {
            Some(server) => server.end().await,
            None => Ok(()),
        }
    }

    /// Stops the server if it runs, and starts it again on the same port.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.stop().await?;
        self.launch().await
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .password(PASSWORD)
            .database("postgres")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    async fn initialise(&self) -> Result<(), StartError> {
        let password_file = self.folder.path().join("password");
        let failed = |error| StartError::failed("initdb", error);
        std::fs::write(&password_file, PASSWORD).map_err(failed)?;
        if let Some(account) = self.account {
            account.own(&password_file)?;
        }
        let mut command = std::process::Command::new(self.programs.join("initdb"));
        command.current_dir(self.folder.path());
        command.arg("-D").arg(self.data()).arg("--pwfile").arg(&password_file);
        command.args(["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]);
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        let output = tokio::process::Command::from(command).output().await.map_err(failed)?;
        if output.status.success() {
            return Ok(());
        }
        Err(StartError::Failed(format!("initdb: {}", String::from_utf8_lossy(&output.stderr))))
    }

    async fn launch(&mut self) -> Result<(), StartError> {
        // No socket file: its folder's name may be too long. What was committed survives a kill, though not
        // a power cut.
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\nmax_connections = 200\n\
             shared_buffers = 32MB\nfsync = off\nfull_page_writes = off\nautovacuum = off\n",
            self.port
        );
        std::fs::write(self.data().join("postgresql.auto.conf"), settings)
            .map_err(|error| StartError::failed("writing the settings", error))?;

        let arguments = ["-D".to_owned(), self.data().display().to_string()];
        let log = self.folder.path().join("log");
        let mut server = Server::start(&Launch {
            program: &self.programs.join("postgres"),
            arguments: &arguments,
            account: self.account,
            log: &log,
            // An immediate shutdown: no waiting for clients, no last checkpoint.
            end: "QUIT",
        })?;
        let options = self.options();
        server
            .ready(async || match PgConnection::connect_with(&options).await {
                Ok(connection) => connection.close().await.is_ok(),
                Err(_) => false,
            })
            .await?;
        self.server = Some(server);
        Ok(())
    }
}

/// The folder with `initdb` and `postgres`: on the path, or where Debian and Homebrew put them.
fn find_programs() -> Result<PathBuf, StartError> {
    let complete = |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(folder) =
        super::redis::find_on_path("initdb").and_then(|program| Some(program.parent()?.to_owned()))
        && complete(&folder)
    {
        return Ok(folder);
    }
    let mut candidates = Vec::new();
    for (root, tail) in
        [("/usr/lib/postgresql", "bin"), ("/opt/homebrew/opt", "bin"), ("/usr/local/opt", "bin")]
    {
        let Ok(entries) = std::fs::read_dir(root) else { continue };
        candidates.extend(entries.flatten().map(|entry| entry.path().join(tail)));
    }
    candidates.sort();
    candidates.into_iter().rfind(|folder| complete(folder)).ok_or_else(|| {
        StartError::Missing("the PostgreSQL server programs (Debian: apt-get install postgresql)".into())
    })
}
