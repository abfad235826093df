//! Questions to the leading desk.
//!
//! A question waits under a key that expires with its deadline, in Redis' own time; its key's name waits in
//! a queue. The desk takes names from the queue and finds the questions that somebody still waits for. An
//! answer goes to the channel of the node that asked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::bus::BusError;
use domain::desk::{Asked, DeskQuestion, DeskReply, DeskRequests};
use domain::market_data::SourceError;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::{oneshot, watch};

use super::demand::milliseconds;
use super::link::{Signal, Sink, Subscription};
use super::{Commands, Names, RedisBus, away};
use crate::listener::locked;
use crate::local::not_answered;
use crate::wire::{self, Request, Response};

/// The queue, and the channel that tells of what comes into it.
const QUESTIONS: &str = "questions";

/// The most questions that wait; the oldest make room.
const MOST_QUESTIONS: i64 = 1_000;

/// How often the queue is looked at even when nothing is told.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long taking back a question may keep whoever has given up waiting for it.
const WITHDRAWAL_TAKES: Duration = Duration::from_millis(500);

/// Those on this node who wait for an answer.
#[derive(Default)]
pub(super) struct Pending {
    waiting: Mutex<HashMap<u64, oneshot::Sender<DeskReply>>>,
    last_number: AtomicU64,
}

impl Pending {
    fn add(self: &Arc<Self>) -> (Place, oneshot::Receiver<DeskReply>) {
        let (sender, receiver) = oneshot::channel();
        let number = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        locked(&self.waiting).insert(number, sender);
        (Place { pending: Arc::clone(self), number }, receiver)
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn resolve(&self, payload: &[u8]) {
        match wire::read::<Response>(payload) {
            Ok(Response { number, reply }) => {
                if let Some(sender) = locked(&self.waiting).remove(&number) {
                    // Whoever asked may have gone.
                    drop(sender.send(reply));
                }
            }
            Err(error) => {
                tracing::warn!(bytes = payload.len(), %error, "an answer of the desk was dropped");
            }
        }
    }

    /// Tells everybody who waits that no answer will come.
    pub(super) fn give_up(&self) {
        for (_, sender) in locked(&self.waiting).drain() {
            drop(sender.send(Err(SourceError::Unavailable(
                "the connection to the desk was interrupted; try again shortly".into(),
            ))));
        }
    }
}

/// A place among those who wait; given up when the wait ends for any reason.
struct Place {
    pending: Arc<Pending>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.pending.waiting).remove(&self.number);
    }
}

#[async_trait]
impl DeskRequests for RedisBus {
    async fn ask(&self, question: DeskQuestion, deadline: Duration) -> DeskReply {
        let (place, answered) = self.pending.add();
        let request = Request { node: self.node, number: place.number, question };
        let exchange = async {
            self.send(&request, deadline).await.map_err(|error| {
                tracing::warn!(%error, cause = %error.0, "a question to the desk was not sent");
                SourceError::Unavailable("the desk cannot be reached now; try again shortly".into())
            })?;
            answered.await.unwrap_or_else(|_| Err(not_answered()))
        };
        if let Ok(reply) = tokio::time::timeout(deadline, exchange).await {
            return reply;
        }
        // The key's own time began when it arrived, a little later than ours.
        drop(tokio::time::timeout(WITHDRAWAL_TAKES, self.withdraw(&request)).await);
        Err(not_answered())
    }

    async fn questions(&self) -> Result<BoxStream<'static, Asked>, BusError> {
        let (signal, came) = watch::channel(Signal::default());
        let subscription = self.link.listen(self.names.of(QUESTIONS), Sink::Signal(signal)).await?;
        let desk = Desk {
            commands: self.commands.clone(),
            names: Arc::clone(&self.names),
            came,
            _subscription: subscription,
        };
        Ok(stream::unfold(desk, |mut desk| async move { Some((desk.next().await?, desk)) }).boxed())
    }
}

impl RedisBus {
    fn question_key(&self, request: &Request) -> String {
        self.names.of(&format!("question:{}:{}", request.node, request.number))
    }

    /// Takes a question back that nobody waits for any more.
    async fn withdraw(&self, request: &Request) -> Result<(), BusError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("DEL").arg(self.question_key(request)).ignore();
        self.commands.run(&pipeline).await
    }

    async fn send(&self, request: &Request, deadline: Duration) -> Result<(), BusError> {
        let payload = wire::write(request).map_err(away)?;
        let key = self.question_key(request);
        let queue = self.names.of(QUESTIONS);
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("SET").arg(&key).arg(payload).arg("PX").arg(milliseconds(deadline)).ignore();
        pipeline.cmd("RPUSH").arg(&queue).arg(&key).ignore();
        pipeline.cmd("LTRIM").arg(&queue).arg(-MOST_QUESTIONS).arg(-1).ignore();
        pipeline.cmd("PUBLISH").arg(&queue).arg("").ignore();
        self.commands.run(&pipeline).await
    }
}

/// The desk's side.
struct Desk {
    commands: Commands,
    names: Arc<Names>,
    came: watch::Receiver<Signal>,
    _subscription: Subscription,
}

impl Desk {
    /// The next question that somebody waits for; `None` when the connection is lost.
    async fn next(&mut self) -> Option<Asked> {
        loop {
            // Marked as seen before the queue is looked at, so that nothing that comes meanwhile is slept over.
            if self.came.borrow_and_update().losses > 0 {
                return None;
            }
            match self.take().await {
                Ok(Taken::Question(request)) => return Some(self.asked(request)),
                Ok(Taken::Expired) => {}
                Ok(Taken::Nothing) => {
                    // A wait that runs out looks at the queue again.
                    let told = tokio::time::timeout(LOOK_EVERY, self.came.changed()).await;
                    if let Ok(Err(_)) = told {
                        return None;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, cause = %error.0, "the questions to the desk cannot be read");
                    return None;
                }
            }
        }
    }

    async fn take(&self) -> Result<Taken, BusError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("LPOP").arg(self.names.of(QUESTIONS));
        let (key,): (Option<String>,) = self.commands.run(&pipeline).await?;
        let Some(key) = key else { return Ok(Taken::Nothing) };
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("GET").arg(&key);
        pipeline.cmd("DEL").arg(&key).ignore();
        let (payload,): (Option<Vec<u8>>,) = self.commands.run(&pipeline).await?;
        let Some(payload) = payload else { return Ok(Taken::Expired) };
        match wire::read(&payload) {
            Ok(request) => Ok(Taken::Question(request)),
            Err(error) => {
                tracing::warn!(bytes = payload.len(), %error, "a question to the desk was dropped");
                Ok(Taken::Expired)
            }
        }
    }

    fn asked(&self, request: Request) -> Asked {
        let Request { node, number, question } = request;
        let (commands, channel) = (self.commands.clone(), self.names.replies(node));
        let answer = move |reply| async move {
            let outcome = match wire::write(&Response { number, reply }) {
                Ok(payload) => {
                    let mut pipeline = redis::pipe();
                    pipeline.cmd("PUBLISH").arg(channel).arg(payload).ignore();
                    commands.run::<()>(&pipeline).await
                }
                Err(error) => Err(away(error)),
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, cause = %error.0, "an answer of the desk was not sent");
            }
        };
        Asked { question, answer: Box::new(|reply| Box::pin(answer(reply))) }
    }
}

/// What was at the head of the queue.
enum Taken {
    Question(Request),
    Expired,
    Nothing,
}
