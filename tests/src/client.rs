//! A GraphQL client over HTTP that keeps its access token and refresh cookie by hand, so that a test can
//! look at them, repeat them and forge them.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::subscription::Subscription;
use crate::wait::{SOON, within};

/// How an HTTP client of the tests begins. The adapters bring TLS to the whole build, without saying whose cryptography it is.
pub fn http() -> reqwest::ClientBuilder {
    // Where it is installed already, it stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// The administrator's name in every test.
pub const USERNAME: &str = "ann";

/// The administrator's password in every test; it must never be seen in a log.
pub const PASSWORD: &str = "correct horse battery staple";

const SESSION: &str = "session { accessToken accessTokenExpiresAt expiresAt user { username role } } userErrors { field code message }";

/// An API key, in clear.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// What a program sends.
    pub secret: String,
}

/// Somebody who talks to the server.
pub struct Client {
    address: SocketAddr,
    http: reqwest::Client,
    token: Mutex<Option<String>>,
    cookie: Mutex<Option<String>>,
}

impl Client {
    /// Nobody in particular.
    pub fn of(address: SocketAddr) -> Self {
        let http = http().timeout(Duration::from_secs(40)).no_proxy().build().unwrap();
        Self { address, http, token: Mutex::default(), cookie: Mutex::default() }
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The access token.
    pub fn token(&self) -> Option<String> {
        self.token.lock().unwrap().clone()
    }

    /// Takes on this access token.
    pub fn hold_token(&self, token: Option<String>) {
        *self.token.lock().unwrap() = token;
    }

    /// The refresh cookie as it is sent back, `name=value`.
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    /// Takes on this refresh cookie.
    pub fn hold_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap() = cookie;
    }

    /// Sends one document.
    pub async fn ask(&self, document: &str, variables: Value) -> Answer {
        self.try_ask(document, variables).await.unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }

