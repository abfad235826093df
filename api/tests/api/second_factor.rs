//! The second factor, from the first code to the lost phone.

use serde_json::{Value, json};
use time::Duration;
use totp_rs::{Builder, Secret, Totp};

use crate::support::{Node, PASSWORD};

/// An authenticator app.
struct App(Totp);

impl App {
    fn new(secret: &Value) -> Self {
        let secret = Secret::try_from_base32(secret.as_str().unwrap()).unwrap();
        Self(Builder::new().with_secret(secret).with_account_name("a").build().unwrap())
    }

    /// The code at the test's time, or so many steps from it.
    fn code(&self, node: &Node, steps: i64) -> String {
        use domain::clock::Clock as _;
        let at = node.clock.now().unix_timestamp() + 30 * steps;
        self.0.generate(at.try_into().unwrap()).to_string()
    }
}

/// A second factor in force: the app, and the recovery codes.
async fn begin(node: &Node, token: &str) -> (App, Vec<String>) {
    let begun = node.change(token, "totpBegin", json!({ "currentPassword": PASSWORD }), "secret uri").await;
    let app = App::new(&begun["secret"]);
    let confirmed = node
        .change(
            token,
            "totpConfirm",
            json!({ "code": app.code(node, 0) }),
            "recoveryCodes user { secondFactor }",
        )
        .await;
    assert_eq!(confirmed["user"]["secondFactor"], true, "{confirmed}");
    let codes = confirmed["recoveryCodes"].as_array().unwrap().iter();
    (app, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// Logs in; returns the user error's code, or `IN`.
async fn log_in(node: &Node, code: Option<&str>) -> String {
    let query = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } userErrors { code } } }";
    let input = json!({ "username": "ann", "password": PASSWORD, "code": code });
    let payload = node.ask(None, query, json!({ "input": input })).await["data"]["sessionCreate"].clone();
    let refused = payload["userErrors"][0]["code"].as_str().map(str::to_owned);
    assert_eq!(refused.is_none(), payload["session"].is_object(), "{payload}");
    refused.unwrap_or_else(|| "IN".to_owned())
}

#[tokio::test]
async fn a_code_is_asked_for_once_the_factor_is_in_force() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let begun = node.change(&ann, "totpBegin", json!({ "currentPassword": PASSWORD }), "secret uri").await;
    let secret = begun["secret"].as_str().unwrap();
    assert_eq!(begun["uri"], format!("otpauth://totp/Tickgraph:ann?secret={secret}&issuer=Tickgraph"));
    assert_eq!(log_in(&node, None).await, "IN", "it is not in force yet");
    let wrong = node.refused(&ann, "totpConfirm", json!({ "code": "000000" })).await;
    assert_eq!(wrong, ("CODE_INVALID".into(), json!("code")));

    let (app, codes) = begin(&node, &ann).await;
    assert_eq!(codes.len(), 10);
    let seen = node.data(&ann, "{ viewer { secondFactor recoveryCodesLeft } }", json!({})).await;
    assert_eq!(seen["viewer"], json!({ "secondFactor": true, "recoveryCodesLeft": 10 }));
    assert_eq!(log_in(&node, None).await, "SECOND_FACTOR_REQUIRED");
    assert_eq!(node.stores.audit().last().unwrap(), "!SESSION_CREATE ann (SECOND_FACTOR_REQUIRED)");
    assert_eq!(log_in(&node, Some("  ")).await, "SECOND_FACTOR_REQUIRED");
    let wrong_password = node.log_in_as("ann", "wrong horse battery").await;
    assert_eq!(wrong_password["userErrors"][0]["code"], "INVALID_CREDENTIALS", "the password comes first");
    assert_eq!(log_in(&node, Some(&app.code(&node, 0))).await, "CODE_INVALID", "the first code is used up");
    assert_eq!(log_in(&node, Some(&app.code(&node, 1))).await, "IN", "a step early is right");
    assert_eq!(node.stores.audit().last().unwrap(), "SESSION_CREATE ann");
    node.clock.advance(Duration::seconds(60));
    let code = app.code(&node, 0);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(log_in(&node, Some(&spaced)).await, "IN");
    assert_eq!(log_in(&node, Some(&code)).await, "CODE_INVALID", "replayed");
    assert_eq!(
        log_in(&node, Some(&app.code(&node, -1))).await,
        "CODE_INVALID",
        "earlier than one that was used"
    );
    assert_eq!(log_in(&node, Some(&app.code(&node, 3))).await, "CODE_INVALID", "too early");
    let again = node.refused(&ann, "totpBegin", json!({ "currentPassword": PASSWORD })).await;
    assert_eq!(again.0, "INVALID", "one is in force");
    assert_eq!(node.refused(&ann, "totpConfirm", json!({ "code": code })).await.0, "NOT_FOUND");
}

#[tokio::test]
async fn sessions_that_were_opened_without_it_end() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let other = node.token_of("ann", PASSWORD).await;
    node.stores.add_user("bob");
    let bob = node.token_of("bob", PASSWORD).await;
    begin(&node, &ann).await;
    assert!(node.lets_in(&ann).await && node.lets_in(&bob).await);
    assert!(!node.lets_in(&other).await);
}

