//! Set-up, log-in, renewal and log-out.

use std::sync::atomic::Ordering;

use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::support::{Node, PASSWORD, http};

#[tokio::test]
async fn the_first_administrator_is_made_once_and_has_a_watchlist() {
    let node = Node::start().await;
    assert_eq!(
        node.ask(None, "{ system { setUpNeeded } }", json!({})).await["data"]["system"]["setUpNeeded"],
        true
    );
    let made = node.set_up().await;
    assert_eq!(made["user"]["username"], "ann");
    assert_eq!(made["user"]["role"], "ADMIN");
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(
        node.ask(None, "{ system { setUpNeeded } }", json!({})).await["data"]["system"]["setUpNeeded"],
        false
    );
    assert_eq!(node.set_up().await["userErrors"][0]["code"], "SET_UP_DONE");
    let token = node.log_in().await;
    let lists = node.data(&token, "{ watchlists { name instruments { symbol } } }", json!({})).await;
    let symbols: Vec<&str> = lists["watchlists"][0]["instruments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["symbol"].as_str().unwrap())
        .collect();
    assert_eq!(symbols, ["AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "SPY", "QQQ", "EUR.USD", "ES"]);
}

#[tokio::test]
async fn a_wrong_set_up_is_refused_and_changes_nothing() {
    let mut node = Node::start().await;
    let right = std::mem::replace(&mut node.set_up_token, "0".repeat(64));
    let refused = node.set_up().await;
    assert_eq!(refused["userErrors"][0]["code"], "SET_UP_TOKEN_INVALID");
    assert_eq!(refused["userErrors"][0]["field"], json!(["setUpToken"]));
    assert_eq!(refused["user"], Value::Null);
    node.set_up_token = right;
    node.desk.away.store(true, Ordering::SeqCst);
    let token = node.log_in().await;
    let lists = node.data(&token, "{ watchlists { name instruments { symbol } } }", json!({})).await;
    assert_eq!(lists["watchlists"], json!([{ "name": "Watchlist", "instruments": [] }]));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_told_alike() {
    let node = Node::start().await;
    node.set_up().await;
    let wrong = node.log_in_as("ann", "wrong horse battery").await;
    assert_eq!(wrong["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    assert_eq!(wrong["session"], Value::Null);
    assert_eq!(wrong, node.log_in_as("nobody", PASSWORD).await);
    assert_eq!(wrong, node.log_in_as("<script>", PASSWORD).await);
    assert_eq!(wrong, node.log_in_as("ann", &"x".repeat(2_000)).await);
    assert_eq!(node.log_in_as("ANN", PASSWORD).await["session"]["user"]["username"], "ann");
}

const REFRESH: &str = "mutation { sessionRefresh { session { accessToken } userErrors { code } } }";
const VIEWER: &str = "{ viewer { username role } }";

async fn refresh(node: &Node, cookie: Option<&str>) -> (Value, Option<String>) {
    let client = http().build().unwrap();
    let mut request = client.post(node.url()).json(&json!({ "query": REFRESH }));
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let response = request.send().await.unwrap();
    let set = response.headers().get(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
    let mut body: Value = response.json().await.unwrap();
    (body["data"]["sessionRefresh"].take(), set.map(|set| set.split(';').next().unwrap().to_owned()))
}

async fn log_in_cookie(node: &Node) -> String {
    node.set_up().await;
    let query =
        "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { expiresAt } } }";
    let body =
        json!({ "query": query, "variables": { "input": { "username": "ann", "password": PASSWORD } } });
    let response = http().build().unwrap().post(node.url()).json(&body).send().await.unwrap();
    let set = response.headers().get(SET_COOKIE).unwrap().to_str().unwrap().to_owned();
    assert!(set.ends_with("; Path=/graphql; Max-Age=1209600; HttpOnly; SameSite=Strict"), "{set}");
    assert!(
        !response.text().await.unwrap().contains(set.split(['=', ';']).nth(1).unwrap()),
        "the token is in the body"
    );
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_twice_ends_the_session() {
    let node = Node::start().await;
    let first = log_in_cookie(&node).await;
    let (renewed, second) = refresh(&node, Some(&first)).await;
    let token = renewed["session"]["accessToken"].as_str().unwrap().to_owned();
    let second = second.unwrap();
    assert_ne!(first, second);
    assert_eq!(node.data(&token, VIEWER, json!({})).await["viewer"]["username"], "ann");
    let (stolen, cleared) = refresh(&node, Some(&first)).await;
    assert_eq!(stolen, json!({ "session": null, "userErrors": [{ "code": "SESSION_ENDED" }] }));
    assert_eq!(cleared.as_deref(), Some("tickgraph_refresh="));
    let (ended, _) = refresh(&node, Some(&second)).await;
    assert_eq!(ended["userErrors"][0]["code"], "SESSION_ENDED", "the whole family is ended");
    let refused = node.ask(Some(&token), VIEWER, json!({})).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "the access token ends with it"
    );
    for none in [None, Some("tickgraph_refresh=AAAA"), Some("other=1")] {
        assert_eq!(refresh(&node, none).await.0["userErrors"][0]["code"], "SESSION_ENDED");
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_at_once() {
    let node = Node::start().await;
    let token = node.log_in().await;
    let revoke = "mutation { sessionRevoke { revoked userErrors { code } } }";
    assert_eq!(node.ask(None, revoke, json!({})).await["data"]["sessionRevoke"]["revoked"], true);
    let refused = node.ask(Some(&token), VIEWER, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(node.ask(None, REFRESH, json!({})).await["data"]["sessionRefresh"]["session"], Value::Null);
    // Without a session it is no error, and by the access token alone it works as well.
    let token = node.log_in_as("ann", PASSWORD).await["session"]["accessToken"].as_str().unwrap().to_owned();
    let other =
        http().build().unwrap().post(node.url()).bearer_auth(&token).json(&json!({ "query": revoke }));
    assert_eq!(
        other.send().await.unwrap().json::<Value>().await.unwrap()["data"]["sessionRevoke"]["revoked"],
        true
    );
    assert_eq!(
        node.ask(Some(&token), VIEWER, json!({})).await["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn an_access_token_ends_after_fifteen_minutes() {
    let node = Node::start().await;
    let token = node.log_in().await;
    assert_eq!(node.data(&token, VIEWER, json!({})).await["viewer"]["role"], "ADMIN");
    node.clock.advance(time::Duration::minutes(16));
    let response = node
        .client
        .post(node.url())
        .bearer_auth(&token)
        .json(&json!({ "query": VIEWER }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(body.get("data"), None);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let node = Node::start().await;
    for header in ["Bearer", "Bearer ", "Bearer abc", "Basic YTpi", "Bearer a.b.c"] {
        let request =
            node.client.post(node.url()).header("authorization", header).json(&json!({ "query": VIEWER }));
        assert_eq!(request.send().await.unwrap().status(), 401, "{header}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_told_as_such_and_a_fault_is_masked() {
    let node = Node::start().await;
    let token = node.log_in().await;
    node.stores.away.store(true, Ordering::SeqCst);
    let request = || node.client.post(node.url()).bearer_auth(&token).json(&json!({ "query": VIEWER }));
    let response = request().send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(
        http().build().unwrap().get(format!("http://{}/readyz", node.address)).send().await.unwrap().status(),
        503
    );
    assert_eq!(
        http()
            .build()
            .unwrap()
            .get(format!("http://{}/healthz", node.address))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    node.stores.away.store(false, Ordering::SeqCst);
    assert_eq!(
        http().build().unwrap().get(format!("http://{}/readyz", node.address)).send().await.unwrap().status(),
        200
    );
    assert_eq!(request().send().await.unwrap().status(), 200);
    node.stores.faulty.store(true, Ordering::SeqCst);
    let response = request().send().await.unwrap();
    assert_eq!(response.status(), 500);
    let text = response.text().await.unwrap();
    assert!(
        text.contains("internal fault") && text.contains("traceId") && !text.contains("secret"),
        "{text}"
    );
}
