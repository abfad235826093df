//! The feed: from the broker's quote streams to the bus.
//!
//! One task owns everything here. It opens a line for each instrument that somebody listens to, stamps
//! what the source says with the time of receipt and a sequence number, builds the live bars that are
//! asked for, and publishes. A line that nobody listens to any more lingers, and is then let go.

mod demand;
mod line;
mod series;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::RefusalCode;
use domain::bar::{Bar, BarPhase, BarQuery, Series};
use domain::bus::{Delivery, Message, Topic};
use domain::instrument::{Instrument, InstrumentId};
use domain::market_data::{ConnectionState, ConnectionStatus, MarketDataSource, SourceError, SourceEvent};
use domain::quote::{FeedRefusal, FeedState, QuoteValues, Stamp, StreamGap};
use futures::stream::{BoxStream, FuturesUnordered};
use futures::{FutureExt, StreamExt, future::BoxFuture};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_stream::StreamMap;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use self::demand::Wanted;
use self::line::Line;
use self::series::{Fetched, Purpose, SeriesFeed};
use crate::leader::{Leadership, error_chain};

/// How many source events are taken in before they are published.
const BATCH: usize = 256;

/// How often the bars are looked at whose time may be over.
const BAR_TICK: std::time::Duration = std::time::Duration::from_millis(200);

/// Market-data lines: in use, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// In use.
    pub used: usize,
    /// How many the account has.
    pub limit: usize,
}

/// The feed of one leadership.
pub(crate) struct Feed {
    this: Arc<Leadership>,
    statuses: watch::Receiver<ConnectionStatus>,
    counts: watch::Sender<Lines>,
    lines: HashMap<InstrumentId, Line>,
    streams: StreamMap<InstrumentId, BoxStream<'static, SourceEvent>>,
    series: HashMap<Series, SeriesFeed>,
    fetches: FuturesUnordered<BoxFuture<'static, Fetched>>,
    sequences: HashMap<Topic, u64>,
    outbox: Vec<Message>,
    published: bool,
}

impl Feed {
    pub(crate) fn new(
        this: Arc<Leadership>,
        statuses: watch::Receiver<ConnectionStatus>,
        counts: watch::Sender<Lines>,
    ) -> Self {
        Self {
            this,
            statuses,
            counts,
            lines: HashMap::new(),
            streams: StreamMap::new(),
            series: HashMap::new(),
            fetches: FuturesUnordered::new(),
            sequences: HashMap::new(),
            outbox: Vec::new(),
            published: true,
        }
    }

