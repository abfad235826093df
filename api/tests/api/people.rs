//! People: invited, managed, locked out, let in again; their passwords and their sessions.

use std::sync::Arc;

use api::auth::{OsRandom, Sha256Digest};
use domain::access::Authority;
use domain::address::Origin;
use domain::asker::Asker;
use domain::audit::AuditLog;
use domain::session::SessionId;
use domain::user::{Recovery, Role, User, Username};
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use crate::support::{Node, PASSWORD};

const NEW: &str = "another battery horse";

/// Invites a user and chooses the password; returns the id.
async fn invite(node: &Node, admin: &str, username: &str, role: &str) -> Value {
    let input = json!({ "username": username, "role": role });
    let invited = node.change(admin, "userInvite", input, "user { id } passwordToken").await;
    let input = json!({ "passwordToken": invited["passwordToken"], "password": PASSWORD });
    assert_eq!(node.change("", "passwordSet", input, "user { id }").await["user"], invited["user"]);
    invited["user"]["id"].clone()
}

#[tokio::test]
async fn a_user_is_invited_chooses_a_password_and_comes_in() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let input = json!({ "username": "Bob", "role": "TRADER" });
    let selection = "user { id username role state } passwordToken passwordTokenExpiresAt";
    let invited = node.change(&ann, "userInvite", input, selection).await;
    assert_eq!(invited["user"]["state"], "INVITED");
    assert_eq!(invited["user"]["username"], "bob");
    assert_eq!(invited["user"]["role"], "TRADER");
    assert_eq!(invited["passwordTokenExpiresAt"], "2026-11-29T20:00:00Z");
    let token = invited["passwordToken"].as_str().unwrap();
    let wrong = node.log_in_as("bob", PASSWORD).await;
    assert_eq!(wrong["userErrors"][0]["code"], "INVALID_CREDENTIALS", "there is no password yet");

    for (password, why) in [("short", "12"), ("aaaaaaaaaaaaaaaaaa", "again")] {
        let input = json!({ "passwordToken": token, "password": password });
        let refused = node.change("", "passwordSet", input, "user { id }").await;
        assert_eq!(refused["userErrors"][0]["field"], json!(["password"]));
        assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains(why), "{refused}");
    }
    let input = json!({ "passwordToken": format!(" {token}\n"), "password": PASSWORD });
    let set = node.change("", "passwordSet", input.clone(), "user { state }").await;
    assert_eq!(set["user"]["state"], "ACTIVE");
    let again = node.refused("", "passwordSet", input).await;
    assert_eq!(again, ("PASSWORD_TOKEN_INVALID".into(), json!("passwordToken")), "it is good once");

    let bob = node.token_of("bob", PASSWORD).await;
    let lists = node.data(&bob, "{ watchlists { name } }", json!({})).await;
    assert_eq!(lists["watchlists"], json!([{ "name": "Watchlist" }]), "with a first watchlist");
    assert_eq!(
        node.stores.audit(),
        [
            "USER_SET_UP ann: ann",
            "SESSION_CREATE ann",
            "USER_INVITE ann: bob (TRADER)",
            "!SESSION_CREATE bob (NO_PASSWORD)",
            "PASSWORD_SET bob: bob",
            "SESSION_CREATE bob",
        ]
    );
}

#[tokio::test]
async fn a_link_ends() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let input = json!({ "username": "bob", "role": "VIEWER" });
    let invited = node.change(&ann, "userInvite", input, "passwordToken user { id }").await;
    let set = |payload: &Value| json!({ "passwordToken": payload["passwordToken"], "password": PASSWORD });
    node.clock.advance(Duration::days(7));
    assert_eq!(node.refused("", "passwordSet", set(&invited)).await.0, "PASSWORD_TOKEN_INVALID");

    let ann = node.token_of("ann", PASSWORD).await;
    let reset = json!({ "user": invited["user"]["id"] });
    let first =
        node.change(&ann, "userPasswordReset", reset.clone(), "passwordToken passwordTokenExpiresAt").await;
    assert_eq!(first["passwordTokenExpiresAt"], "2026-11-30T20:00:00Z");
    let second = node.change(&ann, "userPasswordReset", reset, "passwordToken").await;
    let replaced = node.refused("", "passwordSet", set(&first)).await.0;
    assert_eq!(replaced, "PASSWORD_TOKEN_INVALID", "a new link makes the earlier void");
    let user = json!({ "user": invited["user"]["id"] });
    node.change(&ann, "userDisable", user.clone(), "user { id }").await;
    let locked_out = node.refused("", "passwordSet", set(&second)).await.0;
    assert_eq!(locked_out, "PASSWORD_TOKEN_INVALID", "not while its user is locked out");
    let enabled = node.change(&ann, "userEnable", user, "user { state }").await;
    assert_eq!(enabled["user"]["state"], "INVITED", "there is still no password");
    node.clock.advance(Duration::hours(24) - Duration::seconds(1));
    assert_eq!(
        node.change("", "passwordSet", set(&second), "user { state }").await["user"]["state"],
        "ACTIVE"
    );
    for wrong in ["", "x", &"A".repeat(43), &"A".repeat(5_000)] {
        let input = json!({ "passwordToken": wrong, "password": PASSWORD });
        assert_eq!(node.refused("", "passwordSet", input).await.0, "PASSWORD_TOKEN_INVALID", "{wrong}");
    }
}

