//! What each user has of something that is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::user::UserId;

/// How much each user has taken.
pub(crate) struct Tally {
    most: u32,
    by_user: Mutex<HashMap<UserId, u32>>,
}

/// What a user has taken; dropping it gives it back.
pub(crate) struct Taken {
    tally: Arc<Tally>,
    user: UserId,
    amount: u32,
}

impl Tally {
    /// Nobody has anything yet, and nobody gets more than this.
    pub fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { most, by_user: Mutex::default() })
    }

    /// Lets a user have so much more; nothing where it would be too much.
    pub fn take(self: &Arc<Self>, user: UserId, amount: u32) -> Option<Taken> {
        let mut by_user = self.lock();
        let has = by_user.get(&user).copied().unwrap_or_default().saturating_add(amount);
        if has > self.most {
            return None;
        }
        by_user.insert(user, has);
        Some(Taken { tally: Arc::clone(self), user, amount })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, u32>> {
        self.by_user.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    /// Whoever has nothing left is forgotten, so that the map stays as small as what is taken.
    fn drop(&mut self) {
        let mut by_user = self.tally.lock();
        if let Some(has) = by_user.get_mut(&self.user) {
            *has = has.saturating_sub(self.amount);
            if *has == 0 {
                by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ANN: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));

    #[test]
    fn a_user_has_so_much_at_once() {
        let tally = Tally::new(10);
        let first = tally.take(ANN, 6).unwrap();
        assert!(tally.take(ANN, 5).is_none());
        assert!(tally.take(BOB, 11).is_none());
        assert!(tally.take(BOB, 10).is_some(), "each has as much");
        let second = tally.take(ANN, 4).unwrap();
        drop(first);
        assert!(tally.take(ANN, 6).is_some());
        assert!(tally.take(ANN, u32::MAX).is_none());
        drop(second);
        assert!(tally.lock().is_empty());
    }
}
