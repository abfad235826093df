//! Bad addresses give a clear error, at once and without the password.

use std::fmt::Write as _;
use std::sync::Arc;

use domain::clock::SystemClock;
use persistence::ConnectError;
use persistence::redis::{RedisBus, RedisOptions};
use persistence::sql::{SealKey, Sql, SqlOptions};
use persistence::testing::{PrivatePostgres, PrivateRedis};

use crate::or_skip;

const SECRET: &str = "hunter2";

async fn sql_error(url: &str) -> ConnectError {
    let options = SqlOptions {
        url: url.into(),
        max_connections: 1,
        clock: Arc::new(SystemClock),
        seal_key: Some(SealKey::new(*b"hunter2hunter2hunter2hunter2hunt")),
    };
    assert!(!format!("{options:?}").contains(SECRET));
    Sql::connect(options).await.expect_err(url)
}

async fn redis_error(url: &str) -> ConnectError {
    let options = RedisOptions::new(url);
    assert!(!format!("{options:?}").contains(SECRET));
    RedisBus::connect(options).await.expect_err(url)
}

/// The error with all its causes, as a log would show it.
fn whole(error: &ConnectError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        write!(text, " {inner} {inner:?}").unwrap();
        cause = inner.source();
    }
    assert!(!text.contains(SECRET), "the password is in: {text}");
    text
}

#[tokio::test]
async fn a_malformed_address_is_told() {
    for url in [
        "",
        "hunter2",
        "mysql://u:hunter2@h/d",
        "postgres://u:hunter2@h:notaport/d",
        "postgres://u:hunter2@[/d",
        "postgresql:///?sslmode=hunter2",
        "sqlite::memory:",
        "sqlite:x.db?mode=memory",
        "sqlite:x.db?mode=hunter2",
    ] {
        let error = sql_error(url).await;
        assert!(matches!(error, ConnectError::Invalid(_)), "{url}: {error}");
        whole(&error);
    }
    for url in ["", "hunter2", "http://u:hunter2@h", "redis://u:hunter2@h:notaport", "redis://u:hunter2@h/x"]
    {
        let error = redis_error(url).await;
        assert!(matches!(error, ConnectError::Invalid(_)), "{url}: {error}");
        whole(&error);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let sql = whole(&sql_error("postgres://u:hunter2@127.0.0.1:1/d").await);
    assert!(sql.contains("the Postgres server at 127.0.0.1:1 cannot be used"), "{sql}");
    let redis = whole(&redis_error("redis://u:hunter2@127.0.0.1:1/0").await);
    assert!(redis.contains("the Redis server at 127.0.0.1:1 cannot be used"), "{redis}");
    let file = whole(&sql_error("sqlite:/no/such/folder/x.db").await);
    assert!(file.contains("the SQLite file '/no/such/folder/x.db' cannot be used"), "{file}");
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    use persistence::testing::PASSWORD;
    if let Some(server) = or_skip(PrivatePostgres::start().await) {
        let error = whole(&sql_error(&server.url().replace(PASSWORD, SECRET)).await);
        assert!(error.contains("password authentication failed"), "{error}");
    }
    if let Some(server) = or_skip(PrivateRedis::start().await) {
        let error = whole(&redis_error(&server.url().replace(PASSWORD, SECRET)).await);
        assert!(error.contains("the Redis server at"), "{error}");
    }
}
