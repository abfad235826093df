//! GraphQL over HTTP, and everything else that is served.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::get;
use tokio_util::task::TaskTracker;

use crate::admission::Admission;
use crate::assets::{self, Assets};
use crate::core::Core;
use crate::cost::Meter;
use crate::graphql::{self, Schema};
use crate::monitor::{Reachable, reach};
use crate::options::{ApiOptions, HttpStatus, Limits};
use crate::share::Share;
use crate::tally::Tally;

mod accept;
mod answer;
mod body;
mod caller;
mod cookie;
mod cors;
mod document;
mod endpoint;
mod execution;
mod host;
mod json;
mod origin;
mod response;
mod security;
mod sse;
mod status;
mod wire;

pub(crate) use caller::{Caller, ClientOrigin};
pub(crate) use cookie::RefreshCookie;
pub(crate) use cors::Origins;
pub(crate) use document::{Documents, OperationKind};
pub(crate) use execution::{Prepared, event, execute, failed, is_request_error, prepare, with_codes};
pub(crate) use origin::Proxies;
pub(crate) use response::response_text;
pub(crate) use wire::WireRequest;

/// What the handlers share.
pub(crate) struct App {
    /// The services.
    pub core: Arc<Core>,
    /// The schema over them.
    pub schema: Schema,
    /// What many follow is executed once.
    pub share: Share,
    /// How much each user follows.
    pub following: Arc<Tally>,
    /// What operations cost.
    pub meter: Meter,
    /// Documents that are known.
    pub documents: Documents,
    /// How much is let through.
    pub limits: Limits,
    /// Which status codes answers have.
    pub http_status: HttpStatus,
    /// The proxies that are trusted.
    pub proxies: Proxies,
    /// Whose pages may use the API.
    pub origins: Origins,
    /// How many sockets may be open.
    pub admission: Arc<Admission>,
    /// Open websockets.
    pub sockets: TaskTracker,
    /// The web client.
    pub assets: Assets,
}

impl App {
    /// What the handlers share, set up like this.
    pub fn new(core: Arc<Core>, options: &ApiOptions) -> Self {
        let protocol = &options.protocol;
        let assets = Assets::load();
        let registered = protocol.operations.as_deref().or(assets.operations());
        let schema = graphql::schema(Arc::clone(&core));
        Self {
            share: Share::new(
                schema.clone(),
                Arc::clone(&core.services.clock),
                protocol.limits.shared_per_user,
            ),
            following: Tally::new(protocol.limits.streams_per_user),
            schema,
            meter: Meter::new(Arc::clone(&core.services.limiter), protocol.limits.cost),
            documents: Documents::new(registered, protocol.documents),
            limits: protocol.limits,
            http_status: protocol.http_status,
            proxies: Proxies::new(&protocol.trusted_proxies),
            origins: Origins::new(&options.allowed_origins),
            admission: Admission::new(protocol.limits),
            sockets: TaskTracker::new(),
            assets,
            core,
        }
    }
}

/// Everything that is served.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/graphql", get(endpoint::get).post(endpoint::post).options(endpoint::preflight))
        .route("/healthz", get(|| async { "alive" }))
        .route("/readyz", get(ready))
        .fallback(assets::serve)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), security::add_headers))
        .with_state(app)
}

/// Whether requests can be answered: the database answers.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match reach(app.core.services.installation.ping(), "the database does not answer").await {
        Reachable::Yes => (StatusCode::OK, "ready"),
        Reachable::No(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    }
}
