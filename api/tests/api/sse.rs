//! Server-sent events: the distinct connections mode of graphql-sse.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde_json::{Value, json};

use crate::market::{heartbeat, id_of, quote};
use crate::support::Node;

const QUOTES: &str = "subscription($ids: [ID!]!) { quotes(instruments: $ids, maxHz: 50) { ... on Quote { state last { price } } } }";

/// An open stream of events.
struct Events {
    body: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
}

impl Events {
    async fn open(node: &Node, token: Option<&str>, query: &str, variables: Value) -> Self {
        let mut request = node.client.post(node.url()).header("accept", "text/event-stream");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.json(&json!({ "query": query, "variables": variables })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
        let body = answer.bytes_stream().map(|piece| piece.map(|bytes| bytes.to_vec())).boxed();
        Self { body, text: String::new() }
    }

    /// The next event: its name and its data; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.starts_with(':') {
                    continue;
                }
                let (name, data) = event.split_once('\n').unwrap();
                let name = name.strip_prefix("event: ").unwrap().to_owned();
                let data = data.strip_prefix("data:").unwrap().trim();
                return Some((name, serde_json::from_str(data).unwrap_or(Value::Null)));
            }
            let piece = tokio::time::timeout(Duration::from_secs(20), self.body.next()).await;
            let piece = piece.expect("an event in time")?;
            self.text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
    }

    /// The data of the next event, which must be a result.
    async fn result(&mut self) -> Value {
        let (name, data) = self.next().await.expect("no end");
        assert_eq!(name, "next", "{data}");
        data
    }

    async fn completed(&mut self) {
        assert_eq!(self.next().await, Some(("complete".into(), Value::Null)));
        assert_eq!(self.next().await, None);
    }
}

#[tokio::test]
async fn a_subscription_comes_as_events() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let aapl = id_of(&node, &token, "AAPL").await;
    node.bus.tell(heartbeat());
    node.bus.tell(quote("AAPL", 1, "110.50"));
    let mut events = Events::open(&node, Some(&token), QUOTES, json!({ "ids": [aapl] })).await;
    let live = |price: &str| json!({ "data": { "quotes": { "state": "LIVE", "last": { "price": price } } } });
    while events.result().await != live("110.50") {}
    for (sequence, price) in [(2, "110.60"), (3, "110.70")] {
        node.bus.tell(quote("AAPL", sequence, price));
        assert_eq!(events.result().await, live(price));
    }
    // A selection that is executed for this one alone comes the same way.
    let alone = QUOTES.replace("state", "state ageMs");
    let mut events = Events::open(&node, Some(&token), &alone, json!({ "ids": [aapl] })).await;
    assert_eq!(events.result().await["data"]["quotes"]["ageMs"], 1_500);
}

#[tokio::test]
async fn queries_and_refusals_come_as_one_event() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let mut events = Events::open(&node, Some(&token), "{ viewer { username } }", json!({})).await;
    assert_eq!(events.result().await["data"], json!({ "viewer": { "username": "ann" } }));
    events.completed().await;
    for (token, query, code) in [
        (Some(token.as_str()), "subscription { nonsense }", "BAD_REQUEST"),
        (Some(token.as_str()), "{", "PARSE_FAILED"),
        (None, "subscription { system { version } }", "UNAUTHENTICATED"),
    ] {
        let mut events = Events::open(&node, token, query, json!({})).await;
        assert_eq!(events.result().await["errors"][0]["extensions"]["code"], code, "{query}");
        events.completed().await;
    }
    let forged = node.client.post(node.url()).header("accept", "text/event-stream").bearer_auth("forged");
    let answer = forged.json(&json!({ "query": "{ viewer { username } }" })).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_stream_ends_with_its_token_its_session_and_the_server() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let system = "subscription { system { setUpNeeded } }";
    let mut ended = Events::open(&node, Some(&token), system, json!({})).await;
    ended.result().await;
    node.stores.end_all_sessions();
    assert_eq!(ended.result().await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    ended.completed().await;

    let token = node.log_in_as("ann", crate::support::PASSWORD).await["session"]["accessToken"].clone();
    let token = token.as_str().unwrap();
    let mut stopped = Events::open(&node, Some(token), system, json!({})).await;
    stopped.result().await;
    node.clock.advance(time::Duration::minutes(15) - time::Duration::seconds(1));
    let mut expired = Events::open(&node, Some(token), system, json!({})).await;
    expired.result().await;
    assert_eq!(expired.result().await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    expired.completed().await;
    node.shutdown.cancel();
    assert_eq!(stopped.next().await, None, "it ends without a word, so that the client comes again");
}

#[tokio::test]
async fn what_has_one_answer_gets_it_as_json_from_whoever_takes_that_too() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let accept = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
    let ask = async |query: &str| {
        let request = node.client.post(node.url()).header("accept", accept).bearer_auth(&token);
        let answer = request.json(&json!({ "query": query })).send().await.unwrap();
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned())
    };
    let json = "application/graphql-response+json; charset=utf-8".to_owned();
    assert_eq!(ask("{ viewer { username } }").await, (200, json.clone()));
    assert_eq!(ask("{ nonsense }").await, (400, json));
    let (status, kind) = ask("subscription { system { setUpNeeded } }").await;
    assert_eq!((status, kind.as_str()), (200, "text/event-stream; charset=utf-8"));
}
