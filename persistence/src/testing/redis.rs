//! A private Redis server.

use std::path::PathBuf;

use redis::Client;
use tempfile::TempDir;

use super::server::{Account, Launch, Server, folder, free_port};
use super::{PASSWORD, StartError};

/// A private Redis server that keeps nothing on disk; ended when dropped.
pub struct PrivateRedis {
    // Ended before its folder is removed.
    server: Option<Server>,
    program: PathBuf,
    account: Option<Account>,
    folder: TempDir,
    port: u16,
}

impl PrivateRedis {
    /// Starts a server of its own.
    pub async fn start() -> Result<Self, StartError> {
        let missing =
            || StartError::Missing("the program redis-server (Debian: apt-get install redis-server)".into());
        let program = find_on_path("redis-server").ok_or_else(missing)?;
        let (folder, account) = folder()?;
        let mut new = Self { server: None, program, account, folder, port: free_port()? };
        new.launch().await?;
        Ok(new)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    /// Kills the server; all it held is lost.
    pub async fn stop(&mut self) -> Result<(), StartError> {
        match self.server.take() {
            Some(server) => server.end().await,
            None => Ok(()),
        }
    }

    /// Kills the server if it runs, and starts it again, empty, on the same port.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.stop().await?;
        self.launch().await
    }

    async fn launch(&mut self) -> Result<(), StartError> {
        let settings = [
            ("--bind", "127.0.0.1".to_owned()),
            ("--port", self.port.to_string()),
            ("--save", String::new()),
            ("--appendonly", "no".to_owned()),
            ("--requirepass", PASSWORD.to_owned()),
            ("--dir", self.folder.path().display().to_string()),
        ];
        let arguments: Vec<String> =
            settings.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
        let log = self.folder.path().join("log");
        let mut server = Server::start(&Launch {
            program: &self.program,
            arguments: &arguments,
            account: self.account,
            log: &log,
            end: "KILL",
        })?;
        let client =
            Client::open(self.url()).map_err(|error| StartError::failed("the server's address", error))?;
        server
            .ready(async || match client.get_multiplexed_async_connection().await {
                Ok(mut connection) => redis::cmd("PING").query_async::<()>(&mut connection).await.is_ok(),
                Err(_) => false,
            })
            .await?;
        self.server = Some(server);
        Ok(())
    }
}

/// A program on the search path.
pub(super) fn find_on_path(name: &str) -> Option<PathBuf> {
    // The tests' own environment, not the product's settings.
    #[allow(clippy::disallowed_methods, reason = "where programs are is a matter of the machine")]
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}
