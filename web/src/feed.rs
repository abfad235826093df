//! The quotes on the screen and how far they can be trusted, drawn at most once per frame.

use std::collections::HashMap;
use std::rc::Rc;

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use futures::future::join_all;
use futures::{FutureExt, select};
use gloo_timers::future::TimeoutFuture;

use crate::browser;
use crate::graphql::failure::Failure;
use crate::graphql::instrument::InstrumentId;
use crate::graphql::quote::{Quote, QuoteEvent, Quotes, QuotesVariables};
use crate::graphql::system::{System, SystemChanges};
use crate::live::{Event, Link, LinkState, Live, Subscription};
use crate::news::{self, News, What};
use crate::session::Session;

mod held;
pub mod refusals;

pub use held::HeldQuote;
use held::NO_SOCKET;
use refusals::Refusals;

/// How long to wait before an operation that ended is started again.
const AGAIN_MS: u32 = 3_000;

/// The most instruments that one subscription takes.
const MOST_INSTRUMENTS: usize = 200;

/// What the live side brings, for every component that is logged in.
#[derive(Clone, Copy, PartialEq)]
pub struct Feed {
    /// The websocket.
    pub link: Signal<Link>,
    /// The installation, once it is known.
    pub system: Signal<Option<System>>,
    /// The newest quotes.
    pub quotes: Signal<HashMap<InstrumentId, Rc<HeldQuote>>>,
    /// Why some quotes do not come.
    pub refusals: Signal<Refusals>,
    /// The server's clock, moved on once a second.
    pub now: Signal<i64>,
    /// How many want each instrument's quote.
    wanted: Signal<HashMap<InstrumentId, u32>>,
    /// What happened since the page was opened.
    pub news: Signal<News>,
}

/// Somebody wants these quotes; when it is dropped, what nobody else wants grows old.
struct Want {
    feed: Feed,
    instruments: Vec<InstrumentId>,
}

impl Want {
    fn new(mut feed: Feed, instruments: &[InstrumentId]) -> Self {
        {
            let mut wanted = feed.wanted.write();
            for id in instruments {
                *wanted.entry(id.clone()).or_default() += 1;
            }
        }
        Self { feed, instruments: instruments.to_vec() }
    }
}

impl Drop for Want {
    fn drop(&mut self) {
        // The signals are gone when the whole dashboard goes away.
        let Ok(mut wanted) = self.feed.wanted.try_write() else { return };
        let mut unwanted = Vec::new();
        for id in &self.instruments {
            let left = wanted.get(id).map_or(0, |count| count.saturating_sub(1));
            if left == 0 {
                wanted.remove(id);
                unwanted.push(id.clone());
            } else {
                wanted.insert(id.clone(), left);
            }
        }
        drop(wanted);
        self.feed.let_go(&unwanted);
    }
}

impl Feed {
    /// A feed that knows nothing yet.
    pub fn new() -> Self {
        Self {
            link: Signal::new(Link { state: LinkState::Connecting, generation: NO_SOCKET }),
            system: Signal::new(None),
            quotes: Signal::new(HashMap::new()),
            refusals: Signal::new(Refusals::default()),
            now: Signal::new(0),
            wanted: Signal::new(HashMap::new()),
            news: Signal::new(News::default()),
        }
    }

    /// Moves the clock on.
    pub async fn tick(mut self, session: Session) {
        loop {
            self.now.set(session.server_now());
            TimeoutFuture::new(1_000).await;
        }
    }

    /// Tells when the line to the server goes and comes.
    pub fn tell_link(mut self, link: Link) {
        let now = *self.now.peek();
        if now > 0 {
            self.news.write().tell(now, What::Link(link.state));
        }
    }

