//! GraphQL over HTTP: media types, statuses, bounds, origins, and the files beside it.

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::Node;

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

fn post(node: &Node, accept: &str, body: &Value) -> RequestBuilder {
    node.client.post(node.url()).header(ACCEPT, accept).json(body)
}

async fn answer(request: RequestBuilder) -> (u16, String, Value) {
    let response = request.send().await.unwrap();
    let kind = response.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), kind.unwrap_or_default(), response.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn the_answer_has_the_media_type_and_status_that_were_asked_for() {
    let node = Node::start().await;
    let cases = [
        (GRAPHQL, json!({ "query": "{ __typename }" }), 200, GRAPHQL),
        (JSON, json!({ "query": "{ __typename }" }), 200, JSON),
        ("*/*", json!({ "query": "{ __typename }" }), 200, JSON),
        ("text/html", json!({ "query": "{ __typename }" }), 406, JSON),
        (GRAPHQL, json!({ "query": "{ __typename" }), 400, GRAPHQL),
        (JSON, json!({ "query": "{ __typename" }), 200, JSON),
        (GRAPHQL, json!({ "query": "{ nonsense }" }), 400, GRAPHQL),
        (JSON, json!({ "query": "{ nonsense }" }), 200, JSON),
        (GRAPHQL, json!({ "query": "query($id: ID!) { node(id: $id) { id } }" }), 400, GRAPHQL),
        (GRAPHQL, json!({ "query": "query A { __typename } query B { __typename }" }), 400, GRAPHQL),
        (GRAPHQL, json!({ "query": "subscription { system { version } }" }), 400, GRAPHQL),
        (JSON, json!({ "query": 1 }), 400, JSON),
        (JSON, json!({}), 400, JSON),
        (JSON, json!([{ "query": "{ __typename }" }]), 400, JSON),
        (JSON, json!({ "query": "{ __typename }", "variables": "x" }), 400, JSON),
        (JSON, json!({ "query": "{ __typename }", "operationName": 7 }), 400, JSON),
        (JSON, json!({ "query": "{ __typename }", "extensions": [] }), 400, JSON),
        (
            JSON,
            json!({ "query": "{ __typename }", "variables": null, "operationName": null, "extensions": {} }),
            200,
            JSON,
        ),
    ];
    for (accept, body, status, kind) in cases {
        let (answered, answered_kind, response) = answer(post(&node, accept, &body)).await;
        assert_eq!(
            (answered, answered_kind),
            (status, format!("{kind}; charset=utf-8")),
            "{accept} {body} {response}"
        );
        if response.get("errors").is_some() {
            assert_eq!(response.get("data"), None, "{body}");
            assert!(response["errors"][0]["extensions"]["code"].is_string(), "{response}");
            let text = response.to_string();
            assert!(!text.contains("Error(") && !text.contains("Did you mean"), "{text}");
        }
    }
}

#[tokio::test]
async fn an_error_in_a_field_leaves_the_rest() {
    let node = Node::start().await;
    let (status, _, response) =
        answer(post(&node, GRAPHQL, &json!({ "query": "{ watchlists { id } system { version } }" }))).await;
    assert_eq!(status, 200);
    assert_eq!(response["data"], json!({ "watchlists": null, "system": { "version": "1.2.3" } }));
    assert_eq!(response["errors"][0]["path"], json!(["watchlists"]));
}

