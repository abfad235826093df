//! Watching alerts.
//!
//! One task of the leading desk sees every quote and live bar that this desk publishes and some alert looks at
//! ([`crate::tap`]), and has them fed though nobody watches. It decides in memory ([`board`]); whatever needs the database
//! is done beside, so that a slow one delays no decision: what is to be written down waits in the [`ledger`].

mod board;
mod entry;
mod ledger;
mod statistics;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::alert::{ActiveAlerts, AlertEventId, AlertId, DeliveryId, Fired, Firing};
use domain::bar::{BarQuery, Series};
use domain::bus::{Delivery, Message, Topic};
use domain::market_data::ConnectionStatus;
use domain::random::new_id;
use domain::store::StoreError;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesUnordered};
use futures::{FutureExt, StreamExt};
use time::OffsetDateTime;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use self::board::Board;
use self::entry::{Off, Outcome};
use self::ledger::{Ledger, Line, Written};
use self::statistics::{Answer, Request, Wants};
use crate::answer::World;
use crate::history::History;
use crate::leader::{Leadership, error_chain};

/// How often the alerts are read again without being told of a change.
const READ_EVERY: Duration = Duration::from_secs(10);

/// How often they are read at most.
const READ_PAUSE: Duration = Duration::from_millis(500);

/// How often what was seen is kept.
const KEEP_EVERY: Duration = Duration::from_mins(1);

/// How often it is said what is to be fed, and for how long that holds.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(5);
const ANNOUNCED_FOR: Duration = Duration::from_secs(15);

/// How often it is looked what is due.
const TICK: Duration = Duration::from_millis(250);

/// Why an alert is not watched that cannot be read.
const UNREADABLE: &str =
    "the desk cannot read this alert or its instrument; the operator finds the reason in the desk's log";

/// Why an alert is quiet that went off.
const UNWRITTEN: &str =
    "it went off, and that could not be written down; the operator finds the reason in the desk's log";

/// Watches until `ended`. Without a broker nothing is seen, and the alerts say so; they end in time all the same.
pub(crate) async fn run(
    this: Arc<Leadership>,
    statuses: watch::Receiver<ConnectionStatus>,
    ended: CancellationToken,
) {
    let mut tap = this.tap.listen();
    let mut told = changes(&this, ended.clone());
    let mut every = tokio::time::interval(TICK);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watching = Watching::new(this, statuses);
    loop {
        tokio::select! {
            () = ended.cancelled() => break,
            message = tap.recv() => match message {
                Ok(message) => watching.hear(&message),
                // The newest values still come; bars may be missing.
                Err(RecvError::Lagged(lost)) => {
                    warn!(lost, "alerts are slow: prices were left out");
                    watching.board.lose_bars();
                    watching.ask_latest(watching.board.topics());
                }
                Err(RecvError::Closed) => return,
            },
            Some(()) = told.next() => watching.read_at = watching.read_at.min(Instant::now()),
            Some(done) = watching.work.next() => watching.finish(done),
            _ = every.tick() => {}
        }
        watching.do_due();
    }
    watching.leave().await;
}

/// Yields when alerts were changed by their owners.
fn changes(this: &Leadership, ended: CancellationToken) -> BoxStream<'static, ()> {
    let (bus, retry) = (this.ports.bus.clone(), this.options.demand_every);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        let listen = async {
            loop {
                if let Ok(mut deliveries) = bus.subscribe(Topic::Alerts).await {
                    while let Some(delivery) = deliveries.next().await {
                        if !matches!(delivery, Delivery::Interrupted) {
                            let _ = sender.try_send(());
                        }
                    }
                }
                tokio::time::sleep(retry).await;
            }
        };
        tokio::select! {
            () = ended.cancelled() => {}
            () = listen => {}
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver).boxed()
}

/// Something that was done beside.
enum Done {
    Read(Result<ActiveAlerts, StoreError>),
    Written(Line, Result<Written, StoreError>),
    History(Answer),
    Quotes(Vec<Arc<Message>>),
    Nothing,
}

struct Watching {
    this: Arc<Leadership>,
    /// None where no broker is configured.
    history: Option<Arc<History>>,
    /// Why nothing is fed, where no broker is configured.
    unfed: Option<String>,
    board: Board,
    ledger: Ledger,
    /// Alerts that cannot be read, whose owners are told so.
    unreadable: HashSet<AlertId>,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    is_reading: bool,
    read_at: Instant,
    keep_at: Instant,
    announce_at: Instant,
}

