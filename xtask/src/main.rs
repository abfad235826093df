//! The developer's commands: `cargo xtask run | test | web | lint | schema | bench`.
//!
//! Each command is a module of the same name. What they share: [`terminal`] speaks to the person,
//! [`process`] runs other programs, [`workspace`] knows the folders and the environment,
//! [`prerequisites`] finds what is needed and installs what is missing, and [`packages`] fetches what npm and pip bring.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod lint;
mod packages;
mod prerequisites;
mod process;
mod run;
mod schema;
mod terminal;
mod test;
mod totals;
mod web;
mod workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The developer's commands of Tickgraph")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds everything and starts the server with the embedded defaults; arguments go to `tickgraph serve`
    Run {
        /// Passed on to `tickgraph serve`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Checks the format, runs clippy and every test, and says how many passed
    Test,
    /// Builds the web client into dist/
    Web {
        /// Quick to build, large to download
        #[arg(long)]
        dev: bool,
    },
    /// Checks the format, runs clippy, and checks which crate imports which
    Lint,
    /// Writes schema.graphql as the server prints it
    Schema,
    /// Runs a benchmark against the optimised server
    Bench {
        /// Which one, for example `quotes`
        name: String,
        /// Passed on to the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run { arguments } => run::run(&arguments),
        Command::Test => test::run(),
        Command::Web { dev } => prerequisites::for_web().and_then(|()| web::build(&web::Options { dev })),
        Command::Lint => lint::run(),
        Command::Schema => schema::run(),
        Command::Bench { name, arguments } => bench::run(&name, &arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::failure(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
