//! Interactive Brokers' market data, through its Gateway and the crate `ibapi`.
//!
//! [`IbMarketData`] is the port's implementation. Beneath it: `connection` keeps one session with the gateway
//! alive and tells how it is (`link`), `line` is one stream of quotes, trades or depth through all outages, `search`
//! finds instruments, `history` asks for bars and prints. What they send goes through one [`budget`].

pub mod budget;
mod connection;
mod contract;
mod history;
mod line;
mod link;
mod lookback;
mod pacing;
mod print;
mod refusal;
mod search;
mod tick;
mod timings;
mod upstream;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::bar::{Bar, BarQuery, BarSize};
use domain::clock::Clock;
use domain::depth::DepthValues;
use domain::instrument::{AssetClass, Instrument};
use domain::market_data::{ConnectionStatus, LineKind, MarketDataSource, SourceError, SourceEvent};
use domain::trade::TradeValues;
use domain::world::ConnectionId;
use futures::future;
use futures::stream::{BoxStream, StreamExt};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::WatchStream;

use connection::{Connection, Endpoint};
use history::History;
use line::Lines;
use line::depth::DepthFlow;
use line::quotes::QuoteFlow;
use line::trades::TradeFlow;
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
    quotes: Lines,
    trades: Lines,
    depth: Lines,
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
        let lines = |limit, interval| Lines::new(connection.clone(), limit, interval);
        Arc::new(Self {
            quotes: lines(options.line_limit, Duration::ZERO),
            trades: lines(trade_lines(options.line_limit), options.timings.trades_interval),
            depth: lines(depth_lines(options.line_limit), Duration::ZERO),
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

/// IB lets a twentieth of the market-data lines be followed tick by tick.
fn trade_lines(line_limit: usize) -> usize {
    (line_limit / 20).max(1)
}

/// IB shows the depth of one market for every hundred market-data lines, but of three at least and sixty at most.
fn depth_lines(line_limit: usize) -> usize {
    (line_limit / 100).clamp(3, 60)
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

    fn line_limit(&self, kind: LineKind) -> usize {
        match kind {
            LineKind::Quotes => self.quotes.limit(),
            LineKind::Trades => self.trades.limit(),
            LineKind::Depth => self.depth.limit(),
        }
    }

    async fn search(&self, text: &str) -> Result<Vec<Instrument>, SourceError> {
        self.search.find(text).await
    }

    async fn named(&self, wanted: &[(String, AssetClass)]) -> Result<Vec<Instrument>, SourceError> {
        self.search.named(wanted).await
    }

    fn quotes(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent> {
        self.quotes.stream::<QuoteFlow>(instrument)
    }

    fn trades(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent<TradeValues>> {
        self.trades.stream::<TradeFlow>(instrument)
    }

    fn depth(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent<DepthValues>> {
        self.depth.stream::<DepthFlow>(instrument)
    }

    async fn ticks(&self, instrument: &Instrument, count: usize) -> Result<Vec<TradeValues>, SourceError> {
        self.history.prints(instrument, count).await
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
