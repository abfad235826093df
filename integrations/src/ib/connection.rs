//! Keeping one connection to the gateway alive, for ever, and saying how it is.
//!
//! Each connection is a new client of the crate `ibapi`, which never reconnects by itself: so we know of every
//! loss, and nothing is sent into a session that its sender does not know. A gateway that has gone silent
//! closes no socket; only a question that it does not answer shows it.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use domain::market_data::{ConnectionState, ConnectionStatus, SourceError};
use domain::world::ConnectionId;
use futures::future::BoxFuture;
use ibapi::market_data::MarketDataType;
use ibapi::subscriptions::NoticeStream;
use ibapi::{Client, Error, Notice};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::budget::{Budget, Class};
use super::link::{Link, Session};
use super::refusal::{connect_failure, in_words};
use super::timings::IbTimings;
use super::upstream::{Heard, Upstream, environment_of};

/// How long a session that has ended may take to close its socket.
const GOODBYE: Duration = Duration::from_secs(1);

/// The connection, shared by all that ask through it.
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    address: String,
    client_id: i32,
    clock: Arc<dyn Clock>,
    pub(super) timings: IbTimings,
    pub(super) budget: Budget,
    link: watch::Sender<Link>,
    stop: CancellationToken,
}

/// Where the connection goes, and as whom.
pub(super) struct Endpoint {
    pub(super) id: ConnectionId,
    pub(super) address: String,
    pub(super) client_id: i32,
}

impl Connection {
    /// A connection that nobody keeps yet: see [`keep`].
    pub(super) fn new(endpoint: Endpoint, clock: Arc<dyn Clock>, timings: IbTimings) -> Self {
        let link = watch::Sender::new(Link::new(endpoint.id.clone(), clock.now()));
        Self {
            id: endpoint.id,
            address: endpoint.address,
            client_id: endpoint.client_id,
            clock,
            timings,
            budget: Budget::new(),
            link,
            stop: CancellationToken::new(),
        }
    }

    /// How the connection is now.
    pub(super) fn status(&self) -> ConnectionStatus {
        self.link.borrow().status.clone()
    }

    /// Follows the connection.
    pub(super) fn follow(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    /// The present moment.
    pub(super) fn now(&self) -> time::OffsetDateTime {
        self.clock.now()
    }

    /// Ends the connection and all that goes through it.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// The live session. One that is just being made is waited for, but not for long.
    pub(super) async fn session(&self) -> Result<Arc<Session>, SourceError> {
        let mut link = self.follow();
        let settled = link.wait_for(|link| {
            link.session.is_some() || link.stopped || link.status.state != ConnectionState::Connecting
        });
        // Whether it settled, ended or took too long: what the link says now is the answer.
        drop(timeout(self.timings.connecting_patience, settled).await);
        let link = self.link.borrow();
        link.session.clone().ok_or_else(|| SourceError::Unavailable(link.reason()))
    }

    /// Asks one question about contracts: waits for its turn, and for the answer, but not for ever.
    pub(super) async fn ask<'a, T>(
        &'a self,
        session: &'a Session,
        question: impl FnOnce(&'a Client) -> BoxFuture<'a, Result<T, Error>>,
    ) -> Result<T, Error> {
        self.budget.acquire(Class::Data).await;
        timeout(self.timings.answer, question(&session.client)).await.unwrap_or(Err(Error::Timeout))
    }

    fn enter(&self, state: ConnectionState, message: Option<String>, change: impl FnOnce(&mut Link)) {
        let now = self.clock.now();
        self.link.send_modify(|link| {
            change(link);
            link.enter(state, message, now);
        });
    }

    /// Connects, and stays until the session ends; returns why it did, or why there was none.
    async fn attempt(&self, failures: &mut u32) -> String {
        let (client, notices) = match self.connect().await {
            Ok(connected) => connected,
            Err(reason) => return reason,
        };
        let environment = environment_of(client.handshake_managed_accounts());
        tracing::info!(connection = %self.id, %environment, version = client.server_version(), "connected to the gateway");
        if let Err(reason) = self.allow_delayed(&client).await {
            return reason;
        }
        let session = Arc::new(Session { client, environment });
        let opened = session.clone();
        self.enter(ConnectionState::Connected, None, |link| {
            link.session = Some(opened);
            link.epoch += 1;
            link.status.environment = Some(environment);
        });
        tokio::select! {
            reason = self.probe(&session, failures) => reason,
            reason = self.listen(notices) => reason,
        }
    }

    async fn connect(&self) -> Result<(Client, NoticeStream), String> {
        let connecting = Client::builder()
            .address(&self.address)
            .client_id(self.client_id)
            .max_reconnect_attempts(0)
            .one_shot_timeout(self.timings.history_answer)
            .connect_with_notice_stream();
        match timeout(self.timings.connect, connecting).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(connect_failure(&error, &self.address)),
            Err(_elapsed) => Err(format!(
                "the gateway at {} does not answer: is it waiting for a log-in or a confirmation?",
                self.address
            )),
        }
    }

