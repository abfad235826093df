//! How long a tick takes from the gateway's socket to websocket clients.
//!
//! 20 instruments tick once a second each, spread over the second. The gateway, Postgres, Redis, the desk,
//! the api node and the load generator are processes of their own (the gateway: this one), all on this machine.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use engine::tick::TickKind;
use rust_decimal::Decimal;
use serde_json::json;
use tests::client::Client;
use tests::installation::Installation;
use tests::market::Market;
use tests::program::Tickgraph;

use crate::load::{Generator, Outcome, Plan, Window, micros};
use crate::process::usage;
use crate::say;

/// The first size of a quote is the marker: the size of the bid.
const QUERY: &str = "subscription Load($instruments: [ID!]!) { quotes(instruments: $instruments, maxHz: 50) {
    ... on Quote { sequence state bid { price size } ask { price } last { price size } } } }";

/// The time from the last socket to the first event that counts.
const AHEAD: Duration = Duration::from_secs(1);

const SYMBOLS: [&str; 20] = [
    "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "SPY", "QQQ", "IWM", "DIA", "GLD", "TLT", "JPM",
    "BAC", "XOM", "KO", "DIS", "INTC", "AMD",
];

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Numbers of subscribers, each measured in turn.
    #[arg(long, value_delimiter = ',', default_value = "1,100,1000")]
    subscribers: Vec<usize>,
    /// How many times the numbers are gone through.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
}

/// Measures, and prints a table.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut installation = Installation::split().await.context("PostgreSQL or Redis is missing")?;
    let client = installation.administrator().await;
    installation.ready(&client).await;
    let mut ids = Vec::new();
    for symbol in SYMBOLS {
        ids.push(client.instrument(symbol).await);
        installation.market.hold(symbol);
    }
    say(
        "gateway tick -> websocket client, milliseconds; 20 instruments at 1 Hz each; Postgres + Redis, api and desk apart",
    );
    say(
        "subscribers  round  deliveries   p50     p99   p99.9     max   api CPU  desk CPU  api RSS  desk RSS",
    );
    for round in 1..=options.rounds {
        for subscribers in &options.subscribers {
            let processes = [Some(&installation.api), installation.desk.as_ref()];
            let processes: Vec<_> = processes.into_iter().flatten().filter_map(Tickgraph::id).collect();
            let before: Vec<_> = processes.iter().map(|id| usage(*id)).collect::<Result<_, _>>()?;
            let load = measure(&client, &ids, *subscribers, Duration::from_secs(options.seconds));
            let (result, ()) = tokio::select! {
                result = load => (result?, ()),
                () = tick(&installation.market) => bail!("the ticks ended"),
            };
            let after: Vec<_> = processes.iter().map(|id| usage(*id)).collect::<Result<_, _>>()?;
            let cpu = |index: usize| after[index].cpu_since(&before[index]).as_secs_f64();
            let rss = |index: usize| after[index].resident_kib / 1_024;
            let ms = |microseconds| Duration::from_micros(microseconds).as_secs_f64() * 1_000.0;
            say(&format!(
                "{subscribers:>11}  {round:>5}  {:>10}  {:>5.2}  {:>6.2}  {:>6.2}  {:>6.2}  {:>6.2} s  {:>6.2} s  {:>3} MiB  {:>4} MiB",
                result.deliveries,
                ms(result.p50),
                ms(result.p99),
                ms(result.p999),
                ms(result.max),
                cpu(0),
                cpu(1),
                rss(0),
                rss(1),
            ));
        }
    }
    say("aim: p99 <= 20 ms at 1,000 subscribers");
    Ok(())
}

/// Ticks for ever: each instrument once a second, evenly spread. The bid's size is the time.
async fn tick(market: &Market) {
    let mut every = tokio::time::interval(Duration::from_millis(1_000 / SYMBOLS.len() as u64));
    for symbol in SYMBOLS.iter().cycle() {
        every.tick().await;
        let size = Decimal::from(micros());
        let price = Decimal::ONE_HUNDRED;
        market.publish(symbol, &[TickKind::Bid { price, size }]);
    }
}

/// Connects a load generator, and measures for so long.
async fn measure(
    client: &Client,
    ids: &[String],
    subscribers: usize,
    takes: Duration,
) -> anyhow::Result<Outcome> {
    let mut generator = Generator::start(&Plan {
        address: client.address(),
        token: client.token(),
        query: QUERY.into(),
        variables: json!({ "instruments": ids }),
        instruments: 0,
        sockets: subscribers,
        stalled: 0,
    })
    .await?;
    generator.ready().await?;
    let begin = micros() + u64::try_from(AHEAD.as_micros())?;
    let end = begin + u64::try_from(takes.as_micros())?;
    let outcome = generator.measure(Window { begin, end }).await?;
    generator.end().await?;
    Ok(outcome)
}
