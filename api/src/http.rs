//! GraphQL over HTTP, and everything else that is served.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::get;
use tokio_util::task::TaskTracker;

use crate::assets::{self, Assets};
use crate::core::Core;
use crate::graphql::Schema;
use crate::monitor::{Reachable, reach};
use crate::share::Share;

mod accept;
mod answer;
mod caller;
mod cookie;
mod cors;
mod document;
mod endpoint;
mod execution;
mod host;
mod response;
mod security;
mod sse;
mod wire;

pub(crate) use caller::{Caller, ClientOrigin};
pub(crate) use cookie::RefreshCookie;
pub(crate) use cors::Origins;
pub(crate) use document::OperationKind;
pub(crate) use execution::{Prepared, execute, failed, is_request_error, prepare, with_codes};
pub(crate) use response::response_text;
pub(crate) use wire::WireRequest;

/// What the handlers share.
pub(crate) struct App {
    /// The services.
    pub core: Arc<Core>,
    /// The schema over them.
    pub schema: Schema,
    /// The same for what was validated before.
    pub bare: Schema,
    /// What many follow is executed once.
    pub share: Share,
    /// Whose pages may use the API.
    pub origins: Origins,
    /// Open websockets.
    pub sockets: TaskTracker,
    /// The web client.
    pub assets: Assets,
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
