//! What resolvers and protocol handlers share.

use std::sync::Arc;

use domain::random::new_id;

use crate::auth::{AccessTokens, Authenticator, Vigil};
use crate::feed::Feed;
use crate::monitor::Monitor;
use crate::{ApiOptions, Services};

/// The services of one node, with what the API adds to them.
pub(crate) struct Core {
    /// The use cases and ports.
    pub services: Services,
    /// Access tokens.
    pub tokens: AccessTokens,
    /// Who stands behind a token.
    pub authenticator: Authenticator,
    /// The quote hub.
    pub feed: Feed,
    /// Whether those who are connected may still be.
    pub vigil: Arc<Vigil>,
    /// How the database and the bus are.
    pub monitor: Monitor,
    /// The version of the server.
    pub version: &'static str,
}

impl Core {
    /// A core over these services.
    pub fn new(services: Services, options: &ApiOptions) -> Arc<Self> {
        let tokens = AccessTokens::new(&options.key, Arc::clone(&services.clock));
        let authenticator = Authenticator {
            tokens: tokens.clone(),
            sessions: Arc::clone(&services.people.sessions),
            api_keys: Arc::clone(&services.people.api_keys),
        };
        let node = new_id(services.clock.now(), services.random.as_ref());
        let (bus, demand) = (Arc::clone(&services.bus), Arc::clone(&services.demand));
        let feed = Feed::new(node, bus, demand, Arc::clone(&services.clock));
        Arc::new(Self {
            tokens,
            authenticator,
            feed,
            vigil: Arc::default(),
            monitor: Monitor::new(),
            version: options.version,
            services,
        })
    }
}
