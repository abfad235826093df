//! Logging in, staying logged in, logging out.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::answer::{Answer, refusal};
use tests::client::{Client, PASSWORD, USERNAME};
use tests::installation::Installation;
use tests::token;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let mut installation = Installation::single().await;
    installation.administrator().await;
    let stranger = installation.stranger().await;

    let mut fastest = [Duration::MAX; 2];
    let mut payloads = Vec::new();
    for _ in 0..3 {
        for (n, username) in [USERNAME, "nobody"].into_iter().enumerate() {
            let started = Instant::now();
            let answer = stranger.log_in(username, "a wrong password").await;
            fastest[n] = fastest[n].min(started.elapsed());
            assert_eq!(refusal(&answer["sessionCreate"]), Some("INVALID_CREDENTIALS"));
            assert_eq!(answer.set_cookie, None, "a refused log-in set a cookie");
            payloads.push(answer.body);
        }
    }
    assert!(payloads.iter().all(|payload| payload == &payloads[0]), "{payloads:?}");
    let [known, unknown] = fastest;
    assert!(
        unknown > known / 2 && known > unknown / 2,
        "the time tells a known user ({known:?}) from an unknown one ({unknown:?})"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let answer = client.log_in(USERNAME, PASSWORD).await;
    let header = answer.set_cookie.unwrap();
    let attributes: Vec<&str> = header.split("; ").skip(1).collect();
    for expected in ["HttpOnly", "SameSite=Strict", "Path=/graphql"] {
        assert!(attributes.contains(&expected), "{attributes:?} lacks {expected}");
    }
    assert!(!attributes.contains(&"Secure"), "on loopback without TLS a Secure cookie would be lost");
    assert!(!answer.body.to_string().contains(client.cookie().unwrap().split_once('=').unwrap().1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_used_twice_ends_the_whole_session() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let other_session = installation.stranger().await;
    other_session.log_in(USERNAME, PASSWORD).await;

    let first = client.cookie();
    assert_eq!(refusal(&client.refresh().await["sessionRefresh"]), None);
    let second = client.cookie();
    assert_ne!(first, second, "the token did not rotate");
    assert_eq!(client.viewer().await["viewer"]["username"], USERNAME);

    let thief = Client::of(client.address());
    thief.hold_cookie(first);
    assert_eq!(refusal(&thief.refresh().await["sessionRefresh"]), Some("SESSION_ENDED"));
    unauthenticated(&client.ask("{ watchlists { id } }", json!({})).await);
    client.hold_token(None);
    client.hold_cookie(second);
    assert_eq!(refusal(&client.refresh().await["sessionRefresh"]), Some("SESSION_ENDED"));
    assert_eq!(other_session.viewer().await["viewer"]["username"], USERNAME, "another session was ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_refreshes_at_once_one_wins() {
    let Some(mut installation) = Installation::split().await else { return };
    let client = installation.administrator().await;
    let twins = [Client::of(client.address()), Client::of(client.address())];
    for twin in &twins {
        twin.hold_cookie(client.cookie());
    }
    let (one, other) = tokio::join!(twins[0].refresh(), twins[1].refresh());
    let won = [&one, &other].iter().filter(|answer| refusal(&answer["sessionRefresh"]).is_none()).count();
    assert_eq!(won, 1, "{one:?} {other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_the_session_at_once() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let answer = client.log_out().await;
    assert_eq!(answer["sessionRevoke"]["revoked"], true);
    assert!(answer.set_cookie.is_some_and(|header| header.contains("Max-Age=0")), "the cookie stays");
    unauthenticated(&client.ask("{ watchlists { id } }", json!({})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_without_an_access_token_ends_the_session_of_the_cookie() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let (token, cookie) = (client.token(), client.cookie());
    client.hold_token(None);
    let answer = client.log_out().await;
    assert_eq!(answer["sessionRevoke"]["revoked"], true);
    assert!(answer.set_cookie.is_some_and(|header| header.contains("Max-Age=0")), "the cookie stays");
    client.hold_cookie(cookie);
    assert_eq!(refusal(&client.refresh().await["sessionRefresh"]), Some("SESSION_ENDED"));
    client.hold_token(token);
    unauthenticated(&client.ask("{ watchlists { id } }", json!({})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_is_closed_when_its_session_ends() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let mut socket = client.subscribe("subscription { system { version } }", json!({})).await;
    socket.payload().await;
    assert_eq!(client.log_out().await["sessionRevoke"]["revoked"], true);
    let (code, reason) = socket.closed(Duration::from_secs(45)).await;
    assert_eq!(code, 4403, "{reason}");
    assert!(reason.contains("has ended"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_fresh_tokens_are_taken() {
    let mut installation = Installation::single().await;
    let client = installation.administrator().await;
    let good = client.token().unwrap();
    let now = token::now();
    let claims = token::claims(&good);
    let forged = [
        ("expired", token::changed(&claims, "exp", json!(now - 60))),
        ("not yet valid", token::changed(&claims, "nbf", json!(now + 600))),
        ("of another issuer", token::changed(&claims, "iss", json!("somebody else"))),
        ("for another audience", token::changed(&claims, "aud", json!("something else"))),
        ("without an expiry", token::changed(&claims, "exp", json!(null))),
        (
            "of an unknown session",
            token::changed(&claims, "sid", json!("018f0000-0000-7000-8000-000000000000")),
        ),
        ("not signed", token::unsigned(&claims)),
        ("signed by another key", token::signed_with(&claims, &[7; 32])),
        ("cut", good[..good.len() - 4].to_owned()),
        ("no token at all", "hello".to_owned()),
    ];
    client.hold_token(Some(token::signed(&claims)));
    assert_eq!(client.viewer().await["viewer"]["username"], USERNAME, "the test signs as the program does");
    for (what, token) in forged {
        client.hold_token(Some(token));
        let answer = client.ask("{ watchlists { id } }", json!({})).await;
        assert_eq!(
            (answer.status, answer.error_code()),
            (401, Some("UNAUTHENTICATED")),
            "{what}: {answer:?}"
        );
    }
}

fn unauthenticated(answer: &Answer) {
    assert_eq!((answer.status, answer.error_code()), (401, Some("UNAUTHENTICATED")), "{answer:?}");
}
