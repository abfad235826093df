//! What operations cost: told with each answer, taken from a budget that comes back, and multiplied by lists.

use api::{Budget, Limits, ProtocolOptions};
use reqwest::header::{ACCEPT, RETRY_AFTER};
use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::{Node, PASSWORD};

const CREATE: &str = "mutation($name: String!) { watchlistCreate(input: { name: $name }) { watchlist { name } userErrors { code } } }";

async fn node(capacity: u32, per_second: u32) -> Node {
    let limits = Limits { cost: Budget { capacity, per_second }, ..Limits::default() };
    Node::start_with(ProtocolOptions { limits, ..ProtocolOptions::default() }).await
}

fn cost(response: &Value) -> &Value {
    &response["extensions"]["cost"]
}

#[tokio::test]
async fn each_answer_tells_what_it_cost() {
    let node = node(1_000, 50).await;
    let token = node.log_in().await;
    let cases = [
        ("{ __typename }", 1),
        ("{ system { version time } }", 3),
        ("query($n: Int = 7) { instruments(search: \"x\", first: $n) { nodes { symbol } } }", 15),
        ("{ instruments(search: \"x\") { nodes { symbol } } }", 41),
        ("mutation { sessionRevoke { revoked } }", 10),
    ];
    let mut left = 1_000;
    for (query, expected) in cases {
        let response = node.ask(Some(&token), query, json!({})).await;
        left -= expected;
        let told =
            json!({ "requested": expected, "available": left, "capacity": 1_000, "restorePerSecond": 50 });
        assert_eq!(*cost(&response), told, "{query}");
    }
}

#[tokio::test]
async fn an_argument_that_was_not_given_counts_as_left_out() {
    let node = node(1_000, 50).await;
    let token = node.log_in().await;
    let query = "query($n: Int) { instruments(search: \"x\", first: $n) { ...f } }
        fragment f on InstrumentConnection { nodes { symbol } }";
    for (variables, expected) in [(json!({}), 41), (json!({ "n": null }), 41), (json!({ "n": 3 }), 7)] {
        let response = node.ask(Some(&token), query, variables.clone()).await;
        assert_eq!(cost(&response)["requested"], expected, "{variables}: {response}");
    }
    // By GET, by socket and by whatever else it is the same code; what is executed is seen here.
    let response = node.ask(Some(&token), query, json!({ "n": 0 })).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "INVALID", "{response}");
    let unused = node.ask(Some(&token), "query($n: Int) { __typename }", json!({})).await;
    assert_eq!(unused["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{unused}");
}

#[tokio::test]
async fn what_is_not_valid_costs_nothing() {
    let node = node(100, 1).await;
    for query in ["{", "{ nonsense }", "query($id: ID!) { node(id: $id) { id } }"] {
        let response = node.ask(None, query, json!({})).await;
        assert_eq!(response.get("extensions"), None, "{response}");
    }
    assert_eq!(cost(&node.ask(None, "{ __typename }", json!({})).await)["available"], 99);
}

#[tokio::test]
async fn who_has_used_up_the_budget_waits() {
    let node = node(45, 5).await;
    let token = node.log_in().await;
    let create = |name: &str, accept: &str| {
        let body = json!({ "query": CREATE, "variables": { "name": name } });
        node.client.post(node.url()).bearer_auth(&token).header(ACCEPT, accept).json(&body).send()
    };
    for name in ["a", "b", "c", "d"] {
        assert_eq!(create(name, "application/json").await.unwrap().status(), 200);
    }
    for accept in ["application/json", "application/graphql-response+json"] {
        let refused = create("e", accept).await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()[RETRY_AFTER]),
            (429, &"1".parse().unwrap())
        );
        let body: Value = refused.json().await.unwrap();
        let extensions = json!({ "code": "RATE_LIMITED", "retryAfterMs": 1_000 });
        assert_eq!(body["errors"][0]["extensions"], extensions);
        assert_eq!(body.get("data"), None);
    }
    node.clock.advance(time::Duration::milliseconds(999));
    assert_eq!(create("e", "application/json").await.unwrap().status(), 429);
    node.clock.advance(time::Duration::milliseconds(2));
    assert_eq!(create("f", "application/json").await.unwrap().status(), 200);
    node.clock.advance(time::Duration::minutes(1));
    let lists = node.data(&token, "{ viewer { id } }", json!({})).await;
    assert!(lists["viewer"].is_object());
    node.clock.advance(time::Duration::minutes(1));
    assert_eq!(names(&node).await, ["Watchlist", "a", "b", "c", "d", "f"], "what was refused was not done");
}

