//! Every field that an operation can begin with, tried by everybody: nobody, each role, and keys with each scope.
//!
//! The schema is walked, so that a new field has to be put into the table here before the tests pass.

use domain::access::{ApiKeyId, Authority, Rights, Scope, Scopes};
use domain::alert::AlertId;
use domain::session::SessionId;
use domain::user::{Permission, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::schema::{list, types};
use crate::support::socket::Socket;
use crate::support::{Node, PASSWORD, instrument};

/// Who may ask for a field.
#[derive(Clone, Copy)]
enum Gate {
    Open,
    Needs(Permission),
    NeedsOneOf(Permission, Permission),
}

use Gate::{Needs, NeedsOneOf, Open};
use Permission::{Administer, GrantAccess, ManageSelf, ReadMarket};

const GATES: [(&str, Gate); 65] = [
    ("Query.viewer", Open),
    ("Query.users", Needs(Administer)),
    ("Query.auditLines", Needs(Administer)),
    ("Query.node", NeedsOneOf(ReadMarket, Administer)),
    ("Query.instrument", Needs(ReadMarket)),
    ("Query.instruments", Needs(ReadMarket)),
    ("Query.quote", Needs(ReadMarket)),
    ("Query.bars", Needs(ReadMarket)),
    ("Query.trades", Needs(ReadMarket)),
    ("Query.depth", Needs(ReadMarket)),
    ("Query.indicators", Needs(ReadMarket)),
    ("Query.volumeProfile", Needs(ReadMarket)),
    ("Query.watchlists", Needs(ReadMarket)),
    ("Query.system", Open),
    ("Mutation.userSetUp", Open),
    ("Mutation.userInvite", Needs(GrantAccess)),
    ("Mutation.userRoleSet", Needs(GrantAccess)),
    ("Mutation.userDisable", Needs(Administer)),
    ("Mutation.userEnable", Needs(Administer)),
    ("Mutation.userPasswordReset", Needs(GrantAccess)),
    ("Mutation.userSecondFactorReset", Needs(GrantAccess)),
    ("Mutation.passwordSet", Open),
    ("Mutation.passwordChange", Needs(ManageSelf)),
    ("Mutation.sessionCreate", Open),
    ("Mutation.sessionRefresh", Open),
    // With an id; without one it is a log-out, which is open.
    ("Mutation.sessionRevoke", NeedsOneOf(ManageSelf, Administer)),
    ("Mutation.sessionRevokeOthers", Needs(ManageSelf)),
    ("Mutation.apiKeyCreate", Needs(ManageSelf)),
    ("Mutation.apiKeyRevoke", NeedsOneOf(ManageSelf, Administer)),
    ("Mutation.totpBegin", Needs(ManageSelf)),
    ("Mutation.totpConfirm", Needs(ManageSelf)),
    ("Mutation.totpRemove", Needs(ManageSelf)),
    ("Mutation.recoveryCodesRenew", Needs(ManageSelf)),
    ("Mutation.watchlistCreate", Needs(ReadMarket)),
    ("Mutation.watchlistRename", Needs(ReadMarket)),
    ("Mutation.watchlistDelete", Needs(ReadMarket)),
    ("Mutation.watchlistAdd", Needs(ReadMarket)),
    ("Mutation.watchlistRemove", Needs(ReadMarket)),
    ("Mutation.watchlistReorder", Needs(ReadMarket)),
    ("Query.alerts", Needs(ReadMarket)),
    ("Query.alertEvents", Needs(ReadMarket)),
    ("Query.webhooks", Needs(ManageSelf)),
    ("Query.layouts", Needs(ManageSelf)),
    ("Query.preferences", Needs(ManageSelf)),
    ("Mutation.alertCreate", Needs(ReadMarket)),
    ("Mutation.alertUpdate", Needs(ReadMarket)),
    ("Mutation.alertPause", Needs(ReadMarket)),
    ("Mutation.alertResume", Needs(ReadMarket)),
    ("Mutation.alertDelete", Needs(ReadMarket)),
    ("Mutation.alertEventsRead", Needs(ReadMarket)),
    ("Mutation.webhookCreate", Needs(ManageSelf)),
    ("Mutation.webhookTest", Needs(ManageSelf)),
    ("Mutation.webhookDelete", Needs(ManageSelf)),
    ("Mutation.emailSet", Needs(ManageSelf)),
    ("Mutation.emailConfirm", Needs(ManageSelf)),
    ("Mutation.layoutSave", Needs(ManageSelf)),
    ("Mutation.layoutDelete", Needs(ManageSelf)),
    ("Mutation.preferencesSave", Needs(ManageSelf)),
    ("Subscription.alertEvents", Needs(ReadMarket)),
    ("Subscription.quotes", Needs(ReadMarket)),
    ("Subscription.bars", Needs(ReadMarket)),
    ("Subscription.trades", Needs(ReadMarket)),
    ("Subscription.depth", Needs(ReadMarket)),
    ("Subscription.indicators", Needs(ReadMarket)),
    ("Subscription.system", Needs(ReadMarket)),
];

/// What a user shows of itself to a key without any scope. The rest is null.
const SHOWN_OF_USER: [&str; 7] =
    ["id", "username", "role", "state", "secondFactor", "emailConfirmed", "createdAt"];

impl Gate {
    fn lets_through(self, asker: &Asker) -> bool {
        let allows = |permission| asker.rights.is_some_and(|rights| rights.allow(permission));
        match self {
            Open => true,
            Needs(permission) => allows(permission),
            NeedsOneOf(one, other) => allows(one) || allows(other),
        }
    }
}

/// Somebody who asks.
struct Asker {
    name: String,
    token: Option<String>,
    rights: Option<Rights>,
}

impl Asker {
    /// The code with which a field is refused, where it is.
    fn refusal(&self, gate: Gate) -> Option<&'static str> {
        let code = if self.rights.is_some() { "FORBIDDEN" } else { "UNAUTHENTICATED" };
        (!gate.lets_through(self)).then_some(code)
    }
}

