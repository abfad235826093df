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
use crate::graphql::quote::{FeedState, Quote, QuoteEvent, Quotes, QuotesVariables};
use crate::graphql::system::{System, SystemChanges};
use crate::live::{Event, Link, LinkState, Live, Subscription};
use crate::news::{self, News, What};
use crate::number::Direction;
use crate::session::Session;

pub mod refusals;

use refusals::Refusals;

/// How long to wait before an operation that ended is started again.
const AGAIN_MS: u32 = 3_000;

/// The most instruments that one subscription takes.
const MOST_INSTRUMENTS: usize = 200;

/// The generation that no socket has.
const NO_SOCKET: u32 = 0;

/// A quote as it came, with what the screen needs to know of its past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldQuote {
    /// The quote.
    pub quote: Quote,
    /// The socket over which it came; none once nobody follows it any more.
    generation: u32,
    /// Which way the price moved last.
    pub moved: Option<Direction>,
    /// How often it moved.
    pub moves: u32,
}

impl HeldQuote {
    /// A quote and what came before it.
    pub fn after(previous: Option<&Self>, quote: Quote, generation: u32) -> Self {
        let mut held = Self { quote, generation, moved: None, moves: 0 };
        if let Some(previous) = previous {
            let (from, to) = (previous.quote.reference_price(), held.quote.reference_price());
            let moved = from.zip(to).and_then(|(from, to)| Direction::between(from, to));
            held.moved = moved.or(previous.moved);
            held.moves = previous.moves + u32::from(moved.is_some());
        }
        held
    }

    /// Nobody follows it any more, so that it grows old unseen.
    pub fn let_go(&mut self) {
        self.generation = NO_SOCKET;
    }

    /// How far it can be trusted: as the server says, unless the line to the server is down, or has been
    /// since it came, or nobody followed it since.
    pub fn trust(&self, link: Link) -> FeedState {
        if link.state == LinkState::Online && link.generation == self.generation {
            self.quote.state
        } else {
            FeedState::Stale
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::quote::{InstrumentKey, QuoteLevel};

    const ONLINE: Link = Link { state: LinkState::Online, generation: 2 };

    fn quote(last: &str) -> Quote {
        Quote {
            instrument: InstrumentKey { id: "i".into() },
            bid: None,
            ask: None,
            last: Some(QuoteLevel { price: last.parse().unwrap(), size: None }),
            open: None,
            high: None,
            low: None,
            previous_close: None,
            volume: None,
            change: None,
            change_percent: None,
            received_at: None,
            state: FeedState::Live,
            reason: None,
        }
    }

    #[test]
    fn a_quote_is_stale_once_its_socket_is_gone() {
        let held = HeldQuote::after(None, quote("1"), 2);
        let check = |link: Link, expect: FeedState| assert_eq!(held.trust(link), expect, "{link:?}");
        check(ONLINE, FeedState::Live);
        check(Link { state: LinkState::Offline, ..ONLINE }, FeedState::Stale);
        check(Link { state: LinkState::Connecting, ..ONLINE }, FeedState::Stale);
        check(Link { generation: 3, ..ONLINE }, FeedState::Stale);
    }

    #[test]
    fn a_quote_that_nobody_follows_is_stale_until_the_next_one_comes() {
        let mut held = HeldQuote::after(None, quote("1"), 2);
        held.let_go();
        assert_eq!(held.trust(ONLINE), FeedState::Stale);
        assert_eq!(HeldQuote::after(Some(&held), quote("1"), 2).trust(ONLINE), FeedState::Live);
    }

    #[test]
    fn only_a_move_of_the_price_flashes() {
        let first = HeldQuote::after(None, quote("10.00"), 2);
        assert_eq!((first.moved, first.moves), (None, 0));
        let up = HeldQuote::after(Some(&first), quote("10.01"), 2);
        assert_eq!((up.moved, up.moves), (Some(Direction::Up), 1));
        let same = HeldQuote::after(Some(&up), quote("10.010"), 2);
        assert_eq!((same.moved, same.moves), (Some(Direction::Up), 1));
        let down = HeldQuote::after(Some(&same), quote("9.99"), 2);
        assert_eq!((down.moved, down.moves), (Some(Direction::Down), 2));
    }
}
