//! Where a request comes from, seen through the proxies that are trusted.
//!
//! The other end of the connection is known for certain. Only where it is a proxy of ours is `X-Forwarded-For`
//! looked at, from the right: each entry was written by whoever stands to its right, so the first that is no
//! proxy of ours is the client, and what stands left of it may be invented. The header `Forwarded` is not read.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::USER_AGENT;
use axum::http::{Extensions, HeaderMap};
use domain::address::AddressRange;

use crate::http::ClientOrigin;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// What is kept of the name that a client gives itself, in bytes.
const MAX_AGENT: usize = 256;

/// The proxies that are trusted.
pub(crate) struct Proxies(Vec<AddressRange>);

impl Proxies {
    /// These proxies.
    pub fn new(trusted: &[AddressRange]) -> Self {
        Self(trusted.to_vec())
    }

    /// Where a request with these headers, on this connection, comes from.
    pub(super) fn origin(&self, extensions: &Extensions, headers: &HeaderMap) -> ClientOrigin {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        ClientOrigin {
            address: peer.map(|peer| self.client(peer, headers)),
            agent: headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(shortened),
        }
    }

    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        for line in lines {
            // What is no text is what no proxy of ours wrote: nothing left of it is believed.
            let Ok(line) = line.to_str() else { return client };
            for entry in line.rsplit(',') {
                let is_trusted = self.0.iter().any(|range| range.contains(client));
                let Some(named) = address(entry.trim()).filter(|_| is_trusted) else { return client };
                client = named;
            }
        }
        client
    }
}

/// An entry of `X-Forwarded-For`: an address, with some proxies also its port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let parsed = bare.parse().ok().or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()));
    parsed.map(|address| address.to_canonical())
}

/// The beginning of a text. A header that could be read is ASCII, so any byte is a boundary.
fn shortened(agent: &str) -> std::sync::Arc<str> {
    agent.get(..MAX_AGENT).unwrap_or(agent).into()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_client_is_the_first_from_the_right_that_is_no_proxy_of_ours() {
        let proxies = Proxies::new(&["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()]);
        // (the other end, the header's lines, the client)
        let cases: [(&str, &[&str], &str); 15] = [
            ("192.0.2.1", &[], "192.0.2.1"),
            ("192.0.2.1", &["203.0.113.9"], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.7, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.7", "203.0.113.9,10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db9::1]:4711"], "2001:db9::1"),
            ("2001:db8::1", &["[2001:db9::2]"], "2001:db9::2"),
            ("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9, , 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ];
        for (peer, lines, expected) in cases {
            let peer: SocketAddr = (peer.parse::<IpAddr>().unwrap(), 50_000).into();
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(peer));
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
            }
            let origin = proxies.origin(&extensions, &headers);
            assert_eq!(origin.address, Some(expected.parse().unwrap()), "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_believed() {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 1))));
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, HeaderValue::from_static("203.0.113.9"));
        headers.append(FORWARDED_FOR, HeaderValue::from_bytes(b"10.0.0.\xff").unwrap());
        let origin = Proxies::new(&["10.0.0.0/8".parse().unwrap()]).origin(&extensions, &headers);
        assert_eq!(origin.address, Some([10, 0, 0, 1].into()));
    }

    #[test]
    fn a_client_is_known_by_the_beginning_of_its_name() {
        let agent = |name: &str| {
            let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_str(name).unwrap())]);
            Proxies::new(&[]).origin(&Extensions::new(), &headers).agent
        };
        assert_eq!(agent("curl/8").as_deref(), Some("curl/8"));
        assert_eq!(agent(&"x".repeat(5_000)).unwrap().len(), MAX_AGENT);
        assert_eq!(Proxies::new(&[]).origin(&Extensions::new(), &HeaderMap::new()), ClientOrigin::default());
    }
}
