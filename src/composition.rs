//! The composition root: what the settings name is opened here, and wired.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use api::auth::{Argon2Hasher, MasterKey, OsRandom, Rfc6238, SetUpTokens, Sha256Digest};
use api::{Api, ApiOptions, Services};
use axum::serve::ListenerExt;
use desk::{Desk, DeskOptions, DeskPorts, SourceFactory};
use domain::alert::Alerts;
use domain::audit::AuditLog;
use domain::bus::{Bus, Demand};
use domain::clock::{Clock, SystemClock};
use domain::desk::DeskRequests;
use domain::installation::{Installation, InstallationStore};
use domain::layout::Layouts;
use domain::mail::{MailboxPorts, Mailboxes, Mailer};
use domain::market_data::MarketDataSource;
use domain::people::{People, PeoplePorts};
use domain::preferences::PreferencesOfUsers;
use domain::random::{Random, new_id};
use domain::rate::RateLimiter;
use domain::user::{PasswordLink, Recovery, UserStore};
use domain::watchlist::Watchlists;
use domain::webhook::{Reach, WebhookPorts, WebhookSender, Webhooks};
use domain::world::{ConnectionId, Environment};
use futures::FutureExt;
use futures::future::BoxFuture;
use integrations::ib::{IbMarketData, IbOptions, IbTimings};
use integrations::mail::SmtpMailer;
use integrations::webhook::HttpWebhooks;
use persistence::ConnectError;
use persistence::local::LocalBus;
use persistence::redis::{RedisBus, RedisOptions};
use persistence::sql::{SealKey, Sql, SqlOptions};
use simulator::replay::Replay;
use simulator::{Simulator, SimulatorOptions};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::key::{self, OtherKey};
use crate::say;
use crate::settings::{Gateway, MailSettings, Settings};

/// How long a server that does not answer is waited for at the start.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// The most connections to Postgres that one process takes.
const MAX_CONNECTIONS: u32 = 10;

/// How long the end may take before the process stops waiting for its parts.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// The seed of the simulated market: the same one at each start, so that yesterday stays what it was.
const SIMULATOR_SEED: u64 = 1;

/// What every command stands on.
pub struct Parts {
    sql: Arc<Sql>,
    bus: BusParts,
    installation: Installation,
    mailer: Option<Arc<dyn Mailer>>,
    webhooks: Arc<dyn WebhookSender>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    replay: Option<Replay>,
}

/// One bus, behind the four ports that it implements.
struct BusParts {
    bus: Arc<dyn Bus>,
    demand: Arc<dyn Demand>,
    requests: Arc<dyn DeskRequests>,
    limiter: Arc<dyn RateLimiter>,
}

impl BusParts {
    fn of<B: Bus + Demand + DeskRequests + RateLimiter + 'static>(bus: B) -> Self {
        let bus = Arc::new(bus);
        Self { bus: bus.clone(), demand: bus.clone(), requests: bus.clone(), limiter: bus }
    }
}

/// How the parts are opened.
pub struct Opening {
    /// The world that the database belongs to from now on, where it is given another.
    pub accept_environment: Option<Environment>,
    /// The installation's key.
    pub key: MasterKey,
    /// What becomes of the installation's key where that is another.
    pub other_key: OtherKey,
}

impl Parts {
    /// Opens the database and the bus.
    pub async fn open(
        settings: &Settings,
        opening: Opening,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let sql = Arc::new(open_database(settings, Some(&opening.key), stop).await?);
        let installation = sql.open(new_id(clock.now(), random.as_ref())).await?;
        key::claim(&sql, opening.other_key).await?;
        if let Some(environment) = opening.accept_environment {
            sql.replace_environment(environment).await?;
            warn!(%environment, "this database now belongs to this environment");
        }
        let bus = match &settings.redis_url {
            Some(url) => {
                // Two installations that share a server must not hear each other.
                let prefix = format!("{}{}:", settings.redis_prefix, installation.id);
                let options = RedisOptions { url: url.0.clone(), prefix };
                let connect = || RedisBus::connect(options.clone());
                BusParts::of(wait_for(connect, stop).await.context("cannot use Redis (REDIS_URL)")?)
            }
            None => BusParts::of(LocalBus::new()),
        };
        let (mailer, webhooks) = (mailer(settings)?, webhooks(settings)?);
        Ok(Self { sql, bus, installation, mailer, webhooks, clock, random, replay: None })
    }

    /// Plays a recorded day in place of the generated market.
    pub fn replaying(self, replay: Option<Replay>) -> Self {
        Self { replay, ..self }
    }

