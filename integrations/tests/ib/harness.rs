//! A simulated gateway with our client in front of it, and patience with a limit.

use std::fmt::Debug;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::RefusalCode;
use domain::clock::SystemClock;
use domain::depth::DepthValues;
use domain::instrument::Instrument;
use domain::market_data::{ConnectionState, ConnectionStatus, MarketDataSource, SourceError, SourceEvent};
use domain::quote::{FeedState, QuoteValues};
use domain::trade::TradeValues;
use domain::world::ConnectionId;
use engine::tick::{Tick, TickKind};
use futures::stream::{BoxStream, StreamExt};
use integrations::ib::{IbMarketData, IbOptions, IbTimings};
use rust_decimal::Decimal;
use simulator::exchange::{Exchange, ExchangeOptions};
use simulator::gateway::{Gateway, GatewayOptions};
use time::OffsetDateTime;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Quick enough for a test, yet slow enough for a machine that is busy with others.
pub(crate) fn timings() -> IbTimings {
    IbTimings {
        connect: Duration::from_secs(2),
        probe_interval: Duration::from_millis(100),
        silence: Duration::from_secs(2),
        back_off: Duration::from_millis(50),
        back_off_limit: Duration::from_millis(200),
        search_interval: Duration::from_millis(10),
        line_patience: Duration::from_millis(500),
        trades_interval: Duration::from_millis(10),
        history_patience: Duration::from_secs(5),
        doubt: Duration::from_millis(300),
        retry: Duration::from_millis(100),
        ..IbTimings::default()
    }
}

/// Waits for something that must come.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_elapsed| panic!("{what} did not come"))
}

pub(crate) struct World {
    pub(crate) exchange: Exchange,
    pub(crate) gateway: Gateway,
    pub(crate) source: Arc<IbMarketData>,
}

impl World {
    /// A gateway as usual, and a connection to it.
    pub(crate) async fn start() -> Self {
        Self::with(|_gateway| {}, |_ours| {}).await
    }

    /// The same, with other options.
    pub(crate) async fn with(
        gateway: impl FnOnce(&mut GatewayOptions),
        ours: impl FnOnce(&mut IbOptions),
    ) -> Self {
        let world = Self::unconnected(gateway, ours).await;
        world.connected().await;
        world
    }

    /// The same, without waiting for the connection.
    pub(crate) async fn unconnected(
        gateway: impl FnOnce(&mut GatewayOptions),
        ours: impl FnOnce(&mut IbOptions),
    ) -> Self {
        let exchange = Exchange::start(ExchangeOptions { seed: 7, clock: Arc::new(SystemClock) });
        let mut options = GatewayOptions::new(SocketAddr::from(([127, 0, 0, 1], 0)));
        gateway(&mut options);
        let gateway = Gateway::start(exchange.clone(), options).await.unwrap();
        let mut options = options_for(gateway.address().to_string());
        ours(&mut options);
        Self { exchange, source: IbMarketData::start(options), gateway }
    }

    pub(crate) async fn connected(&self) -> ConnectionStatus {
        self.status(ConnectionState::Connected).await
    }

    /// Waits until the connection is in this state.
    pub(crate) async fn status(&self, state: ConnectionState) -> ConnectionStatus {
        self.status_that(|status| status.state == state).await
    }

    /// Waits until the connection is like this.
    pub(crate) async fn status_that(&self, like: impl Fn(&ConnectionStatus) -> bool) -> ConnectionStatus {
        let mut changes = self.source.changes();
        let now = self.source.status();
        if like(&now) {
            return now;
        }
        soon("a change of the connection", async {
            loop {
                let status = changes.next().await.expect("the changes never end");
                if like(&status) {
                    return status;
                }
            }
        })
        .await
    }

    /// The best find for a text.
    pub(crate) async fn find(&self, text: &str) -> Instrument {
        let found = soon("a search", self.source.search(text)).await.unwrap();
        found.into_iter().next().unwrap_or_else(|| panic!("'{text}' is not found"))
    }

    pub(crate) fn quotes(&self, instrument: &Instrument) -> Quotes {
        Quotes { events: self.source.quotes(instrument) }
    }

    /// The trades of an instrument, once the gateway serves them.
    pub(crate) async fn trades(&self, instrument: &Instrument) -> Trades {
        let before = self.gateway.tick_by_tick_streams_in_use();
        let mut trades = Trades { events: self.source.trades(instrument) };
        let served = async {
            while self.gateway.tick_by_tick_streams_in_use() == before {
                tokio::select! {
                    // The stream is driven by whoever reads it.
                    event = trades.events.next() => panic!("an event before the stream was served: {event:?}"),
                    () = tokio::task::yield_now() => {}
                }
            }
        };
        soon("the stream of trades", served).await;
        trades
    }

