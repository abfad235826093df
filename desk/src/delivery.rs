//! Delivering what alerts said, by e-mail and webhook.
//!
//! Deliveries stand in the database until they were taken or given up. Each try is a task of its own. Each channel has
//! its own lane, with so many places in all, for one machine and for one user ([`domain::delivery::Room`]), so that
//! receivers that hang delay their owners alone.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::alert::DeliveryChannel;
use domain::delivery::{Claim, Job, Receiver, SendError, Target};
use domain::mail::Mail;
use domain::webhook::Post;
use futures::FutureExt;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::leader::{Leadership, error_chain};

/// How often it is looked what is due, also without being told.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often it is tried to write down how a try ended; after that it is repeated, which receivers can tell by its id.
const SETTLE_TRIES: u32 = 10;

/// Why a delivery is given up that made this program stumble.
const BROKE_OFF: &str =
    "the delivery broke off by a fault of the server; the operator finds it in the desk's log";

/// Delivers until `ended`.
pub(crate) async fn run(this: Arc<Leadership>, ended: CancellationToken) {
    let lane =
        |channel| Lane { this: this.clone(), channel, tries: JoinSet::new(), under_way: HashMap::new() };
    tokio::join!(
        lane(DeliveryChannel::Email).run(ended.clone()),
        lane(DeliveryChannel::Webhook).run(ended.clone()),
    );
}

/// What goes out by one channel.
struct Lane {
    this: Arc<Leadership>,
    channel: DeliveryChannel,
    tries: JoinSet<()>,
    /// The places that the tries take up, until they end: well or badly.
    under_way: HashMap<Id, Receiver>,
}

impl Lane {
    async fn run(mut self, ended: CancellationToken) {
        let mut due = self.this.due.subscribe();
        loop {
            tokio::select! {
                () = ended.cancelled() => return,
                Some(done) = self.tries.join_next_with_id() => self.free(done),
                _ = due.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            while let Some(done) = self.tries.try_join_next_with_id() {
                self.free(done);
            }
            tokio::select! {
                () = ended.cancelled() => return,
                () = self.claim() => {}
            }
        }
    }

    fn free(&mut self, done: Result<(Id, ()), JoinError>) {
        let id = match done {
            Ok((id, ())) => id,
            Err(error) => {
                warn!(%error, "a delivery broke off");
                error.id()
            }
        };
        self.under_way.remove(&id);
    }

    /// Begins whatever is due and has a place. It is looked again after each claim: what was claimed may have hidden what
    /// is due to other machines, or of other users.
    async fn claim(&mut self) {
        let places = self.channel.room().at_once;
        while self.under_way.len() < places {
            let under_way = self.under_way.values().cloned().collect();
            let claim = Claim { channel: self.channel, now: self.this.ports.clock.now(), under_way };
            match self.this.ports.deliveries.claim(self.this.epoch, &claim).await {
                Ok(jobs) if jobs.is_empty() => return,
                Ok(jobs) => jobs.into_iter().for_each(|job| self.begin(job)),
                Err(error) => {
                    warn!(error = error_chain(&error), "cannot look what is to be delivered");
                    return;
                }
            }
        }
    }

    fn begin(&mut self, job: Job) {
        let receiver = job.receiver.clone();
        let id = self.tries.spawn(deliver(self.this.clone(), job)).id();
        self.under_way.insert(id, receiver);
    }
}

/// Tries once, and writes down how it ended.
async fn deliver(this: Arc<Leadership>, job: Job) {
    let sent = AssertUnwindSafe(send(&this, &job)).catch_unwind().await;
    // Tried again, it would stumble again.
    let sent = sent.unwrap_or_else(|_| Err(SendError::Final(BROKE_OFF.into())));
    if let Err(error) = &sent {
        debug!(delivery = %job.notice.id.0, attempt = job.attempt, %error, "a delivery failed");
    }
    let at = this.ports.clock.now();
    let ending = job.ending(sent, at, this.ports.random.as_ref());
    for _ in 0..SETTLE_TRIES {
        match this.ports.deliveries.settle(job.notice.id, at, &ending).await {
            Ok(()) => break,
            Err(error) => warn!(error = error_chain(&error), "cannot write down how a delivery ended"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn send(this: &Leadership, job: &Job) -> Result<(), SendError> {
    match &job.target {
        Target::Webhook(url, secret) => {
            let (url, secret, notice) = (url.clone(), secret.clone(), job.notice.clone());
            this.ports.webhooks.post(&Post { url, secret, at: this.ports.clock.now(), notice }).await
        }
        Target::Email(address) => match &this.ports.mailer {
            Some(mailer) => mailer.send(&Mail::of_notice(address.clone(), &job.notice)).await,
            None => {
                Err(SendError::Passing("e-mail is not configured on the desk (SMTP_URL, MAIL_FROM)".into()))
            }
        },
        Target::Nowhere(why) => Err(why.clone()),
    }
}
