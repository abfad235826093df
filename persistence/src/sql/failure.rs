//! What goes wrong in a database call, cut by what the caller does next.

use std::error::Error;

use domain::store::StoreError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

/// Why the work of a port method ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database refused or is away.
    Database(DbErr),
    /// A row holds what none of ours writes.
    Row(String),
}

impl Failure {
    /// A row that cannot be read back; `what` names the column and the trouble, not the value.
    pub(super) fn row(what: impl Into<String>) -> Self {
        Self::Row(what.into())
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Row(what) => Self::Fault(what.into()),
            Failure::Database(error) if is_passing(&error) => Self::Unavailable(error.into()),
            Failure::Database(error) => Self::Fault(error.into()),
        }
    }
}

/// Whether the same call may succeed later.
fn is_passing(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => is_passing_in_driver(error),
        _ => false,
    }
}

fn is_passing_in_driver(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_code(&code)),
        _ => false,
    }
}

/// Postgres: SQLSTATEs of five characters. SQLite: extended result codes, as decimal numbers.
fn is_passing_code(code: &str) -> bool {
    if code.len() == 5 {
        // Connection trouble, out of resources, an operator's intervention; a transaction that lost
        // against another one, or did not get its lock in time.
        return ["08", "53", "57"].iter().any(|class| code.starts_with(class))
            || ["40001", "40P01", "55P03"].contains(&code);
    }
    // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN; the low byte
    // of an extended code is the primary one.
    code.parse::<u32>().is_ok_and(|code| [5, 6, 7, 10, 13, 14].contains(&(code & 0xff)))
}

/// An error that a conversion from a row gives, as a failure of that row.
pub(super) fn in_column<E: Into<Box<dyn Error + Send + Sync>>>(
    column: &'static str,
) -> impl Fn(E) -> Failure {
    move |error| Failure::row(format!("column {column}: {}", error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_succeed_later() {
        let cases = [
            ("08006", true),
            ("53300", true),
            ("57P01", true),
            ("57014", true),
            ("40001", true),
            ("40P01", true),
            ("55P03", true),
            ("23505", false),
            ("42P01", false),
            ("5", true),
            ("517", true),
            ("13", true),
            ("1555", false),
            ("787", false),
            ("1", false),
        ];
        for (code, passing) in cases {
            assert_eq!(is_passing_code(code), passing, "{code}");
        }
    }
}
