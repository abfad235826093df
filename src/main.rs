//! `tickgraph`: one self-hosted GraphQL endpoint for a trading desk.

mod composition;
mod key;
mod settings;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use domain::world::Environment;
use futures::FutureExt;
use simulator::replay::ReplayArguments;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::composition::{Opening, Parts, find_key, load_key, open_database, reset_user};
use crate::key::OtherKey;
use crate::settings::{Settings, VARIABLES};

/// One self-hosted GraphQL endpoint for a trading desk.
#[derive(Parser)]
#[command(version, after_help = variables())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything in one process: endpoint, dashboard and desk.
    Serve {
        /// Makes this the database's environment from now on, whatever it was before.
        #[arg(long, value_name = "SIMULATED|PAPER|LIVE")]
        accept_environment: Option<Environment>,
        #[command(flatten)]
        key: KeyArguments,
        #[command(flatten)]
        replay: ReplayArguments,
    },
    /// Runs the endpoint and the dashboard alone; needs `DATABASE_URL` and `REDIS_URL`.
    Api {
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Runs the desk alone: it leads, or stands by for another; needs `DATABASE_URL` and `REDIS_URL`.
    Desk {
        /// Makes this the database's environment from now on, whatever it was before.
        #[arg(long, value_name = "SIMULATED|PAPER|LIVE")]
        accept_environment: Option<Environment>,
    },
    /// Brings the database up to date, and ends.
    Migrate,
    /// Prints the GraphQL schema, and ends.
    Schema,
    /// Helps a user who cannot come in any more.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
}

#[derive(Args)]
struct KeyArguments {
    /// Makes this process's key the installation's, whatever it was before: for whoever has lost the old one. Second
    /// factors and webhooks have to be set up anew.
    #[arg(long)]
    accept_key: bool,
}

impl KeyArguments {
    fn other_key(&self) -> OtherKey {
        if self.accept_key { OtherKey::Replace } else { OtherKey::Refuse }
    }
}

#[derive(Subcommand)]
enum UserCommand {
    /// Lets a user in again who lost the password or the phone: the password, the sessions and the second factor are
    /// void at once, and a link to choose another password is printed. Works while the server runs.
    Reset {
        /// The log-in name.
        name: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&format!("tickgraph: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    if let Command::Schema = command {
        say(api::sdl().trim_end());
        return Ok(());
    }
    let settings = Settings::from_environment()?;
    if let Command::Api { .. } | Command::Desk { .. } = command {
        settings.require_shared()?;
    }
    let filter = EnvFilter::try_new(&settings.log).context(
        "TICKGRAPH_LOG is not a list of tracing directives; expected one as info, or info,desk=debug",
    )?;
    let colour = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let work = async {
        let stop = stop_on_signal()?;
        match command {
            Command::Serve { accept_environment, key: arguments, replay } => {
                let key = load_key(&settings)?;
                let opening = Opening {
                    accept_environment: *accept_environment,
                    key: key.clone(),
                    other_key: arguments.other_key(),
                };
                let parts = Parts::open(&settings, opening, &stop).await?;
                parts.replaying(replay.open()?).serve(&settings, key, stop).await
            }
            Command::Api { key: arguments } => {
                let key = load_key(&settings)?;
                let other_key = arguments.other_key();
                let opening = Opening { accept_environment: None, key: key.clone(), other_key };
                Parts::open(&settings, opening, &stop).await?.api(&settings, key, stop).await
            }
            Command::Desk { accept_environment } => {
                let opening = Opening {
                    accept_environment: *accept_environment,
                    key: find_key(&settings)?,
                    other_key: OtherKey::Refuse,
                };
                Parts::open(&settings, opening, &stop).await?.desk(&settings, stop).await
            }
            Command::Migrate => {
                open_database(&settings, None, &stop).await?;
                say("the database is up to date");
                Ok(())
            }
            Command::User { command: UserCommand::Reset { name } } => {
                reset_user(&settings, name, &stop).await
            }
            Command::Schema => Ok(()),
        }
    };
    let result = runtime.block_on(work.boxed());
    // What still runs on a blocking thread (a password being hashed) is not worth waiting for.
    runtime.shutdown_background();
    result
}

/// A token that is cancelled by ctrl-c or a request to terminate.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stopped.cancel();
    });
    Ok(stop)
}

fn variables() -> String {
    let lines = VARIABLES
        .iter()
        .map(|(name, meaning, default)| format!("  {name}\n          {meaning} [default: {default}]\n"));
    format!("Environment variables:\n{}", lines.collect::<String>())
}

/// Tells the person who started the program.
#[allow(clippy::print_stdout, reason = "the program's own output")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

#[allow(clippy::print_stderr, reason = "the program's own output")]
fn report(text: &str) {
    eprintln!("{text}");
}