/// Nobody, a user of each role, and an administrator's keys: without a scope, with each one alone.
async fn askers(node: &Node) -> Vec<Asker> {
    node.set_up().await;
    let mut askers = vec![Asker { name: "nobody".into(), token: None, rights: None }];
    let session = Authority::Session(SessionId(Uuid::nil()));
    for &(role, name) in Role::ALL {
        node.stores.add_user_as(name, role);
        let rights = Some(Rights { role, authority: session });
        let token = Some(node.token_of(name, PASSWORD).await);
        askers.push(Asker { name: name.to_lowercase(), token, rights });
    }
    let none = (Scopes::default(), "a key without scopes");
    let each = Scope::ALL.iter().map(|&(scope, name)| ([scope].into_iter().collect(), name));
    for (scopes, name) in std::iter::once(none).chain(each) {
        let authority = Authority::Key(ApiKeyId(Uuid::nil()), scopes);
        let rights = Some(Rights { role: Role::Admin, authority });
        askers.push(Asker { name: name.into(), token: Some(node.stores.add_key("admin", scopes)), rights });
    }
    askers
}

fn gate(field: &str) -> Gate {
    let known = GATES.iter().find(|(name, _)| *name == field);
    known.unwrap_or_else(|| panic!("say in GATES who may ask for {field}")).1
}

/// The code of the first error about who asks, whatever else is wrong with the sample.
fn refused(errors: &Value) -> Option<&str> {
    let codes =
        errors.as_array().into_iter().flatten().filter_map(|error| error["extensions"]["code"].as_str());
    codes.into_iter().find(|code| ["UNAUTHENTICATED", "FORBIDDEN"].contains(code))
}

/// A value of this type, written as GraphQL, so that an operation is valid.
fn sample(kind: &Value, types: &[Value]) -> String {
    match kind["kind"].as_str().unwrap() {
        "NON_NULL" => sample(&kind["ofType"], types),
        "LIST" => format!("[{}]", sample(&kind["ofType"], types)),
        "ENUM" => list(find(types, kind), "enumValues")[0]["name"].as_str().unwrap().to_owned(),
        "INPUT_OBJECT" => {
            let fields = list(find(types, kind), "inputFields").iter();
            let fields = fields.map(|field| {
                format!("{}: {}", field["name"].as_str().unwrap(), sample(&field["type"], types))
            });
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        _ => match kind["name"].as_str().unwrap() {
            "Int" | "Float" => "1".to_owned(),
            "Boolean" => "true".to_owned(),
            "DateTime" => "\"2026-11-22T00:00:00Z\"".to_owned(),
            "Decimal" => "\"1\"".to_owned(),
            _ => "\"x\"".to_owned(),
        },
    }
}

fn find<'v>(types: &'v [Value], kind: &Value) -> &'v Value {
    types.iter().find(|known| known["name"] == kind["name"]).unwrap()
}

