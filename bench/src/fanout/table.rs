//! The results as Markdown: of each measure the median of all rounds, and how far these were apart.

use std::fmt::Write as _;

use super::sample::Sample;
use super::server::Peer;
use crate::say;

/// One line of a table: who, under which load, and the samples of all rounds.
pub struct Line {
    /// Who was measured.
    pub peer: Peer,
    /// The load.
    pub load: String,
    /// One per round.
    pub samples: Vec<Sample>,
}

/// Measures that every sample has, with the decimals that they are shown with.
type Column = (&'static str, usize, fn(&Sample) -> f64);

const COLUMNS: &[Column] = &[
    ("deliveries/s", 0, |sample| float(sample.outcome.deliveries) / sample.takes.as_secs_f64()),
    ("µs CPU/delivery", 2, |sample| server_micros(sample) + redis_micros(sample)),
    ("of it server", 2, server_micros),
    ("of it Redis", 3, redis_micros),
    ("p50 ms", 2, |sample| float(sample.outcome.p50) / 1_000.0),
    ("p99 ms", 2, |sample| float(sample.outcome.p99) / 1_000.0),
    ("p99.9 ms", 2, |sample| float(sample.outcome.p999) / 1_000.0),
    ("max ms", 1, |sample| float(sample.outcome.max) / 1_000.0),
    ("not delivered", 0, |sample| float(sample.expected.saturating_sub(sample.outcome.deliveries))),
    ("RSS idle MiB", 1, |sample| float(sample.resident_kib[0]) / 1_024.0),
    ("connected", 1, |sample| float(sample.resident_kib[1]) / 1_024.0),
    ("at end", 1, |sample| float(sample.resident_kib[2]) / 1_024.0),
];

/// A count, for arithmetic.
#[allow(clippy::cast_precision_loss, reason = "counts and microseconds here stay far below 2^52")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// The server's processor time per delivery, in microseconds.
fn server_micros(sample: &Sample) -> f64 {
    sample.server.as_secs_f64() * 1e6 / float(sample.outcome.deliveries)
}

/// Redis's processor time per delivery, in microseconds.
fn redis_micros(sample: &Sample) -> f64 {
    sample.redis.as_secs_f64() * 1e6 / float(sample.outcome.deliveries)
}

/// Prints a table.
pub fn print(title: &str, lines: &[Line]) {
    let names = COLUMNS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(" | ");
    let mut text =
        format!("\n### {title}\n\n| server | load | {names} |\n|---|---|{}", "---|".repeat(COLUMNS.len()));
    for line in lines {
        let _ = write!(text, "\n| {} | {} |", line.peer.name(), line.load);
        for (_, decimals, value) in COLUMNS {
            let _ = write!(text, " {} |", spread(line.samples.iter().map(value).collect(), *decimals));
        }
    }
    for line in lines {
        for sample in &line.samples {
            let outcome = &sample.outcome;
            if outcome.closed + outcome.repeated + outcome.others > 0 || sample.published.latest > 5_000 {
                let _ = write!(
                    text,
                    "\n\n{}, {}: {} sockets ended {:?}; {} missed by sequence, {} repeated, {} other messages; \
                     the publisher was up to {} ms late",
                    line.peer.name(),
                    line.load,
                    outcome.closed,
                    outcome.reasons,
                    outcome.missed,
                    outcome.repeated,
                    outcome.others,
                    sample.published.latest / 1_000,
                );
            }
        }
    }
    say(&text);
}

/// The median, and in brackets the least and the most where they differ.
pub fn spread(mut values: Vec<f64>, decimals: usize) -> String {
    values.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (values.first(), values.last()) else { return "–".into() };
    let median = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
    let shown = |value: f64| format!("{value:.decimals$}");
    if shown(*least) == shown(*most) {
        shown(median)
    } else {
        format!("{} ({}–{})", shown(median), shown(*least), shown(*most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_before_the_spread() {
        for (values, expected) in [
            (vec![3.0, 1.0, 2.0], "2.0 (1.0–3.0)"),
            (vec![4.0, 1.0, 2.0, 3.0], "2.5 (1.0–4.0)"),
            (vec![1.0, 1.01], "1.0"),
            (vec![], "–"),
        ] {
            assert_eq!(spread(values, 1), expected);
        }
    }
}
