//! The exchange: the generated market or a recorded day, and what is happening in it right now.
//!
//! For each listing that somebody watches there is a [`book`]: the newest prices. A pump folds the
//! generated ticks into it four times a second and tells the watchers, which is how often Interactive
//! Brokers sends; [`Exchange::publish`] folds ticks of the caller's choice in at once.
//!
//! Beside the books there is [`trading`]: the orders, which the same ticks are led through, and the [`ledger`] in which
//! everything that comes of it is written down. [`broker`] is how the gateway and tests speak to it.

mod account;
mod book;
pub mod broker;
mod consequence;
mod fee;
mod holding;
mod ledger;
mod line;
mod load;
mod margin;
mod order;
mod order_desk;
mod price;
mod pump;
mod records;
mod rule;
mod tape;
mod trading;
mod worth;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::bar::BarSize;
use domain::clock::{Clock, SystemClock};
use engine::market::{GeneratedMarket, Market};
use engine::matching::Session;
use engine::tick::{BarPrice, MarketBar, Snapshot, Tick};
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) use self::book::Update;
use self::book::{Book, Watcher};
use self::broker::BrokerOptions;
use self::trading::Trading;
use crate::replay::{Replay, ReplayClock};

/// What an exchange is started with.
#[derive(Clone)]
pub struct ExchangeOptions {
    /// Which market is generated: the same seed makes the same market.
    pub seed: u64,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A running exchange: a handle that is cheap to clone. Dropping the last one ends it.
#[derive(Clone)]
pub struct Exchange {
    floor: Arc<Floor>,
    _pump: Arc<DropGuard>,
}

/// How fresh a watcher's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Feed {
    /// As it happens.
    Live,
    /// A quarter of an hour late, for whoever has not paid.
    Delayed,
    /// As it happens, and every single tick.
    Tape,
}

impl Feed {
    const ALL: [Self; 3] = [Self::Live, Self::Delayed, Self::Tape];

    fn lag(self) -> Duration {
        match self {
            Self::Live | Self::Tape => Duration::ZERO,
            Self::Delayed => Duration::minutes(15),
        }
    }
}

/// What an exchange stands on.
struct Grounds {
    market: Arc<dyn Market>,
    clock: Arc<dyn Clock>,
    replay: Option<Arc<ReplayClock>>,
}

impl Grounds {
    fn generated(options: ExchangeOptions) -> Self {
        let today = options.clock.now().date();
        let market = Arc::new(GeneratedMarket::new(options.seed, today));
        Self { market, clock: options.clock, replay: None }
    }

    /// When an exchange on a recorded day is born: in real time, so that its numbers are not those of the last replay.
    fn birth() -> OffsetDateTime {
        SystemClock.now()
    }

    fn recorded(replay: Replay) -> Self {
        let Replay { market, clock, .. } = replay;
        Self { market, clock: clock.clone(), replay: Some(clock) }
    }
}

/// Which book.
type BookKey = (i32, Feed);

/// What the handle, the pump and the watches share.
struct Floor {
    market: Arc<dyn Market>,
    clock: Arc<dyn Clock>,
    /// The clock again, where a recorded day is played.
    replay: Option<Arc<ReplayClock>>,
    open: watch::Sender<bool>,
    books: Mutex<Books>,
    /// Locked before the books where both are needed.
    trading: Mutex<Trading>,
    next_watcher: AtomicU64,
    load: load::Load,
}

#[derive(Default)]
struct Books {
    by_key: HashMap<BookKey, Book>,
    held: HashSet<i32>,
}

impl Exchange {
    /// Starts an exchange with the usual accounts, which forgets its orders when it ends. Call it inside a tokio runtime.
    pub fn start(options: ExchangeOptions) -> Self {
        let now = options.clock.now();
        let trading = Trading::in_memory(BrokerOptions::default().accounts, Session::Always, now);
        Self::over(Grounds::generated(options), trading)
    }

    /// Starts an exchange, or lets one go on from its ledger. Call it inside a tokio runtime. It fails where the ledger cannot
    /// be read or written, or is in use.
    pub fn open(options: ExchangeOptions, broker: BrokerOptions) -> io::Result<Self> {
        let session = broker.session.unwrap_or(Session::Always);
        let trading = Trading::open(broker, session, options.clock.now())?;
        Ok(Self::over(Grounds::generated(options), trading))
    }

