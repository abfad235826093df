//! Settings: read once, from the environment, each checked and named when it is wrong.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use api::ProtocolOptions;
use domain::webhook::Reach;

mod protocol;

/// What is logged unless told otherwise: not what two libraries say of each of their steps.
const DEFAULT_LOG: &str = "info,ibapi=warn,sea_orm_migration=warn";

/// Every variable that is read: its name, what it means, and its default.
pub const VARIABLES: &[(&str, &str, &str)] = &[
    ("TICKGRAPH_DATA", "the data folder: key file and, without DATABASE_URL, the database", "./data"),
    ("TICKGRAPH_LISTEN", "the address to serve on; port 0 takes a free one", "127.0.0.1:8080"),
    (
        "TICKGRAPH_KEY",
        "the installation's key, 64 hex digits; every api node and desk needs the same",
        "the file 'key' in the data folder",
    ),
    ("TICKGRAPH_ALLOWED_ORIGINS", "other web origins that may use the endpoint, comma-separated", "none"),
    (
        "TICKGRAPH_TRUSTED_PROXIES",
        "proxies whose X-Forwarded-For is believed, as addresses or ranges, comma-separated",
        "none",
    ),
    (
        "TICKGRAPH_DOCUMENTS",
        "'any', or 'registered': without an API key only the operations of the dashboard",
        "any",
    ),
    (
        "TICKGRAPH_HTTP_STATUS",
        "status codes of GraphQL over HTTP: 'audit' (of graphql-http), or '2026' (the draft's 422 and 294)",
        "audit",
    ),
    ("TICKGRAPH_COST_CAPACITY", "what the operations of one user may cost at once", "20000"),
    ("TICKGRAPH_COST_PER_SECOND", "how much of that comes back in a second", "1000"),
    ("TICKGRAPH_SOCKETS_PER_USER", "the most open websockets and event streams of one user", "10000"),
    (
        "TICKGRAPH_STREAMS_PER_USER",
        "how much one user may follow: an instrument counts 1, or 100 and more where its events are not shared",
        "200000",
    ),
    ("TICKGRAPH_SOCKETS_PER_ADDRESS", "the most open websockets and event streams of one address", "10000"),
    ("TICKGRAPH_LOG", "what is logged, as tracing directives", DEFAULT_LOG),
    ("DATABASE_URL", "postgres://… or sqlite://…", "an SQLite file in the data folder"),
    ("REDIS_URL", "redis://…", "an in-process bus"),
    ("REDIS_PREFIX", "what every Redis key and channel begins with", "tickgraph:"),
    (
        "IB_ADDRESS",
        "host:port of IB Gateway or TWS, or 'simulator'",
        "the simulator, where nothing outside is configured; else off",
    ),
    (
        "SMTP_URL",
        "the mail server, as smtps://user:password@host:465 or smtp://host:587?tls=required; goes with MAIL_FROM",
        "no e-mail",
    ),
    ("MAIL_FROM", "who e-mail is from, as Tickgraph <alerts@example.com>", "no e-mail"),
    (
        "WEBHOOK_ALLOW_PRIVATE",
        "'true' lets users' webhooks be on this machine and in private networks, and by plain http",
        "false",
    ),
    ("IB_CLIENT_ID", "the first of nine client ids, one for orders and eight for market data", "40"),
    ("IB_MARKET_DATA_LINES", "how many market-data lines the account has", "100"),
];

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{name} is {found}; expected {expected}")]
pub struct BadSetting {
    name: &'static str,
    found: String,
    expected: &'static str,
}

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Which Interactive Brokers gateway is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// None.
    Off,
    /// The built-in simulation.
    Simulator,
    /// A real one (or a simulation elsewhere).
    Address(String),
}

/// How e-mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// The mail server; it may hold a password.
    pub url: Secret,
    /// Who it is from.
    pub from: String,
}

