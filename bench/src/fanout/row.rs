//! The loads of the rows: who is measured under which, and what is printed of it.

use std::time::Duration;

use clap::ValueEnum;

use super::publisher::Rate;
use super::sample::Times;
use super::server::{Crowd, Peer};

/// A row of the table of aims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Row {
    /// Processor time per delivery: 500 sockets, bursts of 20.
    Cpu,
    /// The most deliveries per second at a p99 below 50 ms.
    Peak,
    /// 1,000 sockets, 20 instruments, 5 Hz.
    Busy,
    /// 10,000 sockets, 10 instruments, 1 Hz.
    Wide,
    /// Memory per idle subscribed socket.
    Idle,
    /// What one stalled reader in a hundred costs the others.
    Stalled,
    /// How processor time and memory grow with sockets and instruments.
    Growth,
}

impl Row {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Cpu, Self::Peak, Self::Busy, Self::Wide, Self::Idle, Self::Stalled, Self::Growth];

    /// The heading of its table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cpu => "Processor time per delivery: 500 sockets x 20 instruments, bursts of 20",
            Self::Peak => {
                "Most deliveries/s at p99 < 50 ms, server on one core: 500 sockets x 40 instruments"
            }
            Self::Busy => "1,000 sockets x 20 instruments x 5 Hz",
            Self::Wide => "10,000 sockets x 10 instruments x 1 Hz",
            Self::Idle => "Memory per idle subscribed socket",
            Self::Stalled => "One stalled reader in a hundred: 400 sockets x 40 instruments x 12.5 Hz",
            Self::Growth => "Growth over sockets and instruments, 50,000 deliveries/s wanted (10 Hz at most)",
        }
    }

    /// Who is measured unless told otherwise.
    pub fn peers(self) -> &'static [Peer] {
        match self {
            Self::Cpu | Self::Peak | Self::Idle => &Peer::ALL,
            Self::Busy | Self::Wide | Self::Stalled | Self::Growth => &Peer::ALL[..1],
        }
    }

    /// The loads under which a server is measured, each with its name.
    pub fn cases(self, peer: Peer) -> Vec<Case> {
        match self {
            Self::Cpu => {
                let hertz: &[f64] = match peer {
                    Peer::Tickgraph => &[1.0, 10.0, 40.0],
                    Peer::Stock => &[1.0, 10.0],
                    Peer::Mercurius | Peer::GraphqlWs => &[1.0],
                };
                hertz.iter().map(|hertz| Case::of(500, 20, *hertz).in_bursts_of(20)).collect()
            }
            Self::Busy => vec![Case::of(1_000, 20, 5.0)],
            Self::Wide => vec![Case::of(10_000, 10, 1.0)],
            Self::Stalled => {
                vec![Case::of(400, 40, 12.5).filling(), Case::of(400, 40, 12.5).filling().with_stalled(4)]
            }
            Self::Growth => growth(),
            Self::Peak | Self::Idle => Vec::new(),
        }
    }
}

fn growth() -> Vec<Case> {
    let mut cases = Vec::new();
    for sockets in [1_000, 2_000, 5_000, 10_000] {
        for instruments in [1, 10, 100] {
            let each = f64::from(u32::try_from(sockets * instruments).unwrap_or(u32::MAX));
            cases.push(Case::of(sockets, instruments, (50_000.0 / each).min(10.0)));
        }
    }
    cases
}

/// A load.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Who listens.
    pub crowd: Crowd,
    /// What they hear.
    pub rate: Rate,
    /// How long they hear it before it counts.
    warm: Duration,
}

/// Until a server and its subscribers are in their stride.
const WARM: Duration = Duration::from_secs(2);

/// Until what the kernels keep for a stalled reader (some MiB) is full.
const FILLED: Duration = Duration::from_secs(25);

impl Case {
    /// Evenly spread events.
    pub fn of(sockets: usize, instruments: usize, hertz: f64) -> Self {
        Self {
            crowd: Crowd { sockets, stalled: 0, instruments },
            rate: Rate { instruments, hertz, burst: 1 },
            warm: WARM,
        }
    }

    /// So many events at once, and then a pause.
    pub fn in_bursts_of(mut self, burst: usize) -> Self {
        self.rate.burst = burst;
        self
    }

    fn filling(mut self) -> Self {
        self.warm = FILLED;
        self
    }

    fn with_stalled(mut self, stalled: usize) -> Self {
        self.crowd.stalled = stalled;
        self
    }

    /// A tenth of the sockets.
    pub fn tenth(mut self) -> Self {
        self.crowd.sockets = self.crowd.sockets.div_ceil(10);
        self.crowd.stalled = self.crowd.stalled.div_ceil(10);
        self
    }

    /// For a table.
    pub fn name(&self) -> String {
        let Self { crowd, rate, .. } = self;
        let burst = if rate.burst > 1 { format!(", bursts of {}", rate.burst) } else { String::new() };
        let stalled = if crowd.stalled > 0 { format!(", {} stalled", crowd.stalled) } else { String::new() };
        format!("{} × {} × {:.3} Hz{burst}{stalled}", crowd.sockets, crowd.instruments, rate.hertz)
    }

    /// How long to measure it: at least ten turns of every instrument.
    pub fn times(&self, seconds: u64) -> Times {
        let slow = Duration::from_secs_f64(10.0 / self.rate.hertz).min(Duration::from_secs(30));
        Times { warm: self.warm, takes: Duration::from_secs(seconds).max(slow) }
    }
}
