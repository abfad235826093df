//! The simulator as a program: a gateway on a port, and its faults at the keyboard.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use domain::clock::SystemClock;
use rust_decimal::Decimal;
use simulator::Simulator;
use simulator::exchange::broker::{AccountOptions, BrokerOptions};
use simulator::exchange::{Exchange, ExchangeOptions};
use simulator::gateway::{Gateway, GatewayOptions};
use simulator::replay::ReplayArguments;
use tokio::io::{AsyncBufReadExt, BufReader};

/// A simulated Interactive Brokers Gateway. Type `help` while it runs to see what can go wrong.
#[derive(Parser)]
#[command(name = "tickgraph-simulator", version)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:4002")]
    listen: SocketAddr,
    /// Which market to generate: the same seed makes the same market.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// An account of the user, and its dollars; may be given more than once, and begins with SIM.
    #[arg(long = "account", value_name = "NAME=DOLLARS", value_parser = account)]
    accounts: Vec<AccountOptions>,
    /// The file in which the exchange writes down all orders, and from which it goes on when it is started
    /// again; without it, orders are forgotten.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    replay: ReplayArguments,
}

fn account(text: &str) -> Result<AccountOptions, String> {
    let (name, cash) = text.split_once('=').unwrap_or((text, "1000000"));
    if !name.starts_with("SIM") || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(format!(
            "'{name}' must be letters and digits and begin with SIM, by which clients know a simulation"
        ));
    }
    let cash: Option<Decimal> = cash.parse().ok().filter(|cash| *cash >= Decimal::ZERO);
    let cash =
        cash.ok_or_else(|| format!("'{text}' must be a name, or a name and dollars: {name}=1000000"))?;
    Ok(AccountOptions { name: name.to_owned(), cash })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { listen, seed, accounts, ledger, replay } = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let usual = BrokerOptions::default();
    let accounts = if accounts.is_empty() { usual.accounts } else { accounts };
    let broker = BrokerOptions { accounts, ledger, ..BrokerOptions::default() };
    let exchange = match replay.open()? {
        Some(replay) => Exchange::open_replay(replay, broker),
        None => Exchange::open(ExchangeOptions { seed, clock: Arc::new(SystemClock) }, broker),
    };
    let exchange =
        exchange.context("the exchange's ledger cannot be used; choose another file with --ledger")?;
    let gateway = Gateway::start(exchange.clone(), GatewayOptions::new(listen))
        .await
        .with_context(|| format!("cannot listen on {listen}; choose another address with --listen"))?;
    let simulator = Simulator { exchange, gateway };
    say(&format!("listening on {}", simulator.gateway.address()))?;
    tokio::select! {
        done = read_commands(&simulator) => done?,
        () = interrupted() => {}
    }
    simulator.gateway.stop().await;
    Ok(())
}

/// Obeys the lines of standard input. Where there is no input, the simulator just runs.
async fn read_commands(simulator: &Simulator) -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.context("standard input cannot be read")? {
        if !line.trim().is_empty() {
            say(&simulator.obey(&line).await)?;
        }
    }
    std::future::pending().await
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("standard output cannot be written")
}