/// All settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The data folder.
    pub data: PathBuf,
    /// Where to serve.
    pub listen: SocketAddr,
    /// The installation's key, where it is given.
    pub key: Option<Secret>,
    /// Other allowed web origins.
    pub allowed_origins: Vec<String>,
    /// How the protocol behaves.
    pub protocol: ProtocolOptions,
    /// What is logged.
    pub log: String,
    /// The database, where one is configured.
    pub database_url: Option<Secret>,
    /// The Redis server, where one is configured.
    pub redis_url: Option<Secret>,
    /// The prefix of Redis keys.
    pub redis_prefix: String,
    /// The mail server and the sender, where e-mail is configured.
    pub mail: Option<MailSettings>,
    /// Where users' webhooks may be.
    pub webhooks: Reach,
    /// The broker's gateway.
    pub gateway: Gateway,
    /// The first client id.
    pub ib_client_id: i32,
    /// Market-data lines of the account.
    pub ib_lines: usize,
}

impl Settings {
    /// Reads the process's environment; the one place that does.
    #[allow(clippy::disallowed_methods, reason = "this is the seam")]
    pub fn from_environment() -> Result<Self, BadSetting> {
        let names = VARIABLES.iter().map(|(name, ..)| *name);
        let set = names.filter_map(|name| std::env::var_os(name).map(|value| (name, value)));
        let mut values = HashMap::new();
        for (name, value) in set {
            let text = value.into_string().map_err(|_| BadSetting {
                name,
                found: "not UTF-8".into(),
                expected: "text",
            })?;
            values.insert(name, text);
        }
        Self::from_values(&values)
    }

    fn from_values(values: &HashMap<&'static str, String>) -> Result<Self, BadSetting> {
        let get = |name| values.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let secret = |name| get(name).map(|text| Secret(text.to_owned()));
        let database_url = url(
            &get,
            "DATABASE_URL",
            &["postgres://", "postgresql://", "sqlite:"],
            "a URL that begins with postgres:// or sqlite:",
        )?;
        let redis_url =
            url(&get, "REDIS_URL", &["redis://", "rediss://"], "a URL that begins with redis://")?;
        let nothing_outside = database_url.is_none() && redis_url.is_none();
        Ok(Self {
            data: get("TICKGRAPH_DATA").unwrap_or("data").into(),
            listen: parse(&get, "TICKGRAPH_LISTEN", "an address and a port, as 127.0.0.1:8080")?
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            key: key(secret("TICKGRAPH_KEY"))?,
            allowed_origins: origins(get("TICKGRAPH_ALLOWED_ORIGINS").unwrap_or_default())?,
            protocol: protocol::read(&get)?,
            log: get("TICKGRAPH_LOG").unwrap_or(DEFAULT_LOG).to_owned(),
            database_url,
            redis_url,
            redis_prefix: get("REDIS_PREFIX").unwrap_or("tickgraph:").to_owned(),
            mail: mail(secret("SMTP_URL"), get("MAIL_FROM"))?,
            webhooks: webhooks(get("WEBHOOK_ALLOW_PRIVATE"))?,
            gateway: gateway(get("IB_ADDRESS"), nothing_outside)?,
            ib_client_id: bounded(&get, "IB_CLIENT_ID", 40, 1..=10_000, "a whole number from 1 to 10000")?,
            ib_lines: bounded(
                &get,
                "IB_MARKET_DATA_LINES",
                100,
                1..=10_000,
                "a whole number from 1 to 10000",
            )?,
        })
    }

    /// Checks that what `tickgraph api` and `tickgraph desk` cannot do without is set.
    pub fn require_shared(&self) -> Result<(), BadSetting> {
        let missing = |name| BadSetting {
            name,
            found: "not set".into(),
            expected: "a URL: 'api' and 'desk' are processes of their own, and meet there",
        };
        if self.database_url.is_none() {
            return Err(missing("DATABASE_URL"));
        }
        if self.redis_url.is_none() {
            return Err(missing("REDIS_URL"));
        }
        Ok(())
    }
}