    /// Follows the state of the installation.
    pub async fn follow_system(mut self, live: Live, session: Session) {
        loop {
            let mut changes = live.subscribe(&SystemChanges::build(()));
            while let Some(event) = changes.next().await {
                if let Event::Data(changed) = event {
                    session.set_server_now(changed.system.time.millis());
                    let before = self.system.peek().clone();
                    if let Some(before) = before {
                        let now = session.server_now();
                        for what in news::changes(&before, &changed.system) {
                            self.news.write().tell(now, what);
                        }
                    }
                    self.system.set(Some(changed.system));
                }
            }
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }

    /// Follows the quotes of these instruments for as long as the future lives. Several may be followed at
    /// once; an instrument that two of them want is asked for by both.
    pub async fn follow_quotes(self, live: Live, instruments: Vec<InstrumentId>) {
        let _want = Want::new(self, &instruments);
        let chunks = instruments.chunks(MOST_INSTRUMENTS);
        join_all(chunks.map(|chunk| self.follow_chunk(live.clone(), chunk))).await;
    }

    async fn follow_chunk(self, live: Live, instruments: &[InstrumentId]) {
        loop {
            self.start_over(instruments);
            let variables = QuotesVariables { instruments: instruments.to_vec() };
            let subscription = live.subscribe(&Quotes::build(variables));
            let mut waiting = HashMap::new();
            batched(
                subscription,
                &mut waiting,
                |waiting, event| match event {
                    Event::Data(Quotes { quotes: QuoteEvent::Quote(quote) }) => {
                        waiting.insert(quote.instrument.id.clone(), *quote);
                    }
                    Event::Failed(failure) => self.refuse(waiting, failure),
                    // What waits came over a socket that is gone; the server sends each latest quote again.
                    Event::Restarted => {
                        waiting.clear();
                        self.start_over(instruments);
                    }
                    // After a gap the next quote is whole again.
                    Event::Data(_) => {}
                },
                |waiting| self.hold(waiting),
            )
            .await;
            self.let_go(instruments);
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }

    /// These instruments are asked for anew: what is known of them is old until they answer, unless somebody
    /// else follows them too.
    fn start_over(mut self, instruments: &[InstrumentId]) {
        let alone: Vec<_> = {
            let wanted = self.wanted.peek();
            instruments.iter().filter(|id| wanted.get(*id).is_none_or(|count| *count < 2)).cloned().collect()
        };
        self.let_go(&alone);
        if !self.refusals.peek().is_empty() {
            self.refusals.write().start_over(instruments);
        }
    }

    fn let_go(mut self, instruments: &[InstrumentId]) {
        if instruments.is_empty() {
            return;
        }
        let Ok(mut quotes) = self.quotes.try_write() else { return };
        for id in instruments {
            if let Some(held) = quotes.get_mut(id) {
                Rc::make_mut(held).let_go();
            }
        }
    }

    fn refuse(mut self, waiting: &mut HashMap<InstrumentId, Quote>, failure: Failure) {
        let about = self.refusals.write().add(failure);
        if let Some(id) = about {
            waiting.remove(&id);
            self.let_go(&[id]);
        }
    }

    fn hold(mut self, waiting: &mut HashMap<InstrumentId, Quote>) {
        if waiting.is_empty() {
            return;
        }
        if !self.refusals.peek().is_empty() {
            let mut refusals = self.refusals.write();
            for id in waiting.keys() {
                refusals.answered(id);
            }
        }
        let generation = self.link.peek().generation;
        let mut quotes = self.quotes.write();
        for (id, quote) in waiting.drain() {
            if quotes.get(&id).is_some_and(|held| held.quote.state != quote.state) {
                let (instruments, state, reason) = (vec![id.clone()], quote.state, quote.reason.clone());
                let now = *self.now.peek();
                self.news.write().tell(now, What::Feed { instruments, state, reason });
            }
            let held = HeldQuote::after(quotes.get(&id).map(Rc::as_ref), quote, generation);
            quotes.insert(id, Rc::new(held));
        }
    }
}

/// Takes in every event as it comes, into `waiting`, and shows what has gathered once per frame. A hidden
/// page draws no frames, so that `waiting` must stay small whatever comes.
pub async fn batched<T, W>(
    mut subscription: Subscription<T>,
    waiting: &mut W,
    mut take: impl FnMut(&mut W, Event<T>),
    mut show: impl FnMut(&mut W),
) where
    T: serde::de::DeserializeOwned,
{
    while let Some(event) = subscription.next().await {
        take(waiting, event);
        let mut frame = Box::pin(browser::next_frame().fuse());
        loop {
            let next = subscription.next().fuse();
            futures::pin_mut!(next);
            select! {
                () = frame => break,
                event = next => match event {
                    Some(event) => take(waiting, event),
                    None => break,
                },
            }
        }
        show(waiting);
    }
}
