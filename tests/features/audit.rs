//! GraphQL over HTTP, judged by the audit of the npm package `graphql-http`.

use serde_json::Value;
use tests::installation::Installation;
use tests::node::judge;

/// How many checks version 1.23.1 of the audit has: 13 of what a server must do, 23 of what it should, 25 of what
/// it may.
const CHECKS: usize = 61;

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_of_graphql_over_http_finds_nothing() {
    let mut installation = Installation::single().await;
    let url = format!("http://{}/graphql", installation.api.address().await);
    let Some(checks) = judge("audit.mjs", &[url.as_ref()]).await else { return };
    let failed: Vec<&Value> = checks.iter().filter(|check| check["status"] != "ok").collect();
    assert!(failed.is_empty(), "the audit complains: {failed:#?}");
    assert_eq!(checks.len(), CHECKS, "the audit has other checks than before: {checks:#?}");
}
