//! Whoever guesses is slowed down, and nobody locks another out.

use std::net::IpAddr;
use std::sync::Arc;

use api::auth::Sha256Digest;
use domain::address::Origin;
use domain::error::{Error, RefusalCode};
use domain::session::{LogIn, SessionId};
use domain::throttle::Throttle;
use domain::user::{UserId, Username};
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use crate::support::{Node, PASSWORD};

const WRONG: &str = "wrong horse battery";

#[allow(clippy::unnecessary_wraps, reason = "it is used as it is taken")]
fn address(last: u8) -> Option<IpAddr> {
    Some(IpAddr::from([203, 0, 113, last]))
}

/// Tries to log in from an address; `None` where that is done, else the refusal.
async fn try_from(
    node: &Node,
    username: &str,
    password: &str,
    from: Option<IpAddr>,
) -> Option<(RefusalCode, String)> {
    let log_in = LogIn { username: username.into(), password: password.into(), code: None };
    match node.people.sessions.create(log_in, &Origin { address: from, agent: None }).await {
        Ok(_) => None,
        Err(Error::Refused(refusal)) => Some((refusal.code, refusal.message)),
        Err(other) => panic!("{other}"),
    }
}

async fn code_from(node: &Node, username: &str, password: &str, from: Option<IpAddr>) -> Option<RefusalCode> {
    try_from(node, username, password, from).await.map(|(code, _)| code)
}

#[tokio::test]
async fn ten_wrong_passwords_from_one_address_are_enough() {
    let node = Node::start().await;
    node.set_up().await;
    // A name that does not exist is treated alike.
    for name in ["ann", "nobody", "<script>"] {
        for _ in 0..10 {
            assert_eq!(
                code_from(&node, name, WRONG, address(1)).await,
                Some(RefusalCode::InvalidCredentials)
            );
        }
        let refused = try_from(&node, name, PASSWORD, address(1)).await.unwrap();
        assert_eq!(
            refused,
            (RefusalCode::TooManyAttempts, "too many attempts; try again in 90 seconds".into()),
            "{name}"
        );
    }
    assert_eq!(code_from(&node, "ann", PASSWORD, address(2)).await, None, "her own address is not hers");
    node.clock.advance(Duration::seconds(89));
    assert!(try_from(&node, "ann", PASSWORD, address(1)).await.unwrap().1.ends_with("in 1 seconds"));
    node.clock.advance(Duration::seconds(1));
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, None);
    for _ in 0..10 {
        assert_eq!(code_from(&node, "ann", WRONG, address(1)).await, Some(RefusalCode::InvalidCredentials));
    }
}

#[tokio::test]
async fn it_is_told_over_http_and_costs_nothing() {
    let node = Node::start().await;
    node.set_up().await;
    for _ in 0..10 {
        node.log_in_as("ann", WRONG).await;
    }
    let lines = node.stores.audit().len();
    node.hasher.take_count();
    let refused = node.log_in_as("ann", PASSWORD).await;
    assert_eq!(node.hasher.take_count(), 0, "it costs nothing");
    assert_eq!(refused["session"], json!(null));
    assert_eq!(refused["userErrors"][0]["code"], "TOO_MANY_ATTEMPTS");
    assert_eq!(refused["userErrors"][0]["message"], "too many attempts; try again in 90 seconds");
    node.log_in_as("ann", PASSWORD).await;
    node.log_in_as("ann", PASSWORD).await;
    let told = "!SESSION_CREATE ann (TOO_MANY_ATTEMPTS)";
    assert_eq!(node.stores.audit()[lines..], [told], "a flood does not fill the log");
    node.clock.advance(Duration::seconds(60));
    node.log_in_as("ann", PASSWORD).await;
    node.log_in_as("ann", PASSWORD).await;
    assert_eq!(node.stores.audit()[lines..], [told, told], "once a minute");
    // Somebody types the password where the name belongs.
    node.log_in_as("hunter2-hunter2", WRONG).await;
    for name in node.limiter.names() {
        assert!(!name.contains("horse") && !name.contains("hunter2"), "{name}");
    }
}