fn shown(text: &str) -> String {
    format!("'{text}'")
}

fn parse<'a, T: std::str::FromStr>(
    get: &impl Fn(&'static str) -> Option<&'a str>,
    name: &'static str,
    expected: &'static str,
) -> Result<Option<T>, BadSetting> {
    get(name)
        .map(|text| text.parse().map_err(|_| BadSetting { name, found: shown(text), expected }))
        .transpose()
}

fn bounded<'a, T: std::str::FromStr + PartialOrd + Copy>(
    get: &impl Fn(&'static str) -> Option<&'a str>,
    name: &'static str,
    default: T,
    range: std::ops::RangeInclusive<T>,
    expected: &'static str,
) -> Result<T, BadSetting> {
    let value = parse(get, name, expected)?.unwrap_or(default);
    let found = || shown(get(name).unwrap_or_default());
    if range.contains(&value) { Ok(value) } else { Err(BadSetting { name, found: found(), expected }) }
}

/// A URL may hold a password, so that a bad one is named but not shown.
fn url<'a>(
    get: &impl Fn(&'static str) -> Option<&'a str>,
    name: &'static str,
    schemes: &[&str],
    expected: &'static str,
) -> Result<Option<Secret>, BadSetting> {
    let Some(text) = get(name) else { return Ok(None) };
    if schemes.iter().any(|scheme| text.starts_with(scheme)) {
        Ok(Some(Secret(text.to_owned())))
    } else {
        Err(BadSetting { name, found: "something else".into(), expected })
    }
}

fn key(given: Option<Secret>) -> Result<Option<Secret>, BadSetting> {
    match given {
        Some(Secret(text)) if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Err(BadSetting {
                name: "TICKGRAPH_KEY",
                found: format!("{} characters long or not all hex", text.len()),
                expected: "64 hex digits, as 'openssl rand -hex 32' prints them",
            })
        }
        given => Ok(given),
    }
}

fn origins(list: &str) -> Result<Vec<String>, BadSetting> {
    list.split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .map(|origin| {
            let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            match rest {
                Some(host) if !host.is_empty() && !host.contains('/') => Ok(origin.to_lowercase()),
                _ => Err(BadSetting {
                    name: "TICKGRAPH_ALLOWED_ORIGINS",
                    found: shown(origin),
                    expected: "origins as https://desk.example.com, without a path, comma-separated",
                }),
            }
        })
        .collect()
}

fn mail(url: Option<Secret>, from: Option<&str>) -> Result<Option<MailSettings>, BadSetting> {
    let missing = |name, expected| Err(BadSetting { name, found: "not set".into(), expected });
    match (url, from) {
        (None, None) => Ok(None),
        (Some(_), None) => missing("MAIL_FROM", "the address that e-mail is from, since SMTP_URL is set"),
        (None, Some(_)) => missing("SMTP_URL", "the mail server, since MAIL_FROM is set"),
        (Some(url), Some(from)) => Ok(Some(MailSettings { url, from: from.to_owned() })),
    }
}

fn webhooks(allow_private: Option<&str>) -> Result<Reach, BadSetting> {
    match allow_private {
        None | Some("false") => Ok(Reach::Public),
        Some("true") => Ok(Reach::Anywhere),
        Some(other) => {
            let name = "WEBHOOK_ALLOW_PRIVATE";
            Err(BadSetting { name, found: shown(other), expected: "true or false" })
        }
    }
}

