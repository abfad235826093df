//! Operations over server-sent events, for those without websockets.

use reqwest::Response;
use serde_json::{Value, json};
use tests::client::{Client, http};
use tests::installation::Installation;
use tests::wait::SOON;
use tokio::time::timeout;

/// An answer that comes as events.
struct Events {
    response: Response,
    unread: String,
}

impl Events {
    async fn of(client: &Client, query: &str, variables: Value) -> Self {
        let request = http().no_proxy().build().unwrap();
        let request = request
            .post(format!("http://{}/graphql", client.address()))
            .header("accept", "text/event-stream")
            .bearer_auth(client.token().unwrap())
            .json(&json!({ "query": query, "variables": variables }));
        let response = timeout(SOON, request.send()).await.expect("an answer begins").unwrap();
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("no-"), "it may be cached");
        Self { response, unread: String::new() }
    }

    /// The next event's name and data, past comments; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.unread.find("\n\n") {
                let rest = self.unread.split_off(end + 2);
                let block = std::mem::replace(&mut self.unread, rest);
                if let Some(event) = event(&block) {
                    return Some(event);
                }
                continue;
            }
            let piece =
                timeout(SOON, self.response.chunk()).await.expect("an event or a sign of life").unwrap()?;
            self.unread.push_str(std::str::from_utf8(&piece).expect("events are UTF-8"));
        }
    }

    async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (name, data) = self.next().await.expect("the stream goes on");
            assert_eq!(name, "next", "{data}");
            if fits(&data["data"]) {
                return data;
            }
        }
    }
}

/// An event's name and data; `None` for a comment.
fn event(block: &str) -> Option<(String, Value)> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
    let data = field("data:").unwrap_or_default();
    let data = if data.is_empty() { Value::Null } else { serde_json::from_str(data).expect("data is JSON") };
    Some((field("event:")?.to_owned(), data))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_answered_by_events() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    installation.market.hold("AAPL");

    let mut once = Events::of(&client, "{ viewer { username } }", json!({})).await;
    let (name, data) = once.next().await.unwrap();
    assert_eq!((name.as_str(), &data["data"]), ("next", &json!({ "viewer": { "username": "ann" } })));
    assert_eq!(once.next().await, Some(("complete".to_owned(), Value::Null)));
    assert_eq!(once.next().await, None);

    for wrong in [
        "subscription {",
        "subscription { nonsense }",
        "subscription { a: system { time } b: system { time } }",
    ] {
        let mut refused = Events::of(&client, wrong, json!({})).await;
        let (name, data) = refused.next().await.unwrap();
        assert_eq!(name, "next", "{wrong}: {data}");
        assert!(data["errors"][0]["extensions"]["code"].is_string(), "{wrong}: {data}");
        assert_eq!(refused.next().await, Some(("complete".to_owned(), Value::Null)), "{wrong}");
    }

    let document = "subscription($instruments: [ID!]!) { quotes(instruments: $instruments, maxHz: 50) { \
        ... on Quote { state last { price } } } }";
    let mut quotes = Events::of(&client, document, json!({ "instruments": [apple] })).await;
    quotes.until(|data| data["quotes"]["state"] == "LIVE").await;
    installation.market.trade("AAPL", "251.25");
    quotes.until(|data| data["quotes"]["last"]["price"] == "251.25").await;

    // Who stops the server, or logs out, ends the stream; a client that asks again is told why.
    assert_eq!(client.log_out().await["sessionRevoke"]["revoked"], true);
    let ended = async { while quotes.next().await.is_some() {} };
    timeout(2 * SOON, ended).await.expect("the stream ends with the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_for_those_who_may_have_them() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let url = format!("http://{}/graphql", client.address());
    let http = http().no_proxy().build().unwrap();
    let body = json!({ "query": "subscription { system { version } }" }).to_string();
    let post = || http.post(&url).header("accept", "text/event-stream");

    let forged = post().bearer_auth("forged").header("content-type", "application/json").body(body.clone());
    assert_eq!(forged.send().await.unwrap().status(), 401);
    // What a page of another origin can send without asking first.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let simple = post().header("content-type", kind).body(body.clone()).send().await.unwrap();
        assert!([400, 403, 415].contains(&simple.status().as_u16()), "{kind}: {simple:?}");
    }
    let elsewhere =
        post().header("origin", "https://evil.example").header("content-type", "application/json");
    let elsewhere = elsewhere.body(body).send().await.unwrap();
    let allowed = elsewhere.headers().get("access-control-allow-origin");
    assert!(elsewhere.status() == 403 || allowed.is_none(), "{elsewhere:?}");
}