    pub(crate) async fn run(mut self, ended: CancellationToken) {
        let Some(source) = self.this.source.clone() else { return ended.cancelled().await };
        let mut demand = demand::follow(&self.this, ended.clone());
        let mut bus = watch_bus(&self.this, ended.clone());
        let mut bar_tick = tokio::time::interval(BAR_TICK);
        bar_tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut events = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                () = ended.cancelled() => return,
                _ = self.streams.next_many(&mut events, BATCH), if !self.streams.is_empty() => {
                    for (instrument, event) in events.drain(..) {
                        self.take(instrument, event, &source);
                    }
                }
                Some(wanted) = demand.next() => self.follow_demand(wanted, &source),
                Ok(()) = self.statuses.changed() => self.open(&source, Instant::now()),
                Some(()) = bus.next() => self.republish(),
                Some(fetched) = self.fetches.next() => self.fetched(fetched),
                _ = bar_tick.tick(), if !self.series.is_empty() => self.close_bars(&source),
            }
            self.flush().await;
            self.count(&source);
        }
    }

    /// Takes in one event of an instrument's stream.
    fn take(&mut self, instrument: InstrumentId, event: SourceEvent, source: &Arc<dyn MarketDataSource>) {
        let now = self.this.ports.clock.now();
        let Some(line) = self.lines.get_mut(&instrument) else { return };
        match event {
            SourceEvent::Values(values) => {
                line.take(values.clone(), now);
                self.tell_quote(instrument);
                self.grow_bars(instrument, &values);
            }
            SourceEvent::State(state, reason) => {
                let was = std::mem::replace(&mut line.quote.state, state);
                line.quote.reason = reason;
                self.tell_quote(instrument);
                self.bars_follow_state(instrument, was, state, source);
            }
            SourceEvent::Lost(reason) => {
                let after = Some(line.quote.stamp).filter(|stamp| stamp.sequence > 0);
                self.outbox.push(Message::Gap(StreamGap { instrument, after, at: now, reason }));
                self.restart_bars(instrument, source);
            }
            SourceEvent::Ended(error) => {
                self.streams.remove(&instrument);
                let (code, message) = match error {
                    SourceError::Rejected { code, message } => (code, message),
                    SourceError::Unavailable(message) => (RefusalCode::BrokerRefused, message),
                };
                self.refuse(instrument, code, message);
            }
        }
    }

    /// Opens and lets go of lines so that what is wanted is fed.
    fn follow_demand(&mut self, wanted: Wanted, source: &Arc<dyn MarketDataSource>) {
        let now = Instant::now();
        for (instrument, retained) in wanted.fresh {
            let id = instrument.id;
            if let Entry::Vacant(place) = self.lines.entry(id) {
                place.insert(Line::new(instrument, retained));
                self.tell_quote(id);
            }
        }
        for line in self.lines.values_mut() {
            line.mark_wanted(wanted.instruments.contains(&line.quote.instrument), now);
        }
        self.release(now, self.this.options.linger);
        self.open(source, now);
        self.follow_series(&wanted.series, source);
    }

    /// Lets go of lines that nobody has wanted for `linger`.
    fn release(&mut self, now: Instant, linger: std::time::Duration) {
        let idle: Vec<_> =
            self.lines.iter().filter(|(_, line)| line.idle_for(now, linger)).map(|(id, _)| *id).collect();
        for id in idle {
            self.let_go(id);
        }
    }

    /// Cancels an instrument's stream, and says that its quote is no longer kept up to date.
    fn let_go(&mut self, id: InstrumentId) {
        debug!(instrument = %id, "line released");
        self.streams.remove(&id);
        if let Some(line) = self.lines.get_mut(&id) {
            line.retire();
            self.tell_quote(id);
        }
        self.lines.remove(&id);
    }

    /// Subscribes the wanted instruments that are not yet, as far as the lines reach.
    fn open(&mut self, source: &Arc<dyn MarketDataSource>, now: Instant) {
        let status = self.statuses.borrow_and_update().clone();
        let usable = matches!(
            status.state,
            ConnectionState::Connected | ConnectionState::Degraded | ConnectionState::Disconnected
        );
        let waiting: Vec<_> = self
            .lines
            .iter()
            .filter(|(id, line)| !self.streams.contains_key(id) && line.may_open(now))
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            let Some(instrument) = self.lines.get(&id).map(|line| line.instrument.clone()) else { continue };
            if status.state == ConnectionState::Refused {
                let message = status.message.clone().unwrap_or_default();
                self.refuse(id, RefusalCode::BrokerRefused, message);
            } else if status.environment.is_some_and(|environment| environment != instrument.environment) {
                self.refuse(id, RefusalCode::NotFound, other_world(&instrument));
            } else if usable && self.make_room(source.line_limit(), now) {
                self.streams.insert(id, source.quotes(&instrument));
            } else if usable {
                let message = format!(
                    "all {} market-data lines are in use by instruments that somebody watches",
                    source.line_limit()
                );
                self.refuse(id, RefusalCode::MarketDataLinesExhausted, message);
            }
        }
    }

    /// Whether a line is free, after letting go of one that only lingers where none is.
    fn make_room(&mut self, limit: usize, now: Instant) -> bool {
        if self.streams.len() < limit {
            return true;
        }
        let lingering = self
            .lines
            .iter()
            .filter(|(id, line)| {
                self.streams.contains_key(id) && line.idle_for(now, std::time::Duration::ZERO)
            })
            .min_by_key(|(_, line)| line.unwanted_since())
            .map(|(id, _)| *id);
        if let Some(id) = lingering {
            self.let_go(id);
        }
        lingering.is_some()
    }

    /// Tells whoever asks for this instrument why it is not fed; tried again after a while.
    fn refuse(&mut self, instrument: InstrumentId, code: RefusalCode, message: String) {
        let at = self.this.ports.clock.now();
        if let Some(line) = self.lines.get_mut(&instrument) {
            line.refuse(Instant::now() + self.this.options.refused_for, &message);
            self.tell_quote(instrument);
        }
        self.outbox.push(Message::Refused(FeedRefusal { instrument, code, message, at }));
    }

    fn next_stamp(&mut self, topic: Topic) -> Stamp {
        let sequence = self.sequences.entry(topic).or_default();
        *sequence += 1;
        Stamp { epoch: self.this.epoch, sequence: *sequence }
    }

    fn tell_quote(&mut self, instrument: InstrumentId) {
        let stamp = self.next_stamp(Topic::Quotes(instrument));
        if let Some(line) = self.lines.get_mut(&instrument) {
            line.quote.stamp = stamp;
            self.outbox.push(Message::Quote(line.quote.clone()));
        }
    }

    /// Tells everything anew, after the bus may have forgotten it.
    fn republish(&mut self) {
        let instruments: Vec<_> = self.lines.keys().copied().collect();
        for instrument in instruments {
            self.tell_quote(instrument);
        }
    }

    async fn flush(&mut self) {
        if self.outbox.is_empty() {
            return;
        }
        let result = self.this.publish(&self.outbox).await;
        self.outbox.clear();
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

    fn count(&self, source: &Arc<dyn MarketDataSource>) {
        let lines = Lines { used: self.streams.len(), limit: source.line_limit() };
        self.counts.send_if_modified(|known| std::mem::replace(known, lines) != lines);
    }
}

