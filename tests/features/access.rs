//! Who may do what.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::auth::{Argon2Hasher, OsRandom};
use domain::clock::{Clock, SystemClock};
use domain::random::new_id;
use domain::user::{Password, PasswordHasher, Role, User, UserId, UserStore, Username};
use persistence::sql::{Sql, SqlOptions};
use serde_json::{Value, json};
use tests::client::{PASSWORD, USERNAME};
use tests::installation::{Installation, servers};

const ID: &str = "SW5zdHJ1bWVudDowMThmMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA";

/// Root fields that need no session; everything else does.
const OPEN: [&str; 6] = ["viewer", "system", "userSetUp", "sessionCreate", "sessionRefresh", "sessionRevoke"];

/// A well-formed document for each field that needs a session.
fn documents() -> Vec<(&'static str, String)> {
    let mutation = |name: &str, input: &str| {
        format!("mutation {{ {name}(input: {input}) {{ userErrors {{ code }} }} }}")
    };
    let with_list = |rest: &str| format!("{{ watchlist: \"{ID}\"{rest} }}");
    let instrument = format!(", instrument: \"{ID}\"");
    vec![
        ("node", format!("{{ node(id: \"{ID}\") {{ id }} }}")),
        ("instrument", format!("{{ instrument(id: \"{ID}\") {{ id }} }}")),
        ("instruments", "{ instruments(search: \"AAPL\") { nodes { id } } }".into()),
        ("quote", format!("{{ quote(instrument: \"{ID}\") {{ state }} }}")),
        ("bars", format!("{{ bars(instrument: \"{ID}\", size: MIN_1, last: 1) {{ size }} }}")),
        ("watchlists", "{ watchlists { id } }".into()),
        ("watchlistCreate", mutation("watchlistCreate", "{ name: \"a\" }")),
        ("watchlistRename", mutation("watchlistRename", &with_list(", name: \"b\""))),
        ("watchlistDelete", mutation("watchlistDelete", &with_list(""))),
        ("watchlistAdd", mutation("watchlistAdd", &with_list(&instrument))),
        ("watchlistRemove", mutation("watchlistRemove", &with_list(&instrument))),
        ("watchlistReorder", mutation("watchlistReorder", &with_list(", instruments: []"))),
    ]
}

#[test]
fn every_field_of_the_contract_is_tried_without_a_session() {
    let contract = include_str!("../../schema.graphql");
    let tried: BTreeSet<&str> = documents().iter().map(|(name, _)| *name).chain(OPEN).collect();
    let promised = ["Query", "Mutation"].map(|root| fields(contract, root)).concat();
    let promised: BTreeSet<&str> = promised.iter().map(String::as_str).collect();
    assert_eq!(tried, promised, "a field came or went: change this module too");
}

/// The field names of a type in the printed schema: what stands before `(` or `:` outside of descriptions
/// and of argument lists.
fn fields(contract: &str, root: &str) -> Vec<String> {
    let start = contract.find(&format!("type {root} {{")).unwrap();
    let body = contract[start..].split("\n}").next().unwrap();
    let told: String = body.split("\"\"\"").step_by(2).collect();
    let (mut names, mut depth) = (Vec::new(), 0_usize);
    for line in told.lines().skip(1).filter(|line| !line.trim().starts_with('"')) {
        let name: String = line.trim().chars().take_while(char::is_ascii_alphanumeric).collect();
        if depth == 0 && !name.is_empty() {
            names.push(name);
        }
        depth = (depth + line.matches('(').count()).saturating_sub(line.matches(')').count());
    }
    assert!(!names.is_empty(), "the contract has no {root}");
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_only_the_door_is_open() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let stranger = installation.stranger().await;

    for (name, document) in documents() {
        let answer = stranger.ask(&document, json!({})).await;
        assert_eq!(answer.error_code(), Some("UNAUTHENTICATED"), "{name}: {answer:?}");
        assert!(answer.body["data"][name].is_null(), "{name}: {answer:?}");
    }
    assert_eq!(stranger.viewer().await["viewer"], Value::Null);
    let system = stranger.system().await;
    assert_eq!(system["connections"], json!([]), "a stranger sees the broker connections");
    assert_eq!(
        client.query("{ watchlists { name } }", json!({})).await["watchlists"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_needs_a_session() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    for token in [None, Some("forged".to_owned())] {
        let stranger = installation.stranger().await;
        let mut socket = tests::subscription::Subscription::connect(stranger.address()).await;
        let payload = token.map(|token| json!({ "accessToken": token }));
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        let document = format!("subscription {{ quotes(instruments: [\"{apple}\"]) {{ __typename }} }}");
        let outcome = socket.outcome(&document).await;
        assert!(
            outcome.contains("4401") || outcome.contains("4403") || outcome.contains("UNAUTHENTICATED"),
            "{outcome}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_sees_the_market_and_keeps_watchlists_of_its_own() {
    let Some((postgres, redis)) = servers().await else { return };
    make_viewer(&postgres.url()).await;
    let mut installation = Installation::split_on(postgres, redis).await;
    let viewer = installation.stranger().await;
    let answer = viewer.log_in(USERNAME, PASSWORD).await;
    assert_eq!(answer["sessionCreate"]["session"]["user"]["role"], "VIEWER", "{answer:?}");
    assert_eq!(viewer.viewer().await["viewer"], json!({ "username": USERNAME, "role": "VIEWER" }));
    let apple = viewer.instrument("AAPL").await;
    viewer.quotes(&[&apple]).await.until_state(&["LIVE"]).await;
    let input = json!({ "name": "Mine", "instruments": [apple] });
    let made = viewer.mutate("watchlistCreate", input, "watchlist { name }").await;
    assert_eq!(made["watchlist"]["name"], "Mine", "{made}");
}

/// Makes a viewer the first user of a fresh database: no mutation makes anybody but administrators yet.
async fn make_viewer(url: &str) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let options = SqlOptions { url: url.to_owned(), max_connections: 1, clock: clock.clone() };
    let sql = Sql::connect(options).await.unwrap();
    sql.migrate().await.unwrap();
    let random = Arc::new(OsRandom);
    let user = User {
        id: UserId(new_id(clock.now(), random.as_ref())),
        username: Username::parse(USERNAME).unwrap(),
        role: Role::Viewer,
        created_at: clock.now(),
    };
    let hasher = Argon2Hasher::new(random).unwrap();
    let hash = hasher.hash(Password::chosen(PASSWORD.to_owned()).unwrap()).await.unwrap();
    assert!(sql.create_first(&user, &hash).await.unwrap());
}