impl Watching {
    fn new(this: Arc<Leadership>, statuses: watch::Receiver<ConnectionStatus>) -> Self {
        let now = Instant::now();
        let unfed = statuses.borrow().message.clone().filter(|_| this.source.is_none());
        let history = |source| History {
            source,
            world: World::new(statuses),
            store: this.ports.bars.clone(),
            market_clock: this.ports.market_clock.clone(),
        };
        Self {
            history: this.source.clone().map(history).map(Arc::new),
            unfed,
            board: Board::default(),
            ledger: Ledger::new(now),
            unreadable: HashSet::new(),
            work: FuturesUnordered::new(),
            is_reading: false,
            read_at: now,
            keep_at: now + KEEP_EVERY,
            announce_at: now,
            this,
        }
    }

    fn now(&self) -> OffsetDateTime {
        self.this.ports.clock.now()
    }

    /// Takes in something that this desk published.
    fn hear(&mut self, message: &Message) {
        let (outcome, wants) = self.board.see(message, self.now());
        if let Message::Bar(update) = message {
            self.fetch(update.series, wants);
        }
        self.take(outcome);
    }

    fn take(&mut self, outcome: Outcome) {
        let firings: Vec<_> = outcome.off.into_iter().map(|off| self.firing(off)).collect();
        self.ledger.fire(firings);
        for (alert, reason) in outcome.noted {
            self.ledger.note(alert, reason);
        }
    }

    fn firing(&self, off: Off) -> Firing {
        let random = self.this.ports.random.as_ref();
        let id = || new_id(off.at, random);
        debug!(alert = %off.alert.id.0, "an alert goes off");
        Firing {
            alert: off.alert.id,
            owner: off.alert.owner,
            arming: off.arming,
            event: AlertEventId(id()),
            deliveries: [DeliveryId(id()), DeliveryId(id())],
            text: off.text,
            value: off.value,
            at: off.at,
            armed: off.armed,
            failure: off.failure,
        }
    }

    /// Begins whatever is due.
    fn do_due(&mut self) {
        let now = Instant::now();
        if !self.is_reading && now >= self.read_at {
            self.is_reading = true;
            self.read_at = now + READ_EVERY;
            let store = self.this.ports.alerts.clone();
            self.work.push(async move { Done::Read(store.watched().await) }.boxed());
        }
        if now >= self.keep_at && self.ledger.has_kept() {
            self.keep_at = now + KEEP_EVERY;
            self.ledger.keep(self.board.unkept());
        }
        if let Some(line) = self.ledger.next(now, self.now()) {
            let (store, epoch) = (self.this.ports.alerts.clone(), self.this.epoch);
            self.work.push(
                async move {
                    let written = line.write(store.as_ref(), epoch).await;
                    Done::Written(line, written)
                }
                .boxed(),
            );
        }
        if now >= self.announce_at {
            self.announce_at = now + ANNOUNCE_EVERY;
            self.announce();
        }
    }

    /// Says what is to be fed.
    fn announce(&mut self) {
        let topics = self.board.topics();
        let wanted: Vec<Topic> = topics.iter().copied().collect();
        self.this.tap.want(topics);
        let (demand, node) = (self.this.ports.demand.clone(), self.this.options.id);
        self.work.push(
            async move {
                // Where the bus is away, what was fed goes on being fed.
                let _ = demand.announce(node, &wanted, ANNOUNCED_FOR).await;
                Done::Nothing
            }
            .boxed(),
        );
    }

    /// Asks for history where it is wanted.
    fn fetch(&mut self, series: Series, wants: Wants) {
        let (Wants::History(request), Some(history)) = (wants, self.history.clone()) else { return };
        let Request { count, to } = request;
        let query = BarQuery::Last { count, to };
        let instruments = self.this.ports.instruments.clone();
        self.work.push(
            async move {
                let known =
                    instruments.find(&[series.instrument]).await.ok().and_then(|mut found| found.pop());
                let bars = match known {
                    Some(instrument) => history.bars(&instrument, series.size, query).await.ok(),
                    None => None,
                };
                Done::History(Answer { series, request, bars })
            }
            .boxed(),
        );
    }

    /// Takes in what was done beside.
    fn finish(&mut self, done: Done) {
        match done {
            Done::Read(read) => {
                self.is_reading = false;
                self.read_at = self.read_at.max(Instant::now() + READ_PAUSE);
                match read {
                    Ok(active) => self.watch(active),
                    Err(error) => warn!(error = error_chain(&error), "cannot read alerts"),
                }
            }
            Done::Written(line, Ok(written)) => {
                self.ledger.wrote(&written, Instant::now());
                if let (Line::Fire(firings), Written::Fired(fired)) = (line, written) {
                    self.fired(&firings, &fired);
                }
            }
            Done::Written(line, Err(error)) => self.not_written(line, &error),
            Done::History(answer) => {
                let (outcome, wants) = self.board.history(&answer, self.now());
                self.fetch(answer.series, wants);
                self.take(outcome);
            }
            Done::Quotes(messages) => messages.iter().for_each(|message| self.hear_retained(message)),
            Done::Nothing => {}
        }
    }