    /// The market's time.
    fn market_clock(&self) -> Arc<dyn Clock> {
        self.replay.as_ref().map_or_else(|| self.clock.clone(), Replay::clock)
    }

    /// Everything in one process.
    pub async fn serve(
        self,
        settings: &Settings,
        key: MasterKey,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let listener = listen(settings.listen).await?;
        let (source, _simulator) = self.gateway(settings).await?;
        let desk = self.new_desk(source).run(stop.clone());
        let serving = self.serve_api(settings, api_options(settings, key), listener, stop.clone());
        let serving = async {
            let served = serving.await;
            // Without the endpoint, the desk works for nobody.
            stop.cancel();
            served
        };
        let both = async { tokio::join!(desk, serving).1 };
        end_in_time(both.boxed(), stop.clone()).await
    }

    /// The endpoint and the dashboard alone.
    pub async fn api(
        self,
        settings: &Settings,
        key: MasterKey,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let listener = listen(settings.listen).await?;
        let serving = self.serve_api(settings, api_options(settings, key), listener, stop.clone());
        end_in_time(serving.boxed(), stop).await
    }

    /// The desk alone.
    pub async fn desk(self, settings: &Settings, stop: CancellationToken) -> anyhow::Result<()> {
        let (source, _simulator) = self.gateway(settings).await?;
        let desk = self.new_desk(source).run(stop.clone());
        let work = async {
            desk.await;
            Ok(())
        };
        end_in_time(work.boxed(), stop).await
    }

    /// How to connect to the broker, with the simulator where that is it.
    async fn gateway(&self, settings: &Settings) -> anyhow::Result<(SourceFactory, Option<Simulator>)> {
        let (address, simulator) = match (&settings.gateway, &self.replay) {
            (Gateway::Off, None) => return Ok((Arc::new(|_| None), None)),
            (Gateway::Address(address), None) => (address.clone(), None),
            (Gateway::Address(_), Some(_)) => bail!(
                "a replay is played by the built-in simulation, but IB_ADDRESS names a gateway; \
                 leave out --replay, or unset IB_ADDRESS"
            ),
            (_, replay) => {
                let simulator =
                    self.simulator(replay.clone()).await.context("the simulated gateway cannot start")?;
                (simulator.gateway.address().to_string(), Some(simulator))
            }
        };
        info!(address, simulated = simulator.is_some(), "Interactive Brokers gateway");
        let (clock, first_id, line_limit) = (self.clock.clone(), settings.ib_client_id, settings.ib_lines);
        let connection = self.replay.as_ref().map_or_else(|| ConnectionId::new("ib"), Replay::connection);
        let source: SourceFactory = Arc::new(move |epoch| {
            // A new leader takes another client id, since a frozen one may still hold its own.
            let client_id = first_id + 1 + i32::try_from(epoch % 8).unwrap_or(0);
            let options = IbOptions {
                connection: connection.clone(),
                address: address.clone(),
                client_id,
                line_limit,
                clock: clock.clone(),
                timings: IbTimings::default(),
            };
            Some(IbMarketData::start(options) as Arc<dyn MarketDataSource>)
        });
        Ok((source, simulator))
    }

