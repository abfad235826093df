//! Posting to users' webhooks.
//!
//! The addresses are whatever users typed, so that nothing here trusts them: names are resolved here and lead to public
//! addresses alone (unless the settings say otherwise), so that a name which changes its mind between check and
//! connection gains nothing; redirects are not followed, proxies of the environment not used, answers not read.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::delivery::SendError;
use domain::webhook::{Post, Reach, WebhookSender};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

mod message;

use message::Signed;

/// How long one try may take, with all that it waits for.
const TAKES: Duration = Duration::from_secs(10);

/// Posts to webhooks at addresses within this reach.
#[derive(Clone)]
pub struct HttpWebhooks {
    client: Client,
    reach: Reach,
}

impl fmt::Debug for HttpWebhooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpWebhooks").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl HttpWebhooks {
    /// A sender. It fails only where the TLS library does.
    pub fn new(reach: Reach) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls()?)
            .dns_resolver(Arc::new(Resolver(reach)))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(TAKES)
            .user_agent(concat!("Tickgraph/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, reach })
    }
}

/// TLS that trusts the usual authorities.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[async_trait]
impl WebhookSender for HttpWebhooks {
    async fn post(&self, post: &Post) -> Result<(), SendError> {
        // An address that is written out is not resolved.
        if post.url.address().is_some_and(|address| !self.reach.allows(address)) {
            return Err(SendError::Passing(NotPublic.to_string()));
        }
        let Signed { body, headers } = Signed::new(post);
        let mut request = self.client.post(post.url.as_str());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // Its answer is dropped unread, and the connection with it.
        let answer = request.body(body).send().await.map_err(|error| trouble(&error))?;
        verdict(answer.status())
    }
}

fn verdict(status: StatusCode) -> Result<(), SendError> {
    let code = status.as_u16();
    if status.is_success() {
        return Ok(());
    }
    if status == StatusCode::GONE {
        return Err(SendError::Final("the receiver says that it is gone for good (410)".into()));
    }
    if status.is_redirection() {
        let text = format!(
            "the receiver answered with a redirect ({code}), which is not followed; use the final address"
        );
        return Err(SendError::Passing(text));
    }
    Err(SendError::Passing(format!("the receiver answered with {code}")))
}

/// Why there was no answer, in words that tell nothing of the network behind.
fn trouble(error: &reqwest::Error) -> SendError {
    let first: Option<&(dyn Error + 'static)> = error.source();
    let causes = std::iter::successors(first, |cause| (*cause).source());
    if causes.clone().any(<dyn Error>::is::<NotPublic>) {
        return SendError::Passing(NotPublic.to_string());
    }
    if causes.clone().any(<dyn Error>::is::<NotResolved>) {
        return SendError::Passing(NotResolved.to_string());
    }
    let text = if error.is_timeout() {
        format!("the receiver did not answer within {} seconds", TAKES.as_secs())
    } else if causes.clone().any(<dyn Error>::is::<rustls::Error>) {
        "the receiver's certificate or TLS is not accepted".to_owned()
    } else if error.is_connect() {
        "the receiver does not accept connections".to_owned()
    } else {
        "the receiver closed the connection without a proper answer".to_owned()
    };
    SendError::Passing(text)
}

/// The name leads to no address that may be posted to.
#[derive(Debug, thiserror::Error)]
#[error("the address belongs to a private network; an administrator can allow it (WEBHOOK_ALLOW_PRIVATE)")]
struct NotPublic;

/// The name leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the receiver's name cannot be resolved")]
struct NotResolved;

/// Resolves names to addresses within a reach.
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| NotResolved)?;
            let allowed = allowed(reach, found.map(|address| address.ip()))?;
            let addresses: Addrs = Box::new(allowed.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

fn allowed(reach: Reach, found: impl Iterator<Item = IpAddr>) -> Result<Vec<IpAddr>, NotPublic> {
    let allowed: Vec<IpAddr> = found.filter(|ip| reach.allows(*ip)).collect();
    if allowed.is_empty() { Err(NotPublic) } else { Ok(allowed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_public_addresses_alone() {
        let found = ["10.0.0.1", "1.1.1.1", "::1"].map(|ip| ip.parse().unwrap());
        assert_eq!(allowed(Reach::Public, found.into_iter()).unwrap(), [found[1]]);
        assert!(allowed(Reach::Public, [found[0]].into_iter()).is_err());
        assert_eq!(allowed(Reach::Anywhere, found.into_iter()).unwrap(), found);
    }

    #[test]
    fn each_status_has_its_verdict() {
        let passing = [301, 302, 307, 400, 401, 404, 429, 500, 503];
        for (codes, expected) in [([200, 201, 204].as_slice(), 0), (&passing, 1), (&[410], 2)] {
            for code in codes {
                let found = match verdict(StatusCode::from_u16(*code).unwrap()) {
                    Ok(()) => 0,
                    Err(SendError::Passing(_)) => 1,
                    Err(SendError::Final(_)) => 2,
                };
                assert_eq!(found, expected, "{code}");
            }
        }
    }
}
