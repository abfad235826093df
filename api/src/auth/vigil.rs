//! Watches whether those who are connected may still be.
//!
//! What let them in is looked up again every few seconds, once for all connections that it let in, and those whom
//! it concerns are told. While the database is away nobody is told anything: what was open stays open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::access::Authority;
use slab::Slab;

use crate::auth::{Authenticator, Principal};
use crate::share::{Order, Outbox};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(5);

/// Every connection of this node that lasts.
#[derive(Default)]
pub struct Vigil {
    connections: Mutex<Slab<Connected>>,
}

struct Connected {
    outbox: Arc<Outbox>,
    principal: Option<Principal>,
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
            for (authority, principal) in self.authorities() {
                match authenticator.again(&principal).await {
                    Ok(known) => self.tell(authority, known.as_ref()),
                    Err(error) => tracing::debug!(%error, "who is connected could not be looked up"),
                }
            }
        }
    }

    /// Gives an order to every connection.
    pub fn order_all(&self, order: Order) {
        for (_, connected) in self.lock().iter() {
            connected.outbox.order(order);
        }
    }

    /// What let connections in, each once, with one whom it let in.
    fn authorities(&self) -> HashMap<Authority, Principal> {
        let connections = self.lock();
        let principals = connections.iter().filter_map(|(_, connected)| connected.principal.as_ref());
        principals.map(|principal| (principal.authority, principal.clone())).collect()
    }

    /// Tells those whom this authority let in what has become of it.
    fn tell(&self, authority: Authority, known: Option<&Principal>) {
        for (_, connected) in self.lock().iter() {
            let Some(principal) = connected.principal.as_ref().filter(|one| one.authority == authority)
            else {
                continue;
            };
            match known {
                None => connected.outbox.order(Order::AuthorityEnded),
                Some(known) if known.rights() != principal.rights() => {
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
    pub fn adopt(&self, principal: &Principal) {
        if let Some(connected) = self.vigil.lock().get_mut(self.key) {
            connected.principal = Some(principal.clone());
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.vigil.lock().try_remove(self.key);
    }
}
