//! A desk with everything around it under the test's control.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use desk::{Desk, DeskOptions, DeskPorts};
use domain::alert::AlertWatchStore;
use domain::bar::{Bar, BarQuery, BarSize, BarStore, BarUpdate, Series, TimeRange};
use domain::bus::{Bus, BusError, Delivery, Demand, Message, Topic};
use domain::clock::Clock;
use domain::decimal::{Price, Quantity};
use domain::depth::{Depth, DepthValues};
use domain::desk::{DeskQuestion, DeskReply, DeskRequests, DeskStatus};
use domain::installation::{Installation, InstallationStore};
use domain::instrument::{AssetClass, Instrument, InstrumentId, InstrumentStore};
use domain::lease::{Lease, LeaseStore};
use domain::market_data::{
    ConnectionState, ConnectionStatus, LineKind, MarketDataSource, SourceError, SourceEvent,
};
use domain::quote::{Quote, QuoteLevel, QuoteValues};
use domain::store::StoreError;
use domain::trade::{Trade, TradeValues};
use domain::world::{ConnectionId, Environment};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use persistence::local::LocalBus;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::outbox::{Counting, Outbox, Receivers};

const PATIENCE: Duration = Duration::from_mins(2);

/// A last trade at `price`, with the day's volume.
pub fn trade(price: i64, volume: i64) -> QuoteValues {
    QuoteValues {
        last: Some(QuoteLevel { price: Price::new(Decimal::from(price)), size: None }),
        volume: Quantity::new(Decimal::from(volume)),
        ..QuoteValues::default()
    }
}

/// A print.
pub fn print(price: i64, size: i64) -> TradeValues {
    TradeValues {
        price: Price::new(Decimal::from(price)),
        size: Quantity::new(Decimal::from(size)),
        exchange: Some("ARCA".into()),
        conditions: None,
        unreported: false,
        past_limit: false,
        source_at: None,
    }
}

/// A bar of whole prices.
pub fn bar(time: OffsetDateTime, open: i64, high: i64, low: i64, close: i64, volume: i64) -> Bar {
    let price = |units: i64| Price::new(Decimal::from(units));
    Bar {
        time,
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: Quantity::new(Decimal::from(volume)),
    }
}

/// A clock that runs so many times as fast as tokio's, which the test can move.
struct TokioClock(Instant, u32);

impl Clock for TokioClock {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-20 15:00:10 UTC) + self.0.elapsed() * self.1
    }
}

/// What is around a desk.
#[derive(Clone, Copy)]
struct Surroundings {
    broker: Environment,
    database: Option<Environment>,
    lines: usize,
    /// How fast the market's time goes by.
    speed: u32,
}

const USUAL: Surroundings =
    Surroundings { broker: Environment::Simulated, database: None, lines: 100, speed: 1 };

/// A desk and its surroundings.
pub struct World {
    pub source: Arc<Broker>,
    pub outbox: Arc<Outbox>,
    pub receivers: Arc<Receivers>,
    bus: Arc<LocalBus>,
    pub wire: Arc<Wire>,
    ports: DeskPorts,
    database: Arc<Database>,
    node: Uuid,
    announcing: Mutex<CancellationToken>,
    leader: Mutex<tokio::task::JoinHandle<()>>,
    stop: CancellationToken,
}

impl World {
    pub fn start() -> Self {
        Self::build(USUAL)
    }

    /// A desk without a broker.
    pub fn without_a_broker() -> Self {
        Self::with(USUAL, |ports| ports.source = Arc::new(|_| None))
    }

    /// A desk with alerts of another store.
    pub fn with_alerts(alerts: Arc<dyn AlertWatchStore>) -> Self {
        Self::with(USUAL, |ports| ports.alerts = alerts)
    }

    pub fn with_lines(lines: usize) -> Self {
        Self::build(Surroundings { lines, ..USUAL })
    }

    /// A recorded day that goes by so many times as fast as it was.
    pub fn at_speed(speed: u32) -> Self {
        Self::build(Surroundings { speed, ..USUAL })
    }

