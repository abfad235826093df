//! The bus between processes, over Redis.
//!
//! Commands go through a pool; what is pushed to us comes over one RESP3 connection of the process
//! ([`link`]), which makes itself anew when it is lost. While it is away, everything here fails at once
//! instead of waiting for a time-out: the link's own probe finds out when the server is back.
//!
//! Keys (after the prefix): `last:<topic>` the retained message; `demand` the nodes, `demand:<node>` what
//! one wants; `questions` the queue, `question:<node>:<n>` one question for as long as somebody waits;
//! `bucket:<name>` a token bucket that is not full.
//! Channels: `topic:<topic>`, `demand`, `questions`, `replies:<node>`.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::{Connection, Manager, Pool, Runtime};
use domain::bus::BusError;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, FromRedisValue, IntoConnectionInfo, Pipeline,
    ProtocolVersion,
};
use uuid::Uuid;

use crate::ConnectError;
use crate::local::LocalLimiter;

mod bus;
mod demand;
mod limiter;
mod link;
mod requests;

use link::{Link, Sink};
use requests::Pending;

/// How long connecting, or an answer to a command, may take.
const ANSWER_TAKES: Duration = Duration::from_secs(1);

/// How long an answer to a probe of the link may take. Longer, for more hangs on it: a probe that is late
/// on a busy machine must not interrupt every listener.
const PROBE_TAKES: Duration = Duration::from_secs(2);

/// The most connections for commands.
const MOST_CONNECTIONS: usize = 16;

/// Which Redis, and where in it.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://user:password@host:port/database`.
    pub url: String,
    /// Stands before every key and channel, so that installations can share a server.
    pub prefix: String,
}

impl RedisOptions {
    /// The server at `url`, with the usual prefix.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), prefix: "tickgraph:".into() }
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, prefix } = self;
        formatter.debug_struct("RedisOptions").field("prefix", prefix).finish_non_exhaustive()
    }
}

/// Bus, demand, desk requests and token buckets over Redis. Clones share their connections.
#[derive(Clone)]
pub struct RedisBus {
    commands: Commands,
    link: Link,
    names: Arc<Names>,
    node: Uuid,
    pending: Arc<Pending>,
    limiter: Arc<LocalLimiter>,
    bucket_takes: Duration,
}

impl RedisBus {
    /// Connects; a server that does not answer within a second is an error. Later losses heal by themselves.
    pub async fn connect(options: RedisOptions) -> Result<Self, ConnectError> {
        let info = connection_info(&options.url)?;
        let what = format!("the Redis server at {}", info.addr());
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER_TAKES))
            .set_response_timeout(Some(ANSWER_TAKES));
        let unusable = |error| ConnectError::server(what.clone(), error);

        let manager = Manager::new_with_config(info.clone(), config.clone()).map_err(unusable)?;
        let pool = Pool::builder(manager)
            .max_size(MOST_CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .timeouts(deadpool_redis::Timeouts {
                wait: Some(ANSWER_TAKES),
                create: Some(ANSWER_TAKES),
                recycle: Some(ANSWER_TAKES),
            })
            .build()
            .map_err(|error| ConnectError::server(what.clone(), error))?;
        let client = Client::open(info).map_err(unusable)?;
        let link =
            Link::connect(client, config.set_response_timeout(Some(PROBE_TAKES))).await.map_err(unusable)?;

        let node = Uuid::new_v4();
        let names = Arc::new(Names { prefix: options.prefix });
        let pending = Arc::new(Pending::default());
        let replies = Sink::Replies(Arc::clone(&pending));
        link.listen(names.replies(node), replies)
            .await
            .map_err(|error| ConnectError::server(what, error))?
            .keep();
        Ok(Self {
            commands: Commands { pool, link: link.clone() },
            link,
            names,
            node,
            pending,
            limiter: Arc::default(),
            bucket_takes: limiter::BUCKET_TAKES,
        })
    }

    /// The same, but waiting so long for a token bucket before this node counts by itself.
    #[must_use]
    pub fn with_bucket_patience(self, bucket_takes: Duration) -> Self {
        Self { bucket_takes, ..self }
    }
}

impl fmt::Debug for RedisBus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RedisBus").field("node", &self.node).finish_non_exhaustive()
    }
}

/// Reads an address. The parser's own error is left out: it may repeat a part of the address.
fn connection_info(url: &str) -> Result<ConnectionInfo, ConnectError> {
    let info = url.into_connection_info().map_err(|_| {
        ConnectError::Invalid(
            "the Redis address cannot be read; it must look like 'redis://user:password@host:6379/0', \
             with special characters in the password written as %XX"
                .into(),
        )
    })?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(settings))
}

/// The names of keys and channels.
struct Names {
    prefix: String,
}

impl Names {
    fn of(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn replies(&self, node: Uuid) -> String {
        format!("{}replies:{node}", self.prefix)
    }
}

/// Commands and their answers.
#[derive(Clone)]
struct Commands {
    pool: Pool,
    link: Link,
}

impl Commands {
    /// Sends these in one round trip. Fails at once while the link is down.
    async fn run<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, BusError> {
        let mut connection = self.connection().await?;
        pipeline.query_async(&mut connection).await.map_err(away)
    }

    /// A connection to send something else over. Fails at once while the link is down.
    async fn connection(&self) -> Result<Connection, BusError> {
        if !self.link.is_up() {
            return Err(away("the connection to Redis is down; it is being made again"));
        }
        self.pool.get().await.map_err(away)
    }
}

fn away(cause: impl Into<Box<dyn Error + Send + Sync>>) -> BusError {
    BusError(cause.into())
}
