//! The feed: from the broker's streams to the bus.
//!
//! One task owns everything here. It opens a line for each instrument and kind (quotes, trades, depth) that somebody
//! listens to, stamps what the source says with the time of receipt and a sequence number, builds the live bars that are
//! asked for, and publishes. A line that nobody listens to any more lingers, and is then let go.

mod bars;
mod bus;
mod demand;
mod depth;
mod line;
mod lines;
mod outbox;
mod quotes;
mod series;
mod trades;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use domain::bar::Series;
use domain::bus::{Message, Topic};
use domain::depth::DepthValues;
use domain::desk::LineCounts;
use domain::instrument::InstrumentId;
use domain::market_data::{ConnectionStatus, MarketDataSource, SourceEvent};
use domain::quote::{FeedState, QuoteValues};
use domain::trade::{Trade, TradeSide, TradeValues};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use self::demand::Wanted;
use self::depth::DepthBody;
use self::lines::{Ground, Lines, tell_gap};
use self::outbox::Outbox;
use self::quotes::QuoteBody;
use self::series::{Fetched, SeriesFeed};
use self::trades::TradeBody;
use crate::leader::{Leadership, error_chain};

/// How many events of one kind are taken in before they are published.
const BATCH: usize = 256;

/// How often the bars are looked at whose time may be over.
const BAR_TICK: Duration = Duration::from_millis(200);

/// How often the depth of one market is told at most: nobody may ask for it more often.
const DEPTH_TICK: Duration = Duration::from_millis(20);

/// The feed of one leadership.
pub(crate) struct Feed {
    this: Arc<Leadership>,
    source: Arc<dyn MarketDataSource>,
    statuses: watch::Receiver<ConnectionStatus>,
    counts: watch::Sender<LineCounts>,
    quotes: Lines<QuoteBody>,
    trades: Lines<TradeBody>,
    depth: Lines<DepthBody>,
    /// Whose depth has changed since it was told.
    deepened: HashSet<InstrumentId>,
    series: HashMap<Series, SeriesFeed>,
    fetches: FuturesUnordered<BoxFuture<'static, Fetched>>,
    outbox: Outbox,
    published: bool,
    /// Something could not be published, and nobody was told so yet.
    missed: bool,
}

/// Feeds the bus from this leadership's source until `ended`.
pub(crate) async fn run(
    this: Arc<Leadership>,
    statuses: watch::Receiver<ConnectionStatus>,
    counts: watch::Sender<LineCounts>,
    ended: CancellationToken,
) {
    let Some(source) = this.source.clone() else { return ended.cancelled().await };
    let outbox = Outbox::new(this.epoch);
    let feed = Feed {
        this,
        source,
        statuses,
        counts,
        quotes: Lines::new(),
        trades: Lines::new(),
        depth: Lines::new(),
        deepened: HashSet::new(),
        series: HashMap::new(),
        fetches: FuturesUnordered::new(),
        outbox,
        published: true,
        missed: false,
    };
    feed.run(ended).await;
}

/// The events of one kind that are ready together.
type Batch<V> = Vec<(InstrumentId, SourceEvent<V>)>;

impl Feed {
    async fn run(mut self, ended: CancellationToken) {
        let mut demand = demand::follow(&self.this, ended.clone());
        let mut bus = bus::watch(&self.this, ended.clone());
        let (mut bar_tick, mut depth_tick) = (ticker(BAR_TICK), ticker(DEPTH_TICK));
        let (mut quotes, mut trades, mut depth) = (Batch::new(), Batch::new(), Batch::new());
        loop {
            tokio::select! {
                () = ended.cancelled() => return,
                _ = self.quotes.streams.next_many(&mut quotes, BATCH), if !self.quotes.streams.is_empty() => {
                    quotes.drain(..).for_each(|(instrument, event)| self.take_quote(instrument, event));
                }
                _ = self.trades.streams.next_many(&mut trades, BATCH), if !self.trades.streams.is_empty() => {
                    trades.drain(..).for_each(|(instrument, event)| self.take_trade(instrument, event));
                }
                _ = self.depth.streams.next_many(&mut depth, BATCH), if !self.depth.streams.is_empty() => {
                    depth.drain(..).for_each(|(instrument, event)| self.take_depth(instrument, event));
                }
                _ = depth_tick.tick(), if !self.deepened.is_empty() => self.tell_depth(),
                Some(wanted) = demand.next() => self.follow_demand(&wanted),
                Ok(()) = self.statuses.changed() => self.open(),
                Some(()) = bus.next() => self.republish(),
                Some(fetched) = self.fetches.next() => self.fetched(fetched),
                _ = bar_tick.tick(), if !self.series.is_empty() => self.close_bars(),
            }
            self.flush().await;
            self.count();
        }
    }

    /// Takes in one event of an instrument's quotes.
    fn take_quote(&mut self, id: InstrumentId, event: SourceEvent<QuoteValues>) {
        let now = self.this.ports.clock.now();
        let Some(line) = self.quotes.get_mut(id) else { return };
        match event {
            SourceEvent::Values(values) => {
                line.body.take(values.clone(), now);
                self.quotes.tell(id, &mut self.outbox);
                self.grow_bars(id, &values);
            }
            SourceEvent::State(state, reason) => {
                let was = std::mem::replace(&mut line.body.quote.state, state);
                line.body.quote.reason = reason;
                self.quotes.tell(id, &mut self.outbox);
                self.bars_follow_state(id, was, state);
            }
            SourceEvent::Lost(reason) => {
                tell_gap::<QuoteBody>(id, now, reason, &mut self.outbox);
                if !self.are_printed(id) {
                    self.restart_bars(id);
                }
            }
            SourceEvent::Ended(error) => {
                let ground = self.ground();
                self.quotes.ended(id, error, &ground, &mut self.outbox);
            }
        }
    }

