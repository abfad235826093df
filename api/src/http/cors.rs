//! Whose pages may use the API: the server's own, and those of the origins in the settings.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

use crate::http::host::host;

/// Origins that are let in besides the server's own.
pub(crate) struct Origins(Vec<String>);

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source<'h> {
    /// A program, or a page of the server itself.
    Own,
    /// A page of an origin in the settings.
    Allowed(&'h str),
    /// Any other page.
    Foreign,
}

impl Origins {
    /// These origins.
    pub fn new(allowed: &[String]) -> Self {
        Self(allowed.iter().map(|origin| origin.trim().trim_end_matches('/').to_ascii_lowercase()).collect())
    }

    /// Where a request with these headers comes from. Only browsers send an `Origin`, and they cannot be made to lie.
    pub(super) fn source<'h>(&self, headers: &'h HeaderMap) -> Source<'h> {
        let Some(header) = headers.get(ORIGIN) else { return Source::Own };
        let Ok(origin) = header.to_str() else { return Source::Foreign };
        if host(headers).is_some_and(|host| is_at(origin, host)) {
            return Source::Own;
        }
        let folded = origin.to_ascii_lowercase();
        if self.0.contains(&folded) { Source::Allowed(origin) } else { Source::Foreign }
    }
}

/// Whether an origin is at this host; a port that belongs to the scheme may be left out.
fn is_at(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let without = |text: &str| text.strip_suffix(port).unwrap_or(text).to_ascii_lowercase();
    without(authority) == without(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::HOST;

    use super::*;

    #[test]
    fn own_and_allowed_pages_alone_are_let_in() {
        let origins = Origins::new(&["https://Charts.example.com/".to_owned()]);
        let allowed = Source::Allowed("https://charts.example.com");
        let cases = [
            ("http://localhost:8080", "localhost:8080", Source::Own),
            ("https://desk.example.com", "desk.example.com", Source::Own),
            ("https://desk.example.com:443", "Desk.example.com", Source::Own),
            ("https://charts.example.com", "desk.example.com", allowed),
            ("http://charts.example.com", "desk.example.com", Source::Foreign),
            ("http://localhost:9090", "localhost:8080", Source::Foreign),
            ("http://evil.example.com", "localhost:8080", Source::Foreign),
            ("null", "localhost:8080", Source::Foreign),
            ("file://localhost:8080", "localhost:8080", Source::Foreign),
        ];
        for (origin, host, expected) in cases {
            let headers = HeaderMap::from_iter([
                (ORIGIN, HeaderValue::from_static(origin)),
                (HOST, HeaderValue::from_static(host)),
            ]);
            assert_eq!(origins.source(&headers), expected, "{origin} at {host}");
        }
        assert_eq!(origins.source(&HeaderMap::new()), Source::Own);
    }
}
