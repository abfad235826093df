//! How many sockets may be open: of one user, of one address, and of one address before anybody has logged in.
//!
//! Whoever connects from the machine itself (a proxy, a benchmark) is not counted by address.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::address::AddressRange;
use domain::user::UserId;

use crate::options::Limits;

/// Counts the open sockets of one node.
pub(crate) struct Admission {
    limits: Limits,
    counts: Mutex<Counts>,
}

/// The user has as many sockets open as are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Default)]
struct Counts {
    by_user: HashMap<UserId, u32>,
    by_address: HashMap<AddressRange, u32>,
    waiting: HashMap<AddressRange, u32>,
}

/// The seat of one open socket; dropping it frees the seat.
pub(crate) struct Seat {
    admission: Arc<Admission>,
    address: Option<AddressRange>,
    user: Option<UserId>,
}

impl Admission {
    /// Nobody is there yet.
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, counts: Mutex::default() })
    }

    /// A seat for a socket on which nobody has logged in yet; none where the address has too many.
    pub fn address(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Seat> {
        let counted = address.filter(|address| !address.to_canonical().is_loopback());
        let range = counted.map(AddressRange::of_client);
        if let Some(range) = range {
            let mut counts = self.counts();
            let has_room = count(&counts.by_address, &range) < self.limits.sockets_per_address
                && count(&counts.waiting, &range) < self.limits.waiting_per_address;
            if !has_room {
                return None;
            }
            add(&mut counts.by_address, range);
            add(&mut counts.waiting, range);
        }
        Some(Seat { admission: Arc::clone(self), address: range, user: None })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Somebody has logged in on the socket. Where that user has too many already, nothing changes.
    pub fn authenticated(&mut self, user: UserId) -> Result<(), Full> {
        if self.user.is_some() {
            return Ok(());
        }
        let mut counts = self.admission.counts();
        if count(&counts.by_user, &user) >= self.admission.limits.sockets_per_user {
            return Err(Full);
        }
        add(&mut counts.by_user, user);
        if let Some(range) = self.address {
            take(&mut counts.waiting, &range);
        }
        drop(counts);
        self.user = Some(user);
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.admission.counts();
        if let Some(range) = self.address {
            take(&mut counts.by_address, &range);
            if self.user.is_none() {
                take(&mut counts.waiting, &range);
            }
        }
        if let Some(user) = self.user {
            take(&mut counts.by_user, &user);
        }
    }
}

fn count<K: Hash + Eq>(counts: &HashMap<K, u32>, key: &K) -> u32 {
    counts.get(key).copied().unwrap_or_default()
}

fn add<K: Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    *counts.entry(key).or_default() += 1;
}

/// Whoever has no socket left is forgotten, so that the maps stay as small as what is open.
fn take<K: Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(known) = counts.get_mut(key) {
        *known -= 1;
        if *known == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn admission() -> Arc<Admission> {
        let limits = Limits {
            sockets_per_user: 2,
            sockets_per_address: 3,
            waiting_per_address: 2,
            ..Limits::default()
        };
        Admission::new(limits)
    }

    fn open(admission: &Arc<Admission>, from: &str) -> Option<Seat> {
        admission.address(Some(from.parse().unwrap()))
    }

    const ANN: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));

    #[test]
    fn an_address_has_few_sockets_before_anybody_logs_in() {
        let admission = admission();
        let here = "192.0.2.1";
        let mut first = open(&admission, here).unwrap();
        let second = open(&admission, here).unwrap();
        assert!(open(&admission, here).is_none(), "two wait already");
        assert!(open(&admission, "192.0.2.2").is_some(), "another address");
        first.authenticated(ANN).unwrap();
        let third = open(&admission, here).unwrap();
        assert!(open(&admission, here).is_none(), "three are open");
        drop((second, third));
        assert!(open(&admission, here).is_some());
        drop(first);
        let counts = admission.counts();
        assert!(counts.by_address.is_empty() && counts.waiting.is_empty() && counts.by_user.is_empty());
    }

    #[test]
    fn a_user_has_so_many_sockets_wherever_they_come_from() {
        let admission = admission();
        let mut seats: Vec<Seat> = ["192.0.2.1", "192.0.2.2", "2001:db8::1"]
            .iter()
            .map(|from| open(&admission, from).unwrap())
            .collect();
        assert_eq!(seats[0].authenticated(ANN), Ok(()));
        assert_eq!(seats[0].authenticated(ANN), Ok(()), "once more is no more");
        assert_eq!(seats[1].authenticated(ANN), Ok(()));
        assert_eq!(seats[2].authenticated(ANN), Err(Full));
        assert_eq!(seats[2].authenticated(BOB), Ok(()));
        seats.remove(0);
        let mut next = admission.address(None).unwrap();
        assert_eq!(next.authenticated(ANN), Ok(()));
    }

    #[test]
    fn the_machine_itself_is_not_counted_by_address() {
        let admission = admission();
        for own in ["127.0.0.1", "127.5.0.1", "::1", "::ffff:127.0.0.1"] {
            let seats: Vec<_> = (0..10).map(|_| open(&admission, own).unwrap()).collect();
            assert_eq!(seats.len(), 10, "{own}");
        }
        let line = ["2001:db8::1", "2001:db8::2", "2001:db8::3"];
        let seats: Vec<_> = line.iter().filter_map(|from| open(&admission, from)).collect();
        assert_eq!(seats.len(), 2, "a line's addresses count as one");
    }
}
