//! What it costs to tell many subscribers of one event: ours beside the peers, over the same Redis, with
//! the same fields and values.
//!
//! This process publishes, as a desk would. The server, Redis and the load generator are processes of their
//! own; the server has a core to itself, and all else shares the others. Each measurement gets a fresh
//! server, and servers take turns, so that a slow minute of the machine meets all of them.

use std::time::Duration;

use clap::Args;

mod ground;
mod idle;
mod peak;
mod publisher;
mod row;
mod sample;
mod server;
mod table;

use ground::Ground;
use idle::Idle;
use peak::{Peak, Search};
use row::{Case, Row};
use sample::{Sample, Stage};
use server::Peer;
use table::{Line, float};

use crate::process::{Cores, open_many_files};
use crate::say;

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Which rows, comma-separated; all by default.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<Row>,
    /// Which servers, comma-separated; by default those that the row is about.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<Peer>,
    /// How many times each measurement is made.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Lets the server and all else run on every core.
    #[arg(long)]
    unpinned: bool,
    /// Looks whether everything works: one round, two seconds, a tenth of the sockets.
    #[arg(long)]
    quick: bool,
}

impl Options {
    /// Shares out the cores; to be done before there are threads.
    pub fn cores(&self) -> anyhow::Result<Cores> {
        let cores = if self.unpinned { Cores::shared()? } else { Cores::apart()? };
        cores.leave_the_server_alone()?;
        Ok(cores)
    }

    fn rows(&self) -> Vec<Row> {
        if self.rows.is_empty() { Row::ALL.to_vec() } else { self.rows.clone() }
    }

    fn peers(&self, row: Row) -> Vec<Peer> {
        if self.peers.is_empty() { row.peers().to_vec() } else { self.peers.clone() }
    }

    fn scaled(&self, sockets: usize) -> usize {
        if self.quick { sockets.div_ceil(10) } else { sockets }
    }
}

/// Measures, and prints a table for each row.
pub async fn run(mut options: Options, cores: Cores) -> anyhow::Result<()> {
    if options.quick {
        (options.rounds, options.seconds) = (1, 2);
    }
    say(&format!("files that a process may open: {}", open_many_files()?));
    let mut ground = Ground::open(cores).await?;
    for row in options.rows() {
        say(&format!("\n{}", row.title()));
        match row {
            Row::Peak => peaks(&options, &mut ground).await?,
            Row::Idle => idles(&options, &mut ground).await?,
            _ => lines(row, &options, &mut ground).await?,
        }
    }
    Ok(())
}

async fn lines(row: Row, options: &Options, ground: &mut Ground) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    let mut cases = Vec::new();
    for peer in options.peers(row) {
        for case in row.cases(peer) {
            let case = if options.quick { case.tenth() } else { case };
            lines.push(Line { peer, load: case.name(), samples: Vec::new() });
            cases.push(case);
        }
    }
    for _ in 0..options.rounds {
        for (line, case) in lines.iter_mut().zip(&cases) {
            let sample = measure(line.peer, case, options.seconds, ground).await?;
            report(line, &sample);
            line.samples.push(sample);
        }
    }
    table::print(row.title(), &lines);
    Ok(())
}

async fn measure(peer: Peer, case: &Case, seconds: u64, ground: &mut Ground) -> anyhow::Result<Sample> {
    let mut stage = Stage::open(peer, case.crowd, ground).await?;
    let sample = stage.measure(case.rate, case.times(seconds), ground.redis_id).await?;
    stage.close().await?;
    Ok(sample)
}

fn report(line: &Line, sample: &Sample) {
    let micros = (sample.server + sample.redis).as_secs_f64() * 1e6 / float(sample.outcome.deliveries);
    say(&format!(
        "  {}, {}: {} arrived of {}, {micros:.2} µs each, p99 {:.2} ms",
        line.peer.name(),
        line.load,
        sample.outcome.deliveries,
        sample.expected,
        float(sample.outcome.p99) / 1_000.0,
    ));
}

async fn peaks(options: &Options, ground: &mut Ground) -> anyhow::Result<()> {
    let takes = Duration::from_secs(options.seconds.div_ceil(2));
    let mut peaks = Vec::new();
    for peer in options.peers(Row::Peak) {
        peaks.extend(peak::bursts(peer).iter().map(|burst| Peak { peer, burst: *burst, found: Vec::new() }));
    }
    for _ in 0..options.rounds {
        for Peak { peer, burst, found } in &mut peaks {
            let search = Search { sockets: options.scaled(500), burst: *burst, takes };
            found.extend(peak::search(*peer, search, ground).await?);
        }
    }
    peak::print(Row::Peak.title(), &peaks);
    Ok(())
}

async fn idles(options: &Options, ground: &mut Ground) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for peer in options.peers(Row::Idle) {
        let each = idle::sockets(peer).iter().map(|sockets| options.scaled(*sockets));
        found.extend(each.map(|sockets| Idle { peer, sockets, bytes: Vec::new() }));
    }
    for _ in 0..options.rounds {
        for line in &mut found {
            line.bytes.push(idle::measure(line.peer, line.sockets, ground).await?);
        }
    }
    idle::print(Row::Idle.title(), &found);
    Ok(())
}