/// The names of all lists, past the budget.
async fn names(node: &Node) -> Vec<String> {
    use domain::watchlist::WatchlistStore as _;
    let owner = node.stores.first_user();
    let lists = node.stores.list(owner).await.unwrap();
    lists.iter().map(|list| list.name.as_str().to_owned()).collect()
}

#[tokio::test]
async fn a_budget_is_a_users_whatever_the_session() {
    let node = node(60, 1).await;
    let ask = async |token: Option<&str>| {
        cost(&node.ask(token, "{ __typename }", json!({})).await)["available"].clone()
    };
    let first = node.log_in().await;
    assert_eq!(ask(None).await, 38, "setting up (10) and logging in (11) were the address's");
    let second = node.log_in_as("ann", PASSWORD).await["session"]["accessToken"].as_str().unwrap().to_owned();
    assert_eq!(ask(Some(&first)).await, 59);
    assert_eq!(ask(Some(&second)).await, 58);
    node.stores.add_user("bob");
    node.clock.advance(time::Duration::minutes(1));
    let bob = node.log_in_as("bob", PASSWORD).await["session"]["accessToken"].as_str().unwrap().to_owned();
    assert_eq!(ask(Some(&bob)).await, 59);
}

#[tokio::test]
async fn what_costs_more_than_is_ever_there_says_so() {
    let few = node(5, 1).await;
    let response = few.ask(None, "mutation { sessionRevoke { revoked } }", json!({})).await;
    assert_eq!(response["errors"][0]["extensions"], json!({ "code": "LIMIT" }));
    assert!(
        response["errors"][0]["message"].as_str().unwrap().contains("never holds more than 5"),
        "{response}"
    );
    let many = node(1_000_000, 1).await;
    let fields =
        "... on Query { watchlists { instruments { quote { bid { price } ask { price } } } } } ".repeat(10);
    let response = many.ask(None, &format!("{{ {fields} }}"), json!({})).await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "LIMIT", "{response}");
    assert!(
        response["errors"][0]["message"].as_str().unwrap().contains("at most 10000 is allowed"),
        "{response}"
    );
}

#[tokio::test]
async fn a_subscription_costs_at_its_start() {
    let node = node(24, 1).await;
    let token = node.log_in().await;
    let mut socket = Socket::open(&node.address, &token).await;
    let of_many =
        format!("subscription {{ quotes(instruments: [{}]) {{ __typename }} }}", "\"x\" ".repeat(90));
    socket.subscribe("many", &of_many, json!({})).await;
    assert_eq!(socket.next("many").await["errors"][0]["extensions"]["code"], "BAD_ID");
    assert_eq!(socket.receive().await["type"], "complete");
    for id in ["a", "b", "c", "d", "f", "g", "h"] {
        socket.subscribe(id, "subscription { system { setUpNeeded } }", json!({})).await;
        socket.next(id).await;
    }
    socket.subscribe("e", "subscription { system { setUpNeeded } }", json!({})).await;
    let refused = socket.receive().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("e")), "{refused}");
    assert_eq!(refused["payload"][0]["extensions"], json!({ "code": "RATE_LIMITED", "retryAfterMs": 2_000 }));
}

#[tokio::test]
async fn a_document_with_a_thousand_faults_is_told_of_a_few() {
    let node = Node::start().await;
    let faults = (0..1_000).map(|number| format!("nonsense{number} ")).collect::<Vec<_>>().concat();
    let response = node.ask(None, &format!("{{ {faults} }}"), json!({})).await;
    assert_eq!(response["errors"].as_array().unwrap().len(), 20);
    assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}
