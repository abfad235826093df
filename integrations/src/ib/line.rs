//! One market-data line: the quote stream of one instrument, through every outage.
//!
//! The stream is pulled by its reader and has no task of its own. It makes its subscription again in every new
//! session, and whenever the gateway says that it has forgotten; what it yields says how far the values can
//! be trusted meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::RefusalCode;
use domain::instrument::Instrument;
use domain::market_data::{SourceError, SourceEvent};
use domain::quote::{FeedState, QuoteValues};
use futures::FutureExt;
use futures::stream::{BoxStream, StreamExt, unfold};
use ibapi::contracts::Contract;
use ibapi::market_data::realtime::TickTypes;
use ibapi::subscriptions::{Subscription, SubscriptionItem};
use ibapi::{Error, Notice, SUBSCRIPTION_LAG_CODE};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::budget::Class;
use super::connection::Connection;
use super::contract::contract_of;
use super::link::{Link, Session, Wanted};
use super::refusal::{
    COMPETING_SESSION, DISPLAYING_DELAYED, LINES_EXHAUSTED, in_words, is_connection_end, is_not_subscribed,
    may_pass, refused,
};
use super::tick::{Fold, Timeliness};

/// The most ticks that are folded before the values are told.
const BATCH: usize = 256;
/// The unit in which the wait between two retries grows, up to this many times.
const RETRY_GROWTH_LIMIT: u32 = 8;

/// The right to hold one line, given back when its last holder lets go.
type Slot = Arc<OwnedSemaphorePermit>;

/// What the lines of a connection share.
#[derive(Clone)]
pub(super) struct Lines {
    pub(super) connection: Arc<Connection>,
    pub(super) slots: Arc<Semaphore>,
    pub(super) runtime: Handle,
}

impl Lines {
    /// The quote stream of an instrument.
    pub(super) fn stream(&self, instrument: &Instrument) -> BoxStream<'static, SourceEvent> {
        let line = Line::new(self.clone(), instrument.clone());
        unfold(line, |mut line| async move { line.next().await.map(|event| (event, line)) }).boxed()
    }
}

/// A subscription that the gateway serves.
struct Feed {
    ticks: Subscription<TickTypes>,
    session: Arc<Session>,
    epoch: u64,
    wanted: Wanted,
    fold: Fold,
    /// What was told of it last.
    told: Option<QuoteValues>,
}

struct Line {
    lines: Lines,
    link: watch::Receiver<Link>,
    instrument: Instrument,
    slot: Option<Slot>,
    feed: Option<Feed>,
    /// The last epoch in which we subscribed.
    epoch: u64,
    /// When to try again in this epoch, and how often we did.
    retry_at: Option<Instant>,
    retries: u32,
    /// Why the source does not serve us for the moment.
    obstacle: Option<String>,
    /// Ticks came once, and may have been missed since.
    missed: bool,
    said: Option<(FeedState, Option<String>)>,
    ready: VecDeque<SourceEvent>,
    over: bool,
}

impl Line {
    fn new(lines: Lines, instrument: Instrument) -> Self {
        Self {
            link: lines.connection.follow(),
            lines,
            instrument,
            slot: None,
            feed: None,
            epoch: 0,
            retry_at: None,
            retries: 0,
            obstacle: None,
            missed: false,
            said: None,
            ready: VecDeque::new(),
            over: false,
        }
    }