fn gateway(address: Option<&str>, nothing_outside: bool) -> Result<Gateway, BadSetting> {
    match address {
        None if nothing_outside => Ok(Gateway::Simulator),
        None => Ok(Gateway::Off),
        Some("simulator") => Ok(Gateway::Simulator),
        Some(address) => match address.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) => {
                Ok(Gateway::Address(address.to_owned()))
            }
            _ => Err(BadSetting {
                name: "IB_ADDRESS",
                found: shown(address),
                expected: "host:port, as 127.0.0.1:4002, or the word simulator",
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&'static str, &str)]) -> Result<Settings, BadSetting> {
        Settings::from_values(&values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
    }

    #[test]
    fn with_nothing_set_the_simulator_is_used_and_otherwise_only_when_asked_for() {
        assert_eq!(read(&[]).unwrap().gateway, Gateway::Simulator);
        assert_eq!(read(&[("REDIS_URL", "redis://h")]).unwrap().gateway, Gateway::Off);
        let asked = [("REDIS_URL", "redis://h"), ("IB_ADDRESS", "simulator")];
        assert_eq!(read(&asked).unwrap().gateway, Gateway::Simulator);
        let address = Gateway::Address("gw:4002".into());
        assert_eq!(read(&[("IB_ADDRESS", "gw:4002")]).unwrap().gateway, address);
    }

    #[test]
    fn a_bad_value_is_named_with_what_was_expected() {
        for (name, value) in [
            ("TICKGRAPH_LISTEN", "8080"),
            ("TICKGRAPH_KEY", "abc"),
            ("TICKGRAPH_ALLOWED_ORIGINS", "desk.example.com"),
            ("TICKGRAPH_ALLOWED_ORIGINS", "https://a.example/path"),
            ("DATABASE_URL", "mysql://root:hunter2@h/db"),
            ("REDIS_URL", "http://:hunter2@h"),
            ("IB_ADDRESS", "gateway"),
            ("IB_ADDRESS", ":4002"),
            ("TICKGRAPH_TRUSTED_PROXIES", "10.0.0.1, proxy.example.com"),
            ("TICKGRAPH_TRUSTED_PROXIES", "10.0.0.1/8"),
            ("TICKGRAPH_DOCUMENTS", "all"),
            ("TICKGRAPH_HTTP_STATUS", "200"),
            ("TICKGRAPH_COST_CAPACITY", "0"),
            ("TICKGRAPH_COST_PER_SECOND", "-1"),
            ("TICKGRAPH_SOCKETS_PER_USER", "many"),
            ("TICKGRAPH_SOCKETS_PER_ADDRESS", "1.5"),
            ("WEBHOOK_ALLOW_PRIVATE", "yes"),
            ("IB_CLIENT_ID", "0"),
            ("IB_MARKET_DATA_LINES", "many"),
        ] {
            let message = read(&[(name, value)]).unwrap_err().to_string();
            assert!(message.starts_with(name) && message.contains("expected"), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn api_and_desk_need_a_database_and_redis() {
        let alone = read(&[("DATABASE_URL", "postgres://h/d")]).unwrap();
        assert_eq!(alone.require_shared().unwrap_err().name, "REDIS_URL");
        assert!(read(&[]).unwrap().require_shared().is_err());
    }

    #[test]
    fn mail_needs_both_its_settings() {
        let url = ("SMTP_URL", "smtps://ann:hunter2@mail.example.com");
        let from = ("MAIL_FROM", "alerts@example.com");
        assert_eq!(read(&[]).unwrap().mail, None);
        assert_eq!(read(&[url, from]).unwrap().mail.unwrap().from, "alerts@example.com");
        assert_eq!(read(&[url]).unwrap_err().name, "MAIL_FROM");
        assert_eq!(read(&[from]).unwrap_err().name, "SMTP_URL");
        assert!(!format!("{:?}", read(&[url, from]).unwrap()).contains("hunter2"));
    }

    #[test]
    fn webhooks_are_public_unless_told_otherwise() {
        assert_eq!(read(&[]).unwrap().webhooks, Reach::Public);
        assert_eq!(read(&[("WEBHOOK_ALLOW_PRIVATE", "true")]).unwrap().webhooks, Reach::Anywhere);
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = read(&[("DATABASE_URL", "postgres://ann:hunter2@h/d")]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