/// The live bars.
impl Feed {
    fn follow_series(&mut self, wanted: &HashSet<Series>, source: &Arc<dyn MarketDataSource>) {
        let unwanted: Vec<_> =
            self.series.keys().filter(|series| !wanted.contains(series)).copied().collect();
        for series in unwanted {
            self.retire_bar(series);
        }
        for series in wanted {
            let Some(line) = self.lines.get(&series.instrument) else { continue };
            if !self.series.contains_key(series) {
                self.series.insert(*series, SeriesFeed::new(*series, &line.instrument));
                self.fetch(*series, Purpose::Seed, source);
            }
        }
    }

    /// The moment that an instrument's data tells of: now, unless it is delayed.
    fn moment(&self, instrument: InstrumentId) -> OffsetDateTime {
        let now = self.this.ports.market_clock.now();
        self.lines.get(&instrument).map_or(now, |line| line.moment(now))
    }

    fn grow_bars(&mut self, instrument: InstrumentId, values: &QuoteValues) {
        let moment = self.moment(instrument);
        let series: Vec<_> =
            self.series.keys().filter(|series| series.instrument == instrument).copied().collect();
        for series in series {
            let changed =
                self.series.get_mut(&series).map(|feed| feed.live.apply(values, moment)).unwrap_or_default();
            for (bar, phase) in changed {
                self.tell_bar(series, bar, phase);
            }
        }
    }

    fn close_bars(&mut self, source: &Arc<dyn MarketDataSource>) {
        let now = self.this.ports.market_clock.now();
        let moment =
            |series: &Series| self.lines.get(&series.instrument).map_or(now, |line| line.moment(now));
        let over: Vec<_> = self
            .series
            .iter_mut()
            .filter_map(|(series, feed)| Some((*series, feed.live.close_before(moment(series))?)))
            .collect();
        for (series, (bar, phase)) in over {
            self.tell_bar(series, bar, phase);
        }
        let due: Vec<_> = self
            .series
            .iter_mut()
            .filter_map(|(series, feed)| feed.correction_due().then_some(*series))
            .collect();
        for series in due {
            self.fetch(series, Purpose::Correct, source);
        }
    }

    fn tell_bar(&mut self, series: Series, bar: Bar, phase: BarPhase) {
        let stamp = self.next_stamp(Topic::Bars(series));
        let state = self.lines.get(&series.instrument).map_or(FeedState::Stale, |line| line.quote.state);
        let Some(feed) = self.series.get_mut(&series) else { return };
        self.outbox.push(Message::Bar(feed.update(bar, phase, stamp, state)));
    }

