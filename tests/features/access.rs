//! Who may do what: every field of the contract, tried by nobody and by whoever has too small a role or scope.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::client::{Client, USERNAME};
use tests::contract::Contract;
use tests::installation::Installation;
use tests::subscription::{Event, Subscription};
use tests::wait::SOON;

/// An id of something that is not there.
const ID: &str = "SW5zdHJ1bWVudDowMThmMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA";

/// What a field asks of whoever uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Nothing: the door itself, and what everybody may know.
    Nothing,
    /// To see the market.
    Market,
    /// To be that person, not a program.
    Person,
    /// To manage people.
    Administrator,
    /// To manage people, as a person, not a program.
    PersonWhoAdministers,
    /// To be that person, or to manage people.
    PersonOrAdministrator,
}

/// Every root field, what it needs, and arguments with which it changes nothing.
const FIELDS: [(&str, &str, Needs, &str); 64] = {
    use Needs::{Administrator, Market, Nothing, Person, PersonOrAdministrator, PersonWhoAdministers};
    [
        ("Query", "viewer", Nothing, ""),
        ("Query", "system", Nothing, ""),
        ("Query", "node", Market, "(id: ID)"),
        ("Query", "instrument", Market, "(id: ID)"),
        ("Query", "instruments", Market, "(search: \"AAPL\")"),
        ("Query", "quote", Market, "(instrument: ID)"),
        ("Query", "bars", Market, "(instrument: ID, size: MIN_1, last: 1)"),
        ("Query", "trades", Market, "(instrument: ID, last: 1)"),
        ("Query", "depth", Market, "(instrument: ID)"),
        (
            "Query",
            "indicators",
            Market,
            "(instrument: ID, size: MIN_1, indicators: [{ kind: SMA }], last: 1)",
        ),
        ("Query", "volumeProfile", Market, "(instrument: ID, size: MIN_1, last: 1)"),
        ("Query", "alerts", Market, "(first: 1)"),
        ("Query", "alertEvents", Market, "(first: 1)"),
        ("Query", "webhooks", Person, ""),
        ("Query", "layouts", Person, ""),
        ("Query", "preferences", Person, ""),
        ("Query", "watchlists", Market, ""),
        ("Query", "users", Administrator, "(first: 1)"),
        ("Query", "auditLines", Administrator, "(first: 1)"),
        (
            "Mutation",
            "userSetUp",
            Nothing,
            "(input: { setUpToken: \"x\", username: \"x\", password: \"x\" })",
        ),
        ("Mutation", "sessionCreate", Nothing, "(input: { username: \"x\", password: \"x\" })"),
        ("Mutation", "sessionRefresh", Nothing, ""),
        ("Mutation", "sessionRevoke", Nothing, "(input: { session: ID })"),
        ("Mutation", "passwordSet", Nothing, "(input: { passwordToken: \"x\", password: \"x\" })"),
        ("Mutation", "watchlistCreate", Market, "(input: { name: \"\" })"),
        ("Mutation", "watchlistRename", Market, "(input: { watchlist: ID, name: \"b\" })"),
        ("Mutation", "watchlistDelete", Market, "(input: { watchlist: ID })"),
        ("Mutation", "watchlistAdd", Market, "(input: { watchlist: ID, instrument: ID })"),
        ("Mutation", "watchlistRemove", Market, "(input: { watchlist: ID, instrument: ID })"),
        ("Mutation", "watchlistReorder", Market, "(input: { watchlist: ID, instruments: [] })"),
        ("Mutation", "passwordChange", Person, "(input: { currentPassword: \"x\", newPassword: \"x\" })"),
        ("Mutation", "sessionRevokeOthers", Person, ""),
        ("Mutation", "apiKeyCreate", Person, "(input: { name: \"\", scopes: [], currentPassword: \"x\" })"),
        ("Mutation", "apiKeyRevoke", PersonOrAdministrator, "(input: { apiKey: ID })"),
        ("Mutation", "totpBegin", Person, "(input: { currentPassword: \"x\" })"),
        ("Mutation", "totpConfirm", Person, "(input: { code: \"x\" })"),
        ("Mutation", "totpRemove", Person, "(input: { currentPassword: \"x\", code: \"x\" })"),
        ("Mutation", "recoveryCodesRenew", Person, "(input: { currentPassword: \"x\", code: \"x\" })"),
        ("Mutation", "userInvite", PersonWhoAdministers, "(input: { username: \"\", role: VIEWER })"),
        ("Mutation", "userRoleSet", PersonWhoAdministers, "(input: { user: ID, role: VIEWER })"),
        ("Mutation", "userDisable", Administrator, "(input: { user: ID })"),
        ("Mutation", "userEnable", Administrator, "(input: { user: ID })"),
        ("Mutation", "userPasswordReset", PersonWhoAdministers, "(input: { user: ID })"),
        ("Mutation", "userSecondFactorReset", PersonWhoAdministers, "(input: { user: ID })"),
        (
            "Mutation",
            "alertCreate",
            Market,
            "(input: { instrument: ID, condition: { field: LAST, comparison: ABOVE, value: \"1\" } })",
        ),
        ("Mutation", "alertUpdate", Market, "(input: { alert: ID, expectedVersion: 1 })"),
        ("Mutation", "alertPause", Market, "(input: { alert: ID })"),
        ("Mutation", "alertResume", Market, "(input: { alert: ID })"),
        ("Mutation", "alertDelete", Market, "(input: { alert: ID })"),
        ("Mutation", "alertEventsRead", Market, "(input: { through: \"0\" })"),
        ("Mutation", "webhookCreate", Person, "(input: { name: \"\", url: \"\" })"),
        ("Mutation", "webhookTest", Person, "(input: { webhook: ID })"),
        ("Mutation", "webhookDelete", Person, "(input: { webhook: ID })"),
        ("Mutation", "emailSet", Person, "(input: { currentPassword: \"x\" })"),
        ("Mutation", "emailConfirm", Person, "(input: { code: \"x\" })"),
        ("Mutation", "layoutSave", Person, "(input: { name: \"\", content: \"\" })"),
        ("Mutation", "layoutDelete", Person, "(input: { layout: ID })"),
        ("Mutation", "preferencesSave", Person, "(input: { content: \"\" })"),
        ("Subscription", "alertEvents", Market, "(since: \"-1\")"),
        ("Subscription", "indicators", Market, "(instrument: ID, size: MIN_1, indicators: [{ kind: SMA }])"),
        ("Subscription", "quotes", Market, "(instruments: [ID])"),
        ("Subscription", "bars", Market, "(instrument: ID, size: MIN_1)"),
        ("Subscription", "trades", Market, "(instrument: ID)"),
        ("Subscription", "depth", Market, "(instrument: ID)"),
    ]
};

