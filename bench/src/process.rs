//! Processes: what they have used so far, as Linux tells it, and on which core they run.

use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Processor time and memory of a process.
#[derive(Clone, Debug)]
pub struct Usage {
    /// User and system time of each of its threads since its start.
    threads: HashMap<OsString, Duration>,
    /// Resident memory, in KiB.
    pub resident_kib: u64,
}

impl Usage {
    /// The processor time that its threads have used since `before`. What a thread that has ended in between had
    /// used before must not be taken off what the others have used since.
    pub fn cpu_since(&self, before: &Self) -> Duration {
        let since = |(id, cpu): (&OsString, &Duration)| {
            cpu.saturating_sub(before.threads.get(id).copied().unwrap_or_default())
        };
        self.threads.iter().map(since).sum()
    }
}

/// Reads `/proc`: the scheduler's own count, in nanoseconds.
pub fn usage(id: u32) -> anyhow::Result<Usage> {
    let mut threads = HashMap::new();
    for task in std::fs::read_dir(format!("/proc/{id}/task")).context("the process has ended")? {
        let task = task?;
        // A thread may end in between.
        let spent = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let nanoseconds = spent.split_whitespace().next().and_then(|first| first.parse().ok());
        threads.insert(task.file_name(), Duration::from_nanos(nanoseconds.unwrap_or_default()));
    }
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let resident_kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .context("no VmRSS")?;
    Ok(Usage { threads, resident_kib })
}

/// Lets this process, and those that it starts, open as many files as the machine allows; returns how many.
pub fn open_many_files() -> anyhow::Result<u64> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

/// The cores that a benchmark shares out: one for the measured server, the others for all else.
#[derive(Clone, Copy)]
pub struct Cores {
    server: CpuSet,
    others: CpuSet,
}

impl Cores {
    /// The first core for the server and the rest for the others; where there is one core, all share it.
    pub fn apart() -> anyhow::Result<Self> {
        let all = sched_getaffinity(None)?;
        let mut numbers = (0..CpuSet::MAX_CPU).filter(|number| all.is_set(*number));
        let first = numbers.next().context("no core")?;
        let mut server = CpuSet::new();
        server.set(first);
        let mut others = all;
        others.unset(first);
        let others = if others.count() == 0 { all } else { others };
        Ok(Self { server, others })
    }

    /// Everything may run everywhere.
    pub fn shared() -> anyhow::Result<Self> {
        let all = sched_getaffinity(None)?;
        Ok(Self { server: all, others: all })
    }

    /// Puts this thread, and the threads and processes that it starts from now on, on the others' cores.
    pub fn leave_the_server_alone(&self) -> anyhow::Result<()> {
        Ok(sched_setaffinity(None, &self.others)?)
    }

    /// Runs `start` so that the process which it starts stays on the server's core.
    pub fn for_server<T>(&self, start: impl FnOnce() -> T) -> anyhow::Result<T> {
        sched_setaffinity(None, &self.server)?;
        let started = start();
        sched_setaffinity(None, &self.others)?;
        Ok(started)
    }
}
