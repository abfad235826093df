//! The installation's own state: what runs, what is connected, what is away.

use async_graphql::{Context, Enum, Object, Result, SimpleObject, Subscription};
use domain::user::Permission;
use futures::{Stream, StreamExt as _};

use crate::feed::DeskPresence;
use crate::graphql::guard::{Requires, check_principal};
use crate::graphql::instrument::Environment;
use crate::graphql::quote::millis_between;
use crate::graphql::scalar::{DateTime, Decimal};
use crate::graphql::{caller, core};
use crate::monitor::{Overview, Reachable};

/// How a broker connection is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::market_data::ConnectionState")]
pub enum ConnectionState {
    /// Not configured.
    Off,
    /// Trying to connect.
    Connecting,
    /// Connected, data flows.
    Connected,
    /// Connected to the gateway, but the gateway says that something behind it is broken.
    Degraded,
    /// Not connected; trying again by itself.
    Disconnected,
    /// Not used, because it belongs to another world than this database.
    Refused,
}

/// Whether something that the server needs answers.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentState {
    /// It answers.
    Up,
    /// It does not answer.
    Down,
}

/// Whether a desk leads.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskState {
    /// A desk leads: quotes flow, questions to the broker are answered.
    Leading,
    /// No desk has been heard of lately.
    Missing,
}

/// A broker connection.
#[derive(SimpleObject)]
pub struct ConnectionStatus {
    /// Its short name: `ib`.
    id: String,
    /// The world it turned out to be in; null until it was connected once.
    environment: Option<Environment>,
    /// How it is.
    state: ConnectionState,
    /// More about the state, in a sentence for a person.
    message: Option<String>,
    /// Since when it is in this state.
    since: DateTime,
}

impl From<&domain::market_data::ConnectionStatus> for ConnectionStatus {
    fn from(status: &domain::market_data::ConnectionStatus) -> Self {
        Self {
            id: status.id.as_str().to_owned(),
            environment: status.environment.map(Into::into),
            state: status.state.into(),
            message: status.message.clone(),
            since: status.since.into(),
        }
    }
}

/// The desk: whichever of them leads.
#[derive(SimpleObject)]
pub struct Desk {
    /// Whether one leads.
    state: DeskState,
    /// Which one.
    id: Option<String>,
    /// Grows with every new leader.
    epoch: Option<Decimal>,
    /// Since when it leads.
    leading_since: Option<DateTime>,
    /// When this server last heard of it.
    last_seen_at: Option<DateTime>,
    /// Milliseconds since lastSeenAt, at the moment of the answer.
    age_ms: Option<i32>,
    /// Market-data lines in use.
    market_data_lines_used: Option<i32>,
    /// Market-data lines that the account has.
    market_data_line_limit: Option<i32>,
    /// Lines for the depth of a market in use.
    depth_lines_used: Option<i32>,
    /// Lines for the depth of a market that the account has.
    depth_line_limit: Option<i32>,
    /// Lines for trades, tick by tick, in use: by subscriptions to trades, and by live bars shorter than a minute.
    tick_by_tick_lines_used: Option<i32>,
    /// Lines for trades, tick by tick, that the account has.
    tick_by_tick_line_limit: Option<i32>,
}

/// Something that the server needs.
#[derive(SimpleObject)]
pub struct Component {
    /// Whether it answers.
    state: ComponentState,
    /// Why it does not, in a sentence for a person.
    message: Option<String>,
}

impl From<&Reachable> for Component {
    fn from(reachable: &Reachable) -> Self {
        match reachable {
            Reachable::Yes => Self { state: ComponentState::Up, message: None },
            Reachable::No(reason) => {
                Self { state: ComponentState::Down, message: Some((*reason).to_owned()) }
            }
        }
    }
}

/// The installation's own state.
#[derive(Clone)]
pub struct System {
    overview: Overview,
    presence: DeskPresence,
    shows_details: bool,
}

impl System {
    /// The state that a subscriber is told of when it changes: all but the passing of time.
    fn changing(&self) -> (Overview, DeskPresence) {
        (self.overview.clone(), self.presence.without_times())
    }
}

/// The installation's own state. What needs a session is null or empty without one.
#[Object]
impl System {
    /// The version of the server.
    async fn version(&self, context: &Context<'_>) -> &str {
        core(context).version
    }

