//! The status codes of GraphQL over HTTP, row by row, by the rules of the audit and by those of the draft of 2026.

use api::{HttpStatus, ProtocolOptions};
use reqwest::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::Node;

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// What a client sends.
enum Sent {
    /// By POST, as JSON.
    Body(&'static str),
    /// By GET, in the query string.
    Get(&'static str),
    /// By POST, with this content type.
    Typed(&'static str),
    /// By POST, with this `Authorization`.
    Authorized(&'static str),
    /// By POST, too much of it.
    Large,
    /// By another method.
    Method(Method),
}

impl Sent {
    fn request(&self, node: &Node) -> RequestBuilder {
        const FINE: &str = r#"{"query":"{ __typename }"}"#;
        let post = |body: String| node.client.post(node.url()).header(CONTENT_TYPE, JSON).body(body);
        match self {
            Self::Body(body) => post((*body).to_owned()),
            Self::Get(query) => node.client.get(format!("{}?{query}", node.url())),
            Self::Typed(kind) => node.client.post(node.url()).header(CONTENT_TYPE, *kind).body(FINE),
            Self::Authorized(header) => post(FINE.to_owned()).header(AUTHORIZATION, *header),
            Self::Large => post(format!("{FINE}{}", " ".repeat(256 * 1024))),
            Self::Method(method) => node.client.request(method.clone(), node.url()),
        }
    }
}

/// What is sent, then the status for a client that takes the media type of GraphQL and for one that takes JSON alone, by the
/// audit's rules, then by the draft's for both.
fn rows() -> Vec<(Sent, u16, u16, u16)> {
    use Sent::{Authorized, Body, Get, Large, Typed};
    vec![
        // Data without errors.
        (Body(r#"{"query":"{ __typename }"}"#), 200, 200, 200),
        (Get("query=%7B__typename%7D"), 200, 200, 200),
        // Data with errors, and nothing but errors from fields.
        (Body(r#"{"query":"{ watchlists { id } system { version } }"}"#), 200, 200, 294),
        (Body(r#"{"query":"{ watchlists { id } }"}"#), 200, 200, 294),
        // The body is no JSON.
        (Body("NONSENSE"), 400, 400, 400),
        (Body(r#"{"query":"#), 400, 400, 400),
        (Body(""), 400, 400, 400),
        // The parameters are not those of a request.
        (Body(r#"{"qeury":"{ __typename }"}"#), 400, 400, 422),
        (Body(r#"{"query":"query Q ($i: Int!) { q(i: $i) }","variables":[7]}"#), 400, 400, 422),
        (Body(r#"{"query":7}"#), 400, 400, 422),
        (Body(r#"[{"query":"{ __typename }"}]"#), 400, 400, 422),
        (Get("operationName=A"), 400, 400, 422),
        (Get("query=%7B__typename%7D&variables=7"), 400, 400, 422),
        // The document cannot be parsed.
        (Body(r#"{"query":"{"}"#), 400, 200, 400),
        (Get("query=%7B"), 400, 200, 400),
        // The document is not valid.
        (Body(r#"{"query":"{ nonsense }"}"#), 400, 200, 422),
        (Body(r#"{"query":"{ ...missing }"}"#), 400, 200, 422),
        // The operation cannot be determined.
        (Body(r#"{"query":"query A { __typename } query B { __typename }"}"#), 400, 200, 422),
        (Body(r#"{"query":"query A { __typename }","operationName":"B"}"#), 400, 200, 422),
        // The variables cannot be coerced.
        (Body(r#"{"query":"query($id: ID!) { node(id: $id) { id } }"}"#), 400, 200, 422),
        (
            Body(r#"{"query":"query($id: ID!) { node(id: $id) { id } }","variables":{"id":{}}}"#),
            400,
            200,
            422,
        ),
        // A mutation by GET, a subscription at all.
        (Get("query=mutation%7BsessionRevoke%7Brevoked%7D%7D"), 405, 405, 405),
        (Body(r#"{"query":"subscription { system { version } }"}"#), 400, 400, 422),
        // What may be sent by a form, or is not UTF-8.
        (Typed("text/plain"), 415, 415, 415),
        (Typed("application/x-www-form-urlencoded"), 415, 415, 415),
        (Typed("multipart/form-data; boundary=x"), 415, 415, 415),
        (Typed("application/json; charset=iso-8859-1"), 415, 415, 415),
        // Too much, not let in, another method.
        (Large, 413, 413, 413),
        (Authorized("Bearer forged"), 401, 401, 401),
        (Sent::Method(Method::PUT), 405, 405, 405),
        (Sent::Method(Method::DELETE), 405, 405, 405),
    ]
}

async fn node(http_status: HttpStatus) -> Node {
    Node::start_with(ProtocolOptions { http_status, ..ProtocolOptions::default() }).await
}

fn kind(response: &Response) -> String {
    response.headers().get(CONTENT_TYPE).map_or_else(String::new, |kind| kind.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn each_row_has_its_status_by_the_rules_of_the_audit() {
    let node = node(HttpStatus::Audit).await;
    for (number, (sent, graphql, json, _)) in rows().into_iter().enumerate() {
        for (accept, status) in [(GRAPHQL, graphql), (JSON, json)] {
            let response = sent.request(&node).header(ACCEPT, accept).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "row {number}, {accept}");
            if let Sent::Method(_) = sent {
                continue;
            }
            assert_eq!(kind(&response), format!("{accept}; charset=utf-8"), "row {number}");
            check_body(number, response).await;
        }
    }
}

#[tokio::test]
async fn each_row_has_its_status_by_the_draft() {
    let node = node(HttpStatus::Draft2026).await;
    for (number, (sent, _, _, status)) in rows().into_iter().enumerate() {
        for accept in [GRAPHQL, JSON] {
            let response = sent.request(&node).header(ACCEPT, accept).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "row {number}, {accept}");
            if let Sent::Method(_) = sent {
                continue;
            }
            // Who takes JSON alone gets it for a success; a failure says of itself that it is GraphQL's.
            let expected = if response.status().is_success() { accept } else { GRAPHQL };
            assert_eq!(kind(&response), format!("{expected}; charset=utf-8"), "row {number}");
            check_body(number, response).await;
        }
    }
}

/// An answer has data, or nothing but errors with a code and without anything of our insides.
async fn check_body(number: usize, response: Response) {
    let is_405 = response.status() == 405;
    assert_eq!(response.headers().contains_key(ALLOW), is_405, "row {number}");
    let is_success = response.status().is_success();
    let body: Value = response.json().await.unwrap();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    assert!(body.get("data").is_some() != errors.iter().any(|error| error.get("path").is_none()), "{body}");
    assert!(is_success || !errors.is_empty(), "{body}");
    for error in errors {
        assert!(error["extensions"]["code"].is_string(), "{error}");
        let message = error["message"].as_str().unwrap();
        for inside in ["Error(", "serde", "line 1", "column", "Did you mean"] {
            assert!(!message.contains(inside), "row {number}: {message}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_accepted_is_not_sent() {
    for rules in [HttpStatus::Audit, HttpStatus::Draft2026] {
        let node = node(rules).await;
        for (accept, status) in
            [("text/html", 406), ("image/*", 406), ("*/*", 200), ("text/html, */*;q=0.1", 200)]
        {
            let request = node.client.post(node.url()).json(&json!({ "query": "{ __typename }" }));
            let response = request.header(ACCEPT, accept).send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{accept}");
        }
    }
}