    /// Lets the gateway fall back to delayed data where the account has not subscribed to live data. Live data
    /// stays live, and each subscription is told which of the two it gets.
    async fn allow_delayed(&self, client: &Client) -> Result<(), String> {
        self.budget.acquire(Class::Data).await;
        let switched = client.switch_market_data_type(MarketDataType::Delayed);
        match timeout(self.timings.connect, switched).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(self.lost()),
        }
    }

    /// Asks for the time again and again; returns when no answer comes.
    async fn probe(&self, session: &Session, failures: &mut u32) -> String {
        loop {
            self.budget.acquire(Class::Data).await;
            match timeout(self.timings.silence, session.client.server_time()).await {
                // A complaint that names no request fails this one, too: but whoever complains is alive.
                Ok(Ok(_) | Err(Error::Notice(_))) => *failures = 0,
                Err(_) | Ok(Err(Error::Timeout)) => {
                    return format!("the gateway at {} has gone silent", self.address);
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a probe failed");
                    return self.lost();
                }
            }
            sleep(self.timings.probe_interval).await;
        }
    }

    /// Heeds what the gateway says of itself; returns when it says nothing any more.
    async fn listen(&self, mut notices: NoticeStream) -> String {
        let mut upstream = Upstream::default();
        while let Some(notice) = notices.next().await {
            self.heed(&mut upstream, &notice);
        }
        self.lost()
    }

    fn heed(&self, upstream: &mut Upstream, notice: &Notice) {
        let heard = upstream.hear(notice.code, &notice.message);
        if heard == Heard::Nothing {
            if notice.is_error() {
                tracing::warn!(connection = %self.id, "{}", in_words(notice));
            }
            return;
        }
        let trouble = upstream.trouble();
        tracing::info!(connection = %self.id, trouble = trouble.as_deref(), "{}", in_words(notice));
        let state = if trouble.is_some() { ConnectionState::Degraded } else { ConnectionState::Connected };
        let quote_trouble = upstream.quote_trouble();
        self.enter(state, trouble, |link| {
            // What was missed in an outage is not sent again: only a new subscription gives the prices of now.
            let mended = link.trouble.is_some() && quote_trouble.is_none();
            if mended || heard == Heard::DataLost {
                link.epoch += 1;
            }
            link.trouble = quote_trouble;
        });
    }

    fn lost(&self) -> String {
        format!("the connection to the gateway at {} was lost", self.address)
    }

    /// Says first that the session is over, then closes it.
    async fn leave(&self, reason: &str, stopped: bool) {
        let mut ended = None;
        self.enter(ConnectionState::Disconnected, Some(reason.to_owned()), |link| {
            ended = link.session.take();
            link.trouble = None;
            link.stopped = stopped;
        });
        if let Some(session) = ended
            && timeout(GOODBYE, session.client.disconnect()).await.is_err()
        {
            tracing::warn!(connection = %self.id, "a socket that is no longer used does not close");
        }
    }

    async fn run(&self) {
        let mut failures = 0;
        loop {
            let reason = tokio::select! {
                () = self.stop.cancelled() => break,
                reason = self.attempt(&mut failures) => reason,
            };
            failures += 1;
            tracing::warn!(connection = %self.id, failures, "{reason}; trying again");
            self.leave(&format!("{reason}; trying again"), false).await;
            let jitter = self.clock.now().millisecond();
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = sleep(self.timings.back_off_after(failures, jitter.into())) => {}
            }
        }
        self.leave("the connection to the gateway was closed by us", true).await;
    }
}

/// Keeps the connection until it is stopped. A fault in our own code ends one run, never the connection.
pub(super) async fn keep(connection: Arc<Connection>) {
    loop {
        let running = connection.clone();
        let Err(fault) = tokio::spawn(async move { running.run().await }).await else { return };
        tracing::error!(connection = %connection.id, %fault, "the connection's task ended by a fault; starting it again");
        connection.leave("an internal fault broke the connection; trying again", false).await;
        tokio::select! {
            () = connection.stop.cancelled() => {}
            () = sleep(connection.timings.back_off_limit) => {}
        }
    }
}
