//! Benchmarks: ours beside the peers, in one run. `cargo xtask bench NAME` builds what is needed and
//! starts this program.

mod chart;
mod fanout;
mod indicators;
mod load;
mod process;
mod quotes;
mod replay;
mod stock;

use clap::{Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

/// Benchmarks of Tickgraph.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// How long a tick takes from the gateway to websocket clients, on Postgres and Redis.
    Quotes(quotes::Options),
    /// What it costs to tell many subscribers of one event, beside other GraphQL servers.
    Fanout(fanout::Options),
    /// How fast a recorded day is played, from the files to a client of the simulated gateway.
    Replay(replay::Options),
    /// How fast the dashboard draws, beside the bare chart library.
    Chart(chart::Options),
    /// Indicators over many bars, beside TA-Lib.
    Indicators(indicators::Options),
    /// The load generator, a process of its own; it is started by the others.
    #[command(hide = true)]
    Load,
    /// A peer of `fanout`, a process of its own; it is started by that.
    #[command(hide = true)]
    Stock,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().benchmark {
        Benchmark::Quotes(options) => threads()?.block_on(quotes::run(options)),
        Benchmark::Fanout(options) => {
            let cores = options.cores()?;
            threads()?.block_on(fanout::run(options, cores))
        }
        Benchmark::Replay(options) => threads()?.block_on(replay::run(options)),
        Benchmark::Chart(options) => threads()?.block_on(chart::run(options)),
        Benchmark::Indicators(options) => indicators::run(&options),
        Benchmark::Load => Builder::new_current_thread().enable_all().build()?.block_on(load::run()),
        Benchmark::Stock => threads()?.block_on(stock::run()),
    }
}

fn threads() -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}

/// Prints one line of a result.
#[allow(clippy::print_stdout, reason = "the program's own output")]
fn say(text: &str) {
    println!("{text}");
}
