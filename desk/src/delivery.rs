//! Delivering what alerts said, by e-mail and webhook.
//!
//! Deliveries stand in the database until they were taken or given up. Each try is a task of its own, so many at most to
//! one machine and in all, so that a receiver that hangs delays nobody else.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::delivery::{Claim, Job, SendError, Target};
use domain::mail::Mail;
use domain::webhook::Post;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::leader::{Leadership, error_chain};

/// How often it is looked what is due, also without being told.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The most tries that are under way at once.
const AT_ONCE: usize = 32;

/// How often it is tried to write down how a try ended; after that it is repeated, which receivers can tell by its id.
const SETTLE_TRIES: u32 = 10;

/// Delivers until `ended`.
pub(crate) async fn run(this: Arc<Leadership>, ended: CancellationToken) {
    let mut tries: JoinSet<String> = JoinSet::new();
    let mut busy: HashMap<String, usize> = HashMap::new();
    loop {
        tokio::select! {
            () = ended.cancelled() => return,
            Some(done) = tries.join_next() => {
                match done {
                    Ok(host) => free(&mut busy, &host),
                    Err(error) => warn!(%error, "a delivery broke off"),
                }
                // What waited for this machine's turn is due at once.
                while let Some(Ok(host)) = tries.try_join_next() {
                    free(&mut busy, &host);
                }
            }
            () = this.due.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let room = AT_ONCE.saturating_sub(tries.len());
        if room == 0 {
            continue;
        }
        let under_way = busy.iter().map(|(host, count)| (host.clone(), *count)).collect();
        let claim = Claim { now: this.ports.clock.now(), count: room, busy: under_way };
        let claimed = tokio::select! {
            () = ended.cancelled() => return,
            claimed = this.ports.deliveries.claim(this.epoch, &claim) => claimed,
        };
        match claimed {
            Ok(jobs) => {
                for job in jobs {
                    *busy.entry(job.host.clone()).or_default() += 1;
                    tries.spawn(deliver(this.clone(), job));
                }
            }
            Err(error) => warn!(error = error_chain(&error), "cannot look what is to be delivered"),
        }
    }
}

fn free(busy: &mut HashMap<String, usize>, host: &str) {
    if let Some(count) = busy.get_mut(host) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            busy.remove(host);
        }
    }
}

/// Tries once, and writes down how it ended; returns the machine.
async fn deliver(this: Arc<Leadership>, job: Job) -> String {
    let sent = send(&this, &job).await;
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
    job.host
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
