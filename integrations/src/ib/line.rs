//! One market-data line: the quote stream of one instrument, through every outage.
//!
//! The stream is pulled by its reader and has no task of its own. It makes its subscription again in every new
//! session, and whenever the gateway says that it has forgotten; what it yields says how far the values can
//! be trusted meanwhile.

mod trust;

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
use super::link::{Link, Session};
use super::refusal::{
    COMPETING_SESSION, DISPLAYING_DELAYED, LINES_EXHAUSTED, in_words, is_connection_end, is_not_subscribed,
    may_pass, refused,
};
use super::tick::{Fold, Timeliness};
use trust::{Heard, trust};

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
    fold: Fold,
    /// What was told of it last.
    told: Option<QuoteValues>,
    /// The gateway said that there may be no data; by this time there are prices, or that was a refusal.
    doubt: Option<(Instant, Notice)>,
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
        let retry_at = self.retry_at.filter(|_| connected);
        tokio::select! {
            changed = self.link.changed() => if changed.is_err() {
                self.end(SourceError::Unavailable("the connection to the gateway is gone".into()));
            },
            () = at(retry_at) => {}
        }
    }

    async fn subscribe(&mut self, session: Arc<Session>, link: &Link) {
        let id = &self.lines.connection.id;
        let contract = match contract_of(&self.instrument, id, session.environment) {
            Ok(contract) => contract,
            Err(error) => return self.end(error),
        };
        let Some(slot) = self.slot().await else {
            return self.end(exhausted(&self.instrument.symbol));
        };
        (self.epoch, self.retry_at) = (link.epoch, None);
        match self.request(&session, contract, slot).await {
            Ok(ticks) => {
                let fold = Fold::new(self.instrument.price_increment);
                let epoch = link.epoch;
                self.feed = Some(Feed { ticks, session, epoch, fold, told: None, doubt: None });
                if std::mem::take(&mut self.missed) {
                    self.ready.push_back(SourceEvent::Lost("ticks during the outage are missing".into()));
                }
                self.tell_now();
            }
            Err(error) => self.failed(&error),
        }
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
        slot: Slot,
    ) -> Result<Subscription<TickTypes>, Error> {
        let (answer, answered) = oneshot::channel();
        let (lines, session) = (self.lines.clone(), session.clone());
        self.lines.runtime.spawn(async move {
            lines.connection.budget.acquire(Class::Data).await;
            let subscribed = session.client.market_data(&contract).subscribe().await;
            if let Err(Ok(unwanted)) = answer.send(subscribed) {
                take_back(lines, unwanted, Some(slot)).await;
            }
        });
        answered.await.unwrap_or(Err(Error::Shutdown))
    }

    /// Waits for ticks or for news of the connection, and takes in all that is ready.
    async fn listen(&mut self) {
        let Some(feed) = &mut self.feed else { return };
        let doubt = feed.doubt.as_ref().map(|(until, _)| *until);
        tokio::select! {
            biased;
            changed = self.link.changed() => match changed {
                Ok(()) => self.heed_link(),
                Err(_gone) => self.end(SourceError::Unavailable("the connection to the gateway is gone".into())),
            },
            item = feed.ticks.next() => self.take(item),
            () = at(doubt) => {
                if let Some((_, notice)) = feed.doubt.take() {
                    self.end(refused(&notice));
                }
            }
        }
    }

    fn heed_link(&mut self) {
        let link = self.link.borrow_and_update().clone();
        if link.stopped {
            return self.end(SourceError::Unavailable(link.reason()));
        }
        if self.feed.as_ref().is_some_and(|feed| link.session.is_none() || feed.epoch != link.epoch) {
            self.interrupt();
            let forgotten = || "the gateway has lost the subscription, and it is being made again".into();
            self.say(FeedState::Stale, Some(link.outage().unwrap_or_else(forgotten)));
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
            // The time of a trade precedes its price, and is told with it.
            Some(told) => *told == QuoteValues { source_at: told.source_at, ..values.clone() },
            None => *values == QuoteValues { source_at: values.source_at, ..QuoteValues::default() },
        };
        if !unchanged {
            feed.doubt = None;
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
            code if is_not_subscribed(code) => {
                let until = Instant::now() + self.lines.connection.timings.doubt;
                if let Some(feed) = self.feed.as_mut().filter(|feed| feed.told.is_none()) {
                    feed.doubt = Some((until, notice.clone()));
                }
            }
            _ => tracing::info!(instrument = %self.instrument.symbol, "{}", in_words(notice)),
        }
    }

    /// The subscription is over, or was never made.
    fn failed(&mut self, error: &Error) {
        self.interrupt();
        match error {
            Error::Notice(notice) => self.refused(notice),
            error if is_connection_end(error) => self.say(FeedState::Stale, Some("connection lost".into())),
            error => {
                tracing::warn!(instrument = %self.instrument.symbol, %error, "a quote subscription broke");
                self.try_later("the gateway's data could not be read; trying again".into());
            }
        }
    }

    fn refused(&mut self, notice: &Notice) {
        if notice.code == LINES_EXHAUSTED {
            return self.end(exhausted(&self.instrument.symbol));
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
        let heard = self.feed.as_ref().map(|feed| match feed.told {
            Some(_) => Heard::Prices(feed.fold.timeliness),
            None => Heard::Nothing,
        });
        let said = self.said.as_ref().map(|(state, _)| *state);
        let obstacle = link.outage().or_else(|| self.obstacle.clone());
        if let Some((state, reason)) = trust(obstacle, heard, said) {
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

/// Waits until then, or for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Cancels a subscription within the budget; its line is free once that is done.
async fn take_back(lines: Lines, ticks: Subscription<TickTypes>, slot: Option<Slot>) {
    lines.connection.budget.acquire(Class::Cancel).await;
    ticks.cancel().await;
    drop((ticks, slot));
}

fn exhausted(symbol: &str) -> SourceError {
    SourceError::Rejected {
        code: RefusalCode::MarketDataLinesExhausted,
        message: format!(
            "every market-data line of the account is in use, there is none for {symbol}: close another quote first"
        ),
    }
}
