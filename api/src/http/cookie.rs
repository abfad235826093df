//! The cookie that holds the refresh token. It is the only thing that a browser keeps of a session.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::session::{RefreshToken, SESSION_LIVES};

use crate::http::host::is_loopback;

const NAME: &str = "tickgraph_refresh";

/// The refresh cookie of one request, and how to answer with another.
#[derive(Clone, Debug)]
pub(crate) struct RefreshCookie {
    /// The token that came with the request.
    pub token: Option<RefreshToken>,
    /// Without TLS, on the same machine, a browser would drop a `Secure` cookie.
    secure: bool,
}

impl RefreshCookie {
    /// The cookie of a request with these headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let token = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(RefreshToken);
        Self { token, secure: !is_loopback(headers) }
    }

    /// The `Set-Cookie` that hands out this token.
    pub fn set(&self, token: &RefreshToken) -> String {
        self.header(&URL_SAFE_NO_PAD.encode(token.0), SESSION_LIVES.whole_seconds())
    }

    /// The `Set-Cookie` that takes the token away.
    pub fn cleared(&self) -> String {
        self.header("", 0)
    }

    fn header(&self, value: &str, max_age: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{NAME}={value}; Path=/graphql; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::HOST;

    use super::*;

    fn cookie(host: &'static str, cookie: &str) -> RefreshCookie {
        RefreshCookie::of(&HeaderMap::from_iter([
            (HOST, HeaderValue::from_static(host)),
            (COOKIE, HeaderValue::from_str(cookie).unwrap()),
        ]))
    }

    #[test]
    fn a_token_comes_back_as_it_went_out() {
        let token = RefreshToken([9; 32]);
        let header = cookie("desk.example.com", "").set(&token);
        assert!(
            header.ends_with("; Path=/graphql; Max-Age=1209600; HttpOnly; SameSite=Strict; Secure"),
            "{header}"
        );
        let pair = header.split(';').next().unwrap();
        assert_eq!(cookie("localhost:1", &format!("a=b; {pair}; c=d")).token, Some(token));
        assert!(!cookie("localhost:1", "").cleared().contains("Secure"));
        assert!(
            cookie("localhost:1", "").cleared().starts_with("tickgraph_refresh=; Path=/graphql; Max-Age=0")
        );
    }

    #[test]
    fn what_is_no_token_is_none() {
        for bad in [
            "",
            "tickgraph_refresh",
            "tickgraph_refresh=",
            "tickgraph_refresh=AAAA",
            "xtickgraph_refresh=AAAA",
            "tickgraph_refresh=!!",
        ] {
            assert_eq!(cookie("localhost", bad).token, None, "{bad}");
        }
    }
}