    /// Takes in one event of an instrument's trades. Whoever follows them cannot see a state between two prints, and
    /// is told of the gap that an outage makes when it begins.
    fn take_trade(&mut self, id: InstrumentId, event: SourceEvent<TradeValues>) {
        let now = self.this.ports.clock.now();
        let Some(line) = self.trades.get_mut(id) else { return };
        match event {
            SourceEvent::Values(values) => {
                line.body.take();
                let state = line.body.state;
                // A quote of another time says nothing of this print.
                let quote =
                    self.quotes.get(id).map(|line| &line.body.quote).filter(|quote| quote.state == state);
                let side = quote.and_then(|quote| TradeSide::of(values.price, &quote.values));
                let stamp = self.outbox.stamp(Topic::Trades(id));
                self.print_bars(id, &values);
                let trade = Trade { instrument: id, values, side, received_at: now, stamp, state };
                self.outbox.put(Message::Trade(trade));
            }
            SourceEvent::State(state, reason) => {
                line.body.follow(state);
                if state == FeedState::Stale {
                    let reason = reason.unwrap_or_else(|| "trades do not arrive for the moment".into());
                    tell_gap::<TradeBody>(id, now, reason, &mut self.outbox);
                }
            }
            SourceEvent::Lost(reason) => {
                let fed_bars = line.body.arrive();
                tell_gap::<TradeBody>(id, now, reason, &mut self.outbox);
                if fed_bars {
                    self.restart_bars(id);
                }
            }
            SourceEvent::Ended(error) => {
                let ground = self.ground();
                self.trades.ended(id, error, &ground, &mut self.outbox);
            }
        }
    }

    /// Takes in one event of an instrument's depth.
    fn take_depth(&mut self, id: InstrumentId, event: SourceEvent<DepthValues>) {
        let now = self.this.ports.clock.now();
        let Some(line) = self.depth.get_mut(id) else { return };
        match event {
            SourceEvent::Values(values) => {
                line.body.take(values, now);
                self.deepened.insert(id);
            }
            SourceEvent::State(state, reason) => {
                (line.body.depth.state, line.body.depth.reason) = (state, reason);
                self.deepened.remove(&id);
                self.depth.tell(id, &mut self.outbox);
            }
            SourceEvent::Lost(reason) => tell_gap::<DepthBody>(id, now, reason, &mut self.outbox),
            SourceEvent::Ended(error) => {
                let ground = self.ground();
                self.depth.ended(id, error, &ground, &mut self.outbox);
            }
        }
    }

    /// Tells what has changed in depth: the changes of a moment as one.
    fn tell_depth(&mut self) {
        for id in std::mem::take(&mut self.deepened) {
            self.depth.tell(id, &mut self.outbox);
        }
    }

    /// Opens and lets go of lines so that what is wanted is fed.
    fn follow_demand(&mut self, wanted: &Wanted) {
        let (ground, outbox) = (self.ground(), &mut self.outbox);
        self.quotes.follow(&wanted.quotes, &wanted.fresh, &ground, outbox);
        self.trades.follow(&wanted.trades, &wanted.fresh, &ground, outbox);
        self.depth.follow(&wanted.depth, &wanted.fresh, &ground, outbox);
        self.follow_series(&wanted.series);
    }

    /// Subscribes the wanted instruments that are not yet.
    fn open(&mut self) {
        let (ground, outbox) = (self.ground(), &mut self.outbox);
        self.quotes.open(&ground, outbox);
        self.trades.open(&ground, outbox);
        self.depth.open(&ground, outbox);
    }

    fn ground(&self) -> Ground {
        Ground {
            source: self.source.clone(),
            status: self.statuses.borrow().clone(),
            now: Instant::now(),
            at: self.this.ports.clock.now(),
            refused_for: self.this.options.refused_for,
            linger: self.this.options.linger,
        }
    }

    /// Tells everything anew, after the bus may have forgotten it.
    fn republish(&mut self) {
        self.quotes.tell_all(&mut self.outbox);
        self.depth.tell_all(&mut self.outbox);
        if std::mem::take(&mut self.missed) {
            let (now, outbox) = (self.this.ports.clock.now(), &mut self.outbox);
            self.trades.tell_gaps(now, "the bus was away, and trades may be missing", outbox);
            self.quotes.tell_refusals(outbox);
            self.trades.tell_refusals(outbox);
            self.depth.tell_refusals(outbox);
        }
    }

    async fn flush(&mut self) {
        if self.outbox.waiting().is_empty() {
            return;
        }
        let result = self.this.publish(self.outbox.waiting()).await;
        self.outbox.clear();
        self.missed |= result.is_err();
        match (&result, self.published) {
            (Err(error), true) => warn!(error = error_chain(error), "cannot publish quotes"),
            (Ok(()), false) => {
                debug!("quotes are published again");
                self.republish();
            }
            _ => {}
        }
        self.published = result.is_ok();
    }

    fn count(&self) {
        let source = self.source.as_ref();
        let lines = LineCounts {
            quotes: self.quotes.count(source),
            trades: self.trades.count(source),
            depth: self.depth.count(source),
        };
        self.counts.send_if_modified(|known| std::mem::replace(known, lines) != lines);
    }
}

fn ticker(every: Duration) -> tokio::time::Interval {
    let mut ticker = tokio::time::interval(every);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}
