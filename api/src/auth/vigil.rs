//! Watches whether those who are connected may still be.
//!
//! What let them in is looked up again every few seconds, once for all connections that it let in, and those whom
//! it concerns are told. While the database is away nobody is told anything: what was open stays open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::access::Authority;
use futures::StreamExt as _;
use slab::Slab;

use crate::auth::{Authenticator, Principal};
use crate::share::{Order, Outbox};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(5);

/// How many look-ups run at once.
const AT_ONCE: usize = 4;

/// Every connection of this node that lasts.
#[derive(Default)]
pub struct Vigil {
    connections: Mutex<Slab<Connected>>,
}

struct Connected {
    outbox: Arc<Outbox>,
    principal: Option<Arc<Principal>>,
}

/// What let connections in, and which.
struct Admitted {
    principal: Arc<Principal>,
    keys: Vec<usize>,
}

/// A connection that is watched for as long as this value lives.
pub struct Watched {
    vigil: Arc<Vigil>,
    key: usize,
}

impl Vigil {
    /// Watches a connection, which nobody stands behind yet.
    pub fn watch(this: &Arc<Self>, outbox: Arc<Outbox>) -> Watched {
        let key = this.lock().insert(Connected { outbox, principal: None });
        Watched { vigil: Arc::clone(this), key }
    }

    /// Looks without end.
    pub async fn run(&self, authenticator: &Authenticator) {
        loop {
            tokio::time::sleep(EVERY).await;
            let look = async |admitted: Admitted| match authenticator.again(&admitted.principal).await {
                Ok(known) => self.tell(&admitted, known.as_ref()),
                Err(error) => tracing::debug!(%error, "who is connected could not be looked up"),
            };
            let all = futures::stream::iter(self.admitted());
            all.for_each_concurrent(AT_ONCE, look).await;
        }
    }

    /// Gives an order to every connection.
    pub fn order_all(&self, order: Order) {
        for (_, connected) in self.lock().iter() {
            connected.outbox.order(order);
        }
    }

    /// What let connections in, each with those that it let in.
    fn admitted(&self) -> Vec<Admitted> {
        let connections = self.lock();
        let mut by_authority: HashMap<Authority, Admitted> = HashMap::new();
        for (key, connected) in connections.iter() {
            let Some(principal) = &connected.principal else { continue };
            let admitted = by_authority
                .entry(principal.authority)
                .or_insert_with(|| Admitted { principal: Arc::clone(principal), keys: Vec::new() });
            admitted.keys.push(key);
        }
        by_authority.into_values().collect()
    }

    /// Tells connections what has become of that which let them in.
    fn tell(&self, admitted: &Admitted, known: Option<&Principal>) {
        let connections = self.lock();
        for connected in admitted.keys.iter().filter_map(|key| connections.get(*key)) {
            // The key may be another connection's by now.
            let is_of = |one: &&Arc<Principal>| one.authority == admitted.principal.authority;
            let Some(principal) = connected.principal.as_ref().filter(is_of) else { continue };
            match known {
                None => connected.outbox.order(Order::AuthorityEnded),
                Some(known) if known.rights().reach() != principal.rights().reach() => {
                    connected.outbox.order(Order::RightsChanged);
                }
                Some(_) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slab<Connected>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    /// This is who stands behind the connection from now on.
    pub fn adopt(&self, principal: Arc<Principal>) {
        if let Some(connected) = self.vigil.lock().get_mut(self.key) {
            connected.principal = Some(principal);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.vigil.lock().try_remove(self.key);
    }
}
