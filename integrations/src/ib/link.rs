//! What every part of the connection knows of it: one value behind a watch.

use std::sync::Arc;

use domain::market_data::{ConnectionState, ConnectionStatus};
use domain::world::{ConnectionId, Environment};
use ibapi::Client;
use time::OffsetDateTime;

/// The connection as it is now.
#[derive(Clone)]
pub(super) struct Link {
    /// What the outside sees.
    pub(super) status: ConnectionStatus,
    /// The live session with the gateway.
    pub(super) session: Option<Arc<Session>>,
    /// Grows whenever all subscriptions have to be made again.
    pub(super) epoch: u64,
    /// What is broken behind the gateway that quotes come through.
    pub(super) trouble: Option<String>,
    /// Nothing will ever come again.
    pub(super) stopped: bool,
}

impl Link {
    /// A connection that was not tried yet.
    pub(super) fn new(id: ConnectionId, now: OffsetDateTime) -> Self {
        let status = ConnectionStatus {
            id,
            environment: None,
            state: ConnectionState::Connecting,
            message: None,
            since: now,
        };
        Self { status, session: None, epoch: 0, trouble: None, stopped: false }
    }

    /// Puts the connection into this state.
    pub(super) fn enter(&mut self, state: ConnectionState, message: Option<String>, now: OffsetDateTime) {
        if self.status.state != state {
            self.status.since = now;
        }
        self.status.state = state;
        self.status.message = message;
    }

    /// What keeps all quotes from being fresh, in a sentence for the user.
    pub(super) fn outage(&self) -> Option<String> {
        if self.session.is_none() { Some(self.reason()) } else { self.trouble.clone() }
    }

    /// Why there is no session, in a sentence for the user.
    pub(super) fn reason(&self) -> String {
        self.status.message.clone().unwrap_or_else(|| "the connection to the gateway is being made".into())
    }
}

/// One connection to the gateway, from the handshake to its end.
pub(super) struct Session {
    /// The client; it never reconnects by itself.
    pub(super) client: Client,
    /// The world that the gateway's accounts belong to.
    pub(super) environment: Environment,
}
