//! How fast a recorded day is played: a full day of three shares, every trade and quote, as fast as it goes.
//!
//! Three measurements, each whole: the files are unzipped, checked row by row and folded into best quotes; the day is
//! asked for second by second, as an exchange does; and every tick is told by the exchange to a gateway, over its socket,
//! to one client, which counts. The rows of the files are counted by themselves (line ends), and compared.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use engine::market::Market;
use engine::recorded::RecordedMarket;
use engine::tick::Tick;
use futures::StreamExt;
use ibapi::Client;
use ibapi::contracts::Contract;
use ibapi::market_data::realtime::TickTypes;
use ibapi::subscriptions::SubscriptionItem;
use simulator::Simulator;
use simulator::replay::{Replay, ReplayOptions, Speed};
use time::macros::{date, time};
use time::{Date, OffsetDateTime};

use crate::say;

const DATE: Date = date!(2013 - 10 - 07);

const SYMBOLS: [&str; 3] = ["aig", "bac", "ibm"];

/// How many ticks may be on their way to the client.
const WINDOW: usize = 50_000;

/// How long the client may take without anything coming.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// The folder that holds `data/lean`.
    #[arg(long, env = "TICKGRAPH_TEST_DATA")]
    data: PathBuf,
    /// How many times each is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Measures, and prints a table.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    select(&options.data.join("data/lean"), folder.path())?;
    let rows = count_rows(folder.path())?;
    say(&format!("7 October 2013, AIG, BAC and IBM: {rows} rows of trades and quotes"));
    say("round  what                                    ticks    seconds      ticks/s");
    for round in 1..=options.rounds {
        let tell = |what: &str, ticks: usize, took: Duration| {
            #[allow(clippy::cast_precision_loss, reason = "for people to read")]
            let each_second = ticks as f64 / took.as_secs_f64();
            say(&format!(
                "{round:>5}  {what:<34}  {ticks:>9}  {:>9.3}  {each_second:>11.0}",
                took.as_secs_f64()
            ));
        };
        let began = Instant::now();
        let replay = open(folder.path())?;
        tell("unzip, check and fold", rows, began.elapsed());
        let market = replay.market();
        let reading = market.reading();
        ensure!(reading.rows == rows, "{} of {rows} rows were read", reading.rows);
        let kept = market.listings().iter().map(|listing| market.counts(listing.con_id));
        let kept: usize = kept.map(|(trades, quotes)| trades + quotes).sum();
        let began = Instant::now();
        let played = seconds(market).map(|(_, ticks)| ticks.len()).sum::<usize>();
        tell("play, second by second", played, began.elapsed());
        ensure!(played == kept, "{played} of {kept} ticks were played");
        let began = Instant::now();
        let counted = serve(&replay, kept).await?;
        tell("exchange, gateway, socket, client", counted, began.elapsed());
        ensure!(counted == kept, "{counted} of {kept} ticks reached the client");
        if round == 1 {
            let repeated = rows - kept - reading.announcements;
            say(&format!(
                "       none lost: {repeated} rows repeat the quote before them or are marked as suspicious, {} are \
                 opening and closing quotes",
                reading.announcements
            ));
        }
    }
    Ok(())
}

/// Makes a folder of the three shares' ticks alone.
fn select(data: &Path, folder: &Path) -> anyhow::Result<()> {
    let ticks = folder.join("equity/usa/tick");
    std::fs::create_dir_all(&ticks)?;
    for symbol in SYMBOLS {
        let from = data.join("equity/usa/tick").join(symbol).canonicalize();
        let from =
            from.with_context(|| format!("there is no recorded data of {symbol} in {}", data.display()))?;
        std::os::unix::fs::symlink(from, ticks.join(symbol))?;
    }
    Ok(())
}