#[tokio::test]
async fn a_user_is_locked_out_at_once_and_let_in_again() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = invite(&node, &ann, "bob", "TRADER").await;
    let bob = node.token_of("bob", PASSWORD).await;
    assert!(node.lets_in(&bob).await);
    let disabled = node.change(&ann, "userDisable", json!({ "user": id }), "user { state }").await;
    assert_eq!(disabled["user"]["state"], "DISABLED");
    assert!(!node.lets_in(&bob).await);
    let unknown = node.log_in_as("nobody", PASSWORD).await;
    assert_eq!(node.log_in_as("bob", PASSWORD).await, unknown, "nobody learns that the password was right");
    assert_eq!(node.stores.audit().last().unwrap(), "!SESSION_CREATE bob (USER_DISABLED)");
    let lines = node.stores.audit().len();
    let again = node.change(&ann, "userDisable", json!({ "user": id }), "user { state }").await;
    assert_eq!(again["user"]["state"], "DISABLED", "twice is no error");
    assert_eq!(node.stores.audit().len(), lines, "and nothing to tell");

    let enabled = node.change(&ann, "userEnable", json!({ "user": id }), "user { state }").await;
    assert_eq!(enabled["user"]["state"], "ACTIVE");
    assert!(!node.lets_in(&bob).await, "sessions that ended stay so");
    assert!(node.lets_in(&node.token_of("bob", PASSWORD).await).await);
}