    /// Starts an exchange that plays a recorded day, in the hours of its exchange, and forgets its orders when it ends. Call it
    /// inside a tokio runtime.
    pub fn replay(replay: Replay) -> Self {
        let accounts = BrokerOptions::default().accounts;
        let trading = Trading::in_memory(accounts, Session::Exchange, Grounds::birth());
        Self::over(Grounds::recorded(replay), trading)
    }

    /// The same, with a broker as these options want it. It fails as [`Self::open`] does.
    pub fn open_replay(replay: Replay, broker: BrokerOptions) -> io::Result<Self> {
        let session = broker.session.unwrap_or(Session::Exchange);
        let trading = Trading::open(broker, session, Grounds::birth())?;
        Ok(Self::over(Grounds::recorded(replay), trading))
    }

    fn over(grounds: Grounds, trading: Trading) -> Self {
        let Grounds { market, clock, replay } = grounds;
        let floor = Arc::new(Floor {
            market,
            clock,
            replay,
            load: load::Load::default(),
            open: watch::Sender::new(true),
            books: Mutex::new(Books::default()),
            trading: Mutex::new(trading),
            next_watcher: AtomicU64::new(0),
        });
        floor.trading().resume(&floor);
        let token = CancellationToken::new();
        tokio::spawn(token.clone().run_until_cancelled_owned(pump::run(floor.clone())));
        Self { floor, _pump: Arc::new(token.drop_guard()) }
    }

    /// Stops it: nothing happens any more, and gateways tell their clients that the connection to the
    /// broker is lost (1100).
    pub fn stop(&self) {
        self.floor.open.send_if_modified(|open| std::mem::replace(open, false));
    }

    /// Lets a stopped exchange go on with the present market; gateways tell their clients (1102).
    pub fn resume(&self) {
        self.floor.open.send_if_modified(|open| !std::mem::replace(open, true));
    }

    /// Whether it is running.
    pub fn is_open(&self) -> bool {
        *self.floor.open.borrow()
    }

    /// The market behind it.
    pub fn market(&self) -> &dyn Market {
        self.floor.market.as_ref()
    }

    /// Whether a recorded day is over: its last values stand.
    pub fn is_over(&self) -> bool {
        self.floor.replay.as_ref().is_some_and(|clock| clock.is_over())
    }

    /// The present moment; of a recorded day, the recorded one.
    pub fn now(&self) -> OffsetDateTime {
        self.floor.clock.now()
    }

    /// Lets these ticks happen now: everybody who watches the listing is told of each at once. Generated
    /// ticks go on, and soon replace the prices, unless the listing is held ([`Self::hold`]).
    pub fn publish(&self, con_id: i32, ticks: impl AsRef<[Tick]>) {
        let mut trading = self.floor.trading();
        {
            let mut books = self.floor.books();
            for feed in Feed::ALL {
                if let Some(book) = books.by_key.get_mut(&(con_id, feed)) {
                    book.publish(ticks.as_ref());
                }
            }
        }
        let at = self.now();
        trading.happen(&self.floor, con_id, |matcher| {
            ticks.as_ref().iter().flat_map(|tick| matcher.tick(&Tick { at, ..*tick })).collect()
        });
    }

    /// Stops the generated ticks of a listing: its prices stay as they are until something is published.
    pub fn hold(&self, con_id: i32) {
        let mut trading = self.floor.trading();
        trading.follow(&self.floor, con_id);
        self.floor.books().held.insert(con_id);
        for feed in Feed::ALL {
            self.floor.with_book((con_id, feed), |_| {});
        }
    }

    /// Lets the generated ticks of a listing go on, from where they would be by now.
    pub fn release(&self, con_id: i32) {
        let mut trading = self.floor.trading();
        trading.follow(&self.floor, con_id);
        self.floor.books().held.remove(&con_id);
        for feed in Feed::ALL {
            self.floor.reload((con_id, feed));
        }
        self.floor.books().sweep();
        let at = self.now();
        if let Some(values) = self.floor.market.snapshot(con_id, at) {
            trading.happen(&self.floor, con_id, |matcher| matcher.show(&values, at));
        }
    }