    /// True while no user exists: the dashboard then shows the set-up page.
    async fn set_up_needed(&self) -> bool {
        self.overview.set_up_needed
    }

    /// The world that the database belongs to; null until a broker was connected once.
    async fn environment(&self) -> Option<Environment> {
        self.overview.environment.map(Into::into)
    }

    /// The server's clock.
    async fn time(&self, context: &Context<'_>) -> DateTime {
        core(context).services.clock.now().into()
    }

    /// The desk. Without a session only its state is told.
    async fn desk(&self, context: &Context<'_>) -> Desk {
        let state = if self.presence.leading { DeskState::Leading } else { DeskState::Missing };
        let status = self.presence.status.as_deref().filter(|_| self.shows_details);
        let last_seen_at = self.presence.seen_at.filter(|_| self.shows_details);
        let lines = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        Desk {
            state,
            id: status.map(|status| status.desk.to_string()),
            epoch: status.map(|status| status.epoch.into()),
            leading_since: status.map(|status| status.leading_since.into()),
            last_seen_at: last_seen_at.map(Into::into),
            age_ms: last_seen_at.map(|seen| millis_between(seen, core(context).services.clock.now())),
            market_data_lines_used: status.map(|status| lines(status.lines.quotes.used)),
            market_data_line_limit: status.map(|status| lines(status.lines.quotes.limit)),
            depth_lines_used: status.map(|status| lines(status.lines.depth.used)),
            depth_line_limit: status.map(|status| lines(status.lines.depth.limit)),
            tick_by_tick_lines_used: status.map(|status| lines(status.lines.trades.used)),
            tick_by_tick_line_limit: status.map(|status| lines(status.lines.trades.limit)),
        }
    }

    /// The broker connections of the leading desk; empty without a session.
    #[graphql(complexity = "1 + 4 * child_complexity")]
    async fn connections(&self) -> Vec<ConnectionStatus> {
        let status = self.presence.status.as_deref().filter(|_| self.shows_details);
        status.map(|status| status.connections.iter().map(Into::into).collect()).unwrap_or_default()
    }

    /// The database.
    async fn database(&self) -> Component {
        (&self.overview.database).into()
    }

    /// Whether e-mail is configured, so that alerts can go out by it.
    async fn mail(&self, context: &Context<'_>) -> bool {
        core(context).services.mailboxes.is_on()
    }

    /// The message bus between the desk and the servers.
    async fn bus(&self) -> Component {
        (&self.overview.bus).into()
    }
}

#[derive(Default)]
pub struct SystemQuery;

#[Object]
impl SystemQuery {
    /// The installation's own state. Open to all: the log-in page shows it. Details (desk, connections) need a session.
    async fn system(&self, context: &Context<'_>) -> System {
        let core = core(context);
        System {
            overview: core.monitor.overview(&core.services).await,
            presence: core.feed.presence().borrow().clone(),
            shows_details: check_principal(caller(context).principal.as_ref(), Permission::ReadMarket)
                .is_ok(),
        }
    }
}

#[derive(Default)]
pub struct SystemSubscription;

#[Subscription]
impl SystemSubscription {
    /// The installation's own state: now, and at each change.
    #[graphql(guard = "Requires(Permission::ReadMarket)")]
    async fn system(&self, context: &Context<'_>) -> Result<impl Stream<Item = System> + 'static> {
        let core = core(context);
        core.monitor.overview(&core.services).await;
        let follower =
            Follower { overview: core.monitor.changes(), presence: core.feed.presence(), told: None };
        Ok(futures::stream::unfold(follower, Follower::next).boxed())
    }
}

/// One subscriber to the installation's state.
struct Follower {
    overview: tokio::sync::watch::Receiver<Overview>,
    presence: tokio::sync::watch::Receiver<DeskPresence>,
    told: Option<(Overview, DeskPresence)>,
}

impl Follower {
    async fn next(mut self) -> Option<(System, Self)> {
        loop {
            let system = System {
                overview: self.overview.borrow_and_update().clone(),
                presence: self.presence.borrow_and_update().clone(),
                shows_details: true,
            };
            let changing = system.changing();
            if self.told.as_ref() != Some(&changing) {
                self.told = Some(changing);
                return Some((system, self));
            }
            let still_there = tokio::select! {
                changed = self.overview.changed() => changed,
                changed = self.presence.changed() => changed,
            };
            still_there.ok()?;
        }
    }
}
