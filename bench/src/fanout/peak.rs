//! The most deliveries per second that a server keeps up with.

use std::fmt::Write as _;
use std::time::Duration;

use super::ground::Ground;
use super::publisher::Rate;
use super::row::Case;
use super::sample::{Sample, Stage, Times};
use super::server::Peer;
use super::table::{float, spread};
use crate::say;

/// The instruments; each then stays below the 50 events per second to which we conflate at the most.
const INSTRUMENTS: usize = 40;

/// The most that the slowest hundredth may take, in microseconds.
const P99: u64 = 50_000;

/// How much of what was published has to arrive.
const ARRIVES: f64 = 0.99;

/// One step is this much more than the one before.
const STEP: f64 = 1.25;

/// What keeps up with less is not looked at, in deliveries per second.
const LEAST: f64 = 1_000.0;

/// How often the gap between the last good and the first bad rate is halved.
const HALVINGS: usize = 2;

/// What a search found.
pub struct Peak {
    /// Who was measured.
    pub peer: Peer,
    /// How many events were published at once.
    pub burst: usize,
    /// The best sample of each round.
    pub found: Vec<Sample>,
}

/// How a search goes.
#[derive(Clone, Copy)]
pub struct Search {
    /// How many sockets.
    pub sockets: usize,
    /// How many events are published at once.
    pub burst: usize,
    /// How long each step counts.
    pub takes: Duration,
}

/// The bursts in which a server is searched. One of 20 alone takes the servers of Node longer than the limit.
pub fn bursts(peer: Peer) -> &'static [usize] {
    match peer {
        Peer::Tickgraph | Peer::Stock => &[20, 1],
        Peer::Mercurius | Peer::GraphqlWs => &[1],
    }
}

/// Deliveries per second at which the search begins.
fn first_guess(peer: Peer) -> f64 {
    match peer {
        Peer::Tickgraph => 100_000.0,
        Peer::Stock => 40_000.0,
        Peer::Mercurius | Peer::GraphqlWs => 5_000.0,
    }
}

/// The best sample that keeps up.
pub async fn search(peer: Peer, search: Search, ground: &mut Ground) -> anyhow::Result<Option<Sample>> {
    let crowd = Case::of(search.sockets, INSTRUMENTS, 1.0).crowd;
    let mut stage = Stage::open(peer, crowd, ground).await?;
    let (mut best, mut good, mut bad) = (None, 0.0, f64::INFINITY);
    let (mut wanted, mut halvings) = (first_guess(peer), 0);
    while halvings <= HALVINGS && wanted >= LEAST {
        let hertz = wanted / float((search.sockets * INSTRUMENTS) as u64);
        let rate = Rate { instruments: INSTRUMENTS, hertz, burst: search.burst };
        let times = Times { warm: Duration::from_secs(1), takes: search.takes };
        let sample = stage.measure(rate, times, ground.redis_id).await?;
        let keeps_up = keeps_up(&sample);
        say(&format!(
            "  {} at {wanted:.0}/s: {} arrived of {}, p99 {:.1} ms, server {:.0} %{}",
            peer.name(),
            sample.outcome.deliveries,
            sample.expected,
            float(sample.outcome.p99) / 1_000.0,
            sample.server.as_secs_f64() * 100.0 / sample.takes.as_secs_f64(),
            if keeps_up { "" } else { " - too much" },
        ));
        if keeps_up {
            (good, best) = (wanted, Some(sample));
        } else {
            bad = wanted;
        }
        wanted = if bad.is_infinite() {
            wanted * STEP
        } else if good > 0.0 {
            f64::midpoint(good, bad)
        } else {
            bad / 2.0
        };
        if bad.is_finite() && good > 0.0 {
            halvings += 1;
        }
    }
    stage.close().await?;
    Ok(best)
}

fn keeps_up(sample: &Sample) -> bool {
    let arrived = float(sample.outcome.deliveries) >= ARRIVES * float(sample.expected);
    arrived && sample.expected > 0 && sample.outcome.p99 < P99
}

/// Prints what was found.
pub fn print(title: &str, peaks: &[Peak]) {
    let mut text = format!(
        "\n### {title}\n\n| server | events at once | deliveries/s | p50 ms | p99 ms | server core used |\n|---|---|---|---|---|---|"
    );
    for Peak { peer, burst, found } in peaks {
        let column =
            |value: fn(&Sample) -> f64, decimals| spread(found.iter().map(value).collect(), decimals);
        let _ = write!(
            text,
            "\n| {} | {burst} | {} | {} | {} | {} % |",
            peer.name(),
            column(|sample| float(sample.outcome.deliveries) / sample.takes.as_secs_f64(), 0),
            column(|sample| float(sample.outcome.p50) / 1_000.0, 2),
            column(|sample| float(sample.outcome.p99) / 1_000.0, 2),
            column(|sample| sample.server.as_secs_f64() * 100.0 / sample.takes.as_secs_f64(), 0),
        );
    }
    say(&text);
}