    /// Watches exactly these. Of instruments that were not watched before, the quote is asked for that was told last.
    fn watch(&mut self, active: ActiveAlerts) {
        let before = self.board.topics();
        let outcome = self.board.replace(active.watched, self.now());
        self.take(outcome);
        if let Some(reason) = &self.unfed {
            let outcome = self.board.note_whole(reason);
            self.take(outcome);
        }
        let unreadable: HashSet<AlertId> = active.unreadable.into_iter().collect();
        for alert in unreadable.difference(&self.unreadable) {
            self.ledger.note(*alert, Some(UNREADABLE.to_owned()));
        }
        self.unreadable = unreadable;
        let topics = self.board.topics();
        if topics == before {
            return;
        }
        let fresh: Vec<Topic> = topics.difference(&before).copied().collect();
        self.announce_at = Instant::now() + ANNOUNCE_EVERY;
        self.announce();
        self.ask_latest(fresh);
    }

    /// Asks for the quotes that were told last of these topics.
    fn ask_latest(&mut self, topics: impl IntoIterator<Item = Topic>) {
        let quotes: Vec<Topic> =
            topics.into_iter().filter(|topic| matches!(topic, Topic::Quotes(_))).collect();
        let bus = self.this.ports.bus.clone();
        self.work.push(
            async move {
                let latest = bus.latest(&quotes).await.unwrap_or_default();
                Done::Quotes(latest.into_iter().flatten().collect())
            }
            .boxed(),
        );
    }

    /// Takes in what was told before it was listened to; what an earlier leader told may be old.
    fn hear_retained(&mut self, message: &Message) {
        let is_ours = match message {
            Message::Quote(quote) => quote.stamp.epoch == self.this.epoch,
            _ => false,
        };
        if is_ours {
            self.hear(message);
        }
    }

    fn not_written(&mut self, line: Line, error: &StoreError) {
        warn!(error = error_chain(error), "cannot write down what became of alerts");
        if let Some(firing) = self.ledger.failed(line, error, Instant::now()) {
            error!(alert = %firing.alert.0, "an alert went off that cannot be written down; it is left out");
            let outcome = self.board.note(firing.alert, UNWRITTEN);
            self.take(outcome);
        }
    }

    fn fired(&mut self, firings: &[Firing], fired: &[Fired]) {
        let tried: Vec<AlertId> = firings.iter().map(|firing| firing.alert).collect();
        // What failed rests as well, however often it was to go off.
        let failed = firings.iter().any(|firing| firing.failure.is_some());
        if self.board.written(&tried, fired) || failed {
            self.read_at = Instant::now();
        }
        if fired.is_empty() {
            return;
        }
        info!(count = fired.len(), "alerts went off");
        self.this.due.send_replace(());
        let this = self.this.clone();
        let told: Vec<_> = fired.iter().map(|fired| Message::AlertSaid(fired.owner, fired.number)).collect();
        self.work.push(
            async move {
                // Whoever listens reads the store from time to time in any case.
                let _ = this.publish(&told).await;
                Done::Nothing
            }
            .boxed(),
        );
    }

    /// Writes down what is left before another desk leads. It has little time.
    async fn leave(mut self) {
        let (store, epoch) = (self.this.ports.alerts.clone(), self.this.epoch);
        let leave = async {
            // What is being written is no longer in the ledger; where it fails, it comes back to it.
            while self.ledger.is_writing()
                && let Some(done) = self.work.next().await
            {
                if matches!(done, Done::Written(..)) {
                    self.finish(done);
                }
            }
            self.work.clear();
            self.ledger.keep(self.board.unkept());
            while let Some(line) = self.ledger.pop() {
                line.write(store.as_ref(), epoch).await?;
            }
            Ok::<(), StoreError>(())
        };
        if !matches!(tokio::time::timeout(Duration::from_secs(2), leave).await, Ok(Ok(()))) {
            warn!("what went off or was seen of alerts last was not written down");
        }
        self.work.clear();
        let demand = self.this.ports.demand.clone();
        let _ = demand.announce(self.this.options.id, &[], ANNOUNCED_FOR).await;
    }
}