/// Counts the lines of the files.
fn count_rows(folder: &Path) -> anyhow::Result<usize> {
    let mut rows = 0;
    for (symbol, content) in SYMBOLS.iter().flat_map(|symbol| [(symbol, "trade"), (symbol, "quote")]) {
        let path = folder.join(format!("equity/usa/tick/{symbol}/20131007_{content}.zip"));
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path)?)?;
        let mut text = Vec::new();
        archive.by_index(0)?.read_to_end(&mut text)?;
        rows += memchr::memchr_iter(b'\n', &text).count() + usize::from(text.last() != Some(&b'\n'));
    }
    Ok(rows)
}

fn open(folder: &Path) -> anyhow::Result<Replay> {
    // The bench tells every tick itself: the day's own clock is to stand nearly still.
    let speed = Speed::Times(0.1);
    Ok(Replay::open(&ReplayOptions { folder: folder.to_owned(), date: DATE, speed, from: time!(04:00) })?)
}

/// The ticks of the day, second by second and share by share.
fn seconds(market: &RecordedMarket) -> impl Iterator<Item = (i32, Vec<Tick>)> {
    let (from, to) = market.span().unwrap_or((OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH));
    let seconds = (to - from).whole_seconds() + 1;
    (0..seconds).flat_map(move |second| {
        let start = from + time::Duration::seconds(second);
        let ids = market.listings().iter().map(|listing| listing.con_id);
        ids.map(move |id| (id, market.ticks(id, start, start + time::Duration::SECOND)))
    })
}

/// Tells every tick to a client, and returns how many it got.
async fn serve(replay: &Replay, expected: usize) -> anyhow::Result<usize> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let simulator = simulator::start_replay(listen, replay.clone()).await?;
    let client = Client::builder()
        .address(simulator.gateway.address().to_string())
        .client_id(1)
        .max_reconnect_attempts(0)
        .channel_capacity(4 * WINDOW)
        .connect()
        .await?;
    let counted = Arc::new(AtomicUsize::new(0));
    for listing in replay.market().listings() {
        simulator.exchange.hold(listing.con_id);
        let contract =
            Contract { contract_id: listing.con_id, exchange: "SMART".into(), ..Contract::default() };
        let mut ticks = client.market_data(&contract).subscribe().await?;
        // What a line begins with is over with the mark that tells whether trading is halted.
        while !matches!(
            ticks.next().await.context("the line ended")??,
            SubscriptionItem::Data(TickTypes::Generic(_))
        ) {}
        let counted = counted.clone();
        tokio::spawn(async move {
            while let Some(Ok(item)) = ticks.next().await {
                counted.fetch_add(usize::from(is_tick(&item)), Ordering::Relaxed);
            }
        });
    }
    let told = tell_all(&simulator, replay.market(), &counted);
    let counting = wait_for(&counted, expected);
    let (told, ()) = tokio::join!(told, counting);
    ensure!(told == expected, "{told} ticks were told");
    simulator.gateway.stop().await;
    Ok(counted.load(Ordering::Relaxed))
}

/// A tick is told by one price with its size: bid, ask or last.
fn is_tick(item: &SubscriptionItem<TickTypes>) -> bool {
    matches!(item, SubscriptionItem::Data(TickTypes::PriceSize(tick)) if matches!(tick.price_tick_type as i32, 1 | 2 | 4))
}

async fn tell_all(simulator: &Simulator, market: &RecordedMarket, counted: &AtomicUsize) -> usize {
    let mut told = 0;
    for (con_id, ticks) in seconds(market).filter(|(_, ticks)| !ticks.is_empty()) {
        let is_full = || told > counted.load(Ordering::Relaxed) + WINDOW;
        let mut began = Instant::now();
        let mut before = 0;
        while is_full() && began.elapsed() < PATIENCE {
            let now = counted.load(Ordering::Relaxed);
            if now != before {
                (began, before) = (Instant::now(), now);
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        simulator.exchange.publish(con_id, &ticks);
        told += ticks.len();
    }
    told
}

/// Waits until all have come, or nothing comes any more.
async fn wait_for(counted: &AtomicUsize, expected: usize) {
    let (mut before, mut since) = (0, Instant::now());
    loop {
        let now = counted.load(Ordering::Relaxed);
        if now >= expected || since.elapsed() > PATIENCE {
            return;
        }
        if now != before {
            (before, since) = (now, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