/// The one subscription that needs nothing but to be somebody.
const SYSTEM: (&str, &str) = ("Subscription", "system");

/// The document for a root field, with everything that can be selected.
fn document(contract: &Contract, root: &str, field: &str, arguments: &str) -> String {
    let arguments = arguments.replace("ID", &format!("\"{ID}\""));
    format!("{} {{ {field}{arguments}{} }}", root.to_lowercase(), contract.selection(root, field))
}

#[test]
fn every_field_of_the_contract_is_tried() {
    let contract = Contract::read();
    let promised = ["Query", "Mutation", "Subscription"]
        .into_iter()
        .flat_map(|root| contract.fields(root).into_iter().map(move |field| (root, field)));
    let tried: BTreeSet<_> = FIELDS.iter().map(|(root, field, ..)| (*root, *field)).chain([SYSTEM]).collect();
    assert_eq!(tried, promised.collect(), "a field came or went: say in this module what it needs");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_past_the_door() {
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    let stranger = installation.stranger().await;
    let contract = Contract::read();
    let tried =
        FIELDS.iter().filter(|(root, _, needs, _)| *root != "Subscription" && *needs != Needs::Nothing);
    for (root, field, _, arguments) in tried {
        let document = document(&contract, root, field, arguments);
        let answer = stranger.ask(&document, json!({})).await;
        assert_eq!(answer.error_code(), Some("UNAUTHENTICATED"), "{field}: {answer:?}");
        assert!(answer.body["data"][field].is_null(), "{field}: {answer:?}");
    }
    let lists = client.query("{ watchlists { name } }", json!({})).await;
    assert_eq!(lists["watchlists"].as_array().unwrap().len(), 1, "a stranger has changed something: {lists}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_may_know_is_no_more_than_this() {
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    installation.ready(&client).await;
    let contract = Contract::read();
    let asked = |field| document(&contract, "Query", field, "");

    let stranger = installation.stranger().await;
    assert_eq!(stranger.query(&asked("viewer"), json!({})).await["viewer"], Value::Null);
    let system = stranger.query(&asked("system"), json!({})).await;
    let known = known(&system["system"]);
    let public = [
        "bus.state",
        "database.state",
        "desk.state",
        "environment",
        "mail",
        "setUpNeeded",
        "time",
        "version",
    ];
    assert_eq!(
        known,
        public.map(str::to_owned).into(),
        "a stranger sees more or less of the system: {system}"
    );

    // A program sees whose key it holds, and nothing of the account behind it.
    let key = client.api_key(&["MARKET_READ"]).await;
    let program = client.with_token(&key.secret);
    let viewer = program.ask(&asked("viewer"), json!({})).await;
    let known = self::known(&viewer.body["data"]["viewer"]);
    let public = ["createdAt", "emailConfirmed", "id", "role", "secondFactor", "state", "username"];
    assert_eq!(
        known,
        public.map(str::to_owned).into(),
        "a program sees more or less of its user: {viewer:?}"
    );
}

/// The paths of everything that is told in an answer; what is null or empty is not.
fn known(value: &Value) -> BTreeSet<String> {
    let below = |name: &str, value: &Value| -> Vec<String> {
        known(value)
            .into_iter()
            .map(|path| if path.is_empty() { name.to_owned() } else { format!("{name}.{path}") })
            .collect()
    };
    match value {
        Value::Null => BTreeSet::new(),
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| below(name, value)).collect(),
        Value::Array(values) => values.iter().flat_map(known).collect(),
        _ => [String::new()].into(),
    }
}

/// Whether somebody with these rights may use what needs this.
type May = fn(Needs) -> bool;

/// What a person may use who is no administrator.
fn is_for_all(needs: Needs) -> bool {
    !matches!(needs, Needs::Administrator | Needs::PersonWhoAdministers)
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_the_role_and_the_scopes_allow() {
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    let contract = Contract::read();
    let viewer = client.invite("vera", "VIEWER").await;
    let trader = client.invite("tom", "TRADER").await;
    let of = |secret: &str| client.with_token(secret);
    let everybody: [(&str, Client, May); 6] = [
        ("a viewer", viewer, is_for_all),
        ("a trader", trader, is_for_all),
        ("a key to see the market", of(&client.api_key(&["MARKET_READ"]).await.secret), |needs| {
            needs == Needs::Market
        }),
        ("a key to trade", of(&client.api_key(&["TRADE_PAPER", "TRADE_LIVE"]).await.secret), |_| false),
        ("a key for research", of(&client.api_key(&["RESEARCH", "ACCOUNT_READ"]).await.secret), |_| false),
        ("a key to administer", of(&client.api_key(&["ADMIN"]).await.secret), |needs| {
            matches!(needs, Needs::Administrator | Needs::PersonOrAdministrator)
        }),
    ];
    for (who, somebody, may) in everybody {
        for (root, field, needs, arguments) in
            FIELDS.iter().filter(|(_, _, needs, _)| *needs != Needs::Nothing)
        {
            let document = document(&contract, root, field, arguments);
            let code = code(&somebody, root, &document).await;
            let refused = code.as_deref() == Some("FORBIDDEN");
            assert_eq!(refused, !may(*needs), "{who} and {field}: {code:?}");
            assert_ne!(code.as_deref(), Some("UNAUTHENTICATED"), "{who} and {field}");
            assert_ne!(code.as_deref(), Some("INTERNAL"), "{who} and {field}");
        }
    }
    let users = client.query("{ users { nodes { username role state } } }", json!({})).await;
    assert_eq!(users["users"]["nodes"].as_array().unwrap().len(), 3, "somebody has changed people: {users}");
}

/// The code of the first error with which a document is answered.
async fn code(client: &Client, root: &str, document: &str) -> Option<String> {
    if root == "Subscription" {
        let errors = client.subscribe(document, json!({})).await.errors().await;
        return errors[0]["extensions"]["code"].as_str().map(str::to_owned);
    }
    client.ask(document, json!({})).await.error_code().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_not_there() {
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    let key = client.api_key(&["MARKET_READ"]).await;
    let own =
        "{ viewer { id sessions { nodes { id } } apiKeys { id } } auditLines(first: 1) { nodes { id } } }";
    let own = client.query(own, json!({})).await;
    let watchlist = client.query("{ watchlists { id } }", json!({})).await["watchlists"][0]["id"].clone();
    let session = own["viewer"]["sessions"]["nodes"][0]["id"].clone();
    assert_eq!(own["viewer"]["apiKeys"][0]["id"], json!(key.id), "{own}");
    let line = own["auditLines"]["nodes"][0]["id"].clone();
    let vera = client.invite("vera", "VIEWER").await;
    let program = client.with_token(client.api_key(&["MARKET_READ"]).await.secret);

    for id in [&own["viewer"]["id"], &session, &json!(key.id), &line, &watchlist] {
        let id = id.as_str().unwrap_or_else(|| panic!("an id is missing in {own}"));
        let document = format!(
            "{{ node(id: \"{id}\") {{ id ... on User {{ username sessions {{ nodes {{ id }} }} }} }} }}"
        );
        let found = client.ask(&document, json!({})).await;
        assert_eq!(found.body["data"]["node"]["id"], id, "its owner does not find {id}: {found:?}");
        let hidden = vera.ask(&document, json!({})).await;
        assert!(hidden.body["data"]["node"].is_null(), "somebody else finds {id}: {hidden:?}");
        if id != watchlist {
            let hidden = program.ask(&document, json!({})).await;
            assert!(
                hidden.body["data"]["node"]["sessions"].is_null(),
                "a program finds sessions: {hidden:?}"
            );
        }
    }
    for (name, input) in
        [("sessionRevoke", json!({ "session": session })), ("apiKeyRevoke", json!({ "apiKey": key.id }))]
    {
        let payload = vera.mutate(name, input, "__typename").await;
        assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND", "{name}: {payload}");
    }
    assert_eq!(client.viewer().await["viewer"]["username"], USERNAME, "somebody else has ended the session");
    works(&client.with_token(&key.secret)).await;
}

async fn works(program: &Client) {
    let found = program.ask("{ watchlists { id } }", json!({})).await;
    assert!(found.body["data"]["watchlists"].is_array(), "the key does not work: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_worth_what_its_user_is_worth_now() {
    let mut installation = Installation::generous().await;
    let client = installation.administrator().await;
    let vera = client.invite("vera", "VIEWER").await;
    let too_much = json!({ "name": "all", "scopes": ["ADMIN"], "currentPassword": tests::client::PASSWORD });
    let refused = vera.mutate("apiKeyCreate", too_much, "secret").await;
    assert!(refused["secret"].is_null() && refused["userErrors"][0]["code"].is_string(), "{refused}");

    let user = vera.query("{ viewer { id } }", json!({})).await["viewer"]["id"].clone();
    let set = |role: &str| json!({ "user": user, "role": role });
    let raised = client.mutate("userRoleSet", set("ADMIN"), "user { role }").await;
    assert_eq!(raised["user"]["role"], "ADMIN", "{raised}");
    let key = vera.api_key(&["ADMIN", "MARKET_READ"]).await;
    let program = client.with_token(&key.secret);
    let users = "{ users { nodes { username } } }";
    assert_eq!(program.query(users, json!({})).await["users"]["nodes"].as_array().unwrap().len(), 2);
    client.mutate("userRoleSet", set("VIEWER"), "user { role }").await;
    assert_eq!(program.ask(users, json!({})).await.error_code(), Some("FORBIDDEN"));
    works(&program).await;

    let apple = client.instrument("AAPL").await;
    let mut quotes = program.quotes(&[&apple]).await;
    quotes.until_state(&["LIVE"]).await;
    client.mutate("userDisable", json!({ "user": user }), "user { state }").await;
    unauthenticated(&program.ask("{ watchlists { id } }", json!({})).await);
    unauthenticated(&vera.ask("{ watchlists { id } }", json!({})).await);
    let (code, reason) = quotes.closed(2 * SOON).await;
    assert_eq!(code, 4403, "{reason}");
    client.mutate("userEnable", json!({ "user": user }), "user { state }").await;
    works(&program).await;

    let revoked = client.mutate("apiKeyRevoke", json!({ "apiKey": key.id }), "apiKey { id }").await;
    assert_eq!(revoked["userErrors"], json!([]), "{revoked}");
    unauthenticated(&program.ask("{ watchlists { id } }", json!({})).await);
    for token in [key.secret.as_str(), "forged", "tgk_forged", ""] {
        let mut socket = Subscription::connect(client.address()).await;
        let payload = json!({ "accessToken": token });
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        let heard = socket.event(SOON, "a close").await;
        assert!(matches!(heard, Event::Closed(4403, _)), "{heard:?}");
        unauthenticated(&client.with_token(token).ask("{ watchlists { id } }", json!({})).await);
    }
}

fn unauthenticated(answer: &Answer) {
    assert_eq!((answer.status, answer.error_code()), (401, Some("UNAUTHENTICATED")), "{answer:?}");
}
