//! Questions that cannot be answered: each gets a clear error, and changes nothing.

use serde_json::json;
use tests::answer::{Answer, refusal};
use tests::client::{Client, http};
use tests::installation::Installation;

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";
const UNKNOWN: &str = "SW5zdHJ1bWVudDowMThmMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_says_why() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let bars =
        |arguments: &str| format!("{{ bars(instrument: \"{apple}\", {arguments}) {{ bars {{ time }} }} }}");
    let cases = [
        ("{ node(id: \"x\") { id } }".to_owned(), "BAD_ID"),
        ("{ instrument(id: \"!!!\") { id } }".to_owned(), "BAD_ID"),
        ("{ quote(instrument: \"AAPL\") { state } }".to_owned(), "BAD_ID"),
        (bars("size: SEC_1, from: \"2026-01-01T00:00:00Z\", to: \"2026-06-01T00:00:00Z\""), "RANGE_INVALID"),
        (bars("size: MIN_1, last: 5001"), "RANGE_INVALID"),
        (bars("size: MIN_1, last: 0"), "RANGE_INVALID"),
        (bars("size: MIN_1"), "RANGE_INVALID"),
        (bars("size: MIN_1, last: 5, from: \"2026-01-01T00:00:00Z\""), "RANGE_INVALID"),
        (bars("size: DAY_1, from: \"2026-06-01T00:00:00Z\", to: \"2026-01-01T00:00:00Z\""), "RANGE_INVALID"),
        (format!("{{ bars(instrument: \"{UNKNOWN}\", size: MIN_1, last: 1) {{ size }} }}"), "NOT_FOUND"),
    ];
    for (document, code) in cases {
        let answer = client.ask(&document, json!({})).await;
        assert_eq!(answer.error_code(), Some(code), "{document}: {answer:?}");
        assert!(answer.error_text().len() > 15, "{document}: '{}' does not help", answer.error_text());
    }
    let nothing = client.query("{ instruments(search: \"ZZZZQQ\") { nodes { id } } }", json!({})).await;
    assert_eq!(nothing["instruments"]["nodes"], json!([]), "an unknown symbol finds nothing");
    let absent = client.ask(&format!("{{ instrument(id: \"{UNKNOWN}\") {{ id }} }}"), json!({})).await;
    assert!(absent.body["data"]["instrument"].is_null(), "{absent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_is_refused_in_words() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    // In JSON the status tells of the request alone, in GraphQL's own media type of the document too. An
    // argument is read when its field is: that error is part of an executed operation.
    let cases = [
        ("{ viewer { ", 400),
        ("{ nonsense }", 400),
        ("{ bars(instrument: \"x\", size: MINUTE, last: 1) { size } }", 400),
        ("{ bars(instrument: \"x\", size: MIN_1, from: \"yesterday\") { size } }", 200),
    ];
    for (document, status) in cases {
        let body = json!({ "query": document }).to_string();
        for (media, status) in [(JSON, 200), (GRAPHQL, status)] {
            let answer = post(&client, media, &body).await;
            assert_eq!(answer.status, status, "{document} as {media}: {answer:?}");
            assert!(!answer.error_text().is_empty(), "{document} as {media}: {answer:?}");
        }
    }
    for (media, body) in [(JSON, "{\"query\": "), (GRAPHQL, "{\"query\": "), (JSON, "{}"), (JSON, "7")] {
        let answer = post(&client, media, body).await;
        assert_eq!(answer.status, 400, "{body} as {media}: {answer:?}");
        assert!(!answer.error_text().is_empty(), "{body} as {media}: {answer:?}");
    }
}

async fn post(client: &Client, media: &str, body: &str) -> Answer {
    let response = http()
        .build()
        .unwrap()
        .post(format!("http://{}/graphql", client.address()))
        .bearer_auth(client.token().unwrap())
        .header("content-type", JSON)
        .header("accept", media)
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    Answer { status, body: response.json().await.unwrap(), set_cookie: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_id_in_a_mutation_names_its_field() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    for (name, input, field) in [
        ("watchlistRename", json!({ "watchlist": "x", "name": "y" }), "watchlist"),
        ("watchlistDelete", json!({ "watchlist": UNKNOWN }), "watchlist"),
        ("watchlistCreate", json!({ "name": "y", "instruments": ["x"] }), "instruments"),
    ] {
        let payload = client.mutate(name, input, "").await;
        assert_eq!(refusal(&payload), Some("INVALID"), "{name}: {payload}");
        let path = payload["userErrors"][0]["field"].as_array().cloned().unwrap_or_default();
        assert!(path.contains(&json!(field)), "{name}: {payload}");
    }
    let lists = client.query("{ watchlists { name } }", json!({})).await;
    assert_eq!(lists["watchlists"].as_array().unwrap().len(), 1, "a refused mutation made a list: {lists}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_to_too_much_is_refused() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let many: Vec<String> = (0..201).map(|_| apple.clone()).collect();
    for (instruments, max_hz) in
        [(many, 10.0), (vec![], 10.0), (vec!["x".into()], 10.0), (vec![apple.clone()], 5_000.0)]
    {
        let document = "subscription($instruments: [ID!]!, $maxHz: Float) { quotes(instruments: $instruments, maxHz: $maxHz) { __typename } }";
        let variables = json!({ "instruments": instruments, "maxHz": max_hz });
        let mut subscription = client.subscribe(document, variables).await;
        let refused = subscription.errors().await;
        let text = refused[0]["message"].as_str().unwrap_or_default();
        assert!(text.len() > 15, "{} instruments at {max_hz} Hz: {refused}", instruments.len());
    }
}