    /// Waits until the gateway serves this many streams of trades.
    pub(crate) async fn tapes(&self, count: usize) {
        soon("the number of streams of trades", async {
            while self.gateway.tick_by_tick_streams_in_use() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub(crate) fn depth(&self, instrument: &Instrument) -> Depth {
        Depth { events: self.source.depth(instrument) }
    }

    /// Prints a trade of one share at this price.
    pub(crate) fn trade(&self, instrument: &Instrument, price: &str) {
        let kind = TickKind::Trade { price: price.parse().unwrap(), size: Decimal::ONE };
        self.publish(instrument, kind);
    }

    pub(crate) fn publish(&self, instrument: &Instrument, kind: TickKind) {
        let at = OffsetDateTime::from_unix_timestamp(1_795_350_000).unwrap();
        self.exchange.publish(con_id(instrument), [Tick { at, kind }]);
    }

    /// Stops the generated ticks of an instrument.
    pub(crate) fn hold(&self, instrument: &Instrument) {
        self.exchange.hold(con_id(instrument));
    }

    /// Waits until the gateway has this many lines in use.
    pub(crate) async fn lines(&self, count: usize) {
        soon("the number of lines", async {
            while self.gateway.lines_in_use() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

pub(crate) fn con_id(instrument: &Instrument) -> i32 {
    i32::try_from(instrument.broker_id).unwrap()
}

pub(crate) fn options_for(address: String) -> IbOptions {
    IbOptions {
        connection: ConnectionId::new("ib"),
        address,
        client_id: 7,
        line_limit: 100,
        clock: Arc::new(SystemClock),
        timings: timings(),
    }
}

/// A stream of one instrument.
pub(crate) struct Events<V> {
    pub(crate) events: BoxStream<'static, SourceEvent<V>>,
}

pub(crate) type Quotes = Events<QuoteValues>;
pub(crate) type Trades = Events<TradeValues>;
pub(crate) type Depth = Events<DepthValues>;

impl<V: Debug + PartialEq> Events<V> {
    pub(crate) async fn next(&mut self) -> Option<SourceEvent<V>> {
        soon("an event of a stream", self.events.next()).await
    }

    /// The next event that is like this.
    pub(crate) async fn that(
        &mut self,
        what: &str,
        like: impl Fn(&SourceEvent<V>) -> bool,
    ) -> SourceEvent<V> {
        soon(what, async {
            loop {
                let event =
                    self.events.next().await.unwrap_or_else(|| panic!("the stream ended before {what}"));
                if like(&event) {
                    return event;
                }
            }
        })
        .await
    }

    /// The next values.
    pub(crate) async fn values(&mut self) -> V {
        match self.that("values", |event| matches!(event, SourceEvent::Values(_))).await {
            SourceEvent::Values(values) => values,
            _ => unreachable!(),
        }
    }

    /// Waits for this state, and returns its reason.
    pub(crate) async fn state(&mut self, state: FeedState) -> Option<String> {
        let what = format!("the state {}", state.as_str());
        match self.that(&what, |event| matches!(event, SourceEvent::State(said, _) if *said == state)).await {
            SourceEvent::State(_, reason) => reason,
            _ => unreachable!(),
        }
    }

    /// All events up to the state LIVE, without the values, by name.
    pub(crate) async fn way_back(&mut self) -> Vec<&'static str> {
        let mut way = Vec::new();
        loop {
            let step = match self.next().await.expect("the stream goes on") {
                SourceEvent::Values(_) => "VALUES",
                SourceEvent::State(state, _) => state.as_str(),
                SourceEvent::Lost(_) => "LOST",
                SourceEvent::Ended(error) => panic!("the stream ended: {error}"),
            };
            way.push(step);
            if step == "LIVE" {
                way.dedup();
                return way;
            }
        }
    }
}

impl<V: Debug + PartialEq> Events<V> {
    /// The refusal with which the stream ends.
    pub(crate) async fn refusal(&mut self) -> (RefusalCode, String) {
        let ended = self.that("a refusal", |event| matches!(event, SourceEvent::Ended(_))).await;
        assert_eq!(self.next().await, None, "nothing follows the end");
        match ended {
            SourceEvent::Ended(SourceError::Rejected { code, message }) => (code, message),
            other => panic!("not rejected: {other:?}"),
        }
    }
}

impl Quotes {
    /// Waits for values with this last price.
    pub(crate) async fn last(&mut self, price: &str) -> QuoteValues {
        loop {
            let values = self.values().await;
            if values.last.is_some_and(|last| last.price.to_string() == price) {
                return values;
            }
        }
    }
}
