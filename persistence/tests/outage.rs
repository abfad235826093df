//! Servers that go away in mid-flight and come back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::audit::AuditAction;
use domain::bus::{Bus, Delivery, Demand, Message, Topic};
use domain::clock::SystemClock;
use domain::desk::{DeskQuestion, DeskRequests};
use domain::installation::InstallationStore;
use domain::lease::LeaseStore;
use domain::market_data::SourceError;
use domain::store::StoreError;
use domain::user::UserStore;
use futures::StreamExt;
use persistence::sql::{Sql, SqlOptions};
use persistence::testing::{PrivatePostgres, PrivateRedis};
use sea_orm::sqlx::{Connection, Executor, SqliteConnection};
use uuid::Uuid;

use crate::bus::{connect, next, next_message};
use crate::samples::{id_of, line, quote, user};
use crate::{at_once, eventually, or_skip, stores};

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed_and_comes_back() {
    let Some(mut server) = or_skip(PrivateRedis::start().await) else { return };
    let (desk, api) = (connect(&server).await, connect(&server).await);
    let topics = [1, 2].map(|number| Topic::Quotes(id_of(number)));
    let mut listeners = Vec::new();
    for topic in [topics[0], topics[0], topics[1]] {
        listeners.push(api.subscribe(topic).await.unwrap());
    }
    let left = api.subscribe(topics[1]).await.unwrap();
    let mut changes = desk.changes().await.unwrap();
    let mut questions = desk.questions().await.unwrap();
    let waiting = {
        let api = api.clone();
        tokio::spawn(async move { api.ask(DeskQuestion::Search("x".into()), Duration::from_mins(5)).await })
    };
    let unanswered = next(&mut questions).await;

    server.stop().await.unwrap();
    for listener in &mut listeners {
        assert_eq!(next(listener).await, Delivery::Interrupted);
    }
    drop(left);
    // Whoever waits is told at once, and nothing waits for a server that is known to be away.
    let reply = waiting.await.unwrap();
    assert!(matches!(reply, Err(SourceError::Unavailable(_))), "{reply:?}");
    assert!(questions.next().await.is_none(), "the questions end with the connection");
    let quote_of = |number, sequence| Message::Quote(quote(number, sequence));
    let begun = Instant::now();
    for _ in 0..50 {
        desk.publish(&[quote_of(1, 1)]).await.unwrap_err();
        api.subscribe(topics[0]).await.err().unwrap();
        api.announce(Uuid::new_v4(), &topics, Duration::from_secs(9)).await.unwrap_err();
        api.ping().await.unwrap_err();
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    (unanswered.answer)(Err(SourceError::Unavailable("too late".into()))).await;

    server.restart().await.unwrap();
    for listener in &mut listeners {
        assert_eq!(next(listener).await, Delivery::Resumed);
    }
    // From now on nothing is missed: the very first message that is accepted arrives.
    eventually("publishing works again", || async { desk.publish(&[quote_of(1, 2)]).await.ok() }).await;
    desk.publish(&[quote_of(2, 3)]).await.unwrap();
    for (listener, message) in listeners.iter_mut().zip([quote_of(1, 2), quote_of(1, 2), quote_of(2, 3)]) {
        assert_eq!(next_message(listener).await, message);
    }
    next(&mut changes).await;
    api.announce(Uuid::new_v4(), &topics, Duration::from_secs(9)).await.unwrap();
    next(&mut changes).await;
    assert_eq!(desk.wanted().await.unwrap().len(), 2);

    let mut questions = desk.questions().await.unwrap();
    let asking = api.ask(DeskQuestion::Search("again".into()), Duration::from_secs(20));
    let answering = async {
        let asked = next(&mut questions).await;
        (asked.answer)(Err(SourceError::Unavailable("answered".into()))).await;
    };
    assert_eq!(futures::join!(asking, answering).0, Err(SourceError::Unavailable("answered".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_stopped_and_comes_back() {
    let Some(mut server) = or_skip(PrivatePostgres::start().await) else { return };
    let url = server.create_database("outage").await.unwrap();
    let sql = Arc::new(stores::connect(&url).await);
    sql.migrate().await.unwrap();
    let installation = sql.open(Uuid::new_v4()).await.unwrap();
    let holder = Uuid::new_v4();
    let lease = sql.acquire(holder, Duration::from_mins(10)).await.unwrap().unwrap();

    server.stop().await.unwrap();
    let begun = Instant::now();
    let results = at_once(20, |_| {
        let sql = Arc::clone(&sql);
        async move { (sql.any().await, sql.acquire(Uuid::new_v4(), Duration::from_secs(1)).await) }
    })
    .await;
    for (read, written) in results {
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "two calls took {:?}", begun.elapsed());
    let begun = Instant::now();
    assert!(matches!(sql.ping().await, Err(StoreError::Unavailable(_))));
    assert!(begun.elapsed() < Duration::from_secs(4), "a ping took {:?}", begun.elapsed());

    server.restart().await.unwrap();
    eventually("the database answers again", || async { sql.ping().await.ok() }).await;
    assert_eq!(sql.open(Uuid::new_v4()).await.unwrap(), installation);
    let extended = sql.acquire(holder, Duration::from_mins(10)).await.unwrap();
    assert_eq!(extended, Some(lease), "what was acknowledged is still so");
}

/// Every connection of the pool breaks while none is in use: the next calls notice nothing.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_restarts_between_two_calls() {
    let Some(mut server) = or_skip(PrivatePostgres::start().await) else { return };
    let sql = Arc::new(stores::connect(&server.url()).await);
    sql.migrate().await.unwrap();
    let read_all = || {
        at_once(8, |_| {
            let sql = Arc::clone(&sql);
            async move { sql.any().await }
        })
    };
    for _ in 0..2 {
        for result in read_all().await {
            assert!(!result.unwrap());
        }
        server.restart().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_migrate_a_new_postgres_at_once() {
    let Some(server) = or_skip(PrivatePostgres::start().await) else { return };
    let url = server.create_database("fresh").await.unwrap();
    let mut processes = Vec::new();
    for _ in 0..4 {
        processes.push(Arc::new(stores::connect(&url).await));
    }
    let results = at_once(4, |number| {
        let sql = Arc::clone(&processes[number]);
        async move { sql.migrate().await }
    })
    .await;
    for result in results {
        result.unwrap();
    }
    assert!(processes[0].pending().await.unwrap().is_empty());
}

/// Another process writes for longer than we wait: the call fails as one to repeat, and reading goes on.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/busy.db", folder.path().display());
    let options =
        SqlOptions { url: url.clone(), max_connections: 2, clock: Arc::new(SystemClock), seal_key: None };
    let sql = Sql::connect(options).await.unwrap();
    sql.migrate().await.unwrap();
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();

    let (first, hash) = user("ann");
    let set_up = line(AuditAction::UserSetUp);
    let write = sql.create_first(&first, &hash, &set_up);
    let read = sql.any();
    let (written, read) = futures::join!(write, read);
    assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    assert!(!read.unwrap());
    other.execute("ROLLBACK").await.unwrap();
    assert!(sql.create_first(&first, &hash, &set_up).await.unwrap());
}