    /// Sends one document to a server that may be away.
    pub async fn try_ask(&self, document: &str, variables: Value) -> reqwest::Result<Answer> {
        let url = format!("http://{}/graphql", self.address);
        let mut request = self.http.post(url).json(&json!({ "query": document, "variables": variables }));
        if let Some(token) = self.token() {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let set_cookie = response.headers().get(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        if let Some(pair) = set_cookie.as_deref().and_then(|header| header.split(';').next()) {
            self.hold_cookie(Some(pair.to_owned()));
        }
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Answer { status, body, set_cookie })
    }

    /// The answer to a query that must go well.
    pub async fn query(&self, document: &str, variables: Value) -> Value {
        self.ask(document, variables).await.data().clone()
    }

    /// The payload of a mutation: `fields` of it, and the user errors.
    pub async fn mutate(&self, name: &str, input: Value, fields: &str) -> Value {
        self.try_mutate(name, input, fields).await[name].clone()
    }

    /// The answer to a mutation that may fail as a whole.
    pub async fn try_mutate(&self, name: &str, input: Value, fields: &str) -> Answer {
        let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let document = format!(
            "mutation($input: {input_type}!) {{ {name}(input: $input) {{ {fields} userErrors {{ field code message }} }} }}"
        );
        self.ask(&document, json!({ "input": input })).await
    }

    /// Makes the first administrator.
    pub async fn set_up(&self, set_up_token: &str) -> Value {
        let input = json!({ "setUpToken": set_up_token, "username": USERNAME, "password": PASSWORD });
        self.mutate("userSetUp", input, "user { username role }").await
    }

    /// Logs in, and keeps the token and the cookie; returns the payload.
    pub async fn log_in(&self, username: &str, password: &str) -> Answer {
        let document = format!(
            "mutation($input: SessionCreateInput!) {{ sessionCreate(input: $input) {{ {SESSION} }} }}"
        );
        let input = json!({ "input": { "username": username, "password": password } });
        let answer = self.ask(&document, input).await;
        self.keep(&answer["sessionCreate"]);
        answer
    }

    /// Uses the refresh cookie.
    pub async fn refresh(&self) -> Answer {
        let answer = self.ask(&format!("mutation {{ sessionRefresh {{ {SESSION} }} }}"), json!({})).await;
        self.keep(&answer["sessionRefresh"]);
        answer
    }

    /// Logs out.
    pub async fn log_out(&self) -> Answer {
        self.ask("mutation { sessionRevoke { revoked userErrors { code } } }", json!({})).await
    }

    fn keep(&self, payload: &Value) {
        if let Some(token) = payload["session"]["accessToken"].as_str() {
            self.hold_token(Some(token.to_owned()));
        }
    }

    /// Invites somebody as an administrator does; that person chooses a password and logs in.
    pub async fn invite(&self, username: &str, role: &str) -> Self {
        let input = json!({ "username": username, "role": role });
        let invited = self.mutate("userInvite", input, "passwordToken").await;
        let token = invited["passwordToken"].as_str().unwrap_or_else(|| panic!("not invited: {invited}"));
        let invited = Self::of(self.address);
        let input = json!({ "passwordToken": token, "password": PASSWORD });
        let chosen = invited.mutate("passwordSet", input, "user { username }").await;
        assert_eq!(chosen["user"]["username"], username, "{chosen}");
        assert_eq!(invited.log_in(username, PASSWORD).await["sessionCreate"]["userErrors"], json!([]));
        invited
    }

    /// Makes a key of this user's with these scopes.
    pub async fn api_key(&self, scopes: &[&str]) -> Key {
        let name = scopes.join(" ");
        let input = json!({ "name": name, "scopes": scopes, "currentPassword": PASSWORD });
        let payload = self.mutate("apiKeyCreate", input, "apiKey { id } secret").await;
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no key: {payload}")).to_owned();
        Key { id: text(&payload["apiKey"]["id"]), secret: text(&payload["secret"]) }
    }

    /// Somebody else on the same server, who holds this key or token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        let other = Self::of(self.address);
        other.hold_token(Some(token.into()));
        other
    }

    /// Who the server thinks this is.
    pub async fn viewer(&self) -> Answer {
        self.ask("{ viewer { username role } }", json!({})).await
    }

    /// The id of the instrument with exactly this symbol, asked for until the broker connection answers.
    pub async fn instrument(&self, symbol: &str) -> String {
        const SEARCH: &str =
            "query($text: String!) { instruments(search: $text, first: 20) { nodes { id symbol } } }";
        within(SOON, &format!("a search finds {symbol}"), || async {
            let answer = self.ask(SEARCH, json!({ "text": symbol })).await;
            let nodes = answer.body.pointer("/data/instruments/nodes")?.as_array()?.clone();
            let found = nodes.iter().find(|node| node["symbol"] == symbol)?;
            Some(found["id"].as_str()?.to_owned())
        })
        .await
    }

    /// The `system`, as this client may see it.
    pub async fn system(&self) -> Value {
        const SYSTEM: &str = "{ system { setUpNeeded environment desk { state id epoch } \
            connections { id state message environment } database { state message } bus { state message } } }";
        self.query(SYSTEM, json!({})).await["system"].clone()
    }

    /// Subscribes to the quotes of these instruments.
    pub async fn quotes(&self, instruments: &[&str]) -> Subscription {
        const QUOTES: &str = "subscription($instruments: [ID!]!) { quotes(instruments: $instruments, maxHz: 50) { \
            __typename ... on Quote { instrument { id symbol } bid { price } ask { price } last { price size } \
            state reason epoch sequence } ... on StreamGap { instrument { id } reason } } }";
        self.subscribe(QUOTES, json!({ "instruments": instruments })).await
    }

    /// Subscribes to anything.
    pub async fn subscribe(&self, document: &str, variables: Value) -> Subscription {
        Subscription::open(self.address, self.token(), document, variables).await
    }
}