#[tokio::test]
async fn another_role_holds_at_once() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = invite(&node, &ann, "bob", "ADMIN").await;
    let bob = node.token_of("bob", PASSWORD).await;
    let users = "{ users { nodes { username } } }";
    let listed = node.data(&bob, users, json!({})).await;
    assert_eq!(listed["users"]["nodes"], json!([{ "username": "ann" }, { "username": "bob" }]));
    let input = json!({ "user": id, "role": "VIEWER" });
    let set = node.change(&ann, "userRoleSet", input, "user { role }").await;
    assert_eq!(set["user"]["role"], "VIEWER");
    assert_eq!(node.stores.audit().last().unwrap(), "USER_ROLE_SET ann: bob (ADMIN to VIEWER)");
    let refused = node.ask(Some(&bob), users, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(refused["data"]["users"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_done_with_people_is_refused_and_changes_nothing() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let own = node.data(&ann, "{ viewer { id } }", json!({})).await["viewer"]["id"].clone();
    let unknown = json!("VXNlcjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMmE");
    let refuse = async |field: &str, input: Value| node.refused(&ann, field, input).await;
    let invite = |name: &str| json!({ "username": name, "role": "VIEWER" });
    assert_eq!(refuse("userInvite", invite("ANN")).await, ("TAKEN".into(), json!("username")));
    assert_eq!(refuse("userInvite", invite("a b")).await, ("INVALID".into(), json!("username")));
    let before = node.stores.audit();
    for (user, expected) in [(&own, "INVALID"), (&unknown, "NOT_FOUND"), (&json!("x"), "INVALID")] {
        let of = json!({ "user": user });
        let expected = (expected.to_owned(), json!("user"));
        let role = json!({ "user": user, "role": "VIEWER" });
        assert_eq!(refuse("userRoleSet", role).await, expected, "{user}");
        for field in ["userDisable", "userPasswordReset", "userSecondFactorReset"] {
            assert_eq!(refuse(field, of.clone()).await, expected, "{field} {user}");
        }
        if *user != own {
            assert_eq!(refuse("userEnable", of).await, expected, "{user}");
        }
    }
    assert_eq!(node.stores.audit(), before);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let node = Node::start().await;
    node.set_up().await;
    let page = domain::page::Page { side: domain::page::Side::First, cursor: None, count: 10 };
    let last = node.people.users.list(&page).await.unwrap().items.remove(0);
    // Somebody who was an administrator a moment ago.
    let user = User {
        id: domain::user::UserId(Uuid::nil()),
        username: Username::parse("eve").unwrap(),
        ..last.clone()
    };
    let authority = Authority::Session(SessionId(Uuid::nil()));
    let asker = Asker { user, authority, origin: Origin::default() };
    let demoted = node.people.users.set_role(&asker, last.id, Role::Trader).await.unwrap_err();
    assert!(demoted.to_string().contains("last active administrator"), "{demoted}");
    assert!(node.people.users.disable(&asker, last.id).await.is_err());
    assert!(node.people.users.reset_password(&asker, last.id).await.is_err());
    assert_eq!(node.people.users.list(&page).await.unwrap().items, [last]);
    assert_eq!(
        node.stores.audit()[1..],
        [
            "!USER_ROLE_SET eve: ann (LAST_ADMINISTRATOR)",
            "!USER_DISABLE eve: ann (LAST_ADMINISTRATOR)",
            "!PASSWORD_RESET eve: ann (LAST_ADMINISTRATOR)"
        ]
    );
}

#[tokio::test]
async fn whoever_has_the_servers_machine_lets_the_last_administrator_in() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let clock = node.clock.clone();
    let random = Arc::new(OsRandom);
    let audit = AuditLog { store: node.stores.clone(), clock: clock.clone(), random: random.clone() };
    let recovery = Recovery {
        users: node.stores.clone(),
        digest: Arc::new(Sha256Digest),
        audit: Arc::new(audit),
        clock,
        random,
    };
    for (name, expected) in [("nobody", "no such user"), ("a b", "2 to 40")] {
        assert!(recovery.reset(name).await.unwrap_err().to_string().contains(expected), "{name}");
    }
    assert!(node.lets_in(&ann).await);
    let link = recovery.reset(" Ann ").await.unwrap();
    assert_eq!(link.expires_at, datetime!(2026-11-23 20:00 UTC));
    assert!(!node.lets_in(&ann).await);
    assert_eq!(node.log_in_as("ann", PASSWORD).await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    let audit = node.stores.audit();
    assert!(
        audit.contains(&"PASSWORD_RESET nobody: ann (from the server's own machine)".into()),
        "{audit:?}"
    );
    let input = json!({ "passwordToken": link.token.text(), "password": NEW });
    node.change("", "passwordSet", input, "user { id }").await;
    node.token_of("ann", NEW).await;
}

#[tokio::test]
async fn a_reset_makes_the_password_void_at_once() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let id = invite(&node, &ann, "bob", "VIEWER").await;
    let bob = node.token_of("bob", PASSWORD).await;
    let reset = node
        .change(&ann, "userPasswordReset", json!({ "user": id }), "user { state username } passwordToken")
        .await;
    assert_eq!(reset["user"], json!({ "state": "ACTIVE", "username": "bob" }));
    assert!(!node.lets_in(&bob).await);
    assert_eq!(node.log_in_as("bob", PASSWORD).await["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    let input = json!({ "passwordToken": reset["passwordToken"], "password": NEW });
    node.change("", "passwordSet", input, "user { id }").await;
    assert!(node.lets_in(&node.token_of("bob", NEW).await).await);
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let other = node.token_of("ann", PASSWORD).await;
    let change = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
    let wrong = node.refused(&ann, "passwordChange", change("wrong horse battery", NEW)).await;
    assert_eq!(wrong, ("PASSWORD_WRONG".into(), json!("currentPassword")));
    assert_eq!(node.stores.audit().last().unwrap(), "!PASSWORD_CHANGE ann (PASSWORD_WRONG)");
    let long = "x".repeat(2_000);
    assert_eq!(node.refused(&ann, "passwordChange", change(&long, NEW)).await.0, "PASSWORD_WRONG");
    let weak = node.refused(&ann, "passwordChange", change(PASSWORD, "short")).await;
    assert_eq!(weak, ("INVALID".into(), json!("newPassword")));
    assert!(node.lets_in(&other).await);

    let changed = node.change(&ann, "passwordChange", change(PASSWORD, NEW), "user { username }").await;
    assert_eq!(changed["user"]["username"], "ann");
    assert!(node.lets_in(&ann).await, "the session that asks stays");
    assert!(!node.lets_in(&other).await, "all others end");
    assert_eq!(node.log_in_as("ann", PASSWORD).await["session"], Value::Null);
    node.token_of("ann", NEW).await;
}

#[tokio::test]
async fn people_are_paged_from_either_side() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    for name in ["dan", "bob", "cid"] {
        node.stores.add_user(name);
    }
    let query = "query($first: Int, $after: String, $last: Int, $before: String) {
        users(first: $first, after: $after, last: $last, before: $before) {
            edges { cursor node { username } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let page = async |arguments: Value| {
        let page = node.data(&ann, query, arguments).await["users"].take();
        let names =
            page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["username"].as_str().unwrap());
        let names = names.collect::<Vec<_>>().join(" ");
        let info = page["pageInfo"].clone();
        let more = (info["hasNextPage"].as_bool().unwrap(), info["hasPreviousPage"].as_bool().unwrap());
        (names, more, info["startCursor"].clone(), info["endCursor"].clone())
    };
    let (names, more, _, end) = page(json!({ "first": 2 })).await;
    assert_eq!((names.as_str(), more), ("ann bob", (true, false)));
    let (names, more, start, _) = page(json!({ "first": 2, "after": end })).await;
    assert_eq!((names.as_str(), more), ("cid dan", (false, true)));
    let (names, more, ..) = page(json!({ "last": 1, "before": start })).await;
    assert_eq!((names.as_str(), more), ("bob", (true, true)));
    for wrong in [
        json!({ "first": 0 }),
        json!({ "last": 101 }),
        json!({ "after": "x" }),
        json!({ "first": 1, "last": 1 }),
    ] {
        let refused = node.ask(Some(&ann), query, wrong.clone()).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID", "{wrong}");
    }
}
