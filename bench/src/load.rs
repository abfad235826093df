//! The load generator: many subscribers in one process, on one thread, and the latency of what they get.
//!
//! A marker travels in each event: the first size in a quote is the moment, in microseconds, for which it
//! was published. Both ends run on one machine and read one clock. The generator is told a [`Plan`] and
//! then moments to measure between, a line of JSON each; it answers in the same way.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, bail};
use domain::clock::{Clock, SystemClock};
use futures::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout};

mod frame;
mod socket;
mod tally;

pub use tally::{FIRST_PRICE, Outcome};

use socket::{Habit, Shared, lock};

/// How many sockets are connected at a time.
const AT_ONCE: usize = 64;

/// How long until all are connected and have got something.
const CONNECTING_TAKES: Duration = Duration::from_mins(3);

/// Without a delivery for this long, what was published has arrived.
const QUIET: Duration = Duration::from_millis(500);

/// How long what was published may take to arrive.
const DRAINING_TAKES: Duration = Duration::from_secs(30);

/// How long the generator sleeps before it takes what has arrived. Were it to wait for each message, the server
/// would pay for waking it, which on one machine costs as much as sending; a network card would not ask for that.
const NAP: Duration = Duration::from_micros(500);

/// How often the generator looks whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What to connect to, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Where.
    pub address: SocketAddr,
    /// The access token, where one is needed.
    pub token: Option<String>,
    /// The subscription.
    pub query: String,
    /// Its variables.
    pub variables: Value,
    /// How many instruments it names, where their sequences are to be followed.
    pub instruments: usize,
    /// How many sockets.
    pub sockets: usize,
    /// How many of them never read.
    pub stalled: usize,
}

/// Events published from `begin` until `end` are measured, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Window {
    /// The first moment.
    pub begin: u64,
    /// The moment after the last.
    pub end: u64,
}

/// The present moment, in microseconds since 1970.
pub fn micros() -> u64 {
    u64::try_from(SystemClock.now().unix_timestamp_nanos() / 1_000).unwrap_or(0)
}

/// How long until that moment.
fn until(moment: u64) -> Duration {
    Duration::from_micros(moment.saturating_sub(micros()))
}

/// The generator's own process.
pub async fn run() -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let plan: Arc<Plan> = Arc::new(read(&mut lines).await?.context("no plan")?);
    let shared = Arc::new(Mutex::new(Shared::new()?));
    let habits =
        (0..plan.sockets).map(|number| if number < plan.stalled { Habit::Stalls } else { Habit::Reads });
    let held: Vec<_> = stream::iter(habits)
        .map(|habit| socket::start(Arc::clone(&plan), habit, Arc::clone(&shared)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    while lock(&shared).tally.begun < plan.sockets - plan.stalled {
        let outcome = lock(&shared).tally.outcome();
        if outcome.closed > 0 {
            bail!("the server ended sockets at once: {:?}", outcome.reasons);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    crate::say(&json!({ "ready": held.len() }).to_string());
    tokio::spawn(nap_between_reads());
    while let Some(window) = read(&mut lines).await? {
        crate::say(&serde_json::to_string(&measure(window, &shared).await)?);
    }
    Ok(())
}

/// Keeps the only thread from waiting for sockets: it sleeps, and then looks what there is.
async fn nap_between_reads() {
    loop {
        std::thread::sleep(NAP);
        tokio::task::yield_now().await;
    }
}

async fn measure(window: Window, shared: &Mutex<Shared>) -> Outcome {
    lock(shared).tally.measure(window.begin..window.end);
    tokio::time::sleep(until(window.end)).await;
    let patience = Instant::now() + DRAINING_TAKES;
    let (mut known, mut since) = (0, Instant::now());
    while since.elapsed() < QUIET && Instant::now() < patience {
        tokio::time::sleep(LOOK_EVERY).await;
        let deliveries = lock(shared).tally.deliveries;
        if std::mem::replace(&mut known, deliveries) != deliveries {
            since = Instant::now();
        }
    }
    lock(shared).tally.outcome()
}

/// The next line; `None` at the end.
async fn read<T: DeserializeOwned>(
    lines: &mut Lines<impl tokio::io::AsyncBufRead + Unpin>,
) -> anyhow::Result<Option<T>> {
    let line = lines.next_line().await?;
    line.map(|line| serde_json::from_str(&line).with_context(|| format!("unexpected: {line}"))).transpose()
}

/// A load generator that runs, as its user sees it. Its sockets end with it.
pub struct Generator {
    child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Generator {
    /// Starts one; what it is to connect to must already serve.
    pub async fn start(plan: &Plan) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("load")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take().context("no standard input")?;
        let answers = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let mut generator = Self { child, stdin, answers };
        generator.tell(plan).await?;
        Ok(generator)
    }

    /// Waits until all its sockets have got something.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        let ready = timeout(CONNECTING_TAKES, self.answer::<Value>()).await;
        ready.context("not all sockets are served")?.map(drop)
    }

    /// Measures; what is published meanwhile is not its business. Begin it before the window begins.
    pub async fn measure(&mut self, window: Window) -> anyhow::Result<Outcome> {
        self.tell(&window).await?;
        let takes = until(window.end) + DRAINING_TAKES + Duration::from_secs(30);
        timeout(takes, self.answer()).await.context("the load generator does not keep up")?
    }

    /// Ends it, and with it its sockets.
    pub async fn end(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    async fn tell(&mut self, what: &impl Serialize) -> anyhow::Result<()> {
        let line = serde_json::to_string(what)? + "\n";
        Ok(self.stdin.write_all(line.as_bytes()).await?)
    }

    async fn answer<T: DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        read(&mut self.answers).await?.context("the load generator failed")
    }
}