#[tokio::test]
async fn whoever_cannot_come_in_costs_the_same_work() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    node.change(&ann, "userInvite", json!({ "username": "bob", "role": "VIEWER" }), "user { id }").await;
    node.stores.add_user("cid");
    let cid = node.token_of("cid", PASSWORD).await;
    let id = node.data(&cid, "{ viewer { id } }", json!({})).await["viewer"]["id"].clone();
    node.change(&ann, "userDisable", json!({ "user": id }), "user { id }").await;
    let mut answers = Vec::new();
    for (name, password) in
        [("nobody", PASSWORD), ("!", PASSWORD), ("ann", WRONG), ("bob", PASSWORD), ("cid", PASSWORD)]
    {
        node.hasher.take_count();
        let lines = node.stores.audit().len();
        answers.push(node.log_in_as(name, password).await);
        assert_eq!((node.hasher.take_count(), node.stores.audit().len() - lines), (1, 1), "{name}");
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
}

#[tokio::test]
async fn what_costs_a_hash_is_not_multiplied_by_aliases() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let set = |alias: &str| {
        format!("{alias}: passwordSet(input: {{ passwordToken: \"x\", password: \"y\" }}) {{ __typename }}")
    };
    let key = |alias: &str| {
        format!(
            "{alias}: apiKeyCreate(input: {{ name: \"x\", scopes: [ADMIN], currentPassword: \"y\" }}) {{ __typename }}"
        )
    };
    let begin =
        |alias: &str| format!("{alias}: totpBegin(input: {{ currentPassword: \"y\" }}) {{ __typename }}");
    node.hasher.take_count();
    for (one, other) in [(set("a"), set("b")), (key("a"), key("b")), (begin("a"), key("b"))] {
        let refused = node.ask(Some(&ann), &format!("mutation {{ {one} {other} }}"), json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{refused}");
        assert_eq!(refused.get("data"), None);
    }
    assert_eq!(node.hasher.take_count(), 0);
}

fn throttle(node: &Node) -> Throttle {
    Throttle {
        limiter: node.limiter.clone(),
        sessions: node.stores.clone(),
        digest: Arc::new(Sha256Digest),
        clock: node.clock.clone(),
    }
}

#[tokio::test]
async fn an_address_that_tries_many_names_is_slowed_down() {
    let node = Node::start().await;
    let throttle = throttle(&node);
    let name = |n: usize| Username::parse(&format!("user{n}")).unwrap();
    for n in 0..60 {
        throttle.log_in(Some(&name(n)), address(1)).await.unwrap();
    }
    assert!(throttle.log_in(Some(&name(60)), address(1)).await.is_err());
    assert!(throttle.log_in(Some(&name(60)), address(2)).await.is_ok());
    node.clock.advance(Duration::seconds(10));
    assert!(throttle.log_in(Some(&name(61)), address(1)).await.is_ok());
    // Of IPv6, a line has 2^64 addresses; they are one client.
    let of_line = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
    for n in 0..60_u16 {
        throttle.log_in(Some(&name(n.into())), of_line(n)).await.unwrap();
    }
    assert!(throttle.log_in(Some(&name(60)), of_line(60)).await.is_err());
}