    /// After an outage a bar has a hole: it is dropped, and begun again from history.
    fn bars_follow_state(
        &mut self,
        instrument: InstrumentId,
        was: FeedState,
        now: FeedState,
        source: &Arc<dyn MarketDataSource>,
    ) {
        let back = matches!(was, FeedState::Stale | FeedState::Recovering)
            && matches!(now, FeedState::Live | FeedState::Delayed);
        if back {
            return self.restart_bars(instrument, source);
        }
        let forming: Vec<_> = self
            .series
            .iter()
            .filter(|(series, _)| series.instrument == instrument)
            .filter_map(|(series, feed)| feed.live.forming().map(|bar| (*series, bar)))
            .collect();
        for (series, bar) in forming {
            self.tell_bar(series, bar, BarPhase::Forming);
        }
    }

    fn restart_bars(&mut self, instrument: InstrumentId, source: &Arc<dyn MarketDataSource>) {
        let series: Vec<_> =
            self.series.keys().filter(|series| series.instrument == instrument).copied().collect();
        for series in series {
            if let Some(feed) = self.series.get_mut(&series) {
                feed.live.interrupt();
            }
            // The number that nobody gets tells every listener that bars are missing here.
            self.next_stamp(Topic::Bars(series));
            self.fetch(series, Purpose::Seed, source);
        }
    }

    /// Drops a live bar that nobody listens to; what the bus keeps of it is marked as no longer growing.
    fn retire_bar(&mut self, series: Series) {
        let Some(mut feed) = self.series.remove(&series) else { return };
        if let Some(bar) = feed.live.forming() {
            let stamp = self.next_stamp(Topic::Bars(series));
            self.outbox.push(Message::Bar(feed.update(bar, BarPhase::Forming, stamp, FeedState::Stale)));
        }
    }

    /// Asks history for the newest bars of a series.
    fn fetch(&mut self, series: Series, purpose: Purpose, source: &Arc<dyn MarketDataSource>) {
        let Some(line) = self.lines.get(&series.instrument) else { return };
        let (instrument, source) = (line.instrument.clone(), source.clone());
        let query =
            BarQuery::Last { count: 3, to: self.this.ports.market_clock.now() + series.size.duration() };
        self.fetches.push(
            async move {
                let bars = source.bars(&instrument, series.size, query).await;
                Fetched { series, purpose, bars }
            }
            .boxed(),
        );
    }

    fn fetched(&mut self, fetched: Fetched) {
        let series = fetched.series;
        let moment = self.moment(series.instrument);
        let Some(feed) = self.series.get_mut(&series) else { return };
        let bars = match fetched.bars {
            Ok(bars) => bars,
            // The live bar goes on without; the next one is tried again.
            Err(error) => return debug!(%error, "no history for a live bar"),
        };
        for (bar, phase) in feed.merge(fetched.purpose, &bars, moment) {
            self.tell_bar(series, bar, phase);
        }
    }
}

fn other_world(instrument: &Instrument) -> String {
    format!(
        "{} belongs to the {} world, and the broker that is connected now to another",
        instrument.symbol, instrument.environment
    )
}

/// Yields each time that the bus is back after an interruption. Ends this leadership where the bus tells of a later
/// one: the database may be out of reach for this desk alone.
fn watch_bus(this: &Leadership, ended: CancellationToken) -> BoxStream<'static, ()> {
    let (bus, retry, epoch) = (this.ports.bus.clone(), this.options.demand_every, this.epoch);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        let listen = async {
            loop {
                if let Ok(mut deliveries) = bus.subscribe(Topic::Desk).await {
                    while let Some(delivery) = deliveries.next().await {
                        match delivery {
                            Delivery::Resumed => {
                                let _ = sender.try_send(());
                            }
                            Delivery::Message(message) if tells_of_later(&message, epoch) => return,
                            Delivery::Message(_) | Delivery::Interrupted => {}
                        }
                    }
                }
                tokio::time::sleep(retry).await;
            }
        };
        tokio::select! {
            () = ended.cancelled() => {}
            () = listen => {
                warn!(epoch, "another desk leads by now");
                ended.cancel();
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver).boxed()
}

fn tells_of_later(message: &Message, epoch: u64) -> bool {
    matches!(message, Message::Desk(status) if status.epoch > epoch)
}
