//! Headers that keep a browser from being used against its owner; they go out with everything.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::App;
use crate::http::host::host;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The one inline style that is let through: the chart library (lightweight-charts 5.2) puts it into the page for
/// the link to its makers. Another version may need another hash; the browser's console then names it.
const CHART_STYLE: &str = "sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY=";

/// Adds the headers to whatever the handlers answer.
pub(super) async fn add_headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let policy = content_policy(host(request.headers()), app.assets.script_hashes());
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    answer
}

/// Only the server's own files; scripts inside the page only where their hash is known.
fn content_policy(host: Option<&str>, script_hashes: &[String]) -> String {
    let hashes = script_hashes.iter().fold(String::new(), |hashes, hash| hashes + " '" + hash + "'");
    // Not every browser takes 'self' for the websocket of the same host.
    let sockets = host.map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self' '{CHART_STYLE}'; \
         img-src 'self' data:; connect-src 'self'{sockets}; font-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_host_and_the_known_scripts() {
        let policy = content_policy(Some("localhost:8080"), &["sha256-abc=".to_owned()]);
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-abc='; style-src"), "{policy}");
        assert!(
            policy.contains("connect-src 'self' ws://localhost:8080 wss://localhost:8080; font-src"),
            "{policy}"
        );
        assert!(content_policy(None, &[]).contains("connect-src 'self'; font-src"));
    }
}