    async fn next(&mut self) -> Option<SourceEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if self.feed.is_some() {
                self.listen().await;
            } else {
                self.open().await;
            }
        }
    }

    fn end(&mut self, error: SourceError) {
        self.release();
        self.ready.push_back(SourceEvent::Ended(error));
        self.over = true;
    }

    /// Takes one step towards a subscription: each wait is one step, so that news is told in between.
    async fn open(&mut self) {
        let link = self.link.borrow_and_update().clone();
        if link.stopped {
            return self.end(SourceError::Unavailable(link.reason()));
        }
        let due = link.epoch > self.epoch || self.retry_at.is_some_and(|at| at <= Instant::now());
        match link.session.clone() {
            Some(session) if due => self.subscribe(session, &link).await,
            _ => {
                self.tell_state(&link);
                if self.ready.is_empty() {
                    self.wait(link.session.is_some()).await;
                }
            }
        }
    }

    /// Waits for the link to change, or for the time of the next try.
    async fn wait(&mut self, connected: bool) {
        let at = self.retry_at.filter(|_| connected);
        tokio::select! {
            changed = self.link.changed() => if changed.is_err() {
                self.end(SourceError::Unavailable("the connection to the gateway is gone".into()));
            },
            () = async { match at { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {}
        }
    }

    async fn subscribe(&mut self, session: Arc<Session>, link: &Link) {
        let contract = match self.contract(&session) {
            Ok(contract) => contract,
            Err(error) => return self.end(error),
        };
        let Some(slot) = self.slot().await else {
            return self.end(exhausted(&self.instrument.symbol));
        };
        (self.epoch, self.retry_at) = (link.epoch, None);
        let wanted = session.wanted(self.instrument.broker_id);
        match self.request(&session, contract, wanted, slot).await {
            Ok(ticks) => {
                let fold = Fold::new(self.instrument.price_increment);
                let epoch = link.epoch;
                self.feed = Some(Feed { ticks, session, epoch, wanted, fold, told: None });
                if std::mem::take(&mut self.missed) {
                    self.ready.push_back(SourceEvent::Lost("ticks during the outage are missing".into()));
                }
                self.tell_now();
            }
            Err(error) => self.failed(&error),
        }
    }

    fn contract(&self, session: &Session) -> Result<Contract, SourceError> {
        let instrument = &self.instrument;
        belongs(instrument, &self.lines.connection, session)?;
        contract_of(instrument).ok_or_else(|| unknown(instrument))
    }

    /// The right to a line: kept through outages, waited for a moment where another is just given back.
    async fn slot(&mut self) -> Option<Slot> {
        if self.slot.is_none() {
            let free = self.lines.slots.clone().acquire_owned();
            let permit = timeout(self.lines.connection.timings.line_patience, free).await.ok()?.ok()?;
            self.slot = Some(Arc::new(permit));
        }
        self.slot.clone()
    }

    /// Subscribes in a task of its own: should the reader leave meanwhile, the request is taken back.
    async fn request(
        &self,
        session: &Arc<Session>,
        contract: Contract,
        wanted: Wanted,
        slot: Slot,
    ) -> Result<Subscription<TickTypes>, Error> {
        let (answer, answered) = oneshot::channel();
        let (lines, session) = (self.lines.clone(), session.clone());
        self.lines.runtime.spawn(async move {
            let subscribed = session.subscribe(&lines.connection.budget, &contract, wanted).await;
            if let Err(Ok(unwanted)) = answer.send(subscribed) {
                take_back(lines, unwanted, Some(slot)).await;
            }
        });
        answered.await.unwrap_or(Err(Error::Shutdown))
    }

    /// Waits for ticks or for news of the connection, and takes in all that is ready.
    async fn listen(&mut self) {
        let Some(feed) = &mut self.feed else { return };
        tokio::select! {
            biased;
            changed = self.link.changed() => match changed {
                Ok(()) => self.heed_link(),
                Err(_gone) => self.end(SourceError::Unavailable("the connection to the gateway is gone".into())),
            },
            item = feed.ticks.next() => self.take(item),
        }
    }

    fn heed_link(&mut self) {
        let link = self.link.borrow_and_update().clone();
        if link.stopped {
            return self.end(SourceError::Unavailable(link.reason()));
        }
        if self.feed.as_ref().is_some_and(|feed| link.session.is_none() || feed.epoch != link.epoch) {
            self.interrupt();
            let reason = match link.session {
                None => link.reason(),
                Some(_) => "the gateway has lost the subscription, and it is being made again".into(),
            };
            self.say(FeedState::Stale, Some(reason));
        } else {
            self.tell_state(&link);
        }
    }

    fn take(&mut self, first: Option<Result<SubscriptionItem<TickTypes>, Error>>) {
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(item) = next {
            taken += 1;
            match item {
                Some(Ok(SubscriptionItem::Data(tick))) => {
                    if let Some(feed) = &mut self.feed {
                        feed.fold.take(&tick);
                    }
                }
                Some(Ok(SubscriptionItem::Notice(notice))) => self.heed(&notice),
                Some(Err(error)) => {
                    self.tell_values();
                    return self.failed(&error);
                }
                None => {
                    self.tell_values();
                    return self.failed(&Error::EndOfStream);
                }
            }
            let open = self.feed.as_mut().filter(|_| taken < BATCH);
            next = open.and_then(|feed| feed.ticks.next().now_or_never());
        }
        self.tell_values();
    }

    /// Tells what is known, where that is news.
    fn tell_values(&mut self) {
        let Some(feed) = &mut self.feed else { return };
        let values = feed.fold.values();
        let unchanged = match &feed.told {
            Some(told) => told == values,
            None => *values == QuoteValues::default(),
        };
        if !unchanged {
            feed.told = Some(values.clone());
            self.ready.push_back(SourceEvent::Values(values.clone()));
            (self.obstacle, self.retries) = (None, 0);
        }
        self.tell_now();
    }

    /// Heeds a notice about our request that leaves it alive.
    fn heed(&mut self, notice: &Notice) {
        match notice.code {
            SUBSCRIPTION_LAG_CODE => self.ready.push_back(SourceEvent::Lost(
                "ticks came faster than they were read, and some were left out".into(),
            )),
            DISPLAYING_DELAYED => {
                if let Some(feed) = &mut self.feed {
                    feed.fold.timeliness = Timeliness::Delayed;
                }
            }
            code if is_not_subscribed(code) => self.failed(&Error::Notice(notice.clone())),
            _ => tracing::info!(instrument = %self.instrument.symbol, "{}", in_words(notice)),
        }
    }

    /// The subscription is over, or was never made.
    fn failed(&mut self, error: &Error) {
        let asked = self.feed.as_ref().map(|feed| (feed.session.clone(), feed.wanted));
        self.interrupt();
        match error {
            Error::Notice(notice) => self.refused(notice, asked),
            error if is_connection_end(error) => self.say(FeedState::Stale, Some("connection lost".into())),
            error => {
                tracing::warn!(instrument = %self.instrument.symbol, %error, "a quote subscription broke");
                self.try_later("the gateway's data could not be read; trying again".into());
            }
        }
    }

    fn refused(&mut self, notice: &Notice, asked: Option<(Arc<Session>, Wanted)>) {
        if notice.code == LINES_EXHAUSTED {
            return self.end(exhausted(&self.instrument.symbol));
        }
        if let Some((session, Wanted::Live)) = asked
            && is_not_subscribed(notice.code)
        {
            session.settle_for_delayed(self.instrument.broker_id);
            self.retry_at = Some(Instant::now());
            return;
        }
        if !may_pass(notice) {
            return self.end(refused(notice));
        }
        self.try_later(if notice.code == COMPETING_SESSION {
            format!("another session of this user takes the market data; trying again ({COMPETING_SESSION})")
        } else {
            format!("{}; trying again", in_words(notice))
        });
    }

    fn try_later(&mut self, reason: String) {
        self.retries = (self.retries + 1).min(RETRY_GROWTH_LIMIT);
        let delay: Duration = self.lines.connection.timings.retry * self.retries;
        self.retry_at = Some(Instant::now() + delay);
        self.obstacle = Some(reason.clone());
        self.say(FeedState::Stale, Some(reason));
    }

    fn tell_now(&mut self) {
        let link = self.link.borrow().clone();
        self.tell_state(&link);
    }

    /// Says the state, where it is another than was said last.
    fn tell_state(&mut self, link: &Link) {
        let feed = self.feed.as_ref().map(|feed| match feed.told {
            Some(_) => Heard::Prices(feed.fold.timeliness),
            None => Heard::Nothing,
        });
        let was_stale = matches!(self.said, Some((FeedState::Stale | FeedState::Recovering, _)));
        if let Some((state, reason)) = state(link, feed, self.obstacle.as_deref(), was_stale) {
            self.say(state, reason);
        }
    }

    fn say(&mut self, state: FeedState, reason: Option<String>) {
        let said = Some((state, reason.clone()));
        if self.said != said {
            self.said = said;
            self.ready.push_back(SourceEvent::State(state, reason));
        }
    }

    /// Lets the subscription go, and keeps the right to a line.
    fn interrupt(&mut self) {
        let Some(feed) = self.feed.take() else { return };
        self.missed |= feed.told.is_some();
        self.drop_feed(feed, self.slot.clone());
    }

    fn release(&mut self) {
        let slot = self.slot.take();
        if let Some(feed) = self.feed.take() {
            self.drop_feed(feed, slot);
        }
    }

    fn drop_feed(&self, feed: Feed, slot: Option<Slot>) {
        // In a session that is over there is nothing to cancel, and no budget to spend on it.
        if feed.session.client.is_connected() {
            self.lines.runtime.spawn(take_back(self.lines.clone(), feed.ticks, slot));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.release();
    }
}

/// Cancels a subscription within the budget; its line is free once that is done.
async fn take_back(lines: Lines, ticks: Subscription<TickTypes>, slot: Option<Slot>) {
    lines.connection.budget.acquire(Class::Cancel).await;
    ticks.cancel().await;
    drop((ticks, slot));
}

/// What came through a subscription so far.
#[derive(Clone, Copy)]
enum Heard {
    Nothing,
    Prices(Timeliness),
}

/// The state that a line is in; `None` where nothing can be said yet.
fn state(
    link: &Link,
    feed: Option<Heard>,
    obstacle: Option<&str>,
    was_stale: bool,
) -> Option<(FeedState, Option<String>)> {
    if link.session.is_none() {
        return Some((FeedState::Stale, Some(link.reason())));
    }
    if let Some(reason) = link.trouble.as_deref().or(obstacle) {
        return Some((FeedState::Stale, Some(reason.to_owned())));
    }
    match feed? {
        Heard::Prices(Timeliness::Live) => Some((FeedState::Live, None)),
        Heard::Prices(Timeliness::Delayed) => Some((
            FeedState::Delayed,
            Some("delayed data: the account has no subscription to this market's live data".into()),
        )),
        Heard::Prices(Timeliness::Frozen) => {
            Some((FeedState::Closed, Some("the market is closed: its last known prices".into())))
        }
        Heard::Nothing if was_stale => {
            Some((FeedState::Recovering, Some("connected again; waiting for the first price".into())))
        }
        Heard::Nothing => None,
    }
}

fn exhausted(symbol: &str) -> SourceError {
    SourceError::Rejected {
        code: RefusalCode::MarketDataLinesExhausted,
        message: format!(
            "every market-data line of the account is in use, there is none for {symbol}: close another quote first"
        ),
    }
}

fn unknown(instrument: &Instrument) -> SourceError {
    SourceError::Rejected {
        code: RefusalCode::BrokerRefused,
        message: format!(
            "{} has no contract id of Interactive Brokers: search for it again",
            instrument.symbol
        ),
    }
}

/// Worlds do not mix: an instrument is only asked for where it was found.
pub(super) fn belongs(
    instrument: &Instrument,
    connection: &Connection,
    session: &Session,
) -> Result<(), SourceError> {
    if instrument.connection == connection.id && instrument.environment == session.environment {
        return Ok(());
    }
    Err(SourceError::Rejected {
        code: RefusalCode::BrokerRefused,
        message: format!(
            "{} belongs to the connection '{}' in the environment {}; this is '{}' in {}",
            instrument.symbol,
            instrument.connection,
            instrument.environment,
            connection.id,
            session.environment
        ),
    })
}
