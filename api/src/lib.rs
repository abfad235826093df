//! The public face of an installation: one GraphQL endpoint over HTTP and websockets, and the web client's files.
//!
//! [`Api::new`] takes the use cases and ports as [`Services`]; [`Api::router`] serves them, and [`Api::run`] keeps
//! what must run beside it: the quote hub, the announcements of demand, the look at the database and the bus.
//! The protocol is ours (`http`, `websocket`), over the public schema of async-graphql; nothing below knows of HTTP.

use std::sync::Arc;
use std::time::Duration;

use domain::alert::Alerts;
use domain::bus::{Bus, Demand};
use domain::clock::Clock;
use domain::desk::DeskRequests;
use domain::installation::InstallationStore;
use domain::instrument::InstrumentStore;
use domain::layout::Layouts;
use domain::mail::Mailboxes;
use domain::people::People;
use domain::preferences::PreferencesOfUsers;
use domain::random::Random;
use domain::rate::RateLimiter;
use domain::watchlist::Watchlists;
use domain::webhook::Webhooks;
use tokio_util::sync::CancellationToken;

mod admission;
mod assets;
pub mod auth;
mod bookmark;
mod core;
mod cost;
mod feed;
mod follow;
mod graphql;
mod http;
mod monitor;
mod options;
mod share;
mod tally;
mod websocket;

pub use auth::MasterKey;
pub use graphql::sdl;
pub use options::{ApiOptions, Budget, DocumentPolicy, HttpStatus, Limits, ProtocolOptions};

use crate::core::Core;

/// How long open websockets have to say goodbye when the server stops.
const GOODBYE: Duration = Duration::from_secs(3);

/// The use cases and ports that the API stands on.
pub struct Services {
    /// People, and what lets them and their programs in.
    pub people: People,
    /// Watchlists.
    pub watchlists: Watchlists,
    /// Alerts, and what they said.
    pub alerts: Alerts,
    /// Users' webhooks.
    pub webhooks: Webhooks,
    /// Users' e-mail addresses.
    pub mailboxes: Arc<Mailboxes>,
    /// Users' layouts of the dashboard.
    pub layouts: Layouts,
    /// What users set up in the dashboard.
    pub preferences: PreferencesOfUsers,
    /// Known instruments.
    pub instruments: Arc<dyn InstrumentStore>,
    /// The installation, and whether the database answers.
    pub installation: Arc<dyn InstallationStore>,
    /// How much somebody may ask for.
    pub limiter: Arc<dyn RateLimiter>,
    /// What the desk tells.
    pub bus: Arc<dyn Bus>,
    /// What the desk is asked to feed.
    pub demand: Arc<dyn Demand>,
    /// Questions to the desk.
    pub desk: Arc<dyn DeskRequests>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The market's time, up to which bars are asked for: the same, unless a recorded day is replayed.
    pub market_clock: Arc<dyn Clock>,
    /// Ids.
    pub random: Arc<dyn Random>,
}

/// The API of one node.
pub struct Api {
    app: Arc<http::App>,
}

impl Api {
    /// An API over these services. Must be called inside a tokio runtime.
    pub fn new(services: Services, options: &ApiOptions) -> Self {
        Self { app: Arc::new(http::App::new(Core::new(services, options), options)) }
    }

    /// Everything that is served: `/graphql`, `/healthz`, `/readyz` and the web client.
    pub fn router(&self) -> axum::Router {
        http::router(Arc::clone(&self.app))
    }

    /// Runs what must run beside the router, until `shutdown`; then closes the websockets (1001) and returns.
    pub async fn run(self, shutdown: CancellationToken) {
        let core = &self.app.core;
        let uses = core.authenticator.write_uses();
        let loops = async {
            tokio::join!(
                core.feed.run(),
                core.monitor.run(&core.services),
                core.vigil.run(&core.authenticator),
                uses,
            )
        };
        tokio::select! {
            _ = loops => {}
            () = shutdown.cancelled() => {}
        }
        core.vigil.order_all(share::Order::ServerStops);
        self.app.sockets.close();
        if tokio::time::timeout(GOODBYE, self.app.sockets.wait()).await.is_err() {
            tracing::warn!(left = self.app.sockets.len(), "some websockets did not close in time");
        }
        core.authenticator.write_uses_now().await;
    }
}