    /// A broker of one world and a database that belongs to another.
    pub fn of(broker: Environment, database: Option<Environment>) -> Self {
        Self::build(Surroundings { broker, database, ..USUAL })
    }

    fn build(surroundings: Surroundings) -> Self {
        Self::with(surroundings, |_| {})
    }

    fn with(surroundings: Surroundings, change: impl FnOnce(&mut DeskPorts)) -> Self {
        let Surroundings { broker, database, lines, speed } = surroundings;
        let clock: Arc<dyn Clock> = Arc::new(TokioClock(Instant::now(), 1));
        let source = Arc::new(Broker::new(broker, lines, clock.now()));
        let database = Arc::new(Database { world: Mutex::new(database), ..Database::new(&source) });
        let bus = Arc::new(LocalBus::new());
        let wire = Arc::new(Wire { bus: bus.clone(), away: AtomicBool::new(false) });
        let shared = source.clone();
        let (outbox, receivers) = (Arc::new(Outbox::default()), Arc::new(Receivers::default()));
        let mut ports = DeskPorts {
            lease: database.clone(),
            installation: database.clone(),
            instruments: database.clone(),
            bars: database.clone(),
            alerts: outbox.clone(),
            deliveries: outbox.clone(),
            webhooks: receivers.clone(),
            mailer: Some(receivers.clone()),
            random: Arc::new(Counting::default()),
            bus: wire.clone(),
            demand: bus.clone(),
            requests: bus.clone(),
            source: Arc::new(move |_| Some(shared.clone() as Arc<dyn MarketDataSource>)),
            clock,
            market_clock: Arc::new(TokioClock(Instant::now(), speed)),
        };
        change(&mut ports);
        let stop = CancellationToken::new();
        let leader = Mutex::new(run(ports.clone(), stop.clone()));
        Self {
            source,
            outbox,
            receivers,
            bus,
            wire,
            ports,
            database,
            node: Uuid::new_v4(),
            announcing: Mutex::new(CancellationToken::new()),
            leader,
            stop,
        }
    }

    pub fn now(&self) -> OffsetDateTime {
        self.ports.clock.now()
    }

    /// The market's time.
    pub fn market_now(&self) -> OffsetDateTime {
        self.ports.market_clock.now()
    }

    pub fn instrument(&self, symbol: &str) -> InstrumentId {
        self.source.instruments.iter().find(|known| known.symbol == symbol).unwrap().id
    }

    /// Wants exactly these topics from now on, and listens to the last of them.
    pub async fn watch(&self, topics: &[Topic]) -> Listener {
        let deliveries = self.bus.subscribe(*topics.last().unwrap()).await.unwrap();
        let token = CancellationToken::new();
        std::mem::replace(&mut *self.announcing.lock().unwrap(), token.clone()).cancel();
        let (bus, node, topics) = (self.bus.clone(), self.node, topics.to_vec());
        bus.announce(node, &topics, Duration::from_secs(15)).await.unwrap();
        tokio::spawn(async move {
            while !token.is_cancelled() {
                bus.announce(node, &topics, Duration::from_secs(15)).await.unwrap();
                tokio::select! {
                    () = token.cancelled() => {}
                    () = tokio::time::sleep(Duration::from_secs(5)) => {}
                }
            }
        });
        Listener(deliveries)
    }

    /// Listens, without wanting anything.
    pub async fn listen(&self, topic: Topic) -> Listener {
        Listener(self.bus.subscribe(topic).await.unwrap())
    }

    pub async fn tell(&self, message: Message) {
        self.bus.publish(&[message]).await.unwrap();
    }

    /// Wants nothing any more.
    pub async fn unwatch(&self) {
        self.announcing.lock().unwrap().cancel();
        self.bus.announce(self.node, &[], Duration::from_secs(15)).await.unwrap();
    }

