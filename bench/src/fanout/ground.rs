//! What all servers of a benchmark stand on: a private Postgres and Redis, and the instruments.

use std::sync::Arc;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clock::{Clock, SystemClock};
use domain::installation::InstallationStore;
use domain::instrument::{AssetClass, Instrument, InstrumentId, InstrumentStore};
use domain::world::{ConnectionId, Environment};
use persistence::redis::{RedisBus, RedisOptions};
use persistence::sql::{Sql, SqlOptions};
use persistence::testing::{PrivatePostgres, PrivateRedis};
use redis::aio::MultiplexedConnection;
use rust_decimal::Decimal;
use tempfile::TempDir;
use tests::installation::KEY;
use tests::program::Settings;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::publisher::{Publisher, Wire, heartbeat};
use super::server::Peer;
use crate::process::Cores;

/// The most instruments of any row.
const INSTRUMENTS: usize = 100;

/// The servers behind the servers. They end with it.
pub struct Ground {
    /// How the cores are shared out.
    pub cores: Cores,
    /// The settings of our own server.
    pub settings: Settings,
    /// The process id of Redis.
    pub redis_id: u32,
    /// Whether our administrator has been set up.
    pub is_set_up: bool,
    redis: PrivateRedis,
    connection: MultiplexedConnection,
    bus: RedisBus,
    heartbeat: AbortHandle,
    instruments: Arc<Vec<InstrumentId>>,
    _postgres: PrivatePostgres,
    _folder: TempDir,
}

impl Ground {
    /// Starts the servers, and writes the instruments into the database.
    pub async fn open(cores: Cores) -> anyhow::Result<Self> {
        let missing = |error| anyhow::anyhow!("a server is not there: {error}");
        let postgres = PrivatePostgres::start().await.map_err(missing)?;
        let redis = PrivateRedis::start().await.map_err(missing)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let options = SqlOptions { url: postgres.url(), max_connections: 2, clock, seal_key: None };
        let sql = Sql::connect(options).await?;
        sql.migrate().await?;
        let installation = sql.open(Uuid::now_v7()).await?;
        let instruments: Vec<_> = (0..INSTRUMENTS).map(instrument).collect();
        sql.put(&instruments).await?;
        sql.close().await;

        let prefix = format!("tickgraph:{}:", installation.id);
        let bus = RedisBus::connect(RedisOptions { url: redis.url(), prefix }).await?;
        let mut connection = redis::Client::open(redis.url())?.get_multiplexed_async_connection().await?;
        let told: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
        let id = told.lines().find_map(|line| line.strip_prefix("process_id:"));
        let redis_id =
            id.and_then(|id| id.trim().parse().ok()).context("Redis does not tell its process id")?;

        let folder = TempDir::new()?;
        let settings = Settings::in_folder(folder.path())
            .with("DATABASE_URL", postgres.url())
            .with("REDIS_URL", redis.url())
            .with("TICKGRAPH_KEY", KEY)
            // One user stands for all subscribers here.
            .with("TICKGRAPH_COST_CAPACITY", "1000000000")
            .with("TICKGRAPH_COST_PER_SECOND", "1000000000")
            .with("TICKGRAPH_SOCKETS_PER_USER", "20000")
            .with("TICKGRAPH_SOCKETS_PER_ADDRESS", "20000")
            .with("TICKGRAPH_STREAMS_PER_USER", "2000000");
        Ok(Self {
            cores,
            settings,
            redis_id,
            is_set_up: false,
            redis,
            connection,
            heartbeat: heartbeat(bus.clone()),
            bus,
            instruments: Arc::new(instruments.iter().map(|instrument| instrument.id).collect()),
            _postgres: postgres,
            _folder: folder,
        })
    }

    /// The address of Redis, with its password.
    pub fn redis_url(&self) -> String {
        self.redis.url()
    }

    /// A publisher for this server's subscribers.
    pub fn publisher(&self, peer: Peer) -> Publisher {
        let wire = match peer {
            Peer::Tickgraph => {
                Wire::Desk { bus: self.bus.clone(), instruments: Arc::clone(&self.instruments) }
            }
            Peer::Stock | Peer::GraphqlWs => Wire::Json(self.connection.clone()),
            Peer::Mercurius => Wire::Msgpack(self.connection.clone()),
        };
        Publisher::new(wire, INSTRUMENTS)
    }

    /// The ids of the first `count` instruments, as this server's clients name them.
    pub fn ids(&self, peer: Peer, count: usize) -> Vec<String> {
        match peer {
            Peer::Tickgraph => {
                let ids = self.instruments.iter().take(count);
                ids.map(|id| URL_SAFE_NO_PAD.encode(format!("Instrument:{id}"))).collect()
            }
            Peer::Stock | Peer::Mercurius | Peer::GraphqlWs => {
                (0..count).map(|index| index.to_string()).collect()
            }
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

fn instrument(index: usize) -> Instrument {
    let (connection, environment) = (ConnectionId::new("ib"), Environment::Simulated);
    let broker_id = i64::try_from(index).unwrap_or_default() + 1;
    Instrument {
        id: InstrumentId::derive(&connection, environment, broker_id),
        connection,
        environment,
        broker_id,
        symbol: format!("BENCH{index}"),
        name: format!("BENCHMARK {index}"),
        asset_class: AssetClass::Stock,
        exchange: "SMART".into(),
        primary_exchange: None,
        currency: "USD".into(),
        price_increment: Decimal::new(1, 2),
        multiplier: Decimal::ONE,
        time_zone: "America/New_York".into(),
    }
}