/// The root fields of a type, each as a selection with sample arguments.
fn root_fields(types: &[Value], root: &str) -> Vec<(String, String)> {
    let fields = list(find(types, &json!({ "name": root })), "fields").iter();
    let written = fields.map(|field| {
        let name = field["name"].as_str().unwrap();
        let args = list(field, "args").iter();
        let args =
            args.map(|arg| format!("{}: {}", arg["name"].as_str().unwrap(), sample(&arg["type"], types)));
        let args: Vec<String> = args.collect();
        let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
        (name.to_owned(), format!("{name}{args} {{ __typename }}"))
    });
    written.collect()
}

#[tokio::test]
async fn every_root_field_is_for_those_whom_the_table_names() {
    let node = Node::start().await;
    let types = types(&node).await;
    let mut walked = Vec::new();
    let askers = askers(&node).await;
    for (root, operation) in [("Query", "query"), ("Mutation", "mutation")] {
        for (name, selection) in root_fields(&types, root) {
            let field = format!("{root}.{name}");
            for asker in &askers {
                let query = format!("{operation} {{ {selection} }}");
                let response = node.ask(asker.token.as_deref(), &query, json!({})).await;
                let expected = asker.refusal(gate(&field));
                assert_eq!(refused(&response["errors"]), expected, "{field} by {}: {response}", asker.name);
            }
            walked.push(field);
        }
    }
    let walked_subscriptions = root_fields(&types, "Subscription");
    walked.extend(walked_subscriptions.into_iter().map(|(name, _)| format!("Subscription.{name}")));
    let gone = GATES.iter().find(|(name, _)| !walked.iter().any(|field| field == name));
    assert!(gone.is_none(), "the table names a field that does not exist");
}

#[tokio::test]
async fn every_subscription_is_for_those_whom_the_table_names() {
    let node = Node::start().await;
    let types = types(&node).await;
    // A socket needs a token to be opened at all; each field has its own guard besides.
    let mut socket = Socket::connect(&node.address, "graphql-transport-ws").await;
    socket.send(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await.0, 4403);
    let askers = askers(&node).await;
    // Alerts that said nothing would answer nothing.
    for user in node.stores.all_users() {
        for _ in 0..2 {
            node.stores.say(user, AlertId(Uuid::nil()), instrument("AAPL").id);
        }
    }
    for asker in askers {
        let Some(token) = &asker.token else { continue };
        for (name, selection) in root_fields(&types, "Subscription") {
            let mut socket = Socket::open(&node.address, token).await;
            socket.subscribe(&name, &format!("subscription {{ {selection} }}"), json!({})).await;
            let answer = socket.receive().await;
            assert_eq!(answer["id"], name.as_str(), "{answer}");
            // Before it begins it is refused with a list of errors, later in a response.
            let payload = &answer["payload"];
            let errors = if payload.is_array() { payload } else { &payload["errors"] };
            let expected = asker.refusal(gate(&format!("Subscription.{name}")));
            assert_eq!(refused(errors), expected, "{name} by {}: {answer}", asker.name);
        }
    }
}

#[tokio::test]
async fn what_is_open_to_all_shows_no_more_than_it_should() {
    let node = Node::start().await;
    let ann = node.log_in().await;
    node.stores.give_mailbox(node.stores.first_user(), "ann@example.com");
    let key = node.stores.add_key("ann", Scopes::default());
    let types = types(&node).await;
    for field in list(find(&types, &json!({ "name": "User" })), "fields") {
        let name = field["name"].as_str().unwrap();
        let kind = field["type"].to_string();
        let below = if kind.contains("OBJECT") { " { __typename }" } else { "" };
        let query = format!("{{ viewer {{ {name}{below} }} }}");
        let own = node.data(&ann, &query, json!({})).await;
        assert_ne!(own["viewer"][name], Value::Null, "{name}");
        let shown = !node.data(&key, &query, json!({})).await["viewer"][name].is_null();
        assert_eq!(shown, SHOWN_OF_USER.contains(&name), "{name}");
    }
}
