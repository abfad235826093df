//! The contract of token buckets, in Redis and in the process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::rate::{Allowance, RateLimiter, Taken};
use persistence::local::LocalBus;
use persistence::testing::PrivateRedis;

use crate::bus::connect;
use crate::{PATIENCE, at_once, eventually, or_skip};

/// What comes back during a test is nothing.
const SLOW: Allowance = Allowance { capacity: 10, per_second: 1e-9 };

/// Two nodes that share their buckets.
struct Nodes {
    one: Arc<dyn RateLimiter>,
    other: Arc<dyn RateLimiter>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_the_process() {
    let bus = LocalBus::new();
    contract(&Nodes { one: Arc::new(bus.clone()), other: Arc::new(bus) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_redis() {
    let Some(mut server) = or_skip(PrivateRedis::start().await) else { return };
    // On a machine that is busy with other tests, a node must not lose patience where the cases count exactly.
    let patient = async || Arc::new(connect(&server).await.with_bucket_patience(PATIENCE));
    let patient = Nodes { one: patient().await, other: patient().await };
    contract(&patient).await;
    only_what_is_not_full_is_kept(&server, &patient).await;
    nonsense_is_a_full_bucket(&server, &patient).await;
    let nodes = Nodes { one: Arc::new(connect(&server).await), other: Arc::new(connect(&server).await) };
    redis_is_late(&server, &patient, &nodes).await;
    redis_goes_and_comes_back(&mut server, &nodes).await;
}

/// Waits until both nodes count together.
async fn together(nodes: &Nodes) {
    eventually("both nodes count together", || async {
        nodes.one.refill("together").await;
        nodes.one.take("together", 1, SLOW).await;
        let taken = nodes.other.take("together", 1, SLOW).await;
        (taken == Taken::Granted { left: 8 }).then_some(())
    })
    .await;
}

async fn contract(nodes: &Nodes) {
    it_empties(nodes).await;
    it_fills(nodes).await;
    many_at_once(nodes).await;
}

fn refused(taken: Taken) -> (u32, Duration) {
    match taken {
        Taken::Refused { left, wait } => (left, wait),
        granted @ Taken::Granted { .. } => panic!("{granted:?}"),
    }
}

async fn it_empties(nodes: &Nodes) {
    let (one, other) = (&nodes.one, &nodes.other);
    assert_eq!(one.take("a", 0, SLOW).await, Taken::Granted { left: 10 });
    assert_eq!(one.take("a", 4, SLOW).await, Taken::Granted { left: 6 });
    let (left, wait) = refused(other.take("a", 7, SLOW).await);
    assert_eq!(left, 6, "what is refused is not taken");
    let expected = Duration::from_secs(1_000_000_000);
    assert!(wait <= expected && wait > expected / 2, "{wait:?}");
    assert_eq!(other.take("a", 6, SLOW).await, Taken::Granted { left: 0 });
    assert_eq!(refused(one.take("a", 1, SLOW).await).0, 0);

    // Each bucket is for itself, whatever is in its name.
    for name in ["b", "A", "a ", "", "x:y:2001:db8::/64", "ann@home\n\"'{}*", "王芳"] {
        assert_eq!(one.take(name, 10, SLOW).await, Taken::Granted { left: 0 }, "{name:?}");
    }

    // More than it ever holds is not granted, full as it is.
    assert_eq!(refused(one.take("c", 11, SLOW).await).0, 10);
    assert_eq!(refused(one.take("c", u32::MAX, SLOW).await).0, 10);
    let never = Allowance { capacity: 1, per_second: 0.0 };
    assert_eq!(one.take("never", 1, never).await, Taken::Granted { left: 0 });
    assert_eq!(refused(other.take("never", 1, never).await), (0, Duration::MAX));
    let large = Allowance { capacity: u32::MAX, per_second: 1e9 };
    assert!(matches!(one.take("large", u32::MAX, large).await, Taken::Granted { .. }));

    other.refill("a").await;
    other.refill("nobody took from this").await;
    assert_eq!(one.take("a", 10, SLOW).await, Taken::Granted { left: 0 });

    other.give_back("a", 4, SLOW).await;
    assert_eq!(one.take("a", 3, SLOW).await, Taken::Granted { left: 1 });
    other.give_back("a", 40, SLOW).await;
    other.give_back("nobody took from this either", 1, SLOW).await;
    for full in ["a", "nobody took from this either"] {
        assert_eq!(refused(one.take(full, 11, SLOW).await).0, 10, "never more than it holds");
    }

    // A smaller allowance holds at once.
    let small = Allowance { capacity: 3, per_second: 1e-9 };
    assert_eq!(one.take("d", 2, SLOW).await, Taken::Granted { left: 8 });
    assert_eq!(other.take("d", 1, small).await, Taken::Granted { left: 2 });
}

async fn it_fills(nodes: &Nodes) {
    let quick = Allowance { capacity: 10, per_second: 20.0 };
    let begun = Instant::now();
    let mut granted = 0;
    eventually("thirty are granted", || async {
        matches!(nodes.one.take("quick", 5, quick).await, Taken::Granted { .. }).then_some(())
    })
    .await;
    while granted < 4 {
        match nodes.other.take("quick", 5, quick).await {
            Taken::Granted { .. } => granted += 1,
            Taken::Refused { wait, .. } => {
                assert!(wait <= Duration::from_millis(250), "{wait:?}");
                tokio::time::sleep(wait).await;
            }
        }
    }
    // 25 in all, of which 10 were there: 15 came back, 20 in a second.
    assert!(begun.elapsed() >= Duration::from_millis(749), "{:?}", begun.elapsed());
}

async fn many_at_once(nodes: &Nodes) {
    let allowance = Allowance { capacity: 37, per_second: 1e-9 };
    let taken = at_once(100, |number| {
        let node = Arc::clone(if number % 2 == 0 { &nodes.one } else { &nodes.other });
        async move { node.take("many", 1, allowance).await }
    })
    .await;
    let mut left: Vec<u32> = taken
        .iter()
        .filter_map(|taken| match taken {
            Taken::Granted { left } => Some(*left),
            Taken::Refused { .. } => None,
        })
        .collect();
    left.sort_unstable();
    assert_eq!(left, (0..37).collect::<Vec<_>>(), "exactly what was there, each once");
}

async fn raw(server: &PrivateRedis) -> redis::aio::MultiplexedConnection {
    redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn only_what_is_not_full_is_kept(server: &PrivateRedis, nodes: &Nodes) {
    let mut raw = raw(server).await;
    let lives = async |raw: &mut redis::aio::MultiplexedConnection, name: &str| {
        redis::cmd("PTTL").arg(format!("tickgraph:bucket:{name}")).query_async::<i64>(raw).await.unwrap()
    };
    let minute = Allowance { capacity: 60, per_second: 1.0 };
    nodes.one.take("minute", 30, minute).await;
    let left = lives(&mut raw, "minute").await;
    assert!((20_000..=30_001).contains(&left), "{left}");
    nodes.one.take("slow", 5, SLOW).await;
    let left = lives(&mut raw, "slow").await;
    assert!((2_500_000_000..=2_592_000_000).contains(&left), "a month at most: {left}");
    nodes.one.take("full", 0, minute).await;
    nodes.one.refill("minute").await;
    for name in ["full", "minute"] {
        assert_eq!(lives(&mut raw, name).await, -2, "{name} has no key");
    }
    // The server may forget its scripts.
    redis::cmd("SCRIPT").arg("FLUSH").query_async::<()>(&mut raw).await.unwrap();
    assert_eq!(nodes.other.take("slow", 5, SLOW).await, Taken::Granted { left: 0 });
}

async fn nonsense_is_a_full_bucket(server: &PrivateRedis, nodes: &Nodes) {
    let mut raw = raw(server).await;
    for nonsense in ["", "x", "1", "a b", "1 2 3", "0 9e99"] {
        let key = "tickgraph:bucket:nonsense";
        redis::cmd("SET").arg(key).arg(nonsense).query_async::<()>(&mut raw).await.unwrap();
        let quick = Allowance { capacity: 10, per_second: 1e9 };
        let taken = nodes.one.take("nonsense", 1, quick).await;
        let after_a_moment = nodes.one.take("nonsense", 10, quick).await;
        assert!(
            matches!(after_a_moment, Taken::Granted { left: 0 }),
            "{nonsense:?}: {taken:?} {after_a_moment:?}"
        );
    }
}

/// The server answers, but late: the node counts by itself, and soon.
async fn redis_is_late(server: &PrivateRedis, patient: &Nodes, nodes: &Nodes) {
    let mut raw = raw(server).await;
    together(nodes).await;
    assert_eq!(patient.one.take("late", 10, SLOW).await, Taken::Granted { left: 0 });
    redis::cmd("CLIENT").arg("PAUSE").arg(1_500).query_async::<()>(&mut raw).await.unwrap();
    let begun = Instant::now();
    assert_eq!(nodes.one.take("late", 10, SLOW).await, Taken::Granted { left: 0 });
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    together(nodes).await;
}

async fn redis_goes_and_comes_back(server: &mut PrivateRedis, nodes: &Nodes) {
    server.stop().await.unwrap();
    let taken = at_once(100, |number| {
        let node = Arc::clone(if number % 2 == 0 { &nodes.one } else { &nodes.other });
        async move { node.take("outage", 1, SLOW).await }
    })
    .await;
    let granted = taken.iter().filter(|taken| matches!(taken, Taken::Granted { .. })).count();
    assert_eq!(granted, 20, "ten from each of the two nodes");
    let begun = Instant::now();
    for _ in 0..1_000 {
        refused(nodes.one.take("outage", 1, SLOW).await);
    }
    nodes.one.refill("outage").await;
    assert_eq!(nodes.one.take("outage", 10, SLOW).await, Taken::Granted { left: 0 });
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());

    server.restart().await.unwrap();
    together(nodes).await;
}
