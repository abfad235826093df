//! A node of the API, served on a free port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::auth::{Argon2Hasher, OsRandom, SetUpTokens, Sha256Digest};
use api::{Api, ApiOptions, MasterKey, ProtocolOptions, Services};
use domain::clock::Clock;
use domain::instrument::{AssetClass, Instrument, InstrumentId};
use domain::session::Sessions;
use domain::user::Users;
use domain::watchlist::Watchlists;
use domain::world::{ConnectionId, Environment};
use reqwest::Client;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fake_bus::FakeBus;

pub mod buckets;
pub mod desk;
pub mod socket;
pub mod stores;

use buckets::Buckets;
use desk::FakeDesk;
use stores::Stores;

pub const PASSWORD: &str = "correct horse battery";

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
    pub bus: Arc<FakeBus>,
    pub desk: Arc<FakeDesk>,
    pub set_up_token: String,
    pub shutdown: CancellationToken,
}

impl Node {
    pub async fn start() -> Self {
        Self::start_with(ProtocolOptions::default()).await
    }

    pub async fn start_with(protocol: ProtocolOptions) -> Self {
        let clock = Arc::new(SetClock(Mutex::new(datetime!(2026-11-22 20:00 UTC))));
        let (stores, bus, desk) =
            (Arc::new(Stores::default()), FakeBus::new(), Arc::new(FakeDesk::default()));
        let key = MasterKey::new([5; 32]);
        let set_up = SetUpTokens::new(&key, Uuid::from_u128(77));
        let set_up_token = set_up.token().to_owned();
        let services = services(&clock, &stores, &bus, &desk, set_up);
        let allowed_origins = vec!["https://charts.example.com".to_owned()];
        let api = Api::new(services, &ApiOptions { key, allowed_origins, version: "1.2.3", protocol });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shutdown = CancellationToken::new();
        let service = api.router().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        tokio::spawn(api.run(shutdown.clone()));
        let client = Client::builder().cookie_store(true).timeout(Duration::from_secs(20)).build().unwrap();
        Self { address, client, clock, stores, bus, desk, set_up_token, shutdown }
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

    /// Makes the first user and logs in; returns the access token.
    pub async fn log_in(&self) -> String {
        self.set_up().await;
        let created = self.log_in_as("ann", PASSWORD).await;
        created["session"]["accessToken"].as_str().expect("an access token").to_owned()
    }
}

fn services(
    clock: &Arc<SetClock>,
    stores: &Arc<Stores>,
    bus: &Arc<FakeBus>,
    desk: &Arc<FakeDesk>,
    set_up: SetUpTokens,
) -> Services {
    let random = Arc::new(OsRandom);
    let hasher = Arc::new(Argon2Hasher::new(random.clone()).unwrap());
    Services {
        users: Users {
            store: stores.clone(),
            hasher: hasher.clone(),
            set_up_token: Arc::new(set_up),
            clock: clock.clone(),
            random: random.clone(),
        },
        sessions: Arc::new(Sessions {
            store: stores.clone(),
            users: stores.clone(),
            hasher,
            digest: Arc::new(Sha256Digest),
            clock: clock.clone(),
            random: random.clone(),
        }),
        watchlists: Watchlists {
            store: stores.clone(),
            instruments: stores.clone(),
            clock: clock.clone(),
            random: random.clone(),
        },
        instruments: stores.clone(),
        installation: stores.clone(),
        user_store: stores.clone(),
        bus: bus.clone(),
        demand: bus.clone(),
        desk: desk.clone(),
        limiter: Arc::new(Buckets::new(clock.clone())),
        clock: clock.clone(),
        random,
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