#[tokio::test]
async fn of_two_that_come_with_one_code_one_is_let_in() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let (app, codes) = begin(&node, &ann).await;
    node.clock.advance(Duration::seconds(30));
    let code = app.code(&node, 0);
    let (one, other) = tokio::join!(log_in(&node, Some(&code)), log_in(&node, Some(&code)));
    let mut outcomes = [one, other];
    outcomes.sort();
    assert_eq!(outcomes, ["CODE_INVALID", "IN"]);
    let (one, other) = tokio::join!(log_in(&node, Some(&codes[0])), log_in(&node, Some(&codes[0])));
    let mut outcomes = [one, other];
    outcomes.sort();
    assert_eq!(outcomes, ["CODE_INVALID", "IN"]);
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let (app, codes) = begin(&node, &ann).await;
    assert_eq!(log_in(&node, Some(&codes[0])).await, "IN");
    assert_eq!(node.stores.audit().last().unwrap(), "SESSION_CREATE ann (RECOVERY_CODE)");
    assert_eq!(log_in(&node, Some(&codes[0])).await, "CODE_INVALID");
    assert_eq!(
        log_in(&node, Some(&codes[1].to_uppercase().replace('-', " "))).await,
        "IN",
        "however it is typed"
    );
    let left = "{ viewer { recoveryCodesLeft } }";
    assert_eq!(node.data(&ann, left, json!({})).await["viewer"]["recoveryCodesLeft"], 8);

    node.clock.advance(Duration::seconds(30));
    let input = json!({ "currentPassword": PASSWORD, "code": app.code(&node, 0) });
    let renewed = node.change(&ann, "recoveryCodesRenew", input.clone(), "recoveryCodes").await;
    let new: Vec<&str> =
        renewed["recoveryCodes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(new.len(), 10);
    assert_eq!(log_in(&node, Some(&codes[2])).await, "CODE_INVALID", "the old ones are void");
    assert_eq!(log_in(&node, Some(new[0])).await, "IN");
    assert_eq!(node.refused(&ann, "recoveryCodesRenew", input).await.0, "CODE_INVALID", "replayed");
    assert_eq!(node.stores.audit().last().unwrap(), "!RECOVERY_CODES_RENEW ann (CODE_INVALID)");
}

#[tokio::test]
async fn it_is_taken_away_with_password_and_code_alone() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let input = |password: &str, code: &str| json!({ "currentPassword": password, "code": code });
    assert_eq!(node.refused(&ann, "totpRemove", input(PASSWORD, "123456")).await.0, "NOT_FOUND");
    let (_, codes) = begin(&node, &ann).await;
    let wrong = node.refused(&ann, "totpRemove", input("wrong horse battery", &codes[0])).await;
    assert_eq!(wrong, ("PASSWORD_WRONG".into(), json!("currentPassword")));
    let wrong = node.refused(&ann, "totpRemove", input(PASSWORD, "000000")).await;
    assert_eq!(wrong, ("CODE_INVALID".into(), json!("code")));
    assert_eq!(log_in(&node, None).await, "SECOND_FACTOR_REQUIRED");
    let removed = node.change(&ann, "totpRemove", input(PASSWORD, &codes[0]), "user { secondFactor }").await;
    assert_eq!(removed["user"]["secondFactor"], false, "a recovery code will do");
    assert_eq!(log_in(&node, None).await, "IN");
    let audit = node.stores.audit();
    assert!(audit.contains(&"TOTP_REMOVE ann".to_owned()) && audit.contains(&"TOTP_CONFIRM ann".to_owned()));
    assert!(audit.contains(&"!TOTP_REMOVE ann (PASSWORD_WRONG)".to_owned()), "{audit:?}");
    assert!(audit.contains(&"!TOTP_REMOVE ann (CODE_INVALID)".to_owned()), "{audit:?}");
}

#[tokio::test]
async fn an_administrator_takes_it_away_from_whoever_lost_it() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    begin(&node, &ann).await;
    node.stores.add_user_as("bob", domain::user::Role::Admin);
    let bob = node.token_of("bob", PASSWORD).await;
    let id = node.data(&ann, "{ viewer { id } }", json!({})).await["viewer"]["id"].clone();
    let seen = node.data(&bob, "{ users { nodes { secondFactor recoveryCodesLeft } } }", json!({})).await;
    assert_eq!(seen["users"]["nodes"][0], json!({ "secondFactor": true, "recoveryCodesLeft": null }));
    let reset =
        node.change(&bob, "userSecondFactorReset", json!({ "user": id }), "user { secondFactor }").await;
    assert_eq!(reset["user"]["secondFactor"], false);
    assert_eq!(node.stores.audit().last().unwrap(), "USER_SECOND_FACTOR_RESET bob: ann");
    assert_eq!(log_in(&node, None).await, "IN");
}

#[tokio::test]
async fn wrong_codes_are_counted() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    let (app, codes) = begin(&node, &ann).await;
    for _ in 0..5 {
        assert_eq!(log_in(&node, Some("000000")).await, "CODE_INVALID");
    }
    assert_eq!(log_in(&node, Some(&codes[0])).await, "TOO_MANY_ATTEMPTS", "whatever the code");
    let input = json!({ "currentPassword": PASSWORD, "code": codes[0] });
    assert_eq!(node.refused(&ann, "totpRemove", input).await.0, "TOO_MANY_ATTEMPTS", "one bucket for all");
    node.clock.advance(Duration::seconds(60));
    assert_eq!(log_in(&node, Some(&app.code(&node, 0))).await, "IN");
    assert_eq!(log_in(&node, Some("000000")).await, "CODE_INVALID", "it is full again");
}
