use std::time::Duration;

use domain::lease::{Lease, LeaseStore};
use uuid::Uuid;

use super::Pair;
use crate::{at_once, eventually};

const LONG: Duration = Duration::from_mins(10);

pub async fn contract(pair: &Pair) {
    let holders: Vec<_> = (0..8).map(|_| Uuid::new_v4()).collect();
    // The first time there is no row yet; later it is there, and free.
    for round in 1..5 {
        let (holder, lease) = race(pair, &holders).await;
        assert_eq!(lease.fence, round);
        pair.one.release(holder).await.unwrap();
    }
    let (first, Lease { fence }) = race(pair, &holders).await;
    let second = *holders.iter().find(|holder| **holder != first).unwrap();

    // Extended: the same fence. Asked for by another, or given back by one who has it not: no change.
    assert_eq!(pair.other.acquire(first, LONG).await.unwrap(), Some(Lease { fence }));
    assert_eq!(pair.other.acquire(second, LONG).await.unwrap(), None);
    pair.one.release(second).await.unwrap();
    assert_eq!(pair.other.acquire(second, LONG).await.unwrap(), None);

    // Given back: free at once, and the fence grows, also for the same holder.
    pair.one.release(first).await.unwrap();
    pair.one.release(first).await.unwrap();
    assert_eq!(pair.other.acquire(second, LONG).await.unwrap(), Some(Lease { fence: fence + 1 }));
    pair.one.release(second).await.unwrap();
    assert_eq!(pair.other.acquire(second, LONG).await.unwrap(), Some(Lease { fence: fence + 2 }));

    // Shortened, it runs out by itself; another gets a new fence.
    assert!(pair.one.acquire(second, Duration::from_millis(50)).await.unwrap().is_some());
    let next =
        eventually("the lease runs out", || async { pair.one.acquire(first, LONG).await.unwrap() }).await;
    assert_eq!(next.fence, fence + 3);
    assert_eq!(pair.other.acquire(second, LONG).await.unwrap(), None);

    // A holder that comes late to its own lease finds it as it was: nobody had it in between.
    assert!(pair.one.acquire(first, Duration::ZERO).await.unwrap().is_some());
    assert_eq!(pair.one.acquire(first, LONG).await.unwrap(), Some(Lease { fence: fence + 3 }));
    pair.one.release(first).await.unwrap();
}

/// All ask at once; exactly one gets it.
async fn race(pair: &Pair, holders: &[Uuid]) -> (Uuid, Lease) {
    let taken = at_once(holders.len(), |number| {
        let (sql, holder) = (pair.of(number), holders[number]);
        async move { sql.acquire(holder, LONG).await.unwrap().map(|lease| (holder, lease)) }
    })
    .await;
    let taken: Vec<_> = taken.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1, "exactly one leads: {taken:?}");
    taken[0]
}
