//! People and keys on an installation of several processes: what changes at one holds at the others.

use serde_json::{Value, json};
use tests::client::{Client, PASSWORD, USERNAME};
use tests::installation::Installation;
use tests::program::Tickgraph;
use tests::wait::SOON;

const LISTS: &str = "{ watchlists { id } }";

async fn is_let_in(client: &Client) -> bool {
    client.ask(LISTS, json!({})).await.body["data"]["watchlists"].is_array()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_at_one_server_ends_at_the_other() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let apple = client.instrument("AAPL").await;
    let mut second = Tickgraph::start("api", &installation.settings());
    let elsewhere = Client::of(second.address().await);

    // A person is invited at one, and chooses a password and logs in at the other.
    let invitation = json!({ "username": "vera", "role": "VIEWER" });
    let invited = client.mutate("userInvite", invitation, "user { id state } passwordToken").await;
    assert_eq!(invited["user"]["state"], "INVITED", "{invited}");
    let chosen = json!({ "passwordToken": invited["passwordToken"], "password": PASSWORD });
    let active = elsewhere.mutate("passwordSet", chosen.clone(), "user { state }").await;
    assert_eq!(active["user"]["state"], "ACTIVE", "{active}");
    let again = client.mutate("passwordSet", chosen, "user { state }").await;
    assert_eq!(again["userErrors"][0]["code"], "PASSWORD_TOKEN_INVALID", "{again}");
    elsewhere.log_in("vera", PASSWORD).await;
    let key = elsewhere.api_key(&["MARKET_READ"]).await;
    let program = elsewhere.with_token(&key.secret);
    let mut of_person = elsewhere.quotes(&[&apple]).await;
    let mut of_program = program.quotes(&[&apple]).await;
    of_person.until_state(&["LIVE"]).await;
    of_program.until_state(&["LIVE"]).await;

    let revoked = client.mutate("apiKeyRevoke", json!({ "apiKey": key.id }), "apiKey { revokedAt }").await;
    assert!(revoked["apiKey"]["revokedAt"].is_string(), "{revoked}");
    assert!(!is_let_in(&program).await, "a revoked key is good at the other server");
    let (code, reason) = of_program.closed(2 * SOON).await;
    assert_eq!(code, 4403, "{reason}");

    assert!(is_let_in(&elsewhere).await);
    let user = json!({ "user": invited["user"]["id"] });
    let disabled = client.mutate("userDisable", user, "user { state }").await;
    assert_eq!(disabled["user"]["state"], "DISABLED", "{disabled}");
    assert!(!is_let_in(&elsewhere).await, "a disabled user is let in at the other server");
    let (code, reason) = of_person.closed(2 * SOON).await;
    assert_eq!(code, 4403, "{reason}");
    let refused = Client::of(elsewhere.address()).log_in("vera", PASSWORD).await;
    assert!(refused["sessionCreate"]["session"].is_null(), "{refused:?}");

    let log =
        client.query("{ auditLines(first: 20) { nodes { action outcome username } } }", json!({})).await;
    let lines = log["auditLines"]["nodes"].as_array().unwrap();
    let told: Vec<&Value> = lines.iter().map(|line| &line["action"]).collect();
    for action in
        ["USER_INVITE", "PASSWORD_SET", "SESSION_CREATE", "API_KEY_CREATE", "API_KEY_REVOKE", "USER_DISABLE"]
    {
        assert!(told.contains(&&json!(action)), "{action} is missing in {log}");
    }
    assert!(lines.iter().any(|line| line["outcome"] == "REFUSED"), "a refused log-in is missing in {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_servers_machine_lets_the_administrator_in() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    assert!(is_let_in(&client).await);
    let unknown = Tickgraph::refuses("user reset nobody", &installation.settings()).await;
    assert!(!unknown.status.success() && unknown.output.contains("no such user"), "{unknown:?}");

    // While the server runs.
    let reset = Tickgraph::ends(&format!("user reset {USERNAME}"), &installation.settings()).await;
    assert!(reset.status.success(), "{reset:?}");
    assert!(!is_let_in(&client).await, "sessions go on");
    let token = reset.output.split_once("/password#").expect("a link is printed").1;
    let token = token.split_whitespace().next().unwrap();
    let new = "another battery horse staple";
    let chosen = json!({ "passwordToken": token, "password": new });
    let stranger = Client::of(client.address());
    let chosen = stranger.mutate("passwordSet", chosen, "user { username state }").await;
    assert_eq!(chosen["user"], json!({ "username": USERNAME, "state": "ACTIVE" }), "{chosen}");
    assert_eq!(stranger.log_in(USERNAME, new).await["sessionCreate"]["userErrors"], json!([]));
    let log = "{ auditLines(first: 3) { nodes { action username subject detail via } } }";
    let log = stranger.query(log, json!({})).await;
    let line = json!({
        "action": "PASSWORD_RESET", "username": null, "subject": USERNAME,
        "detail": "from the server's own machine", "via": "NOBODY",
    });
    assert_eq!(log["auditLines"]["nodes"][2], line, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_are_slowed_down_for_all_servers_together() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let mut second = Tickgraph::start("api", &installation.settings());
    let servers = [client.address(), second.address().await];
    let vera = client.invite("vera", "VIEWER").await;
    let mut codes = Vec::new();
    for n in 0..40 {
        let answer = Client::of(servers[n % 2]).log_in("vera", "a wrong password").await;
        let code = answer["sessionCreate"]["userErrors"][0]["code"].clone();
        codes.push(code.clone());
        if code == "TOO_MANY_ATTEMPTS" {
            break;
        }
    }
    assert_eq!(codes.last(), Some(&json!("TOO_MANY_ATTEMPTS")), "passwords can be guessed: {codes:?}");
    let other = Client::of(servers[codes.len() % 2]).log_in("vera", "a wrong password").await;
    let errors = &other["sessionCreate"]["userErrors"][0];
    assert_eq!(errors["code"], "TOO_MANY_ATTEMPTS", "the other server lets in: {other:?}");
    assert!(errors["message"].as_str().unwrap().chars().any(char::is_numeric), "when to try again? {errors}");
    assert!(is_let_in(&vera).await, "who is logged in already is locked out");
}
