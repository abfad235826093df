//! Indicators beside TA-Lib: how many bars a second on one core, and whether the values are the same.
//!
//! Each round computes every kind over the same bars, first here and then in a Python process that calls TA-Lib's C library
//! (`peers/indicators.py`). The bars go there, and the values come back, as files of little-endian doubles.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use domain::indicator::{Candle, Indicator, IndicatorKind, Line, Parameters};
use rustix::time::{ClockId, clock_gettime};

use crate::say;

/// Differences up to this are those of the order in which floats are added: of the value, and of 1 where it is less.
const TOLERANCE: f64 = 1e-9;

/// Bars in a session.
const SESSION: usize = 390;

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// How many bars.
    #[arg(long, default_value_t = 1_000_000)]
    bars: usize,
    /// How often everything is computed; the median counts.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// The Python that has TA-Lib and numpy.
    #[arg(long, env = "TICKGRAPH_PYTHON", default_value = "python3")]
    python: String,
    /// The folder of the peers' programs.
    #[arg(long, default_value = "bench/peers")]
    peers: std::path::PathBuf,
}

/// One kind, measured.
struct Row {
    indicator: Indicator,
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
    lines: Vec<Line>,
}

/// Measures, compares and prints a table; fails where values differ.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let candles = candles(options.bars);
    write_columns(folder.path(), &candles)?;
    let mut rows =
        IndicatorKind::ALL.iter().map(|(kind, _)| Row::new(*kind)).collect::<anyhow::Result<Vec<_>>>()?;
    for round in 0..options.rounds.max(1) {
        for row in &mut rows {
            row.compute(&candles);
        }
        let told = peer(options, folder.path(), round)?;
        for row in &mut rows {
            let name = row.indicator.kind().as_str();
            let nanoseconds =
                told.iter().find(|(kind, _)| kind == name).context("the peer left out a kind")?.1;
            row.theirs.push(Duration::from_nanos(nanoseconds));
        }
    }
    say(&format!(
        "{} bars, median of {} rounds, by the processor time of one thread",
        options.bars,
        options.rounds.max(1)
    ));
    say("| indicator | Tickgraph, M bars/s | TA-Lib, M bars/s | largest difference |");
    say("|---|---|---|---|");
    for row in &rows {
        let difference = row.difference(folder.path(), candles.len())?;
        let rate = |times: &[Duration]| rate(candles.len(), times);
        say(&format!(
            "| {} | {:.0} | {:.0} | {difference:.1e} |",
            row.indicator.name(),
            rate(&row.ours),
            rate(&row.theirs)
        ));
    }
    Ok(())
}

impl Row {
    fn new(kind: IndicatorKind) -> anyhow::Result<Self> {
        let indicator = Indicator::parse(kind, Parameters::default())?;
        Ok(Self { indicator, ours: Vec::new(), theirs: Vec::new(), lines: Vec::new() })
    }

    fn compute(&mut self, candles: &[Candle]) {
        // What was computed before is freed before the clock starts, as a caller would.
        self.lines.clear();
        let begun = processor_time();
        self.lines = self.indicator.values(std::hint::black_box(candles));
        self.ours.push(processor_time().saturating_sub(begun));
    }

    /// The largest difference to the peer's values; an error where it is more than rounding explains.
    fn difference(&self, folder: &Path, bars: usize) -> anyhow::Result<f64> {
        let mut largest = 0.0_f64;
        for line in &self.lines {
            let name = format!("{} {}", self.indicator.kind().as_str(), line.name);
            let theirs = read(&folder.join(name.replace(' ', "-")))?;
            ensure!(theirs.len() == bars, "{name}: the peer has {} values for {bars} bars", theirs.len());
            for (place, (ours, theirs)) in line.values().zip(theirs).enumerate() {
                let Some(ours) = ours else {
                    ensure!(theirs.is_nan(), "{name} at {place}: no value, and TA-Lib says {theirs}");
                    continue;
                };
                let difference = (ours - theirs).abs() / theirs.abs().max(1.0);
                ensure!(difference <= TOLERANCE, "{name} at {place}: {ours}, and TA-Lib says {theirs}");
                largest = largest.max(difference);
            }
        }
        Ok(largest)
    }
}

/// What this thread has used of its core so far, as the peer counts it too: what else runs on the machine counts less.
fn processor_time() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(spent.tv_sec).unwrap_or(0), u32::try_from(spent.tv_nsec).unwrap_or(0))
}

/// Millions of bars a second, by the median.
#[allow(clippy::cast_precision_loss, reason = "for people to read")]
fn rate(bars: usize, times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    bars as f64 / times[times.len() / 2].as_secs_f64() / 1e6
}

/// A walk of prices in cents, the same in each run.
fn candles(count: usize) -> Vec<Candle> {
    let mut state = 42_u64;
    let mut draw = |range: i32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((state >> 33) % u64::from(range.unsigned_abs())).unwrap_or(0)
    };
    let mut price = 20_000;
    let mut next = |place: usize| {
        // What has strayed far comes back, so that prices stay prices.
        let pull = (20_000 - price) / 1_000;
        let open = price + draw(41) - 20 + pull;
        let close = open + draw(101) - 50;
        let high = open.max(close) + draw(31);
        let low = open.min(close) - draw(31);
        let volume = f64::from(1_000 + draw(9_000));
        price = close;
        let [open, high, low, close] = [open, high, low, close].map(|cents| f64::from(cents) / 100.0);
        Candle { session: i32::try_from(place / SESSION).unwrap_or(i32::MAX), open, high, low, close, volume }
    };
    (0..count).map(&mut next).collect()
}

/// A column's name, and what stands in it.
type Column = (&'static str, fn(&Candle) -> f64);

fn write_columns(folder: &Path, candles: &[Candle]) -> anyhow::Result<()> {
    let columns: [Column; 6] = [
        ("session", |candle| candle.session.into()),
        ("open", |candle| candle.open),
        ("high", |candle| candle.high),
        ("low", |candle| candle.low),
        ("close", |candle| candle.close),
        ("volume", |candle| candle.volume),
    ];
    for (name, column) in columns {
        let bytes: Vec<u8> = candles.iter().flat_map(|candle| column(candle).to_le_bytes()).collect();
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<f64>> {
    let bytes =
        std::fs::read(path).with_context(|| format!("the peer has not written {}", path.display()))?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
}

/// One round of the peer: the kinds, and the nanoseconds that each took. In the first round it writes the values down.
fn peer(options: &Options, folder: &Path, round: usize) -> anyhow::Result<Vec<(String, u64)>> {
    let mut command = Command::new(&options.python);
    command.arg(options.peers.join("indicators.py")).arg(folder);
    if round == 0 {
        command.arg("--write");
    }
    let output = command.output().with_context(|| format!("{} could not be started", options.python))?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the peer failed; it needs Python with what bench/peers/requirements.txt lists:\n{problem}"
    );
    let parse = |line: &str| {
        let (kind, nanoseconds) = line.split_once(' ')?;
        Some((kind.to_owned(), nanoseconds.parse().ok()?))
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| parse(line).with_context(|| format!("the peer said '{line}'")))
        .collect()
}
