//! Watching alerts.
//!
//! One task of the leading desk sees every quote and live bar that this desk publishes and some alert looks at
//! ([`crate::tap`]), and has them fed though nobody watches. It decides in memory ([`board`]); whatever needs the database
//! is done beside, so that a slow one delays no decision: what goes off waits in a queue until it is written down.

mod board;
mod statistics;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::alert::{AlertEventId, AlertId, DeliveryId, Fired, Firing, Watched};
use domain::bar::{BarQuery, Series};
use domain::bus::{Delivery, Message, Topic};
use domain::instrument::Instrument;
use domain::market_data::{ConnectionStatus, LineKind};
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
use tracing::{debug, info, warn};

use self::board::{Board, Off, Outcome};
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

/// How often those are ended whose time is over.
const EXPIRE_EVERY: Duration = Duration::from_secs(5);

/// How often it is said what is to be fed, and for how long that holds.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(5);
const ANNOUNCED_FOR: Duration = Duration::from_secs(15);

/// How often it is looked what is due.
const TICK: Duration = Duration::from_millis(250);

/// How many are written down, or kept, at once.
const AT_ONCE: usize = 200;

/// How long is waited after the database did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// Watches until `ended`.
pub(crate) async fn run(
    this: Arc<Leadership>,
    statuses: watch::Receiver<ConnectionStatus>,
    ended: CancellationToken,
) {
    let Some(source) = this.source.clone() else { return ended.cancelled().await };
    let history = Arc::new(History {
        source,
        world: World::new(statuses),
        store: this.ports.bars.clone(),
        market_clock: this.ports.market_clock.clone(),
    });
    let mut tap = this.tap.listen();
    let mut told = changes(&this, ended.clone());
    let mut every = tokio::time::interval(TICK);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watching = Watching::new(this, history);
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
    Read(Result<Vec<(Watched, Instrument)>, StoreError>),
    Written(Vec<Firing>, Result<Vec<Fired>, StoreError>),
    History(Answer),
    Quotes(Vec<Arc<Message>>),
    Nothing,
}

struct Watching {
    this: Arc<Leadership>,
    history: Arc<History>,
    board: Board,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    /// What went off and is not written down yet.
    outbox: VecDeque<Firing>,
    is_reading: bool,
    is_writing: bool,
    read_at: Instant,
    write_at: Instant,
    keep_at: Instant,
    expire_at: Instant,
    announce_at: Instant,
}

impl Watching {
    fn new(this: Arc<Leadership>, history: Arc<History>) -> Self {
        let now = Instant::now();
        Self {
            this,
            history,
            board: Board::default(),
            work: FuturesUnordered::new(),
            outbox: VecDeque::new(),
            is_reading: false,
            is_writing: false,
            read_at: now,
            write_at: now,
            keep_at: now + KEEP_EVERY,
            expire_at: now,
            announce_at: now,
        }
    }

    fn now(&self) -> OffsetDateTime {
        self.this.ports.clock.now()
    }

    /// Takes in something that this desk published.
    fn hear(&mut self, message: &Message) {
        let now = self.now();
        let outcome = match message {
            Message::Quote(quote) => self.board.quote(quote, now),
            Message::Bar(update) => {
                let (outcome, wants) = self.board.bar(update, now);
                self.fetch(update.series, wants);
                outcome
            }
            Message::Refused(LineKind::Quotes, refusal) => self.board.refused(refusal, now),
            _ => Outcome::default(),
        };
        self.take(outcome);
    }