    /// The built-in simulation, on a free port.
    async fn simulator(&self, replay: Option<Replay>) -> std::io::Result<Simulator> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        if let Some(replay) = replay {
            return simulator::start_replay(listen, replay).await;
        }
        let clock = self.clock.clone();
        simulator::start(SimulatorOptions { listen, seed: SIMULATOR_SEED, clock }).await
    }

    fn new_desk(&self, source: SourceFactory) -> Desk {
        let ports = DeskPorts {
            lease: self.sql.clone(),
            installation: self.sql.clone(),
            instruments: self.sql.clone(),
            bars: self.sql.clone(),
            alerts: self.sql.clone(),
            deliveries: self.sql.clone(),
            webhooks: self.webhooks.clone(),
            mailer: self.mailer.clone(),
            bus: self.bus.bus.clone(),
            demand: self.bus.demand.clone(),
            requests: self.bus.requests.clone(),
            source,
            clock: self.clock.clone(),
            market_clock: self.market_clock(),
            random: self.random.clone(),
        };
        let id = new_id(self.clock.now(), self.random.as_ref());
        Desk::new(ports, DeskOptions::new(id))
    }

    fn people(&self, set_up_token: Arc<SetUpTokens>) -> anyhow::Result<People> {
        Ok(People::new(PeoplePorts {
            users: self.sql.clone(),
            sessions: self.sql.clone(),
            api_keys: self.sql.clone(),
            second_factors: self.sql.clone(),
            audit: self.sql.clone(),
            limiter: self.bus.limiter.clone(),
            hasher: Arc::new(Argon2Hasher::new(self.random.clone())?),
            digest: Arc::new(Sha256Digest),
            totp: Arc::new(Rfc6238),
            set_up_token,
            clock: self.clock.clone(),
            random: self.random.clone(),
        }))
    }

    /// The use cases of alerts, and by what they reach people.
    fn notification(&self, reach: Reach, people: &People) -> Notification {
        let mailboxes = Arc::new(Mailboxes::new(MailboxPorts {
            store: self.sql.clone(),
            mailer: self.mailer.clone(),
            passwords: people.users.passwords.clone(),
            digest: Arc::new(Sha256Digest),
            throttle: people.users.throttle.clone(),
            audit: people.audit.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        }));
        let ports = WebhookPorts {
            store: self.sql.clone(),
            sender: self.webhooks.clone(),
            throttle: people.users.throttle.clone(),
            audit: people.audit.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        let alerts = Alerts {
            store: self.sql.clone(),
            events: self.sql.clone(),
            mailboxes: mailboxes.clone(),
            bus: self.bus.bus.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
        };
        Notification { alerts, webhooks: Webhooks::new(ports, reach), mailboxes }
    }

    async fn serve_api(
        &self,
        settings: &Settings,
        options: ApiOptions,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let set_up = Arc::new(SetUpTokens::new(&options.key, self.installation.id));
        let address = listener.local_addr()?;
        say(&format!("listening on http://{address}"));
        if !self.sql.any().await? {
            let token = set_up.token();
            say(&format!("set-up link: http://{address}/setup#token={token}"));
        }
        let people = self.people(set_up)?;
        let Notification { alerts, webhooks, mailboxes } = self.notification(settings.webhooks, &people);
        let services = Services {
            people,
            alerts,
            webhooks,
            mailboxes,
            layouts: Layouts {
                store: self.sql.clone(),
                clock: self.clock.clone(),
                random: self.random.clone(),
            },
            preferences: PreferencesOfUsers { store: self.sql.clone() },
            watchlists: Watchlists {
                store: self.sql.clone(),
                instruments: self.sql.clone(),
                clock: self.clock.clone(),
                random: self.random.clone(),
            },
            instruments: self.sql.clone(),
            installation: self.sql.clone(),
            limiter: self.bus.limiter.clone(),
            bus: self.bus.bus.clone(),
            demand: self.bus.demand.clone(),
            desk: self.bus.requests.clone(),
            clock: self.clock.clone(),
            market_clock: self.market_clock(),
            random: self.random.clone(),
        };
        let api = Api::new(services, &options);
        // Quotes are small and must not wait for each other in the kernel.
        let listener = listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true).and_then(|()| limit_stall(socket)) {
                debug!(%error, "a socket cannot be set up");
            }
        });
        let service = api.router().into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let (served, ()) = tokio::join!(serving, api.run(stop));
        served.context("the endpoint failed")
    }
}

/// Alerts, and by what they reach people.
struct Notification {
    alerts: Alerts,
    webhooks: Webhooks,
    mailboxes: Arc<Mailboxes>,
}

/// Sends e-mail, where that is configured.
fn mailer(settings: &Settings) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let Some(MailSettings { url, from }) = &settings.mail else { return Ok(None) };
    Ok(Some(Arc::new(SmtpMailer::new(&url.0, from)?)))
}

/// Posts to users' webhooks.
fn webhooks(settings: &Settings) -> anyhow::Result<Arc<dyn WebhookSender>> {
    let webhooks = HttpWebhooks::new(settings.webhooks);
    Ok(Arc::new(webhooks.map_err(anyhow::Error::from_boxed).context("webhooks cannot be posted to")?))
}

fn api_options(settings: &Settings, key: MasterKey) -> ApiOptions {
    ApiOptions {
        key,
        allowed_origins: settings.allowed_origins.clone(),
        version: env!("CARGO_PKG_VERSION"),
        protocol: settings.protocol.clone(),
    }
}

fn make_folder(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    std::fs::create_dir_all(path)
        .with_context(|| format!("cannot make the data folder {shown} (TICKGRAPH_DATA)"))?;
    let probe = path.join(format!(".probe.{}", std::process::id()));
    std::fs::write(&probe, b"")
        .and_then(|()| std::fs::remove_file(&probe))
        .with_context(|| format!("cannot write to the data folder {shown} (TICKGRAPH_DATA)"))
}

