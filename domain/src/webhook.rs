//! Webhooks: addresses of users' own programs that alerts are posted to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use async_trait::async_trait;
use time::OffsetDateTime;
use url::{Host, Url};
use uuid::Uuid;

use crate::audit::AuditLine;
use crate::delivery::{Notice, SendError};
use crate::error::{Refusal, RefusalCode};
use crate::name;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::user::UserId;

mod webhooks;

pub use webhooks::{MadeWebhook, WebhookPorts, Webhooks};

/// The most webhooks that a user keeps.
pub const MAX_WEBHOOKS: u64 = 10;

/// The longest address.
const MAX_URL: usize = 2_000;

/// The id of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebhookId(pub Uuid);

/// Which addresses may be posted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public internet, by HTTPS.
    #[default]
    Public,
    /// Any, the machine's own and the local network's too, and by plain HTTP.
    Anywhere,
}

impl Reach {
    /// Whether this address may be posted to.
    pub fn allows(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_public(address)
    }
}

/// Whether an address belongs to the public internet: not to this machine, a private or local network, a test
/// network, a group of receivers, or an IPv4 address in the clothes of IPv6.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    // This network, private, loopback; groups and what is reserved.
    let whole = matches!(a, 0 | 10 | 127 | 224..=255);
    // Carrier-grade NAT, link-local, private, benchmarks.
    let wide = matches!((a, b), (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168) | (198, 18..=19));
    // Protocol assignments, documentation, 6to4 relays.
    let narrow = matches!((a, b, c), (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113));
    !(whole || wide || narrow)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match address.segments() {
        // Protocol assignments (Teredo among them), documentation, 6to4.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] => false,
        [0x3fff, second, ..] => second > 0x0fff,
        // Of the rest, global unicast alone.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// What a user called a webhook: 1 to 60 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookName(String);

impl WebhookName {
    /// Checks and trims a name that a person typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        name::parse(text, 60, "a webhook").map(Self)
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a webhook is. It may hold a secret of the receiver's, so that it is not logged.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl WebhookUrl {
    /// Checks an address that a person typed. Where its name leads is checked again at each connection.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, Refusal> {
        let refuse = |message: &str| Err(Refusal::of("url", RefusalCode::Invalid, message));
        let text = text.trim();
        let Some(url) = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL) else {
            return refuse("write an address of at most 2,000 characters such as https://example.com/alerts");
        };
        match (url.scheme(), reach) {
            ("https", _) | ("http", Reach::Anywhere) => {}
            _ => return refuse("a webhook is reached by https"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("leave user and password out of the address; check the signature instead");
        }
        let allowed = match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let is_local = name == "localhost" || name.ends_with(".localhost");
                !name.is_empty() && (reach == Reach::Anywhere || !is_local)
            }
            Some(Host::Ipv4(address)) => reach.allows(address.into()),
            Some(Host::Ipv6(address)) => reach.allows(address.into()),
            None => false,
        };
        if !allowed {
            return refuse(
                "this is an address of a private network; an administrator can allow it (WEBHOOK_ALLOW_PRIVATE)",
            );
        }
        Ok(Self(url))
    }

    /// One that was checked when it was kept.
    pub fn kept(text: &str) -> Option<Self> {
        Self::parse(text, Reach::Anywhere).ok()
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name or address of the machine: those that share it wait for each other.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The address, where no name stands for it.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WebhookUrl({}…)", self.host())
    }
}

/// What a webhook's messages are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecret(pub Secret);

impl WebhookSecret {
    /// As the receiver knows it: `whsec_` and 43 characters. Its bytes are the key of the signature.
    pub fn text(&self) -> String {
        format!("whsec_{}", self.0.text())
    }
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Ours.
    pub id: WebhookId,
    /// Whose.
    pub owner: UserId,
    /// What its owner called it.
    pub name: WebhookName,
    /// Where it is.
    pub url: WebhookUrl,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When something was last delivered.
    pub last_delivered_at: Option<OffsetDateTime>,
    /// Why the last try failed; absent where it did not.
    pub last_error: Option<String>,
}

