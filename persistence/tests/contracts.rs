//! One set of cases per port, run against every implementation of it.
//!
//! The stores run on SQLite and Postgres, the bus on Redis and in the process; a server program that is
//! not on this machine skips its half, and says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs::OpenOptions;
use std::future::Future;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use persistence::testing::StartError;

mod addresses;
mod bus;
mod outage;
mod rate;
mod samples;
mod stores;

/// How long a condition is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server, or `None` where its program is missing on this machine.
fn or_skip<T>(started: Result<T, StartError>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(StartError::Missing(why)) => {
            note_skip(&why);
            None
        }
        Err(StartError::Failed(why)) => panic!("{why}"),
    }
}

/// Says which test is skipped and why: a line in the file that `TICKGRAPH_SKIPS` names, from which
/// `cargo xtask test` counts, else on standard error.
#[allow(clippy::disallowed_methods, reason = "a test has no settings")]
fn note_skip(why: &str) {
    let thread = std::thread::current();
    let line = format!("{}: this machine lacks {why}\n", thread.name().unwrap_or("a test"));
    match std::env::var_os("TICKGRAPH_SKIPS") {
        Some(file) => {
            let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
            file.write_all(line.as_bytes()).unwrap();
        }
        // Straight to the stream: the test runner hides what a passing test prints.
        None => std::io::stderr().write_all(format!("SKIPPED: {line}").as_bytes()).unwrap(),
    }
}

/// What `look` finds, as soon as it finds something.
async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let patience = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < patience, "still not so after {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs `work` in `count` tasks at once, and returns what they returned.
async fn at_once<T, F>(count: usize, work: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(tokio::sync::Barrier::new(count));
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let (start, work) = (Arc::clone(&start), work(number));
            tokio::spawn(async move {
                start.wait().await;
                work.await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}