#[tokio::test]
async fn an_attack_from_everywhere_does_not_lock_the_owner_out() {
    let node = Node::start().await;
    node.set_up().await;
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, None);
    let throttle = throttle(&node);
    let ann = Username::parse("ann").unwrap();
    let anywhere = |n: u8| Some(IpAddr::from([198, 51, 100, n]));
    // Her own first log-in was one: her address was not known then.
    for n in 1..200 {
        throttle.log_in(Some(&ann), anywhere(n)).await.unwrap();
    }
    let refused = throttle.log_in(Some(&ann), anywhere(200)).await.unwrap_err();
    assert!(refused.to_string().ends_with("in 20 seconds"), "{refused}");
    assert_eq!(code_from(&node, "ann", PASSWORD, address(2)).await, Some(RefusalCode::TooManyAttempts));
    assert_eq!(
        code_from(&node, "ann", PASSWORD, address(1)).await,
        None,
        "from where she logged in, she still can"
    );
    node.clock.advance(Duration::days(29));
    for n in 0..=200 {
        let _ = throttle.log_in(Some(&ann), anywhere(n)).await;
    }
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, None, "for thirty days");
    node.clock.advance(Duration::days(31));
    for n in 0..=200 {
        let _ = throttle.log_in(Some(&ann), anywhere(n)).await;
    }
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, Some(RefusalCode::TooManyAttempts));
}

#[tokio::test]
async fn those_at_the_same_address_do_not_lock_a_known_user_out() {
    let node = Node::start().await;
    node.set_up().await;
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, None);
    let throttle = throttle(&node);
    let name = |n: usize| Username::parse(&format!("user{n}")).unwrap();
    // Her own first log-in was one.
    for n in 1..60 {
        throttle.log_in(Some(&name(n)), address(1)).await.unwrap();
    }
    assert!(throttle.log_in(Some(&name(60)), address(1)).await.is_err());
    let ann = Username::parse("ann").unwrap();
    for _ in 0..60 {
        throttle.log_in(Some(&ann), address(1)).await.unwrap();
        throttle.logged_in(&ann, address(1)).await;
    }
    let too_often = throttle.log_in(Some(&ann), address(1)).await;
    assert!(too_often.is_err(), "nor does she keep the places for hashing to herself");
}

#[tokio::test]
async fn a_try_without_a_verdict_does_not_count() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another battery horse" });
    node.hasher.be_busy();
    for _ in 0..12 {
        let log_in = LogIn { username: "ann".into(), password: PASSWORD.into(), code: None };
        let origin = Origin { address: address(1), agent: None };
        let busy = node.people.sessions.create(log_in, &origin).await;
        assert!(matches!(busy, Err(Error::Unavailable { .. })), "{busy:?}");
        let query =
            "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { user { id } } }";
        let busy = node.ask(Some(&ann), query, json!({ "input": change })).await;
        assert_eq!(busy["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{busy}");
    }
    node.hasher.calm_down();
    for _ in 0..10 {
        assert_eq!(code_from(&node, "ann", WRONG, address(1)).await, Some(RefusalCode::InvalidCredentials));
    }
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, Some(RefusalCode::TooManyAttempts));
    node.change(&ann, "passwordChange", change, "user { id }").await;
}

#[tokio::test]
async fn codes_from_anywhere_are_counted_for_long() {
    let node = Node::start().await;
    node.set_up().await;
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, None);
    let throttle = throttle(&node);
    let page = domain::page::Page { side: domain::page::Side::First, cursor: None, count: 1 };
    let ann = node.people.users.list(&page).await.unwrap().items.remove(0);
    let unknown = address(9);
    for _ in 0..30 {
        throttle.code(&ann, unknown).await.unwrap();
        node.clock.advance(Duration::seconds(60));
    }
    // Half an hour has gone by, and half a try has come back.
    let refused = throttle.code(&ann, unknown).await.unwrap_err();
    assert!(refused.to_string().contains("in 180"), "{refused}");
    assert!(throttle.code(&ann, address(1)).await.is_ok(), "from where she logged in, she still can");
    node.clock.advance(Duration::minutes(31));
    let right = throttle.code(&ann, unknown).await.unwrap();
    throttle.code_right(right).await;
    assert!(throttle.code(&ann, unknown).await.is_ok(), "the right one was given back");
    assert!(throttle.code(&ann, unknown).await.is_err(), "and no other");
}

