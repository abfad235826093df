//! One line: the stream of one instrument's quotes, trades or depth, through every outage.
//!
//! The stream is pulled by its reader and has no task of its own. It makes its subscription again in every new
//! session, and whenever the gateway says that it has forgotten; what it yields says how far the values can
//! be trusted meanwhile.

pub(super) mod depth;
mod flow;
mod interval;
mod lines;
pub(super) mod quotes;
pub(super) mod trades;
mod trouble;
mod trust;

use std::collections::VecDeque;
use std::sync::Arc;

use domain::instrument::Instrument;
use domain::market_data::{SourceError, SourceEvent};
use domain::quote::FeedState;
use futures::FutureExt;
use futures::stream::StreamExt;
use ibapi::contracts::Contract;
use ibapi::subscriptions::SubscriptionItem;
use ibapi::{Error, Notice};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::budget::Class;
use super::contract::contract_of;
use super::link::{Link, Session};
use super::refusal::refused;
use flow::{Flow, StateOrder, Unreadable, Wire};
pub(super) use lines::Lines;
use lines::{Slot, exhausted, gone, take_back};
use trust::{Heard, trust};

/// The most ticks that are taken in before the values are told.
const BATCH: usize = 256;

/// A subscription that the gateway serves.
struct Feed<F: Flow> {
    ticks: Box<dyn Wire<F::Tick>>,
    session: Arc<Session>,
    epoch: u64,
    flow: F,
    /// Whether it has told anything.
    heard: bool,
    /// The gateway said that there may be no data; by this time there are values, or that was a refusal.
    doubt: Option<(Instant, Notice)>,
}

struct Line<F: Flow> {
    lines: Lines,
    link: watch::Receiver<Link>,
    instrument: Instrument,
    slot: Option<Slot>,
    feed: Option<Feed<F>>,
    /// The subscription before, while it is being cancelled.
    leaving: Option<JoinHandle<()>>,
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
    ready: VecDeque<SourceEvent<F::Values>>,
    over: bool,
}

impl<F: Flow> Line<F> {
    fn new(lines: Lines, instrument: Instrument) -> Self {
        Self {
            link: lines.connection.follow(),
            lines,
            instrument,
            slot: None,
            feed: None,
            leaving: None,
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

    async fn next(&mut self) -> Option<SourceEvent<F::Values>> {
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
            return self.end(exhausted(F::KIND, &self.instrument.symbol));
        };
        (self.epoch, self.retry_at) = (link.epoch, None);
        if let Err(free_at) = self.lines.interval.reserve(self.instrument.broker_id) {
            return self.postpone(free_at);
        }
        match self.request(&session, contract, slot).await {
            Ok(ticks) => {
                let (flow, epoch) = (F::new(&self.instrument), link.epoch);
                self.feed = Some(Feed { ticks, session, epoch, flow, heard: false, doubt: None });
                if std::mem::take(&mut self.missed) {
                    self.ready.push_back(SourceEvent::Lost("ticks during the outage are missing".into()));
                }
                self.tell_now();
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Waits until the gateway lets the same be asked for again.
    fn postpone(&mut self, free_at: Instant) {
        self.retry_at = Some(free_at);
        let seconds = free_at.duration_since(Instant::now()).as_secs() + 1;
        let reason = format!(
            "Interactive Brokers does not let the same be asked for again so soon; in {seconds} s it is"
        );
        self.say(FeedState::Stale, Some(reason));
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

    /// Subscribes in a task of its own: should the reader leave meanwhile, the request is taken back. The gateway, which
    /// counts too, hears first that the subscription before is over.
    async fn request(
        &mut self,
        session: &Arc<Session>,
        contract: Contract,
        slot: Slot,
    ) -> Result<Box<dyn Wire<F::Tick>>, Error> {
        let (answer, answered) = oneshot::channel();
        let (lines, session, leaving) = (self.lines.clone(), session.clone(), self.leaving.take());
        self.lines.runtime.spawn(async move {
            gone(leaving).await;
            lines.connection.budget.acquire(Class::Data).await;
            let subscribed = F::subscribe(session, contract).await;
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
        let partial = feed.flow.partial_until();
        tokio::select! {
            biased;
            changed = self.link.changed() => match changed {
                Ok(()) => self.heed_link(),
                Err(_gone) => self.end(SourceError::Unavailable("the connection to the gateway is gone".into())),
            },
            item = feed.ticks.next() => self.take(item),
            () = at(partial) => {
                feed.flow.settle();
                self.tell_values();
            }
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

    fn take(&mut self, first: Option<Result<SubscriptionItem<F::Tick>, Error>>) {
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(item) = next {
            taken += 1;
            match item {
                Some(Ok(SubscriptionItem::Data(tick))) => {
                    let taken = self.feed.as_mut().map_or(Ok(()), |feed| feed.flow.take(tick));
                    if let Err(Unreadable) = taken {
                        self.tell_values();
                        return self.ask_anew("the gateway sent something that makes no sense");
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
        let news = feed.flow.news();
        if !news.is_empty() {
            (feed.heard, feed.doubt) = (true, None);
            (self.obstacle, self.retries) = (None, 0);
        }
        if F::STATE == StateOrder::BeforeValues {
            self.tell_now();
        }
        self.ready.extend(news.into_iter().map(SourceEvent::Values));
        self.tell_now();
    }

    fn tell_now(&mut self) {
        let link = self.link.borrow().clone();
        self.tell_state(&link);
    }

    /// Says the state, where it is another than was said last.
    fn tell_state(&mut self, link: &Link) {
        let heard = self.feed.as_ref().map(|feed| match feed.flow.partial_until() {
            _ if !feed.heard => Heard::Nothing,
            Some(_) => Heard::Part,
            None => Heard::Prices(feed.flow.timeliness()),
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
        self.missed |= feed.heard;
        self.leaving = self.drop_feed(feed, self.slot.clone());
    }

    fn release(&mut self) {
        let slot = self.slot.take();
        if let Some(feed) = self.feed.take() {
            self.drop_feed(feed, slot);
        }
    }

    fn drop_feed(&self, feed: Feed<F>, slot: Option<Slot>) -> Option<JoinHandle<()>> {
        // In a session that is over there is nothing to cancel, and no budget to spend on it.
        let taking_back = || self.lines.runtime.spawn(take_back(self.lines.clone(), feed.ticks, slot));
        feed.session.client.is_connected().then(taking_back)
    }
}

impl<F: Flow> Drop for Line<F> {
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
