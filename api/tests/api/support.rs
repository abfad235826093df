//! A node of the API, served on a free port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::auth::{OsRandom, Rfc6238, SetUpTokens, Sha256Digest};
use api::{Api, ApiOptions, MasterKey, ProtocolOptions, Services};
use domain::alert::Alerts;
use domain::clock::Clock;
use domain::instrument::{AssetClass, Instrument, InstrumentId};
use domain::layout::Layouts;
use domain::mail::{MailboxPorts, Mailboxes};
use domain::people::{People, PeoplePorts};
use domain::preferences::PreferencesOfUsers;
use domain::watchlist::Watchlists;
use domain::webhook::{Reach, WebhookPorts, Webhooks};
use domain::world::{ConnectionId, Environment};
use reqwest::Client;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fake_bus::FakeBus;

pub mod desk;
pub mod hasher;
pub mod limiter;
pub mod socket;
pub mod stores;

use desk::FakeDesk;
use hasher::CountingHasher;
use limiter::FakeLimiter;
use stores::Stores;
use stores::alerts::Outside;

pub const PASSWORD: &str = "correct horse battery";

/// How an HTTP client of the tests begins. The adapters bring TLS to the whole build, without saying whose cryptography it is.
pub fn http() -> reqwest::ClientBuilder {
    // Where it is installed already, it stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// Makes the first user.
pub const SET_UP: &str = "mutation($input: UserSetUpInput!) { userSetUp(input: $input) { user { id username role } userErrors { field code message } } }";

/// Logs in.
pub const LOG_IN: &str = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken accessTokenExpiresAt expiresAt user { username } } userErrors { field code message } } }";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something holds.
pub async fn eventually(holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it comes to hold in time");
}

/// A clock that the test sets.
pub struct SetClock(Mutex<OffsetDateTime>);

impl SetClock {
    pub fn advance(&self, by: time::Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for SetClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// A node, and everything behind it.
pub struct Node {
    pub address: String,
    pub client: Client,
    pub clock: Arc<SetClock>,
    pub stores: Arc<Stores>,
    pub limiter: Arc<FakeLimiter>,
    pub hasher: Arc<CountingHasher>,
    /// The use cases over the same stores, for what cannot be said over HTTP on one machine: other addresses.
    pub people: People,
    pub bus: Arc<FakeBus>,
    pub desk: Arc<FakeDesk>,
    /// Receivers of e-mail and webhooks.
    pub outside: Arc<Outside>,
    pub set_up_token: String,
    pub shutdown: CancellationToken,
    running: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl Node {
    pub async fn start() -> Self {
        Self::start_with(ProtocolOptions::default()).await
    }

    pub async fn start_with(protocol: ProtocolOptions) -> Self {
        let clock = Arc::new(SetClock(Mutex::new(datetime!(2026-11-22 20:00 UTC))));
        let key = MasterKey::new([5; 32]);
        let behind = Behind {
            limiter: Arc::new(FakeLimiter::new(clock.clone())),
            hasher: Arc::new(CountingHasher::new()),
            clock,
            stores: Arc::default(),
            bus: FakeBus::new(),
            desk: Arc::default(),
            outside: Arc::default(),
            set_up: SetUpTokens::new(&key, Uuid::from_u128(77)),
        };
        let allowed_origins = vec!["https://charts.example.com".to_owned()];
        let options = ApiOptions { key, allowed_origins, version: "1.2.3", protocol };
        let api = Api::new(behind.services(), &options);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shutdown = CancellationToken::new();
        let service = api.router().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let running = Mutex::new(Some(tokio::spawn(api.run(shutdown.clone()))));
        let client = http().cookie_store(true).timeout(Duration::from_secs(20)).build().unwrap();
        let people = behind.people();
        let set_up_token = behind.set_up.token().to_owned();
        let Behind { clock, stores, limiter, hasher, bus, desk, outside, .. } = behind;
        Self {
            address,
            client,
            clock,
            stores,
            limiter,
            hasher,
            people,
            bus,
            desk,
            outside,
            set_up_token,
            shutdown,
            running,
        }
    }

    /// Stops what runs beside the router, and waits until it has ended.
    pub async fn stop(&self) {
        self.shutdown.cancel();
        let running = self.running.lock().unwrap().take();
        running.expect("stopped twice").await.unwrap();
    }

    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// Sends an operation, and returns the whole response.
    pub async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let mut request =
            self.client.post(self.url()).json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Sends an operation that must succeed, and returns its data.
    pub async fn data(&self, token: &str, query: &str, variables: Value) -> Value {
        let mut response = self.ask(Some(token), query, variables).await;
        assert_eq!(response.get("errors"), None, "{query}");
        response["data"].take()
    }

    pub async fn set_up(&self) -> Value {
        let input = json!({ "setUpToken": self.set_up_token, "username": "Ann", "password": PASSWORD });
        self.ask(None, SET_UP, json!({ "input": input })).await["data"]["userSetUp"].clone()
    }

    pub async fn log_in_as(&self, username: &str, password: &str) -> Value {
        let input = json!({ "input": { "username": username, "password": password } });
        self.ask(None, LOG_IN, input).await["data"]["sessionCreate"].clone()
    }

    /// Does one mutation, and returns its payload; `selection` is what is asked for besides the user errors.
    pub async fn change(&self, token: &str, field: &str, input: Value, selection: &str) -> Value {
        let kind = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {field}(input: $input) {{ {selection} userErrors {{ field code message }} }} }}"
        );
        let token = Some(token).filter(|token| !token.is_empty());
        let mut response = self.ask(token, &query, json!({ "input": input })).await;
        assert_eq!(response.get("errors"), None, "{field}");
        response["data"][field].take()
    }

