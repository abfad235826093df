//! What a process has used so far, as Linux tells it.

use std::time::Duration;

use anyhow::Context;

/// Processor time and memory of a process.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// User and system time since its start.
    pub cpu: Duration,
    /// Resident memory, in KiB.
    pub resident_kib: u64,
}

/// Reads `/proc`; the clock ticks there are hundredths of a second on every Linux we know.
pub fn usage(id: u32) -> anyhow::Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).context("the process has ended")?;
    // The name, in brackets, may hold blanks.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let resident_kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .context("no VmRSS")?;
    Ok(Usage { cpu: Duration::from_millis((ticks(11) + ticks(12)) * 10), resident_kib })
}
