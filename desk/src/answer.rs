//! Answers to the questions of the api nodes. The same question asked twice at the same time is put to
//! the broker once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::RefusalCode;
use domain::desk::{DeskAnswer, DeskQuestion, DeskReply};
use domain::instrument::{Instrument, InstrumentId};
use domain::market_data::{ConnectionState, ConnectionStatus, MarketDataSource, SourceError};
use futures::future::{BoxFuture, Shared};
use futures::{FutureExt, StreamExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::history::History;
use crate::leader::{Leadership, error_chain};

type Answering = Shared<BoxFuture<'static, DeskReply>>;

/// Answers until `ended`.
pub(crate) async fn run(
    this: Arc<Leadership>,
    statuses: watch::Receiver<ConnectionStatus>,
    ended: CancellationToken,
) {
    let Some(source) = this.source.clone() else { return ended.cancelled().await };
    let world = World::new(statuses);
    let history = History {
        source: source.clone(),
        world: world.clone(),
        store: this.ports.bars.clone(),
        market_clock: this.ports.market_clock.clone(),
    };
    let desk = Arc::new(Answers { this: this.clone(), source, history, world, open: Mutex::default() });
    let tasks = TaskTracker::new();
    while !ended.is_cancelled() {
        match this.ports.requests.questions().await {
            Ok(mut questions) => loop {
                tokio::select! {
                    () = ended.cancelled() => break,
                    asked = questions.next() => match asked {
                        Some(asked) => {
                            let (desk, ended) = (desk.clone(), ended.clone());
                            tasks.spawn(async move {
                                tokio::select! {
                                    () = ended.cancelled() => {}
                                    reply = desk.answer(asked.question) => (asked.answer)(reply).await,
                                }
                            });
                        }
                        None => break,
                    }
                }
            },
            Err(error) => warn!(error = error_chain(&error), "cannot listen for questions"),
        }
        tokio::select! {
            () = ended.cancelled() => {}
            () = tokio::time::sleep(this.options.demand_every) => {}
        }
    }
    tasks.close();
    tasks.wait().await;
    // Questions that were left in the middle hold the connection to the broker.
    desk.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

struct Answers {
    this: Arc<Leadership>,
    source: Arc<dyn MarketDataSource>,
    history: History,
    world: World,
    open: Mutex<HashMap<DeskQuestion, Answering>>,
}

/// A question that is being put to the broker; however that ends, it may be asked again.
struct Asking {
    answers: Arc<Answers>,
    question: DeskQuestion,
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.answers.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.question);
    }
}

impl Answers {
    async fn answer(self: Arc<Self>, question: DeskQuestion) -> DeskReply {
        let answering = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.entry(question.clone())
                .or_insert_with(|| {
                    let this = self.clone();
                    async move {
                        let asked = Asking { answers: this, question };
                        asked.answers.ask(&asked.question).await
                    }
                    .boxed()
                    .shared()
                })
                .clone()
        };
        answering.await
    }

    async fn ask(&self, question: &DeskQuestion) -> DeskReply {
        match question {
            DeskQuestion::Search(text) => {
                self.world.check()?;
                self.source.search(text).await.map(DeskAnswer::Instruments)
            }
            DeskQuestion::Named(wanted) => {
                self.world.check()?;
                self.source.named(wanted).await.map(DeskAnswer::Instruments)
            }
            // What is kept needs no broker; the history checks before it asks.
            DeskQuestion::Bars { instrument, size, query } => {
                let instrument = self.instrument(*instrument).await?;
                self.history.bars(&instrument, *size, *query).await.map(DeskAnswer::Bars)
            }
            DeskQuestion::Ticks { instrument, count } => {
                let instrument = self.instrument(*instrument).await?;
                self.world.check()?;
                self.source.ticks(&instrument, *count).await.map(DeskAnswer::Ticks)
            }
        }
    }

    async fn instrument(&self, id: InstrumentId) -> Result<Instrument, SourceError> {
        let known = self.this.ports.instruments.find(&[id]).await.map_err(|error| {
            warn!(error = error_chain(&error), "cannot look up an instrument");
            SourceError::Unavailable("the database does not answer; try again shortly".into())
        })?;
        known.into_iter().next().ok_or_else(unknown)
    }
}

/// How the connection is, its world included.
#[derive(Clone)]
pub(crate) struct World(watch::Receiver<ConnectionStatus>);

impl World {
    /// The world of a connection.
    pub(crate) fn new(statuses: watch::Receiver<ConnectionStatus>) -> Self {
        Self(statuses)
    }

    /// Whether the broker may be asked.
    pub(crate) fn check(&self) -> Result<(), SourceError> {
        let status = self.0.borrow();
        let message = status.message.clone().unwrap_or_else(|| "the broker is not connected yet".into());
        match status.state {
            ConnectionState::Refused => {
                Err(SourceError::Rejected { code: RefusalCode::BrokerRefused, message })
            }
            ConnectionState::Off | ConnectionState::Connecting | ConnectionState::Disconnected => {
                Err(SourceError::Unavailable(message))
            }
            ConnectionState::Connected | ConnectionState::Degraded => Ok(()),
        }
    }
}

fn unknown() -> SourceError {
    SourceError::Rejected { code: RefusalCode::NotFound, message: "there is no such instrument".into() }
}