    fn take(&mut self, outcome: Outcome) {
        let firings: Vec<_> = outcome.off.into_iter().map(|off| self.firing(off)).collect();
        self.outbox.extend(firings);
        let mut by_reason: BTreeMap<Option<String>, Vec<AlertId>> = BTreeMap::new();
        for (alert, reason) in outcome.noted {
            by_reason.entry(reason).or_default().push(alert);
        }
        for (reason, alerts) in by_reason {
            let store = self.this.ports.alerts.clone();
            let note = async move { store.note(&alerts, reason.as_deref()).await };
            self.work.push(unanswered("cannot note which alerts are watched", note));
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
        let store = self.this.ports.alerts.clone();
        if !self.is_reading && now >= self.read_at {
            self.is_reading = true;
            self.read_at = now + READ_EVERY;
            self.work.push(async move { Done::Read(store.watched().await) }.boxed());
        }
        if !self.is_writing && !self.outbox.is_empty() && now >= self.write_at {
            self.write();
        }
        if now >= self.keep_at {
            self.keep_at = now + KEEP_EVERY;
            self.keep();
        }
        // What went off in time is written down before its alert is ended.
        let is_written = self.outbox.is_empty() && !self.is_writing;
        if is_written && now >= self.expire_at {
            self.expire_at = now + EXPIRE_EVERY;
            let (store, at) = (self.this.ports.alerts.clone(), self.now());
            let expire = async move { store.expire(at).await.map(drop) };
            self.work.push(unanswered("cannot end alerts whose time is over", expire));
        }
        if now >= self.announce_at {
            self.announce_at = now + ANNOUNCE_EVERY;
            self.announce();
        }
    }

    fn write(&mut self) {
        self.is_writing = true;
        let count = self.outbox.len().min(AT_ONCE);
        let firings: Vec<_> = self.outbox.drain(..count).collect();
        let (store, epoch) = (self.this.ports.alerts.clone(), self.this.epoch);
        self.work.push(
            async move {
                let fired = store.trigger(epoch, &firings).await;
                Done::Written(firings, fired)
            }
            .boxed(),
        );
    }

    fn keep(&mut self) {
        for seen in self.board.unkept().chunks(AT_ONCE) {
            let (store, seen) = (self.this.ports.alerts.clone(), seen.to_vec());
            let keep = async move { store.keep(&seen).await };
            self.work.push(unanswered("cannot keep what was seen of alerts", keep));
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
        let Wants::History(request) = wants else { return };
        let Request { count, to } = request;
        let query = BarQuery::Last { count, to };
        let (history, instruments) = (self.history.clone(), self.this.ports.instruments.clone());
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
                    Ok(watched) => self.watch(watched),
                    Err(error) => warn!(error = error_chain(&error), "cannot read alerts"),
                }
            }
            Done::Written(firings, fired) => {
                self.is_writing = false;
                self.written(firings, fired);
            }
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
    fn watch(&mut self, watched: Vec<(Watched, Instrument)>) {
        let before = self.board.topics();
        let outcome = self.board.replace(watched, self.now());
        self.take(outcome);
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

    fn written(&mut self, firings: Vec<Firing>, fired: Result<Vec<Fired>, StoreError>) {
        let fired = match fired {
            Ok(fired) => fired,
            Err(error) => {
                warn!(error = error_chain(&error), "cannot write down which alerts went off; trying again");
                self.write_at = Instant::now() + RETRY;
                firings.into_iter().rev().for_each(|firing| self.outbox.push_front(firing));
                return;
            }
        };
        let tried: Vec<AlertId> = firings.iter().map(|firing| firing.alert).collect();
        // What failed rests as well, however often it was to go off.
        let failed = firings.iter().any(|firing| firing.failure.is_some());
        if self.board.written(&tried, &fired) || failed {
            self.read_at = Instant::now();
        }
        if fired.is_empty() {
            return;
        }
        info!(count = fired.len(), "alerts went off");
        self.this.due.notify_one();
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
            // What is being written is no longer in the queue; where it fails, it comes back to it.
            while self.is_writing
                && let Some(done) = self.work.next().await
            {
                if matches!(done, Done::Written(..)) {
                    self.finish(done);
                }
            }
            self.work.clear();
            for firings in self.outbox.make_contiguous().chunks(AT_ONCE) {
                store.trigger(epoch, firings).await?;
            }
            for seen in self.board.unkept().chunks(AT_ONCE) {
                store.keep(seen).await?;
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

/// Work whose failure is only logged.
fn unanswered(
    what: &'static str,
    work: impl Future<Output = Result<(), StoreError>> + Send + 'static,
) -> BoxFuture<'static, Done> {
    async move {
        if let Err(error) = work.await {
            warn!(error = error_chain(&error), "{what}");
        }
        Done::Nothing
    }
    .boxed()
}
