//! Opening a database: addresses, pools and time-outs.

use std::str::FromStr;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions, Connection};
use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};

use crate::ConnectError;

/// How long making a connection, or waiting for a free one, may take.
const CONNECT_TAKES: Duration = Duration::from_secs(5);

/// How long SQLite waits for another process that writes.
const BUSY_FOR: Duration = Duration::from_secs(5);

/// What Postgres is told for each connection, in milliseconds: so that nothing there waits for ever, and a
/// process that froze in a transaction does not hold its locks.
const POSTGRES_LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "8000"),
    ("lock_timeout", "6000"),
    ("idle_in_transaction_session_timeout", "15000"),
];

/// The connections that read and those that write: the same on Postgres; on SQLite one writes.
pub(super) async fn open(
    url: &str,
    max_connections: u32,
) -> Result<(DatabaseConnection, DatabaseConnection), ConnectError> {
    let max_connections = max_connections.max(1);
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("postgres" | "postgresql") => {
            let pool = open_postgres(url, max_connections).await?;
            Ok((pool.clone(), pool))
        }
        Some("sqlite") => open_sqlite(url, max_connections).await,
        _ => Err(ConnectError::Invalid(
            "the database's address must begin with 'postgres:' or 'sqlite:', \
             as in 'postgres://user:password@host/database' or 'sqlite:data/tickgraph.db'"
                .into(),
        )),
    }
}

async fn open_postgres(url: &str, max_connections: u32) -> Result<DatabaseConnection, ConnectError> {
    // The parser's own error is left out: it may repeat a part of the address.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        ConnectError::Invalid(
            "the Postgres address cannot be read; it must look like 'postgres://user:password@host:5432/database', \
             with special characters in the password written as %XX"
                .into(),
        )
    })?;
    let options = options.application_name("tickgraph").options(POSTGRES_LIMITS).disable_statement_logging();
    let what = format!("the Postgres server at {}:{}", options.get_host(), options.get_port());

    // The pool waits for a server that is starting; the first connection is made without it, so that a
    // wrong address or password is told at once and in the server's own words.
    match tokio::time::timeout(CONNECT_TAKES, options.connect()).await {
        Ok(Ok(first)) => drop(first.close().await),
        Ok(Err(error)) => return Err(ConnectError::server(what, error)),
        Err(_) => return Err(ConnectError::server(what, "it did not answer within 5 seconds")),
    }
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(CONNECT_TAKES)
        .connect_lazy_with(options);
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

async fn open_sqlite(
    url: &str,
    max_connections: u32,
) -> Result<(DatabaseConnection, DatabaseConnection), ConnectError> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(ConnectError::Invalid(
            "a SQLite database in memory cannot be shared by connections; name a file, as in 'sqlite:data/tickgraph.db'"
                .into(),
        ));
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|_| {
        ConnectError::Invalid(
            "the SQLite address cannot be read; it must look like 'sqlite:data/tickgraph.db'".into(),
        )
    })?;
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What was acknowledged survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_FOR)
        .foreign_keys(true)
        .disable_statement_logging();
    let what = format!("the SQLite file '{}'", options.get_filename().display());
    let pool = |connections: u32| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(CONNECT_TAKES)
            .max_lifetime(None)
            .idle_timeout(None)
    };
    // Made first, and by the writer: it creates the file and turns write-ahead logging on.
    let writer =
        pool(1).connect_with(options.clone()).await.map_err(|error| ConnectError::file(what, error))?;
    let reader = pool(max_connections).connect_lazy_with(options.pragma("query_only", "ON"));
    Ok((
        SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
        SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
    ))
}