    pub async fn ask(&self, question: DeskQuestion) -> DeskReply {
        // The desk answers only while it is connected: what comes before is repeated.
        let asked = async {
            loop {
                match self.bus.ask(question.clone(), Duration::from_secs(10)).await {
                    Err(SourceError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                    reply => return reply,
                }
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("an answer")
    }

    pub async fn desk_status(&self) -> DeskStatus {
        let mut deliveries = self.bus.subscribe(Topic::Desk).await.unwrap();
        let next = async {
            loop {
                if let Some(Delivery::Message(message)) = deliveries.next().await
                    && let Message::Desk(status) = message.as_ref()
                {
                    return status.clone();
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("a heartbeat")
    }

    pub fn stand_by(&self) {
        run(self.ports.clone(), CancellationToken::new());
    }

    /// Lets the leader stop as it should.
    pub async fn stop_leader(&self) {
        self.stop.cancel();
        self.until(|| self.leader.lock().unwrap().is_finished()).await;
    }

    /// Ends the leader without letting it give the lease back.
    pub fn kill_leader(&self) {
        self.leader.lock().unwrap().abort();
    }

    pub fn database_is_away(&self, away: bool) {
        self.database.away.store(away, Ordering::SeqCst);
    }

    /// Another desk's heartbeat.
    pub async fn tell_of_a_leader(&self, epoch: u64) {
        let status = DeskStatus { desk: Uuid::new_v4(), epoch, ..self.desk_status().await };
        self.bus.publish(&[Message::Desk(status)]).await.unwrap();
    }

    /// Another desk gets the lease, for a moment.
    pub fn take_lease_away(&self) {
        let mut lease = self.database.lease.lock().unwrap();
        let fence = lease.map_or(0, |(_, fence, _)| fence) + 1;
        *lease = Some((Uuid::new_v4(), fence, Instant::now() + Duration::from_secs(40)));
    }

    pub async fn until(&self, condition: impl Fn() -> bool) {
        let met = async {
            while !condition() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, met).await.expect("the condition to be met");
    }
}

fn run(ports: DeskPorts, stop: CancellationToken) -> tokio::task::JoinHandle<()> {
    let desk = Desk::new(ports, DeskOptions::new(Uuid::new_v4()));
    tokio::spawn(desk.run(stop))
}

/// What was published on one topic.
pub struct Listener(BoxStream<'static, Delivery>);

impl Listener {
    pub async fn next_where(&mut self, wanted: impl Fn(&Message) -> bool) -> Message {
        let next = async {
            loop {
                match self.0.next().await.expect("the bus to go on") {
                    Delivery::Message(message) if wanted(&message) => return message.as_ref().clone(),
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("the message")
    }

    pub async fn quote_where(&mut self, wanted: impl Fn(&Quote) -> bool) -> Quote {
        let is_wanted = |message: &Message| matches!(message, Message::Quote(quote) if wanted(quote));
        let Message::Quote(quote) = self.next_where(is_wanted).await else { unreachable!() };
        quote
    }

    pub async fn quote(&mut self) -> Quote {
        self.quote_where(|_| true).await
    }

    pub async fn bar_where(&mut self, wanted: impl Fn(&BarUpdate) -> bool) -> BarUpdate {
        let is_wanted = |message: &Message| matches!(message, Message::Bar(update) if wanted(update));
        let Message::Bar(update) = self.next_where(is_wanted).await else { unreachable!() };
        update
    }

    pub async fn trade(&mut self) -> Trade {
        let trade = self.next_where(|message| matches!(message, Message::Trade(_))).await;
        let Message::Trade(trade) = trade else { unreachable!() };
        trade
    }

    pub async fn depth_where(&mut self, wanted: impl Fn(&Depth) -> bool) -> Depth {
        let is_wanted = |message: &Message| matches!(message, Message::Depth(depth) if wanted(depth));
        let Message::Depth(depth) = self.next_where(is_wanted).await else { unreachable!() };
        depth
    }

    /// All that was published since, without waiting for more.
    pub fn ready(&mut self) -> Vec<Message> {
        let mut ready = Vec::new();
        while let Some(Some(delivery)) = self.0.next().now_or_never() {
            if let Delivery::Message(message) = delivery {
                ready.push(message.as_ref().clone());
            }
        }
        ready
    }

    pub async fn bar(&mut self) -> BarUpdate {
        self.bar_where(|_| true).await
    }
}

/// The desk's way to the bus, which loses what is told while it is away.
pub struct Wire {
    bus: Arc<LocalBus>,
    away: AtomicBool,
}

impl Wire {
    pub fn is_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }
}

#[async_trait]
impl Bus for Wire {
    async fn publish(&self, messages: &[Message]) -> Result<(), BusError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(BusError("away".into()));
        }
        self.bus.publish(messages).await
    }

    async fn latest(&self, topics: &[Topic]) -> Result<Vec<Option<Arc<Message>>>, BusError> {
        self.bus.latest(topics).await
    }

    async fn subscribe(&self, topic: Topic) -> Result<BoxStream<'static, Delivery>, BusError> {
        self.bus.subscribe(topic).await
    }

    async fn ping(&self) -> Result<(), BusError> {
        self.bus.ping().await
    }
}

/// The open subscriptions of one kind.
type Streams<V> = Mutex<HashMap<InstrumentId, mpsc::Sender<SourceEvent<V>>>>;

fn subscribe<V: Send + 'static>(
    streams: &Streams<V>,
    instrument: &Instrument,
) -> BoxStream<'static, SourceEvent<V>> {
    let (sender, receiver) = mpsc::channel(1_000);
    streams.lock().unwrap().insert(instrument.id, sender);
    tokio_stream::wrappers::ReceiverStream::new(receiver).boxed()
}

fn is_open<V>(streams: &Streams<V>, instrument: InstrumentId) -> bool {
    streams.lock().unwrap().get(&instrument).is_some_and(|sender| !sender.is_closed())
}

async fn send<V: Clone>(streams: &Streams<V>, instrument: InstrumentId, event: SourceEvent<V>) {
    let sent = async {
        loop {
            let sender = streams.lock().unwrap().get(&instrument).cloned();
            match sender {
                Some(sender) if sender.send(event.clone()).await.is_ok() => return,
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, sent).await.expect("a subscription");
}

/// What a broker of this world knows.
pub fn instruments(environment: Environment) -> Vec<Instrument> {
    let connection = ConnectionId::new("ib");
    let instruments = ["AAPL", "TSLA"].iter().zip(1..).map(|(symbol, broker_id)| Instrument {
        id: InstrumentId::derive(&connection, environment, broker_id),
        connection: connection.clone(),
        environment,
        broker_id,
        symbol: (*symbol).into(),
        name: (*symbol).into(),
        asset_class: AssetClass::Stock,
        exchange: "SMART".into(),
        primary_exchange: None,
        currency: "USD".into(),
        price_increment: Decimal::new(1, 2),
        multiplier: Decimal::ONE,
        time_zone: "America/New_York".into(),
    });
    instruments.collect()
}

/// A broker that says what the test makes it say.
pub struct Broker {
    pub instruments: Vec<Instrument>,
    environment: Environment,
    lines: usize,
    since: OffsetDateTime,
    streams: Streams<QuoteValues>,
    prints: Streams<TradeValues>,
    books: Streams<DepthValues>,
    ticks: Mutex<Vec<TradeValues>>,
    subscriptions: Mutex<HashMap<InstrumentId, usize>>,
    bars: Mutex<Vec<Bar>>,
    has_no_history: AtomicBool,
    searches: AtomicUsize,
    histories: AtomicUsize,
}

impl Broker {
    fn new(environment: Environment, lines: usize, since: OffsetDateTime) -> Self {
        Self {
            instruments: instruments(environment),
            environment,
            lines,
            since,
            streams: Mutex::default(),
            prints: Mutex::default(),
            books: Mutex::default(),
            ticks: Mutex::default(),
            subscriptions: Mutex::default(),
            bars: Mutex::default(),
            has_no_history: AtomicBool::new(false),
            searches: AtomicUsize::new(0),
            histories: AtomicUsize::new(0),
        }
    }

    pub async fn send(&self, instrument: InstrumentId, event: SourceEvent) {
        send(&self.streams, instrument, event).await;
    }

    pub async fn print(&self, instrument: InstrumentId, event: SourceEvent<TradeValues>) {
        send(&self.prints, instrument, event).await;
    }

    pub async fn deepen(&self, instrument: InstrumentId, event: SourceEvent<DepthValues>) {
        send(&self.books, instrument, event).await;
    }

    pub fn is_subscribed(&self, instrument: InstrumentId) -> bool {
        is_open(&self.streams, instrument)
    }

    pub fn prints_are_followed(&self, instrument: InstrumentId) -> bool {
        is_open(&self.prints, instrument)
    }

    pub fn set_ticks(&self, ticks: Vec<TradeValues>) {
        *self.ticks.lock().unwrap() = ticks;
    }

    pub fn subscriptions(&self, instrument: InstrumentId) -> usize {
        self.subscriptions.lock().unwrap().get(&instrument).copied().unwrap_or(0)
    }

    pub fn set_bars(&self, bars: Vec<Bar>) {
        *self.bars.lock().unwrap() = bars;
        self.has_no_history.store(false, Ordering::SeqCst);
    }

    /// Questions for bars fail until bars are set.
    pub fn lose_history(&self) {
        self.has_no_history.store(true, Ordering::SeqCst);
    }

    pub fn searches(&self) -> usize {
        self.searches.load(Ordering::SeqCst)
    }

    pub fn histories(&self) -> usize {
        self.histories.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl MarketDataSource for Broker {
    fn status(&self) -> ConnectionStatus {
        ConnectionStatus {
            id: ConnectionId::new("ib"),
            environment: Some(self.environment),
            state: ConnectionState::Connected,
            message: None,
            since: self.since,
        }
    }

    fn changes(&self) -> BoxStream<'static, ConnectionStatus> {
        futures::stream::pending().boxed()
    }

    fn line_limit(&self, kind: LineKind) -> usize {
        match kind {
            LineKind::Quotes => self.lines,
            LineKind::Trades | LineKind::Depth => 1,
        }
    }

    async fn search(&self, text: &str) -> Result<Vec<Instrument>, SourceError> {
        self.searches.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(self.instruments.iter().filter(|instrument| instrument.symbol == text).cloned().collect())
    }

    async fn named(&self, wanted: &[(String, AssetClass)]) -> Result<Vec<Instrument>, SourceError> {
        let named = |known: &&Instrument| wanted.iter().any(|(symbol, _)| *symbol == known.symbol);
        Ok(self.instruments.iter().filter(named).cloned().collect())
    }

    fn quotes(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent> {
        *self.subscriptions.lock().unwrap().entry(instrument.id).or_default() += 1;
        subscribe(&self.streams, instrument)
    }

    fn trades(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent<TradeValues>> {
        subscribe(&self.prints, instrument)
    }

    fn depth(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent<DepthValues>> {
        subscribe(&self.books, instrument)
    }

    async fn ticks(&self, _: &Instrument, count: usize) -> Result<Vec<TradeValues>, SourceError> {
        self.histories.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let ticks = self.ticks.lock().unwrap().clone();
        Ok(ticks.iter().rev().take(count).rev().cloned().collect())
    }

    async fn bars(&self, _: &Instrument, _: BarSize, query: BarQuery) -> Result<Vec<Bar>, SourceError> {
        self.histories.fetch_add(1, Ordering::SeqCst);
        if self.has_no_history.load(Ordering::SeqCst) {
            return Err(SourceError::Unavailable("the data farm is inactive".into()));
        }
        let bars = self.bars.lock().unwrap().clone();
        Ok(match query {
            BarQuery::Range(range) => {
                bars.into_iter().filter(|bar| (range.from..range.to).contains(&bar.time)).collect()
            }
            BarQuery::Last { count, to } => {
                let past: Vec<_> = bars.into_iter().filter(|bar| bar.time < to).collect();
                past[past.len().saturating_sub(count)..].to_vec()
            }
        })
    }
}

/// Bars, and what of them is known in full.
type Kept = (Vec<Bar>, Vec<TimeRange>);

/// A database that can be away.
struct Database {
    away: AtomicBool,
    world: Mutex<Option<Environment>>,
    lease: Mutex<Option<(Uuid, u64, Instant)>>,
    instruments: Vec<Instrument>,
    kept: Mutex<HashMap<Series, Kept>>,
}

impl Database {
    fn new(broker: &Broker) -> Self {
        Self {
            away: AtomicBool::new(false),
            world: Mutex::default(),
            lease: Mutex::default(),
            instruments: broker.instruments.clone(),
            kept: Mutex::default(),
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::SeqCst) { Err(StoreError::Unavailable("away".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl LeaseStore for Database {
    async fn acquire(&self, holder: Uuid, lives: Duration) -> Result<Option<Lease>, StoreError> {
        self.check()?;
        let mut lease = self.lease.lock().unwrap();
        let now = Instant::now();
        let fence = match *lease {
            Some((held_by, fence, _)) if held_by == holder => fence,
            Some((_, _, until)) if until > now => return Ok(None),
            Some((_, fence, _)) => fence + 1,
            None => 1,
        };
        *lease = Some((holder, fence, now + lives));
        Ok(Some(Lease { fence }))
    }

    async fn release(&self, _: Uuid) -> Result<(), StoreError> {
        self.check()
    }
}

#[async_trait]
impl InstallationStore for Database {
    async fn open(&self, fresh_id: Uuid) -> Result<Installation, StoreError> {
        Ok(Installation { id: fresh_id, environment: *self.world.lock().unwrap() })
    }

    async fn environment(&self) -> Result<Option<Environment>, StoreError> {
        Ok(*self.world.lock().unwrap())
    }

    async fn claim_environment(&self, environment: Environment) -> Result<Environment, StoreError> {
        self.check()?;
        Ok(*self.world.lock().unwrap().get_or_insert(environment))
    }

    async fn replace_environment(&self, environment: Environment) -> Result<(), StoreError> {
        *self.world.lock().unwrap() = Some(environment);
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.check()
    }
}

#[async_trait]
impl InstrumentStore for Database {
    async fn put(&self, _: &[Instrument]) -> Result<(), StoreError> {
        self.check()
    }

    async fn find(&self, ids: &[InstrumentId]) -> Result<Vec<Instrument>, StoreError> {
        self.check()?;
        Ok(self.instruments.iter().filter(|known| ids.contains(&known.id)).cloned().collect())
    }
}

#[async_trait]
impl BarStore for Database {
    async fn read(&self, series: Series, range: TimeRange) -> Result<(Vec<Bar>, Vec<TimeRange>), StoreError> {
        self.check()?;
        let kept = self.kept.lock().unwrap();
        let (bars, covered) = kept.get(&series).cloned().unwrap_or_default();
        let inside = bars.into_iter().filter(|bar| (range.from..range.to).contains(&bar.time));
        Ok((inside.collect(), covered))
    }

    async fn write(&self, series: Series, covered: TimeRange, bars: &[Bar]) -> Result<(), StoreError> {
        self.check()?;
        let mut kept = self.kept.lock().unwrap();
        let entry = kept.entry(series).or_default();
        entry.0.retain(|known| bars.iter().all(|bar| bar.time != known.time));
        entry.0.extend_from_slice(bars);
        entry.0.sort_by_key(|bar| bar.time);
        entry.1.push(covered);
        Ok(())
    }

    async fn newest(&self, series: Series) -> Result<Option<Bar>, StoreError> {
        self.check()?;
        Ok(self.kept.lock().unwrap().get(&series).and_then(|(bars, _)| bars.last().copied()))
    }

    async fn forget(&self, instrument: InstrumentId) -> Result<(), StoreError> {
        self.check()?;
        self.kept.lock().unwrap().retain(|series, _| series.instrument != instrument);
        Ok(())
    }
}