    /// The bars that start in [`from`, `to`), of the market as it is by now.
    pub(crate) fn bars(&self, question: BarsQuestion) -> Vec<MarketBar> {
        let to = question.to.min(self.now());
        if question.from >= to {
            return Vec::new();
        }
        self.floor.market.bars(question.con_id, question.size, question.price, question.from, to)
    }

    /// Tells `tell` the prices of a listing now, and each change from now on until the watch is dropped.
    /// `tell` is called with the books locked: it must be quick and not call back. `None` where there is
    /// no such listing.
    pub(crate) fn watch(
        &self,
        con_id: i32,
        feed: Feed,
        tell: impl Fn(&Update) + Send + Sync + 'static,
    ) -> Option<Watch> {
        let key = (con_id, feed);
        let id = self.floor.next_watcher.fetch_add(1, Ordering::Relaxed);
        self.floor.with_book(key, |book| book.watch(Watcher { id, tell: Box::new(tell) }))?;
        Some(Watch { floor: self.floor.clone(), key, id })
    }

    /// The prices of a listing now.
    pub(crate) fn snapshot(&self, con_id: i32, feed: Feed) -> Option<Snapshot> {
        let watched = self.floor.books().by_key.get(&(con_id, feed)).map(|book| book.values);
        watched.or_else(|| self.floor.market.snapshot(con_id, self.now() - feed.lag()))
    }

    /// Lets a recorded day at the highest speed wait while more than half of `most` bytes wait in this queue.
    pub(crate) fn heed(&self, waiting: &Arc<AtomicUsize>, most: usize) {
        self.floor.load.add(waiting, most);
    }

    /// Yields whenever the exchange stops or goes on.
    pub(crate) fn openings(&self) -> watch::Receiver<bool> {
        self.floor.open.subscribe()
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Exchange").field("open", &self.is_open()).finish_non_exhaustive()
    }
}

/// Which bars of which listing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BarsQuestion {
    /// Whose.
    pub(crate) con_id: i32,
    /// How long each is.
    pub(crate) size: BarSize,
    /// What they are made of.
    pub(crate) price: BarPrice,
    /// The first moment.
    pub(crate) from: OffsetDateTime,
    /// The first moment after.
    pub(crate) to: OffsetDateTime,
}

/// A watch over one listing, until it is dropped.
pub(crate) struct Watch {
    floor: Arc<Floor>,
    key: BookKey,
    id: u64,
}

impl Watch {
    /// Tells the watcher all prices again.
    pub(crate) fn refresh(&self) {
        if let Some(book) = self.floor.books().by_key.get(&self.key) {
            book.tell_all(self.id);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut books = self.floor.books();
        if let Some(book) = books.by_key.get_mut(&self.key) {
            book.unwatch(self.id);
        }
        books.sweep();
    }
}

impl Floor {
    fn trading(&self) -> MutexGuard<'_, Trading> {
        self.trading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the book of this key, which is made where there is none yet; `None` where
    /// nothing of the kind is traded.
    fn with_book<T>(&self, key: BookKey, act: impl FnOnce(&mut Book) -> T) -> Option<T> {
        let at = self.clock.now() - key.1.lag();
        let values = self.market.snapshot(key.0, at)?;
        let mut books = self.books();
        Some(act(books.by_key.entry(key).or_insert_with(|| Book::new(values, at))))
    }

    /// Reads the present prices of a book anew, and tells its watchers what changed.
    fn reload(&self, key: BookKey) {
        if !self.books().by_key.contains_key(&key) {
            return;
        }
        let at = self.clock.now() - key.1.lag();
        if let (Some(values), Some(book)) =
            (self.market.snapshot(key.0, at), self.books().by_key.get_mut(&key))
        {
            book.replace(values, at);
        }
    }
}

impl Books {
    /// Closes the books that nobody needs.
    fn sweep(&mut self) {
        let held = &self.held;
        self.by_key.retain(|(con_id, _), book| book.is_watched() || held.contains(con_id));
    }
}
