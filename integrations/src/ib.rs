//! Interactive Brokers' market data, through its Gateway and the crate `ibapi`.
//!
//! [`IbMarketData`] is the port's implementation. Beneath it: `connection` keeps one session with the gateway
//! alive and tells how it is (`link`), `line` is one quote stream through all outages, `search` finds
//! instruments, `history` asks for bars. What they send goes through one [`budget`].

pub mod budget;
mod connection;
mod contract;
mod history;
mod line;
mod link;
mod lookback;
mod pacing;
mod refusal;
mod search;
mod tick;
mod timings;
mod upstream;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::bar::{Bar, BarQuery, BarSize};
use domain::clock::Clock;
use domain::instrument::{AssetClass, Instrument};
use domain::market_data::{ConnectionStatus, MarketDataSource, SourceError, SourceEvent};
use domain::world::ConnectionId;
use futures::future;
use futures::stream::{BoxStream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::WatchStream;

use connection::{Connection, Endpoint};
use history::History;
use line::Lines;
use search::Search;
pub use timings::IbTimings;

/// What a connection to a gateway needs to know.
#[derive(Clone)]
pub struct IbOptions {
    /// What the connection is called.
    pub connection: ConnectionId,
    /// Where the gateway listens: `127.0.0.1:4002`.
    pub address: String,
    /// The API client id; the gateway lets each be used once at a time.
    pub client_id: i32,
    /// How many market-data lines the account has.
    pub line_limit: usize,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Every delay.
    pub timings: IbTimings,
}

/// Market data of Interactive Brokers. It connects by itself, again and again, until it is stopped or dropped.
pub struct IbMarketData {
    connection: Arc<Connection>,
    line_limit: usize,
    lines: Lines,
    search: Search,
    history: History,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

impl IbMarketData {
    /// Begins to connect. Must be called within a tokio runtime.
    pub fn start(options: IbOptions) -> Arc<Self> {
        let endpoint =
            Endpoint { id: options.connection, address: options.address, client_id: options.client_id };
        let connection = Arc::new(Connection::new(endpoint, options.clock, options.timings));
        let runtime = Handle::current();
        let keeper = runtime.spawn(connection::keep(connection.clone()));
        let slots = Arc::new(Semaphore::new(options.line_limit.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            line_limit: options.line_limit,
            lines: Lines { connection: connection.clone(), slots, runtime: runtime.clone() },
            search: Search::new(connection.clone()),
            history: History::new(connection.clone(), runtime),
            connection,
            keeper: Mutex::new(Some(keeper)),
        })
    }

    /// Closes the connection for good, and waits until that is done. Every stream ends.
    pub async fn stop(&self) {
        self.connection.stop();
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keeper) = keeper
            && let Err(fault) = keeper.await
        {
            tracing::error!(%fault, "the keeper of the connection ended by a fault");
        }
    }
}

impl Drop for IbMarketData {
    fn drop(&mut self) {
        self.connection.stop();
    }
}

#[async_trait]
impl MarketDataSource for IbMarketData {
    fn status(&self) -> ConnectionStatus {
        self.connection.status()
    }

    fn changes(&self) -> BoxStream<'static, ConnectionStatus> {
        let mut link = self.connection.follow();
        let mut last = link.borrow_and_update().status.clone();
        WatchStream::from_changes(link)
            .filter_map(move |link| {
                let news = (link.status != last).then(|| link.status.clone());
                last = link.status;
                future::ready(news)
            })
            .boxed()
    }

    fn line_limit(&self) -> usize {
        self.line_limit
    }

    async fn search(&self, text: &str) -> Result<Vec<Instrument>, SourceError> {
        self.search.find(text).await
    }

    async fn named(&self, wanted: &[(String, AssetClass)]) -> Result<Vec<Instrument>, SourceError> {
        self.search.named(wanted).await
    }

    fn quotes(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent> {
        self.lines.stream(instrument)
    }

    async fn bars(
        &self,
        instrument: &Instrument,
        size: BarSize,
        query: BarQuery,
    ) -> Result<Vec<Bar>, SourceError> {
        self.history.bars(instrument, size, query).await
    }
}