#[tokio::test]
async fn a_right_password_does_not_pay_for_wrong_ones() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    // A code is asked for besides, so that nothing changes.
    let remove = |password: &str| json!({ "currentPassword": password, "code": "000000" });
    for _ in 0..9 {
        assert_eq!(node.refused(&ann, "totpRemove", remove(WRONG)).await.0, "PASSWORD_WRONG");
    }
    for _ in 0..20 {
        assert_eq!(node.refused(&ann, "totpRemove", remove(PASSWORD)).await.0, "NOT_FOUND");
    }
    assert_eq!(node.refused(&ann, "totpRemove", remove(WRONG)).await.0, "PASSWORD_WRONG");
    assert_eq!(node.refused(&ann, "totpRemove", remove(PASSWORD)).await.0, "TOO_MANY_ATTEMPTS");
}

#[tokio::test]
async fn one_user_does_not_keep_the_places_for_hashing() {
    let node = Node::start().await;
    let throttle = throttle(&node);
    let user = UserId(Uuid::nil());
    let session = |n: u128| SessionId(Uuid::from_u128(n));
    for n in 0..100 {
        let right = throttle.password(user, session(n)).await.unwrap();
        throttle.give_back(right).await;
    }
    assert!(throttle.password(user, session(100)).await.is_err(), "right or wrong, in whatever session");
    assert!(throttle.password(UserId(Uuid::max()), session(101)).await.is_ok());
    node.clock.advance(Duration::seconds(2));
    assert!(throttle.password(user, session(102)).await.is_ok());
}

#[tokio::test]
async fn a_thief_of_the_password_cannot_use_up_the_owners_codes() {
    let node = Node::start().await;
    node.set_up().await;
    assert_eq!(code_from(&node, "ann", PASSWORD, address(1)).await, None);
    let throttle = throttle(&node);
    let page = domain::page::Page { side: domain::page::Side::First, cursor: None, count: 1 };
    let ann = node.people.users.list(&page).await.unwrap().items.remove(0);
    for n in 10..15 {
        throttle.code(&ann, address(n)).await.unwrap();
    }
    assert!(throttle.code(&ann, address(15)).await.is_err(), "five from everywhere together");
    for _ in 0..5 {
        throttle.code(&ann, address(1)).await.unwrap();
    }
    assert!(throttle.code(&ann, address(1)).await.is_err());
    node.clock.advance(Duration::seconds(60));
    assert!(throttle.code(&ann, address(1)).await.is_ok());
}

#[tokio::test]
async fn the_current_password_is_guessed_in_no_session() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let other = node.token_of("ann", PASSWORD).await;
    let change =
        |current: &str| json!({ "currentPassword": current, "newPassword": "another battery horse" });
    for _ in 0..10 {
        assert_eq!(node.refused(&ann, "passwordChange", change(WRONG)).await.0, "PASSWORD_WRONG");
    }
    assert_eq!(node.refused(&ann, "passwordChange", change(PASSWORD)).await.0, "TOO_MANY_ATTEMPTS");
    let key = json!({ "name": "a", "scopes": ["MARKET_READ"], "currentPassword": PASSWORD });
    assert_eq!(node.refused(&ann, "apiKeyCreate", key).await.0, "TOO_MANY_ATTEMPTS", "one bucket for all");
    node.change(&other, "passwordChange", change(PASSWORD), "user { id }").await;
}

#[tokio::test]
async fn links_are_tried_so_often_from_an_address() {
    let node = Node::start().await;
    let throttle = throttle(&node);
    for _ in 0..60 {
        throttle.link(address(1)).await.unwrap();
    }
    assert!(throttle.link(address(1)).await.is_err());
    assert!(throttle.link(address(2)).await.is_ok());
    assert!(throttle.password(UserId(Uuid::nil()), SessionId(Uuid::nil())).await.is_ok());
}
