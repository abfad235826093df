//! How fast the dashboard draws, in a real Chromium: many bars at once, six charts whose prices move, and the first view
//! after the address was entered.
//!
//! The drawing scripts are measured in a page of their own beside the bare chart library, then the whole dashboard is,
//! fed by `tickgraph serve`. What a main thread did is read from traces that Chromium writes.

mod desk;
mod devtools;
mod drawing;
mod trace;

use clap::{Args, ValueEnum};
use devtools::Browser;

use crate::say;

/// A part of the benchmark.
#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// The drawing scripts alone, beside the bare library.
    Drawing,
    /// Six charts in the dashboard.
    Charts,
    /// The first view of the dashboard.
    View,
}

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Which parts.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "drawing,charts,view")]
    parts: Vec<Part>,
    /// How many times each is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long prices move each time.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// Measures, and prints a table.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut browser = Browser::start().await?;
    say("median of the rounds (least to most)");
    for part in &options.parts {
        match part {
            Part::Drawing => drawing::measure(&mut browser, &options).await?,
            Part::Charts => desk::six(&mut browser, &options).await?,
            Part::View => desk::first_view(&mut browser, &options).await?,
        }
    }
    Ok(())
}

/// What one measurement came to in each round.
#[derive(Default)]
struct Rounds(Vec<f64>);

impl Rounds {
    fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// One line of the table.
    fn tell(mut self, what: &str, unit: &str) {
        self.0.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (self.0.first(), self.0.last()) else { return };
        let median = self.0[self.0.len() / 2];
        say(&format!("{what:<78} {median:>7.0} {unit} ({least:.0} to {most:.0})"));
    }
}
