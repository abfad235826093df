//! Everything that a desk needs, on this machine, for one test: servers, a market, and the program.

use std::time::Duration;

use persistence::testing::{PrivatePostgres, PrivateRedis, StartError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::client::{Client, PASSWORD, USERNAME};
use crate::market::Market;
use crate::program::{Settings, Tickgraph};
use crate::skip;
use crate::subscription::Subscription;
use crate::wait::{SOON, within};

/// A key that must never be seen in a log.
pub const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Settings under which nobody's budget of what operations cost is ever used up.
pub const GENEROUS: [(&str, &str); 2] =
    [("TICKGRAPH_COST_CAPACITY", "1000000000"), ("TICKGRAPH_COST_PER_SECOND", "1000000000")];

/// One installation. What is dropped with it ends.
pub struct Installation {
    /// The market behind the broker's gateway.
    pub market: Market,
    /// The database, where it is a server.
    pub postgres: Option<PrivatePostgres>,
    /// The bus, where it is a server.
    pub redis: Option<PrivateRedis>,
    /// The leading desk, where it is a process of its own.
    pub desk: Option<Tickgraph>,
    /// The process that clients talk to.
    pub api: Tickgraph,
    settings: Settings,
    folder: TempDir,
}

impl Installation {
    /// `tickgraph serve` on its own SQLite file and in-process bus; only the gateway is ours, so that the
    /// test can set prices.
    pub async fn single() -> Self {
        Self::single_with(&[]).await
    }

    /// The same with these settings besides.
    pub async fn single_with(settings: &[(&str, &str)]) -> Self {
        Self::around(Market::open().await, settings)
    }

    /// The same, where nobody's budget of what operations cost is ever used up.
    pub async fn generous() -> Self {
        Self::single_with(&GENEROUS).await
    }

    /// The same as `single`, while nothing listens at the gateway's address.
    pub async fn single_without_gateway() -> Self {
        let market = Market::open().await;
        market.stop_gateway().await;
        Self::around(market, &[])
    }

    fn around(market: Market, more: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let settings = Settings::in_folder(folder.path())
            .with("IB_ADDRESS", market.address().to_string())
            .with("TICKGRAPH_KEY", KEY);
        let settings = more.iter().fold(settings, |settings, (name, value)| settings.with(name, *value));
        let api = Tickgraph::start("serve", &settings);
        Self { market, postgres: None, redis: None, desk: None, api, settings, folder }
    }

    /// `tickgraph desk` and `tickgraph api` as two processes that meet in Postgres and Redis. Where a server
    /// program is missing, the test is skipped.
    pub async fn split() -> Option<Self> {
        let (postgres, redis) = servers().await?;
        Some(Self::split_on(postgres, redis).await)
    }

    /// The same on these servers.
    pub async fn split_on(postgres: PrivatePostgres, redis: PrivateRedis) -> Self {
        Self::split_with(postgres, redis, &[]).await
    }

    /// The same with these settings besides.
    pub async fn split_with(postgres: PrivatePostgres, redis: PrivateRedis, more: &[(&str, &str)]) -> Self {
        let (folder, market) = (TempDir::new().unwrap(), Market::open().await);
        let settings = Settings::in_folder(folder.path())
            .with("IB_ADDRESS", market.address().to_string())
            .with("DATABASE_URL", postgres.url())
            .with("REDIS_URL", redis.url())
            .with("TICKGRAPH_KEY", KEY);
        let settings = more.iter().fold(settings, |settings, (name, value)| settings.with(name, *value));
        let desk = Some(Tickgraph::start("desk", &settings));
        let api = Tickgraph::start("api", &settings);
        Self { market, postgres: Some(postgres), redis: Some(redis), desk, api, settings, folder }
    }

    /// The settings of its processes.
    pub fn settings(&self) -> Settings {
        self.settings.clone()
    }

    /// The folder of its data.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Somebody who has not logged in.
    pub async fn stranger(&mut self) -> Client {
        Client::of(self.api.address().await)
    }

    /// The first administrator, set up and logged in.
    pub async fn administrator(&mut self) -> Client {
        let client = self.stranger().await;
        let set_up_token = self.api.set_up_token().await;
        let payload = client.set_up(&set_up_token).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        assert_eq!(client.log_in(USERNAME, PASSWORD).await["sessionCreate"]["userErrors"], json!([]));
        client
    }

    /// Waits until a desk leads and its broker connection stands.
    pub async fn ready(&self, client: &Client) -> Value {
        self.system_until(client, SOON, "a desk leads, connected to its broker", |system| {
            system["desk"]["state"] == "LEADING" && system["connections"][0]["state"] == "CONNECTED"
        })
        .await
    }

    /// Waits until the system is as it should be.
    pub async fn system_until(
        &self,
        client: &Client,
        limit: Duration,
        what: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        within(limit, what, || async {
            let system = client.system().await;
            fits(&system).then_some(system)
        })
        .await
    }

    /// Sets a price again and again until a subscriber sees an event that fits: a feed that is being made
    /// anew has not yet asked for ticks.
    pub async fn trade_until_seen(
        &self,
        subscription: &mut Subscription,
        symbol: &str,
        price: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        let ends = Instant::now() + SOON;
        loop {
            self.market.trade(symbol, price);
            match subscription.find(Instant::now() + Duration::from_secs(1), &fits).await {
                Ok(event) => return event,
                Err(last) => assert!(Instant::now() < ends, "a trade at {price} is not seen; last: {last}"),
            }
        }
    }

    /// Waits until the database answers again.
    pub async fn answers_again(&self, client: &Client) {
        within(SOON, "the database answers", || async {
            let answer = client.try_ask("{ watchlists { id } }", json!({})).await.ok()?;
            answer.body["data"]["watchlists"].is_array().then_some(())
        })
        .await;
    }

    /// Ends the process that clients talk to as one should, and starts it again.
    pub async fn restart_api(&mut self, command: &str) {
        let settings = self.settings();
        // Something must stand in its place while it ends.
        let old = std::mem::replace(&mut self.api, Tickgraph::start("--version", &settings));
        let ended = old.terminate().await;
        assert!(ended.status.success(), "it did not end well:\n{}", ended.output);
        self.api = Tickgraph::start(command, &settings);
    }

    /// The same, on the port that it had: its clients find it again.
    pub async fn restart_api_in_place(&mut self, command: &str) {
        let address = self.api.address().await.to_string();
        self.settings = self.settings().with("TICKGRAPH_LISTEN", address);
        self.restart_api(command).await;
        self.api.address().await;
    }

    /// Ends the process that clients talk to as a power cut would, and starts it again on the port that it had.
    pub async fn power_cut(&mut self, command: &str) {
        let address = self.api.address().await.to_string();
        self.settings = self.settings().with("TICKGRAPH_LISTEN", address);
        // Something must stand in its place while it is gone.
        let settings = self.settings();
        let old = std::mem::replace(&mut self.api, Tickgraph::start("--version", &settings));
        old.kill9().await;
        self.api = Tickgraph::start(command, &settings);
        self.api.address().await;
    }

    /// Waits until a second desk stands by.
    pub async fn standby_waits(&self, standby: &Tickgraph) {
        within(SOON, "the second desk stands by", || async {
            standby.output().contains("standing by").then_some(())
        })
        .await;
    }

    /// Everything its processes have said so far.
    pub fn logs(&self) -> String {
        let desk = self.desk.as_ref().map(Tickgraph::output).unwrap_or_default();
        format!("{}\n{desk}", self.api.output())
    }
}

/// A Postgres and a Redis of the test's own; where a program is missing, the test is skipped.
pub async fn servers() -> Option<(PrivatePostgres, PrivateRedis)> {
    match (PrivatePostgres::start().await, PrivateRedis::start().await) {
        (Ok(postgres), Ok(redis)) => Some((postgres, redis)),
        (Err(StartError::Missing(why)), _) | (_, Err(StartError::Missing(why))) => {
            skip::because(&why);
            None
        }
        (Err(error), _) | (_, Err(error)) => panic!("{error}"),
    }
}
