//! The trades of one instrument on this node: listened to once, and each print handed to everybody who follows.
//!
//! A print stands for itself, so none replaces another. A number of them waits for each follower; one that lets more
//! wait misses the oldest, is told so, and delays nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::bus::{Bus, BusError, Delivery, Message, Topic};
use domain::clock::Clock;
use domain::instrument::InstrumentId;
use domain::quote::{FeedRefusal, Stamp, StreamGap};
use domain::trade::Trade;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::feed::channel::{Link, gap_before, is_news};
use crate::feed::presence::{BUS_AWAY, NO_DESK, Outlook, PATIENCE, RETRY};
use crate::feed::registry::Registry;
use crate::feed::shown::FeedEvent;

/// How many prints wait for one follower at most.
const MOST_WAITING: usize = 1_024;

/// What is handed to everybody.
#[derive(Clone, Debug)]
enum Handed {
    Print(Arc<Trade>),
    Gap(Arc<StreamGap>),
    Refused(Arc<FeedRefusal>),
}

/// An instrument whose trades are listened to for as long as this value lives.
pub struct Tape {
    instrument: InstrumentId,
    clock: Arc<dyn Clock>,
    roll: Arc<Mutex<Roll>>,
    registry: Arc<Registry>,
    pump: AbortHandle,
}

/// What all followers have in common.
struct Roll {
    out: broadcast::Sender<Handed>,
    last: Option<Trade>,
    /// Why the desk does not serve this instrument; stands until it says something else of it.
    refusal: Option<Arc<FeedRefusal>>,
    /// What was lost last; stands until a print arrives.
    gap: Option<Arc<StreamGap>>,
}

impl Tape {
    /// Begins to listen.
    pub fn open(
        instrument: InstrumentId,
        registry: Arc<Registry>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let roll = Roll { out: broadcast::Sender::new(MOST_WAITING), last: None, refusal: None, gap: None };
        let roll = Arc::new(Mutex::new(roll));
        let pump = Pump { instrument, roll: Arc::clone(&roll), bus, clock: Arc::clone(&clock), is_up: true };
        let pump = tokio::spawn(pump.run()).abort_handle();
        Arc::new(Self { instrument, clock, roll, registry, pump })
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.pump.abort();
        self.registry.closed(Topic::Trades(self.instrument));
    }
}

/// Carries one instrument's trades from the bus to the followers.
struct Pump {
    instrument: InstrumentId,
    roll: Arc<Mutex<Roll>>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    is_up: bool,
}

impl Pump {
    async fn run(mut self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::debug!(%error, instrument = %self.instrument, "trades cannot be listened to");
            }
            self.goes_down();
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Listens until the bus ends it.
    async fn listen(&mut self) -> Result<(), BusError> {
        let late = |_| BusError("it does not answer".into());
        let subscribing = self.bus.subscribe(Topic::Trades(self.instrument));
        let mut deliveries = timeout(PATIENCE, subscribing).await.map_err(late)??;
        self.is_up = true;
        while let Some(delivery) = deliveries.next().await {
            match delivery {
                Delivery::Message(message) => {
                    self.is_up = true;
                    self.hear(&message);
                }
                Delivery::Interrupted => self.goes_down(),
                Delivery::Resumed => self.is_up = true,
            }
        }
        Ok(())
    }

    /// Nothing arrives any more: told once.
    fn goes_down(&mut self) {
        if std::mem::replace(&mut self.is_up, false) {
            let mut roll = lock(&self.roll);
            let after = roll.last.as_ref().map(|trade| trade.stamp);
            self.lose(&mut roll, after, BUS_AWAY.to_owned());
        }
    }

    fn hear(&self, message: &Message) {
        let mut roll = lock(&self.roll);
        match message {
            Message::Trade(trade) => self.print(&mut roll, trade),
            Message::Gap(_, gap) => {
                // The desk tells gaps of what it is served.
                roll.refusal = None;
                roll.break_off(gap.clone());
            }
            Message::Refused(_, refusal) => {
                let refusal = Arc::new(refusal.clone());
                roll.refusal = Some(Arc::clone(&refusal));
                roll.hand(Handed::Refused(refusal));
            }
            _ => {}
        }
    }

