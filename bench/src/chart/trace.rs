//! How busy a page's main thread was, from a trace of Chromium.

use anyhow::{Context, ensure};
use serde_json::Value;

/// Between these two marks of a page is what counts; the thread that sets them is the one.
pub const BEGIN: &str = "bench-begin";
/// The end of it.
pub const END: &str = "bench-end";

/// A task of a thread, in a trace of the category `devtools.timeline`.
const TASK: &str = "RunTask";

/// What a thread did between the marks, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Busy {
    /// From the one mark to the other.
    pub wall: f64,
    /// In tasks, those in which it had to wait for a processor included.
    pub tasks: f64,
    /// On a processor.
    pub processor: f64,
}

impl Busy {
    /// The share of the time in tasks, in percent.
    pub fn share(self) -> f64 {
        100.0 * self.tasks / self.wall
    }

    /// The share of the time on a processor, in percent.
    pub fn processor_share(self) -> f64 {
        100.0 * self.processor / self.wall
    }
}

fn micros(event: &Value, field: &str) -> f64 {
    event[field].as_f64().unwrap_or_default()
}

/// Reads a trace. A task that lies across a mark counts for the part between them.
pub fn busy(events: &[Value]) -> anyhow::Result<Busy> {
    let mark = |name: &str| events.iter().find(|event| event["name"] == name);
    let (begin, end) = mark(BEGIN).zip(mark(END)).context("the trace has no marks")?;
    let (from, to) = (micros(begin, "ts"), micros(end, "ts"));
    ensure!(from < to, "the marks are at one moment");
    let (mut tasks, mut processor) = (0.0, 0.0);
    let of_thread = |event: &&Value| event["pid"] == begin["pid"] && event["tid"] == begin["tid"];
    for task in events.iter().filter(of_thread).filter(|event| event["name"] == TASK && event["ph"] == "X") {
        let (start, takes) = (micros(task, "ts"), micros(task, "dur"));
        let counts = (start + takes).min(to) - start.max(from);
        if counts > 0.0 {
            tasks += counts;
            processor += micros(task, "tdur") * counts / takes;
        }
    }
    Ok(Busy { wall: (to - from) / 1e6, tasks: tasks / 1e6, processor: processor / 1e6 })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(thread: u32, ts: f64, dur: f64, tdur: f64) -> Value {
        json!({ "name": TASK, "ph": "X", "pid": 1, "tid": thread, "ts": ts, "dur": dur, "tdur": tdur })
    }

    fn mark(name: &str, ts: f64) -> Value {
        json!({ "name": name, "ph": "I", "pid": 1, "tid": 7, "ts": ts })
    }

    #[test]
    fn tasks_count_between_the_marks_and_on_their_thread() {
        let trace = [
            mark(BEGIN, 1e6),
            mark(END, 3e6),
            task(7, 0.5e6, 1e6, 0.5e6),
            task(7, 2e6, 0.25e6, 0.25e6),
            task(7, 3e6, 1e6, 1e6),
            task(8, 1.5e6, 1e6, 1e6),
        ];
        let busy = busy(&trace).unwrap();
        assert_eq!(busy, Busy { wall: 2.0, tasks: 0.75, processor: 0.5 });
        assert_eq!((busy.share(), busy.processor_share()), (37.5, 25.0));
    }

    #[test]
    fn a_trace_without_marks_is_refused() {
        assert!(busy(&[mark(BEGIN, 1.0)]).is_err());
        assert!(busy(&[mark(BEGIN, 1.0), mark(END, 1.0)]).is_err());
    }
}