/// The installation's key: the one in the settings, or in the data folder, where it is made at the first start.
pub fn load_key(settings: &Settings) -> anyhow::Result<MasterKey> {
    make_folder(&settings.data)?;
    Ok(MasterKey::new(key::load(settings.key.as_ref(), &settings.data)?))
}

/// The same for a desk, which makes none: with a key of its own it could open no secret of the installation.
pub fn find_key(settings: &Settings) -> anyhow::Result<MasterKey> {
    Ok(MasterKey::new(key::find(settings.key.as_ref(), &settings.data)?))
}

/// Opens the data folder and the database, and brings the database up to date.
pub async fn open_database(
    settings: &Settings,
    key: Option<&MasterKey>,
    stop: &CancellationToken,
) -> anyhow::Result<Sql> {
    make_folder(&settings.data)?;
    let url = match &settings.database_url {
        Some(url) => url.0.clone(),
        None => format!("sqlite:{}", settings.data.join("tickgraph.sqlite").display()),
    };
    let seal_key = key.map(|key| SealKey::new(key.derive("database")));
    let clock = Arc::new(SystemClock);
    let options = SqlOptions { url, max_connections: MAX_CONNECTIONS, clock, seal_key };
    let is_file = options.url.starts_with("sqlite:");
    let connect = || Sql::connect(options.clone());
    let sql =
        if is_file { connect().await.map_err(anyhow::Error::msg) } else { wait_for(connect, stop).await };
    let sql = sql.context("cannot open the database (DATABASE_URL)")?;
    sql.migrate().await.context("the database cannot be brought up to date")?;
    Ok(sql)
}

/// Lets a user in again who lost the password or the phone, and prints the link.
pub async fn reset_user(settings: &Settings, name: &str, stop: &CancellationToken) -> anyhow::Result<()> {
    let sql = Arc::new(open_database(settings, None, stop).await?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let audit = AuditLog { store: sql.clone(), clock: clock.clone(), random: random.clone() };
    let recovery = Recovery {
        users: sql.clone(),
        digest: Arc::new(Sha256Digest),
        audit: Arc::new(audit),
        clock,
        random,
    };
    let reset = recovery.reset(name).await;
    sql.close().await;
    let PasswordLink { user, token, .. } = reset
        .with_context(|| format!("cannot reset '{name}' in this database (DATABASE_URL, TICKGRAPH_DATA)"))?;
    say(&format!("{}: the password, the sessions and the second factor are void", user.username));
    say(&format!("choose a password within 24 hours at: /password#{}", token.text()));
    Ok(())
}

/// Connects to a server. One that does not answer yet is waited for, since machines start their services in
/// any order.
async fn wait_for<T, F: Future<Output = Result<T, ConnectError>>>(
    connect: impl Fn() -> F,
    stop: &CancellationToken,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        let error = match connect().await {
            Ok(connected) => return Ok(connected),
            Err(error) => error,
        };
        if matches!(error, ConnectError::Invalid(_)) || begun.elapsed() >= START_PATIENCE {
            // Its text names the cause already.
            return Err(anyhow::Error::msg(error));
        }
        if !std::mem::replace(&mut told, true) {
            warn!("{error}; trying again for {} seconds", START_PATIENCE.as_secs());
        }
        tokio::select! {
            () = stop.cancelled() => bail!("stopped before it answered"),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// Lets the kernel end a connection whose other side has taken nothing for this long: an event stream has nobody
/// else who could see that.
#[cfg(target_os = "linux")]
fn limit_stall(socket: &TcpStream) -> std::io::Result<()> {
    socket2::SockRef::from(socket).set_tcp_user_timeout(Some(Duration::from_secs(30)))
}

#[cfg(not(target_os = "linux"))]
fn limit_stall(_: &TcpStream) -> std::io::Result<()> {
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; set TICKGRAPH_LISTEN to another address or port (port 0 takes a free one)")
    })
}

/// Waits until the work ends; once it was told to stop, not for longer than is sensible.
async fn end_in_time(work: BoxFuture<'_, anyhow::Result<()>>, stop: CancellationToken) -> anyhow::Result<()> {
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(END_PATIENCE).await;
    };
    tokio::select! {
        result = work => {
            stop.cancel();
            result
        }
        () = late => bail!("parts of the program did not end in time"),
    }
}
