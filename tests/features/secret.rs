//! Secrets stay secret.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::client::{PASSWORD, USERNAME};
use tests::installation::{Installation, KEY};
use tests::program::{Settings, Tickgraph};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_logged() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let first_token = client.token().unwrap();
    let first_cookie = client.cookie().unwrap();
    client.log_in(USERNAME, "a wrong password that is typed").await;
    client.log_in("a-password-typed-as-name", PASSWORD).await;
    client.refresh().await;
    let apple = client.instrument("AAPL").await;
    client.quotes(&[&apple]).await.until_state(&["LIVE"]).await;
    let key = client.api_key(&["MARKET_READ"]).await;
    client.with_token(&key.secret).quotes(&[&apple]).await.until_state(&["LIVE"]).await;
    client.with_token(format!("{}x", key.secret)).viewer().await;
    let given = |payload: &Value, field: &str| payload[field].as_str().expect("it is shown once").to_owned();
    let input = json!({ "username": "vera", "role": "VIEWER" });
    let invitation = given(&client.mutate("userInvite", input, "passwordToken").await, "passwordToken");
    let input = json!({ "passwordToken": invitation, "password": "another password of four words" });
    client.mutate("passwordSet", input, "user { id }").await;
    let begun = client.mutate("totpBegin", json!({ "currentPassword": PASSWORD }), "secret").await;
    let second_factor = given(&begun, "secret");
    client.mutate("totpConfirm", json!({ "code": "000000" }), "recoveryCodes").await;
    client.hold_token(Some(format!("{first_token}x")));
    client.viewer().await;
    client.log_out().await;

    let cookie_value = first_cookie.split_once('=').unwrap().1.to_owned();
    let secrets = [
        ("the password", PASSWORD.to_owned()),
        ("a wrong password", "a wrong password that is typed".to_owned()),
        ("a password that was chosen", "another password of four words".to_owned()),
        ("an invitation", invitation),
        ("a second factor", second_factor),
        ("an API key", key.secret[key.secret.len() - 24..].to_owned()),
        ("the key", KEY.to_owned()),
        ("the servers' password", persistence::testing::PASSWORD.to_owned()),
        ("an access token", first_token.rsplit('.').next().unwrap().to_owned()),
        ("a refresh token", cookie_value),
        ("the next refresh token", client.cookie().unwrap().split_once('=').unwrap().1.to_owned()),
    ];
    let logs = installation.logs();
    assert!(logs.lines().count() > 5, "the programs log nothing at level debug");
    for (what, secret) in secrets.iter().filter(|(_, secret)| secret.len() > 8) {
        assert!(!logs.contains(secret.as_str()), "{what} is in the log");
    }
    assert!(!logs.contains("$argon2id$"), "a password's hash is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_file_is_for_its_owner_alone() {
    let folder = TempDir::new().unwrap();
    let mut server = Tickgraph::start("serve", &Settings::in_folder(folder.path()));
    server.address().await;
    let mode = std::fs::metadata(folder.path().join("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