    /// The same where it must be refused; returns the user error's code and field.
    pub async fn refused(&self, token: &str, field: &str, input: Value) -> (String, Value) {
        let payload = self.change(token, field, input, "__typename").await;
        let error = &payload["userErrors"][0];
        (error["code"].as_str().expect("a user error").to_owned(), error["field"][0].clone())
    }

    /// Whether this token or key still lets somebody in.
    pub async fn lets_in(&self, token: &str) -> bool {
        self.ask(Some(token), "{ viewer { id } }", json!({})).await.get("errors").is_none()
    }

    /// The access token of a log-in that must succeed.
    pub async fn token_of(&self, username: &str, password: &str) -> String {
        let created = self.log_in_as(username, password).await;
        created["session"]["accessToken"].as_str().expect("an access token").to_owned()
    }

    /// Makes the first user and logs in; returns the access token.
    pub async fn log_in(&self) -> String {
        self.set_up().await;
        let created = self.log_in_as("ann", PASSWORD).await;
        created["session"]["accessToken"].as_str().expect("an access token").to_owned()
    }
}

/// What the node stands on, and what tests reach past it.
struct Behind {
    clock: Arc<SetClock>,
    stores: Arc<Stores>,
    limiter: Arc<FakeLimiter>,
    hasher: Arc<CountingHasher>,
    bus: Arc<FakeBus>,
    desk: Arc<FakeDesk>,
    outside: Arc<Outside>,
    set_up: SetUpTokens,
}

impl Behind {
    fn people(&self) -> People {
        let random = Arc::new(OsRandom);
        People::new(PeoplePorts {
            users: self.stores.clone(),
            sessions: self.stores.clone(),
            api_keys: self.stores.clone(),
            second_factors: self.stores.clone(),
            audit: self.stores.clone(),
            limiter: self.limiter.clone(),
            hasher: self.hasher.clone(),
            digest: Arc::new(Sha256Digest),
            totp: Arc::new(Rfc6238),
            set_up_token: Arc::new(self.set_up.clone()),
            clock: self.clock.clone(),
            random,
        })
    }

    fn services(&self) -> Services {
        let random = Arc::new(OsRandom);
        let people = self.people();
        let mailboxes = Arc::new(Mailboxes::new(MailboxPorts {
            store: self.stores.clone(),
            mailer: Some(self.outside.clone()),
            passwords: people.users.passwords.clone(),
            digest: Arc::new(Sha256Digest),
            throttle: people.users.throttle.clone(),
            audit: people.audit.clone(),
            clock: self.clock.clone(),
            random: random.clone(),
        }));
        let webhooks = WebhookPorts {
            store: self.stores.clone(),
            sender: self.outside.clone(),
            throttle: people.users.throttle.clone(),
            audit: people.audit.clone(),
            clock: self.clock.clone(),
            random: random.clone(),
        };
        Services {
            people,
            alerts: Alerts {
                store: self.stores.clone(),
                events: self.stores.clone(),
                mailboxes: mailboxes.clone(),
                bus: self.bus.clone(),
                clock: self.clock.clone(),
                random: random.clone(),
            },
            webhooks: Webhooks::new(webhooks, Reach::Public),
            mailboxes,
            layouts: Layouts {
                store: self.stores.clone(),
                clock: self.clock.clone(),
                random: random.clone(),
            },
            preferences: PreferencesOfUsers { store: self.stores.clone() },
            watchlists: Watchlists {
                store: self.stores.clone(),
                instruments: self.stores.clone(),
                clock: self.clock.clone(),
                random: random.clone(),
            },
            instruments: self.stores.clone(),
            installation: self.stores.clone(),
            limiter: self.limiter.clone(),
            bus: self.bus.clone(),
            demand: self.bus.clone(),
            desk: self.desk.clone(),
            clock: self.clock.clone(),
            market_clock: self.clock.clone(),
            random,
        }
    }
}

/// An instrument of this symbol.
pub fn instrument(symbol: &str) -> Instrument {
    let connection = ConnectionId::new("ib");
    let broker_id = symbol.bytes().fold(7_i64, |sum, byte| sum * 31 + i64::from(byte));
    Instrument {
        id: InstrumentId::derive(&connection, Environment::Simulated, broker_id),
        connection,
        environment: Environment::Simulated,
        broker_id,
        symbol: symbol.to_owned(),
        name: format!("{symbol} INC"),
        asset_class: if symbol.contains('.') { AssetClass::Fx } else { AssetClass::Stock },
        exchange: "SMART".into(),
        primary_exchange: Some("NASDAQ".into()),
        currency: "USD".into(),
        price_increment: "0.01".parse().unwrap(),
        multiplier: "1".parse().unwrap(),
        time_zone: "America/New_York".into(),
    }
}