#[tokio::test]
async fn only_json_is_taken_and_only_so_much_of_it() {
    let node = Node::start().await;
    let body = json!({ "query": "{ __typename }" }).to_string();
    let send = |kind: Option<&str>, body: String| {
        let request = node.client.post(node.url()).body(body);
        kind.map_or(request.try_clone().unwrap(), |kind| request.header(CONTENT_TYPE, kind)).send()
    };
    let cases = [
        (Some("application/json"), 200),
        (Some("Application/JSON; Charset=UTF-8"), 200),
        (Some("application/json; charset=utf-16"), 415),
        (Some("text/plain"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("multipart/form-data; boundary=x"), 415),
        (Some("application/graphql"), 415),
        (None, 415),
    ];
    for (kind, status) in cases {
        assert_eq!(send(kind, body.clone()).await.unwrap().status().as_u16(), status, "{kind:?}");
    }
    for bad in ["", "{", "null", "{\"query\":\"\u{0}", "[]"] {
        assert_eq!(send(Some(JSON), bad.to_owned()).await.unwrap().status(), 400, "{bad}");
    }
    let large = format!("{{\"query\":\"{{ __typename }} #{}\"}}", "x".repeat(256 * 1024));
    assert_eq!(send(Some(JSON), large).await.unwrap().status(), 413);
    let chunks = futures::stream::iter((0..300).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024])));
    let streamed =
        node.client.post(node.url()).header(CONTENT_TYPE, JSON).body(reqwest::Body::wrap_stream(chunks));
    assert_eq!(streamed.send().await.unwrap().status(), 413);
    let invalid =
        node.client.post(node.url()).header(CONTENT_TYPE, JSON).body(b"{\"query\":\"\xff\"}".to_vec());
    assert_eq!(invalid.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn get_takes_queries_alone() {
    let node = Node::start().await;
    let get = |query: &[(&str, &str)]| node.client.get(node.url()).query(query).send();
    let two = "query A { a: __typename } query B { b: __typename }";
    let response = get(&[("query", two), ("operationName", "B"), ("variables", "{}")]).await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap()["data"], json!({ "b": "Query" }));
    let mutation = get(&[("query", "mutation { sessionRevoke { revoked } }")]).await.unwrap();
    assert_eq!(
        (mutation.status(), &mutation.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
    for bad in [
        &[][..],
        &[("query", "{ __typename }"), ("variables", "x")],
        &[("query", "{ __typename }"), ("extensions", "[]")],
    ] {
        assert_eq!(get(bad).await.unwrap().status(), 400, "{bad:?}");
    }
    assert_eq!(node.client.put(node.url()).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_document_is_bounded() {
    let node = Node::start().await;
    let nested = format!("{}{}", "{ a ".repeat(30_000), "}".repeat(30_000));
    let lists = format!("{{ node(id: {}1{}) {{ id }} }}", "[".repeat(60_000), "]".repeat(60_000));
    let aliases: String = (0..40).map(|number| format!(" a{number}: __typename")).collect();
    let directives = format!("{{ __typename {} }}", "@include(if: true) ".repeat(10));
    let log_ins: String = (0..3)
        .map(|n| format!(" a{n}: sessionCreate(input: {{ username: \"ann\", password: \"x\" }}) {{ userErrors {{ code }} }}"))
        .collect();
    let many: String =
        "... on Query { watchlists { instruments { quote { bid { price } ask { price } } } } } ".repeat(20);
    for document in [
        nested,
        lists,
        format!("{{{aliases} }}"),
        directives,
        format!("mutation {{{log_ins} }}"),
        format!("{{ {many} }}"),
    ] {
        let (status, _, response) = answer(post(&node, GRAPHQL, &json!({ "query": document }))).await;
        assert_eq!(status, 400, "{}: {response}", &document[..60]);
    }
}

#[tokio::test]
async fn pages_of_foreign_origins_are_kept_out() {
    let node = Node::start().await;
    let own = format!("http://{}", node.address);
    let cases = [
        (own.as_str(), 200, None),
        ("https://charts.example.com", 200, Some("https://charts.example.com")),
        ("https://evil.example.com", 403, None),
        ("null", 403, None),
    ];
    for (origin, status, allowed) in cases {
        let request = post(&node, JSON, &json!({ "query": "{ __typename }" })).header("origin", origin);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{origin}");
        let header =
            response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(header, allowed, "{origin}");
        let preflight =
            node.client.request(Method::OPTIONS, node.url()).header("origin", origin).send().await.unwrap();
        assert_eq!(preflight.status().as_u16(), if status == 200 { 204 } else { 403 }, "{origin}");
        assert!(preflight.headers().get("access-control-allow-credentials").is_none());
    }
}

#[tokio::test]
async fn everything_goes_out_with_its_headers() {
    let node = Node::start().await;
    for path in ["graphql?query=%7B__typename%7D", "healthz", "missing.js", "charts/AAPL"] {
        let response = node.client.get(format!("http://{}/{path}", node.address)).send().await.unwrap();
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"), "{policy}");
        assert!(
            policy.contains(&format!("connect-src 'self' ws://{0} wss://{0};", node.address)),
            "{policy}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
    }
    let missing = node.client.get(format!("http://{}/missing.js", node.address)).send().await.unwrap();
    assert_eq!(missing.status(), 404);
    let page = node.client.get(format!("http://{}/charts/AAPL", node.address)).send().await.unwrap();
    assert!(page.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    assert_eq!(
        node.client.post(format!("http://{}/charts", node.address)).send().await.unwrap().status(),
        405
    );
}
