//! The deadlines of one socket, kept by one timer.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client may take to send `connection_init`, and the server to check its token.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a sign of life is asked for.
const PING_EVERY: Duration = Duration::from_secs(25);

/// Without a sign of life for this long, the client is gone.
const SILENCE: Duration = Duration::from_mins(1);

/// How long a client may take to make room for what it asked for.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// A deadline that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The time for `connection_init`, or the life of the token, is over.
    Expired,
    /// A sign of life is to be asked for.
    Ping,
    /// The client is gone.
    Silent,
    /// The client does not read.
    Stalled,
}

/// The deadlines of one socket.
///
/// The timer is set to the earliest of them, and moved only when one comes before it: signs of life, which come
/// with every message, cost nothing.
pub struct Deadlines {
    timer: Pin<Box<Sleep>>,
    expires: Option<Instant>,
    ping: Option<Instant>,
    heard: Instant,
    stalled: Option<Instant>,
}

impl Deadlines {
    /// Those of a socket that was just opened.
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            timer: Box::pin(sleep_until(now + INIT_TIMEOUT)),
            expires: Some(now + INIT_TIMEOUT),
            ping: None,
            heard: now,
            stalled: None,
        }
    }

    /// The client may go on for this long; without an end where its token has none.
    pub fn admitted(&mut self, lives: Option<Duration>) {
        let now = Instant::now();
        self.expires = lives.and_then(|lives| now.checked_add(lives));
        self.ping.get_or_insert(now + PING_EVERY);
    }

    /// The client gave a sign of life.
    pub fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// Something waits for the client to read.
    pub fn stalls(&mut self) {
        self.stalled.get_or_insert_with(|| Instant::now() + WRITE_TIMEOUT);
    }

    /// The client has read everything.
    pub fn written(&mut self) {
        self.stalled = None;
    }

    /// Ready when a deadline has come; a ping is then due again later.
    pub fn poll_due(&mut self, context: &mut Context<'_>) -> Poll<Due> {
        loop {
            let (at, due) = self.next();
            if at < self.timer.deadline() || self.timer.is_elapsed() {
                self.timer.as_mut().reset(at);
            }
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            // The timer may stand at a deadline that has moved since.
            if Instant::now() >= at {
                if due == Due::Ping {
                    self.ping = Some(Instant::now() + PING_EVERY);
                }
                return Poll::Ready(due);
            }
        }
    }

    fn next(&self) -> (Instant, Due) {
        let silent = (self.heard + SILENCE, Due::Silent);
        let others = [
            self.expires.map(|at| (at, Due::Expired)),
            self.stalled.map(|at| (at, Due::Stalled)),
            self.ping.map(|at| (at, Due::Ping)),
        ];
        others
            .into_iter()
            .flatten()
            .fold(silent, |first, other| if other.0 < first.0 { other } else { first })
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn due(deadlines: &mut Deadlines) -> Due {
        poll_fn(|context| deadlines.poll_due(context)).await
    }

    #[tokio::test(start_paused = true)]
    async fn the_earliest_deadline_comes_first() {
        let begun = Instant::now();
        let mut deadlines = Deadlines::new();
        assert_eq!(due(&mut deadlines).await, Due::Expired);
        assert_eq!(begun.elapsed().as_secs(), 10);
        deadlines.admitted(None);
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        assert_eq!(begun.elapsed().as_secs(), 35);
        deadlines.stalls();
        deadlines.stalls();
        assert_eq!(due(&mut deadlines).await, Due::Stalled);
        assert_eq!(begun.elapsed().as_secs(), 45);
        deadlines.written();
        deadlines.heard();
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        assert_eq!(due(&mut deadlines).await, Due::Ping);
        assert_eq!(due(&mut deadlines).await, Due::Silent);
        assert_eq!(begun.elapsed().as_secs(), 105);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_moved_does_not_come_early() {
        let begun = Instant::now();
        let mut deadlines = Deadlines::new();
        deadlines.admitted(Some(Duration::from_secs(15)));
        assert_eq!(due(&mut deadlines).await, Due::Expired);
        assert_eq!(begun.elapsed().as_secs(), 15);
    }
}
