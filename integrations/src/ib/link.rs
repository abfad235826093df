//! What every part of the connection knows of it: one value behind a watch.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::market_data::{ConnectionState, ConnectionStatus};
use domain::world::{ConnectionId, Environment};
use ibapi::contracts::Contract;
use ibapi::market_data::MarketDataType;
use ibapi::market_data::realtime::TickTypes;
use ibapi::subscriptions::Subscription;
use ibapi::{Client, Error};
use time::OffsetDateTime;
use tokio::sync::RwLock;

use super::budget::{Budget, Class};

/// The connection as it is now.
#[derive(Clone)]
pub(super) struct Link {
    /// What the outside sees.
    pub(super) status: ConnectionStatus,
    /// The live session with the gateway.
    pub(super) session: Option<Arc<Session>>,
    /// Grows whenever all subscriptions have to be made again.
    pub(super) epoch: u64,
    /// What is broken behind the gateway.
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

    /// Why there is no session, in a sentence for the user.
    pub(super) fn reason(&self) -> String {
        self.status.message.clone().unwrap_or_else(|| "the connection to the gateway is being made".into())
    }
}

/// How a quote subscription asks for its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Live data.
    Live,
    /// Delayed data, where live data is not subscribed.
    Delayed,
}

/// One connection to the gateway, from the handshake to its end.
pub(super) struct Session {
    /// The client; it never reconnects by itself.
    pub(super) client: Client,
    /// The world that the gateway's accounts belong to.
    pub(super) environment: Environment,
    /// The market-data type is a switch of the whole connection: who throws it keeps all others from asking.
    data_type: RwLock<()>,
    delayed: Mutex<HashSet<i64>>,
}

impl Session {
    /// A session with this client.
    pub(super) fn new(client: Client, environment: Environment) -> Self {
        Self { client, environment, data_type: RwLock::default(), delayed: Mutex::default() }
    }

    /// How to ask for the data of this contract: as delayed data once live data was turned down.
    pub(super) fn wanted(&self, contract_id: i64) -> Wanted {
        let delayed = self.delayed.lock().unwrap_or_else(PoisonError::into_inner);
        if delayed.contains(&contract_id) { Wanted::Delayed } else { Wanted::Live }
    }

    /// Notes that live data of this contract is not to be had in this session.
    pub(super) fn settle_for_delayed(&self, contract_id: i64) {
        self.delayed.lock().unwrap_or_else(PoisonError::into_inner).insert(contract_id);
    }

    /// Subscribes to the ticks of a contract.
    pub(super) async fn subscribe(
        &self,
        budget: &Budget,
        contract: &Contract,
        wanted: Wanted,
    ) -> Result<Subscription<TickTypes>, Error> {
        budget.acquire(Class::Data).await;
        match wanted {
            Wanted::Live => {
                let _type_is_live = self.data_type.read().await;
                self.client.market_data(contract).subscribe().await
            }
            Wanted::Delayed => {
                budget.acquire(Class::Data).await;
                budget.acquire(Class::Data).await;
                let _type_is_mine = self.data_type.write().await;
                self.client.switch_market_data_type(MarketDataType::Delayed).await?;
                let subscription = self.client.market_data(contract).subscribe().await;
                self.client.switch_market_data_type(MarketDataType::Realtime).await?;
                subscription
            }
        }
    }
}