/// Where webhooks are kept; secrets sealed. Every method sees only those of `owner`.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Adds one; returns whether it did: a user has at most [`MAX_WEBHOOKS`].
    async fn create(
        &self,
        webhook: &Webhook,
        secret: &WebhookSecret,
        audit: &AuditLine,
    ) -> Result<bool, StoreError>;

    /// These of the owner; others are left out.
    async fn find(&self, owner: UserId, ids: &[WebhookId]) -> Result<Vec<Webhook>, StoreError>;

    /// All of the owner, oldest first.
    async fn list(&self, owner: UserId) -> Result<Vec<Webhook>, StoreError>;

    /// What its messages are signed with.
    async fn secret(&self, owner: UserId, id: WebhookId) -> Result<Option<WebhookSecret>, StoreError>;

    /// Notes how a try ended, where the webhook is still there.
    async fn note(&self, id: WebhookId, at: OffsetDateTime, error: Option<&str>) -> Result<(), StoreError>;

    /// Deletes one; returns whether there was one. Alerts that go to it go there no longer, and what was still to be
    /// delivered there is given up.
    async fn delete(&self, owner: UserId, id: WebhookId, audit: &AuditLine) -> Result<bool, StoreError>;
}

/// What is posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// Where to.
    pub url: WebhookUrl,
    /// What it is signed with.
    pub secret: WebhookSecret,
    /// When this try begins.
    pub at: OffsetDateTime,
    /// What is told.
    pub notice: Notice,
}

/// Posts to webhooks. It takes a bounded time.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Posts once.
    async fn post(&self, post: &Post) -> Result<(), SendError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        let public = [
            "1.1.1.1",
            "93.184.216.34",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.1.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "3fff:1000::1",
        ];
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.255.255.254",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ];
        for (addresses, expected) in [(public.as_slice(), true), (private.as_slice(), false)] {
            for address in addresses {
                assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
                assert!(Reach::Anywhere.allows(address.parse().unwrap()));
            }
        }
    }

    #[test]
    fn an_address_is_public_and_by_https_unless_it_is_allowed() {
        let long = format!("https://example.com/{}", "x".repeat(2_000));
        // (address, good in public, good anywhere)
        let cases = [
            ("https://example.com/alerts?key=1", true, true),
            (" https://example.com ", true, true),
            ("https://1.1.1.1:8443/", true, true),
            ("http://example.com/", false, true),
            ("https://localhost/", false, true),
            ("https://a.localhost./", false, true),
            ("https://127.0.0.1/", false, true),
            ("https://2130706433/", false, true),
            ("https://0x7f.1/", false, true),
            ("https://[::1]/", false, true),
            ("https://[::ffff:10.0.0.1]/", false, true),
            ("https://10.0.0.1:9000/x", false, true),
            ("https://user@example.com/", false, false),
            ("https://:secret@example.com/", false, false),
            ("ftp://example.com/", false, false),
            ("file:///etc/passwd", false, false),
            ("https://", false, false),
            ("example.com", false, false),
            ("", false, false),
            (&long, false, false),
        ];
        for (text, public, anywhere) in cases {
            let parse = |reach| WebhookUrl::parse(text, reach).is_ok();
            assert_eq!((parse(Reach::Public), parse(Reach::Anywhere)), (public, anywhere), "{text}");
        }
    }

    #[test]
    fn the_path_is_not_shown() {
        let url = WebhookUrl::parse("https://example.com/hooks/s3cr3t", Reach::Public).unwrap();
        assert_eq!(format!("{url:?}"), "WebhookUrl(example.com…)");
        assert_eq!(WebhookUrl::kept(url.as_str()), Some(url));
    }
}
