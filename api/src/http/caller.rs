//! Who sent a request, as resolvers see it.

use std::net::IpAddr;
use std::sync::Arc;

use crate::auth::Principal;
use crate::http::RefreshCookie;

/// Who sent a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// The user behind it; absent where nobody is logged in.
    pub principal: Option<Principal>,
    /// The refresh cookie's seat; absent where no cookie can be set (on a websocket).
    pub cookie: Option<RefreshCookie>,
    /// Where the request comes from.
    pub origin: ClientOrigin,
}

/// Where a request comes from: what a person recognises a session by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientOrigin {
    /// The client's address; behind trusted proxies, what they say it is.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub agent: Option<Arc<str>>,
}