    fn print(&self, roll: &mut Roll, trade: &Trade) {
        if let Some(last) = &roll.last {
            if !is_news(trade, last) {
                return;
            }
            if let Some(after) = gap_before(trade.stamp, last.stamp) {
                self.lose(roll, Some(after), "messages were lost on the way from the desk".to_owned());
            } else if trade.stamp.epoch > last.stamp.epoch {
                let reason = "another desk has taken over; trades in between may be missing".to_owned();
                let after = last.stamp;
                self.lose(roll, Some(after), reason);
            }
        }
        roll.last = Some(trade.clone());
        (roll.refusal, roll.gap) = (None, None);
        roll.hand(Handed::Print(Arc::new(trade.clone())));
    }

    fn lose(&self, roll: &mut Roll, after: Option<Stamp>, reason: String) {
        roll.break_off(StreamGap { instrument: self.instrument, after, at: self.clock.now(), reason });
    }
}

impl Roll {
    /// Something was lost: told to all, and to whoever comes before the next print.
    fn break_off(&mut self, gap: StreamGap) {
        let gap = Arc::new(gap);
        self.gap = Some(Arc::clone(&gap));
        self.hand(Handed::Gap(gap));
    }

    /// Hands it to all who follow now, if any.
    fn hand(&self, event: Handed) {
        let _ = self.out.send(event);
    }
}

fn lock(roll: &Mutex<Roll>) -> MutexGuard<'_, Roll> {
    roll.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One subscriber to the trades of an instrument.
pub struct TapeFollower {
    tape: Arc<Tape>,
    handed: broadcast::Receiver<Handed>,
    outlook: watch::Receiver<Outlook>,
    /// Why nothing comes, as it stood at the beginning.
    standing: VecDeque<FeedEvent<Trade>>,
    last: Option<Stamp>,
    without_desk: bool,
}

impl TapeFollower {
    /// Begins to follow: with what comes from now on, and with why nothing comes.
    pub fn new(tape: Arc<Tape>, mut outlook: watch::Receiver<Outlook>) -> Self {
        let (handed, gap, refusal) = {
            let roll = lock(&tape.roll);
            (roll.out.subscribe(), roll.gap.clone(), roll.refusal.clone())
        };
        let gap = gap.map(|gap| FeedEvent::Gap(gap.as_ref().clone()));
        let refusal = refusal.map(|refusal| FeedEvent::Refused(refusal.as_ref().clone()));
        let standing = gap.into_iter().chain(refusal).collect();
        let without_desk = outlook.borrow_and_update().is_without_desk();
        let mut follower = Self { tape, handed, outlook, standing, last: None, without_desk };
        if without_desk {
            follower.standing.push_back(follower.gap(NO_DESK.to_owned()));
        }
        follower
    }

    /// The events, without end.
    pub fn into_stream(self) -> BoxStream<'static, FeedEvent<Trade>> {
        futures::stream::unfold(self, |mut follower| async move {
            let event = follower.next().await?;
            Some((event, follower))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<FeedEvent<Trade>> {
        if let Some(event) = self.standing.pop_front() {
            return Some(event);
        }
        loop {
            tokio::select! {
                biased;
                handed = self.handed.recv() => return match handed {
                    Ok(Handed::Print(trade)) => {
                        self.last = Some(trade.stamp);
                        Some(FeedEvent::Value(self.outlook.borrow().show(trade, Link::Up)))
                    }
                    Ok(Handed::Gap(gap)) => Some(FeedEvent::Gap(gap.as_ref().clone())),
                    Ok(Handed::Refused(refusal)) => Some(FeedEvent::Refused(refusal.as_ref().clone())),
                    Err(RecvError::Lagged(count)) => Some(self.gap(too_slow(count))),
                    Err(RecvError::Closed) => None,
                },
                changed = self.outlook.changed() => {
                    changed.ok()?;
                    let without_desk = self.outlook.borrow_and_update().is_without_desk();
                    if without_desk && !std::mem::replace(&mut self.without_desk, without_desk) {
                        return Some(self.gap(NO_DESK.to_owned()));
                    }
                    self.without_desk = without_desk;
                }
            }
        }
    }

    fn gap(&self, reason: String) -> FeedEvent<Trade> {
        let (instrument, at) = (self.tape.instrument, self.tape.clock.now());
        FeedEvent::Gap(StreamGap { instrument, after: self.last, at, reason })
    }
}

fn too_slow(count: u64) -> String {
    format!("your connection did not read fast enough: {count} trades were left out")
}
