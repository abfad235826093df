//! Bodies, query strings and methods that no well-meaning client sends.

use std::time::Duration;

use api::{Limits, ProtocolOptions};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};

use crate::support::{Node, PASSWORD, eventually};

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

#[tokio::test]
async fn a_body_that_could_be_read_in_two_ways_is_not_read() {
    let node = Node::start().await;
    let nested = |depth: usize| {
        let list = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"query":"{{ __typename }}","variables":{{"a":{list}}}}}"#)
    };
    let text = |text: &str| text.as_bytes().to_vec();
    let cases = [
        (text(r#"{"query":"{ __typename }","query":"{ a }"}"#), 400, "twice"),
        (text(r#"{"query":"{ __typename }","variables":{"a":1,"a":2}}"#), 400, "twice"),
        (text(r#"{"query":"{ __typename }","variables":{"a":{"b":1,"b":2}}}"#), 400, "twice"),
        (text(r#"{"query":"{ __typename }","variables":{"a":1e999}}"#), 400, "JSON"),
        (text(r#"{"query":"{ __typename }","variables":{"a":123456789012345678901234567890}}"#), 200, ""),
        (text("\u{feff}{\"query\":\"{ __typename }\"}"), 400, "byte order mark"),
        (b"{\"query\":\"{ __typename } #\xff\"}".to_vec(), 400, "UTF-8"),
        (b"{\"query\":\"{ __typename } #\xc0\x80\"}".to_vec(), 400, "UTF-8"),
        (text(r#"{"query":"{ __typename } #\ud800"}"#), 400, "JSON"),
        (text(r#"{"query":"{ __typename } #\u0000"}"#), 200, ""),
        (text(r#"{"query":"{ __typename }"} {"query":"{ __typename }"}"#), 400, "JSON"),
        (text(r#"{"query":"{ __typename }",}"#), 400, "JSON"),
        (text("{'query':'{ __typename }'}"), 400, "JSON"),
        (
            text(r#" [ {"query":"{ __typename }"}, {"query":"{ __typename }"} ] "#),
            400,
            "batches are not taken",
        ),
        (text("[]"), 400, "batches are not taken"),
        (text("\"{ __typename }\""), 400, "one JSON object"),
        (text(r#"{"query":"{ __typename }","anything":[1,2]}"#), 200, ""),
        (nested(100).into_bytes(), 200, ""),
        (nested(1_000).into_bytes(), 400, "nested"),
        (nested(100_000).into_bytes(), 400, "nested"),
    ];
    for (body, status, message) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(100)]).into_owned();
        let request = node.client.post(node.url()).header(CONTENT_TYPE, JSON).body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{shown}");
        let body: Value = response.json().await.unwrap();
        let told = body["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(told.contains(message), "{shown}: {told}");
    }
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let node = Node::start().await;
    let url = format!("{}?query=%7B__typename%7D", node.url());
    let get = node.client.get(&url).send().await.unwrap();
    let head = node.client.head(&url).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()[CONTENT_TYPE], get.headers()[CONTENT_TYPE]);
    assert!(head.headers().contains_key(CONTENT_LENGTH));
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    let mutation = format!("{}?query=mutation%7BsessionRevoke%7Brevoked%7D%7D", node.url());
    assert_eq!(node.client.head(mutation).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn the_query_string_is_taken_literally() {
    let node = Node::start().await;
    for (query, status) in [
        ("query=%7B__typename%7D&variables=&extensions=&operationName=", 200),
        ("query=%7B__typename%7D&query=%7B__typename%7D", 400),
        ("query=%7B__typename%7D&variables=%7B%22a%22%3A1%2C%22a%22%3A2%7D", 400),
        ("query=%FF", 400),
        ("documentId=sha256%3A00&query=%7B__typename%7D", 400),
    ] {
        let request = node.client.get(format!("{}?{query}", node.url())).header(ACCEPT, GRAPHQL);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{query}");
    }
}

#[tokio::test]
async fn a_foreign_page_can_neither_ask_nor_use_the_cookie() {
    let node = Node::start().await;
    node.set_up().await;
    // The client keeps the cookie as a browser does.
    node.log_in_as("ann", PASSWORD).await;
    let refresh = json!({ "query": "mutation { sessionRefresh { userErrors { code } } }" });
    let post = |origin: &str| node.client.post(node.url()).header(ORIGIN, origin).json(&refresh).send();
    assert_eq!(post("https://evil.example.com").await.unwrap().status(), 403);
    assert_eq!(post("null").await.unwrap().status(), 403);
    // A page of an allowed origin may ask, but the cookie is not for it, whatever the browser sends along.
    let allowed: Value = post("https://charts.example.com").await.unwrap().json().await.unwrap();
    assert_eq!(allowed["errors"][0]["extensions"]["code"], "FORBIDDEN", "{allowed}");
    let own: Value = post(&format!("http://{}", node.address)).await.unwrap().json().await.unwrap();
    assert_eq!(own["data"]["sessionRefresh"]["userErrors"], json!([]), "{own}");
    let get = |origin: &str| {
        let url = format!("{}?query=%7B__typename%7D", node.url());
        node.client.get(url).header(ORIGIN, origin).send()
    };
    assert_eq!(get("https://evil.example.com").await.unwrap().status(), 403);
    assert_eq!(get("https://charts.example.com").await.unwrap().status(), 200);
    let preflight = node
        .client
        .request(Method::OPTIONS, node.url())
        .header(ORIGIN, "https://charts.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,authorization")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.headers()["access-control-allow-origin"], "https://charts.example.com");
    assert!(preflight.headers().get("access-control-allow-credentials").is_none(), "no cookies");
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_given_up() {
    let limits = Limits { execution: Duration::from_secs(2), ..Limits::default() };
    let node = Node::start_with(ProtocolOptions { limits, ..ProtocolOptions::default() }).await;
    let token = node.log_in().await;
    let search = json!({ "query": "{ instruments(search: \"FOREVER\") { nodes { symbol } } }" });
    let response = node.client.post(node.url()).bearer_auth(&token).json(&search).send().await.unwrap();
    assert_eq!(response.status(), 503);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("longer than 2s"), "{body}");
    assert_eq!(body.get("data"), None);
    // The query ends with its asker.
    eventually(|| node.desk.waiting() == 0).await;
}

/// What a body is put together from, and where it is cut and broken.
const PIECES: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"query\":",
    "\"variables\":",
    "\"operationName\":",
    "\"documentId\":",
    "\"extensions\":",
    "\"{ __typename }\"",
    "\"query($a: Int) { instruments(search: \\\"x\\\", first: $a) { nodes { symbol } } }\"",
    "\"{ ...f } fragment f on Query { ...f }\"",
    "\"mutation { sessionRevoke { revoked } }\"",
    "\"subscription { system { version } }\"",
    "{\"a\":1}",
    "null",
    "-1e400",
    "\"\\ud800\"",
    "\"sha256:00\"",
    "\u{feff}",
];

/// The next number of a sequence that is the same at each run.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap()
}

fn noise(state: &mut u64) -> Vec<u8> {
    let mut body = Vec::from(*b"{\"query\":\"{ __typename }\"}");
    for _ in 0..random(state) % 4 {
        let at = random(state) % (body.len() + 1);
        match random(state) % 4 {
            0 => body.truncate(at),
            1 => body.insert(at, u8::try_from(random(state) % 256).unwrap()),
            _ => drop(body.splice(at..at, PIECES[random(state) % PIECES.len()].bytes())),
        }
    }
    body
}

#[tokio::test]
async fn noise_is_answered_with_a_code_and_never_with_a_fault() {
    let node = Node::start().await;
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let mut statuses = std::collections::BTreeMap::new();
    for _ in 0..1_500 {
        let body = noise(&mut state);
        let shown = String::from_utf8_lossy(&body).into_owned();
        let request = node.client.post(node.url()).header(ACCEPT, GRAPHQL).header(CONTENT_TYPE, JSON);
        let response = request.body(body).send().await.unwrap();
        let status = response.status().as_u16();
        *statuses.entry(status).or_insert(0_u32) += 1;
        assert!(status < 500, "{status} for {shown}");
        let answer: Value = response.json().await.unwrap();
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        assert!(errors.iter().all(|error| error["extensions"]["code"].is_string()), "{shown}: {answer}");
        assert_eq!(errors.is_empty(), status == 200, "{shown}: {answer}");
    }
    assert!(statuses[&200] > 50 && statuses[&400] > 500, "{statuses:?}");
}
