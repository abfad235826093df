//! Benchmarks: ours beside the limit, in one run. `cargo xtask bench quotes` builds what is needed and
//! starts this program.

mod load;
mod process;
mod quotes;

use clap::{Parser, Subcommand};

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
    /// The load generator of `quotes`, a process of its own; it is started by that.
    #[command(hide = true)]
    Load(load::Options),
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match Arguments::parse().benchmark {
            Benchmark::Quotes(options) => quotes::run(options).await,
            Benchmark::Load(options) => load::run(options).await,
        }
    })
}

/// Prints one line of a result.
#[allow(clippy::print_stdout, reason = "the program's own output")]
fn say(text: &str) {
    println!("{text}");
}
