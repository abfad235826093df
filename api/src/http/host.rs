//! The host that a client believes to talk to.

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// The `Host` header, where it is a plain host and port.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain)).then_some(host)
}

/// The host without its port.
fn name(host: &str) -> &str {
    if let Some(end) = host.strip_prefix('[').and_then(|rest| rest.find(']')) {
        return &host[..end + 2];
    }
    host.split(':').next().unwrap_or(host)
}

/// Whether the client talks to its own machine, where there is no TLS.
pub(super) fn is_loopback(headers: &HeaderMap) -> bool {
    host(headers).is_some_and(|host| {
        let name = name(host);
        name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(host: &str) -> HeaderMap {
        HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())])
    }

    #[test]
    fn loopback_is_told_from_elsewhere() {
        for own in ["localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:8080", "[::1]", "[::1]:8080"] {
            assert!(is_loopback(&headers(own)), "{own}");
        }
        for other in
            ["desk.example.com", "localhost.example.com", "127.0.0.1.nip.io", "[::2]:80", "10.0.0.1", "a b"]
        {
            assert!(!is_loopback(&headers(other)), "{other}");
        }
        assert!(!is_loopback(&HeaderMap::new()));
    }

    #[test]
    fn a_host_that_could_break_out_of_a_header_is_none() {
        for bad in ["", "a;b", "a'b", "a b", "a,b", "a/b"] {
            assert_eq!(host(&headers(bad)), None, "{bad}");
        }
    }
}
