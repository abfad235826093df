//! The stores on Postgres and SQLite.
//!
//! One port method is one statement or one transaction. Where two callers could meet, the transaction
//! first takes the row (or an advisory lock) that stands for what they meet at: the rules are then plain
//! code between a read and a write. On SQLite every writing transaction is `BEGIN IMMEDIATE` on the one
//! connection that writes, so those locks are not needed there (and SeaORM leaves them out).

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use domain::store::StoreError;
use migration::Migrator;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

use crate::ConnectError;

mod account;
mod alert;
mod api_key;
mod audit;
mod bar;
mod column;
mod delivery;
mod execution;
mod failure;
mod installation;
mod instrument;
mod layout;
mod lease;
mod mailbox;
mod order;
mod page;
mod pool;
mod seal;
mod second_factor;
mod session;
mod user;
mod watchlist;
mod webhook;

use failure::Failure;
use seal::Sealer;

pub use seal::SealKey;

/// How long one call may take, all its waiting included, before the database counts as not available.
const CALL_TAKES: Duration = Duration::from_secs(10);

/// How many rows one statement of orders and accounts writes, or ids it names: both databases bound the number of
/// parameters.
const AT_ONCE: usize = 500;

/// How long a ping may take.
const PING_TAKES: Duration = Duration::from_secs(2);

/// How long bringing the database up to date may take, including the wait for another process that does it.
const MIGRATION_TAKES: Duration = Duration::from_mins(2);

/// Which database, and how it is used.
#[derive(Clone)]
pub struct SqlOptions {
    /// `postgres://user:password@host:port/database` or `sqlite:path/to/file`.
    pub url: String,
    /// The most connections at a time (Postgres), or readers at a time (SQLite, which has one writer).
    pub max_connections: u32,
    /// The time of leases on SQLite; Postgres uses its own.
    pub clock: Arc<dyn Clock>,
    /// What secrets are sealed with. Without it, whatever needs one fails; all else works.
    pub seal_key: Option<SealKey>,
}

impl fmt::Debug for SqlOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, max_connections, clock: _, seal_key: _ } = self;
        formatter.debug_struct("SqlOptions").field("max_connections", max_connections).finish_non_exhaustive()
    }
}

/// All the stores of one database.
pub struct Sql {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    clock: Arc<dyn Clock>,
    sealer: Option<Sealer>,
}

impl fmt::Debug for Sql {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sql").field("backend", &self.backend()).finish_non_exhaustive()
    }
}

impl Sql {
    /// Connects; a database that does not answer is an error at once. A SQLite file is made where there
    /// is none. Nothing is migrated.
    pub async fn connect(options: SqlOptions) -> Result<Self, ConnectError> {
        let (reader, writer) = pool::open(&options.url, options.max_connections).await?;
        let sealer = options.seal_key.as_ref().map(Sealer::new);
        Ok(Self { reader, writer, clock: options.clock, sealer })
    }

    /// Brings the database up to date: all of it or nothing. Any number of processes may do so at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let work = async {
            let transaction = self.begin_write().await?;
            if self.on_postgres() {
                // Another process may be at it for longer than a statement may otherwise take.
                let limits = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";
                transaction.execute_unprepared(limits).await?;
            }
            self.lock(&transaction, Lock::Migration).await?;
            Migrator::up(&transaction, None).await?;
            transaction.commit().await?;
            Ok(())
        };
        bounded(MIGRATION_TAKES, work).await
    }

    /// The names of the changes that this database still lacks, oldest first; changes nothing.
    pub async fn pending(&self) -> Result<Vec<String>, StoreError> {
        run(async {
            let pending = Migrator::get_pending_migrations_read_only(&self.reader).await?;
            Ok(pending.iter().map(|change| change.name().to_owned()).collect())
        })
        .await
    }

    /// Closes every connection, after what is under way.
    pub async fn close(&self) {
        for pool in [&self.reader, &self.writer] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "the database connections were not closed cleanly");
            }
        }
    }

    fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    fn on_postgres(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// What secrets are sealed with.
    fn sealer(&self) -> Result<&Sealer, Failure> {
        self.sealer.as_ref().ok_or_else(|| Failure::row("this process was given no key to seal secrets with"))
    }

    /// Begins a transaction that writes; dropped before its commit, it changes nothing.
    async fn begin_write(&self) -> Result<DatabaseTransaction, Failure> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }

    /// Makes the transactions that take the same lock follow one another.
    async fn lock(&self, transaction: &DatabaseTransaction, lock: Lock) -> Result<(), Failure> {
        if self.on_postgres() {
            let statement = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_advisory_xact_lock($1)",
                [lock.key().into()],
            );
            transaction.execute_raw(statement).await?;
        }
        Ok(())
    }
}

/// What transactions follow one another for, where no row stands for it.
#[derive(Clone, Copy, Debug)]
enum Lock {
    Migration,
    FirstUser,
    Administrators,
    /// What desks write of orders, and the halts that they obey.
    Orders,
    Bars(domain::bar::Series),
}

impl Lock {
    /// The advisory lock's key. Two series that share a key only wait for each other.
    fn key(self) -> i64 {
        const OURS: i64 = 0x7469_636b_0000_0000;
        match self {
            Self::Migration => OURS,
            Self::FirstUser => OURS + 1,
            Self::Administrators => OURS + 2,
            Self::Orders => OURS + 3,
            Self::Bars(series) => {
                let (high, low) = series.instrument.uuid().as_u64_pair();
                (high ^ low.rotate_left(series.size as u32)).cast_signed() | 1 << 62
            }
        }
    }
}

/// Runs the work of one port method, and gives up when it takes too long.
async fn run<T>(work: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, StoreError> {
    bounded(CALL_TAKES, work).await
}

async fn bounded<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>> + Send,
) -> Result<T, StoreError> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result.map_err(StoreError::from),
        Err(elapsed) => Err(StoreError::Unavailable(elapsed.into())),
    }
}
