//! The feed: from the broker's streams to the bus.
//!
//! One task owns everything here. It opens a line for each instrument and kind (quotes, trades, depth) that somebody
//! listens to, stamps what the source says with the time of receipt and a sequence number, builds the live bars that are
//! asked for, and publishes. A line that nobody listens to any more lingers, and is then let go.

mod bars;
mod bus;
mod demand;
mod depth;
mod intake;
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
use domain::desk::LineCounts;
use domain::instrument::InstrumentId;
use domain::market_data::{ConnectionStatus, MarketDataSource, SourceEvent};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use self::demand::Wanted;
use self::depth::DepthBody;
use self::lines::{Ground, Lines};
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
        // Quotes and depth say of themselves that they are back.
        self.trades.relent(&ground, outbox);
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
        self.tell_bars_again();
        if std::mem::take(&mut self.missed) {
            let (now, outbox) = (self.this.ports.clock.now(), &mut self.outbox);
            self.trades.tell_gaps(now, "the bus was away, and trades may be missing", outbox);
            self.quotes.tell_refusals(outbox);
            self.trades.tell_refusals(outbox);
            self.depth.tell_refusals(outbox);
        }
    }

    async fn flush(&mut self) {
        self.refuse_bars();
        if self.outbox.waiting().is_empty() {
            return;
        }
        let result = self.this.publish(self.outbox.waiting()).await;
        match &result {
            Ok(()) => self.outbox.clear(),
            Err(_) => self.keep_farewells(),
        }
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

    /// What could not be told is lost, since all that is fed is told anew. That something is not fed any more nobody would
    /// say again: that waits.
    fn keep_farewells(&mut self) {
        let told = self.outbox.waiting().iter().map(Message::topic);
        let unfed = told.filter(|topic| !self.is_fed(*topic)).collect();
        self.outbox.keep_last(unfed);
    }

    fn is_fed(&self, topic: Topic) -> bool {
        match topic {
            Topic::Quotes(id) => self.quotes.get(id).is_some(),
            Topic::Trades(id) => self.trades.get(id).is_some(),
            Topic::Depth(id) => self.depth.get(id).is_some(),
            Topic::Bars(series) => self.series.contains_key(&series),
            Topic::Desk | Topic::Alerts | Topic::AlertEvents(_) => false,
        }
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
