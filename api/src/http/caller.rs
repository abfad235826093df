//! Who sent a request, as resolvers see it.

use crate::auth::Principal;
use crate::http::RefreshCookie;

/// Where a request comes from.
pub(crate) type ClientOrigin = domain::address::Origin;

/// Who sent a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The user behind it; absent where nobody is logged in.
    pub principal: Option<Principal>,
    /// The refresh cookie's seat; absent where no cookie can be set (on a websocket).
    pub cookie: Option<RefreshCookie>,
    /// Where the request comes from.
    pub origin: ClientOrigin,
}
