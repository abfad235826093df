//! The stores' contract, on SQLite and on Postgres.

use std::sync::Arc;

use domain::clock::SystemClock;
use migration::Migrator;
use persistence::sql::{SealKey, Sql, SqlOptions};
use persistence::testing::PrivatePostgres;
use sea_orm_migration::MigratorTrait;

use crate::{at_once, or_skip};

mod accounts;
mod administration;
mod alerts;
mod api_keys;
mod audit;
mod bars;
mod deliveries;
mod installation;
mod instruments;
mod layouts;
mod leases;
mod mailboxes;
mod old;
mod orders;
mod passwords;
mod second_factors;
mod secrets;
mod sessions;
mod users;
mod watchlists;
mod webhooks;

/// Two processes' worth of connections to one database.
#[derive(Clone)]
struct Pair {
    one: Arc<Sql>,
    other: Arc<Sql>,
}

impl Pair {
    async fn connect(url: &str) -> Self {
        Self { one: Arc::new(connect(url).await), other: Arc::new(connect(url).await) }
    }

    /// The connections of the process that the task of this number runs in.
    fn of(&self, number: usize) -> Arc<Sql> {
        Arc::clone(if number.is_multiple_of(2) { &self.one } else { &self.other })
    }
}

pub async fn connect(url: &str) -> Sql {
    connect_with(url, Some(SealKey::new([7; 32]))).await
}

/// Connects with another key, or with none.
async fn connect_with(url: &str, seal_key: Option<SealKey>) -> Sql {
    let options = SqlOptions { url: url.into(), max_connections: 8, clock: Arc::new(SystemClock), seal_key };
    Sql::connect(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    contract(&format!("sqlite:{}/new.db", folder.path().display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_postgres() {
    let Some(server) = or_skip(PrivatePostgres::start().await) else { return };
    contract(&server.url()).await;
}

async fn contract(url: &str) {
    let pair = Pair::connect(url).await;
    migrations(&pair).await;
    migrations_can_be_undone(&pair, url).await;
    installation::contract(&pair, url).await;
    instruments::contract(&pair).await;
    bars::contract(&pair).await;
    users::contract(&pair).await;
    sessions::contract(&pair).await;
    passwords::contract(&pair).await;
    administration::contract(&pair).await;
    api_keys::contract(&pair).await;
    second_factors::contract(&pair).await;
    audit::contract(&pair).await;
    secrets::contract(&pair, url).await;
    watchlists::contract(&pair).await;
    alerts::contract(&pair).await;
    alerts::pruned(&pair).await;
    alerts::unreadable(&pair, url).await;
    webhooks::contract(&pair, url).await;
    mailboxes::contract(&pair).await;
    deliveries::contract(&pair, url).await;
    layouts::contract(&pair).await;
    accounts::contract(&pair).await;
    orders::contract(&pair).await;
    leases::contract(&pair).await;
    alerts::fenced(&pair).await;
    orders::fenced(&pair).await;
}

async fn migrations(pair: &Pair) {
    let pending = pair.one.pending().await.unwrap();
    assert!(pending.len() >= 18, "{pending:?}");
    let results = at_once(4, |number| {
        let sql = pair.of(number);
        async move { sql.migrate().await }
    })
    .await;
    for result in results {
        result.unwrap();
    }
    assert_eq!(pair.other.pending().await.unwrap(), Vec::<String>::new());
}

async fn migrations_can_be_undone(pair: &Pair, url: &str) {
    let database = sea_orm::Database::connect(url).await.unwrap();
    Migrator::down(&database, None).await.unwrap();
    assert_eq!(pair.one.pending().await.unwrap().len(), Migrator::migrations().len());
    database.close().await.unwrap();
    pair.one.migrate().await.unwrap();
    assert_eq!(pair.other.pending().await.unwrap(), Vec::<String>::new());
}
