//! A recorded day in place of the generated market.
//!
//! **Whose time is it?** The exchange's clock shows the recorded moment: the gateway answers it as the current time, bars
//! and trades carry it, and what is asked of the past is answered up to it and never beyond. It begins at `--from` and
//! runs `--speed` times as fast as the wall clock, from the moment the program starts, until the last event of the
//! day: then it stands still, the last values stand, and market data is called frozen (market data type 2). With
//! `--speed max` it runs as fast as those who watch can take it, and stands still while nobody watches.

mod clock;
mod folder;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::clock::Clock;
use domain::world::ConnectionId;
use engine::lean::ReadError;
use engine::recorded::RecordedMarket;
use time::macros::format_description;
use time::{Date, Time};

pub(crate) use self::clock::ReplayClock;
pub use self::clock::Speed;
use self::folder::DiskFolder;

/// Which day is played, and how.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct ReplayArguments {
    /// Plays a recorded day of this folder instead of the generated market: a data folder of LEAN, or one
    /// with ticks in CSV (docs/replay.md).
    #[arg(long, value_name = "FOLDER", requires = "date")]
    pub replay: Option<PathBuf>,
    /// The day to play, as 2013-10-07.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date, requires = "replay")]
    pub date: Option<Date>,
    /// How many times as fast as it was: 0.1 to 10000, or 'max' for as fast as it can be taken.
    #[arg(long, default_value = "1", requires = "replay")]
    pub speed: Speed,
    /// When to begin, on New York's clock; what came before is told as the past.
    #[arg(long, value_name = "HH:MM", default_value = "09:30", value_parser = clock_time, requires = "replay")]
    pub from: Time,
}

impl ReplayArguments {
    /// Reads the day, where one is to be played.
    pub fn open(&self) -> Result<Option<Replay>, ReadError> {
        let (Some(folder), Some(date)) = (&self.replay, self.date) else { return Ok(None) };
        Replay::open(&ReplayOptions { folder: folder.clone(), date, speed: self.speed, from: self.from })
            .map(Some)
    }
}

/// Which day is played, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayOptions {
    /// A data folder of LEAN.
    pub folder: PathBuf,
    /// The day.
    pub date: Date,
    /// How fast.
    pub speed: Speed,
    /// When to begin, on New York's clock.
    pub from: Time,
}

/// A day that is ready to be played. Its clock runs.
#[derive(Clone, Debug)]
pub struct Replay {
    pub(crate) market: Arc<RecordedMarket>,
    pub(crate) clock: Arc<ReplayClock>,
    folder: PathBuf,
}

impl Replay {
    /// Reads a day, and begins.
    pub fn open(options: &ReplayOptions) -> Result<Self, ReadError> {
        let shown = options.folder.display().to_string();
        let in_folder = |error: ReadError| {
            let file = options.folder.join(&error.file).display().to_string();
            ReadError { file, ..error }
        };
        if !options.folder.is_dir() {
            return Err(ReadError::new(&shown, "there is no such folder; give the data folder of LEAN"));
        }
        let market = RecordedMarket::open(Arc::new(DiskFolder::new(options.folder.clone())), options.date);
        let market = Arc::new(market.map_err(in_folder)?);
        let reading = market.reading();
        tracing::info!(date = %options.date, files = reading.files, rows = reading.rows, "recorded day read");
        for note in &reading.notes {
            tracing::warn!("{note}");
        }
        let nothing =
            || ReadError::new(&shown, format!("nothing happened on {}; choose another date", options.date));
        let (_, end) = market.span().ok_or_else(nothing)?;
        let start = market.day().time(options.from).filter(|start| *start <= end);
        let start = start.ok_or_else(|| {
            let last = format!("nothing happens from {} on; begin earlier with --from", options.from);
            ReadError::new(&shown, last)
        })?;
        let clock = Arc::new(ReplayClock::begin(start, end, options.speed));
        let folder = options.folder.canonicalize().unwrap_or_else(|_unreadable| options.folder.clone());
        Ok(Self { market, clock, folder })
    }

    /// What the connection to it is called: another one for each folder, so that what is kept of one is never shown
    /// in the replay of another.
    pub fn connection(&self) -> ConnectionId {
        ConnectionId::new(format!("replay-{:08x}", digest(&self.folder)))
    }

    /// The recorded day.
    pub fn market(&self) -> &RecordedMarket {
        &self.market
    }

    /// The clock of the recorded day.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }
}

/// FNV-1a of a path: it stays the same for good, which the standard library does not promise of its own.
fn digest(path: &Path) -> u32 {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().fold(0x811c_9dc5, |digest, byte| (digest ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| format!("'{text}' is no date; write it as 2013-10-07"))
}

fn clock_time(text: &str) -> Result<Time, String> {
    Time::parse(text, format_description!("[hour]:[minute]"))
        .map_err(|_| format!("'{text}' is no time of day; write it as 09:30"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use time::macros::{date, time};

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        replay: ReplayArguments,
    }

    fn parse(arguments: &str) -> Result<ReplayArguments, String> {
        let words = std::iter::once("program").chain(arguments.split_whitespace());
        Command::try_parse_from(words).map(|command| command.replay).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_say_which_day() {
        let replay = Some(PathBuf::from("data"));
        let usual =
            ReplayArguments { replay: None, date: None, speed: Speed::Times(1.0), from: time!(09:30) };
        let day = ReplayArguments { replay, date: Some(date!(2013 - 10 - 07)), ..usual.clone() };
        let fast = ReplayArguments { speed: Speed::Times(10.0), from: time!(04:00), ..day.clone() };
        let cases = [
            ("", usual),
            ("--replay data --date 2013-10-07", day),
            ("--replay data --date 2013-10-07 --speed 10 --from 04:00", fast),
        ];
        for (arguments, expected) in cases {
            assert_eq!(parse(arguments), Ok(expected), "{arguments}");
        }
    }

    #[test]
    fn each_folder_has_a_name_that_stays() {
        assert_eq!(digest(Path::new("")), 0x811c_9dc5);
        assert_eq!(digest(Path::new("a")), 0xe40c_292c);
        assert_eq!(digest(Path::new("foobar")), 0xbf9c_f968);
    }

    #[test]
    fn arguments_that_mean_nothing_are_refused() {
        let cases = [
            ("--replay data", "--date"),
            ("--date 2013-10-07", "--replay"),
            ("--speed 10", "--replay"),
            ("--replay data --date 7.10.2013", "write it as 2013-10-07"),
            ("--replay data --date 2013-10-07 --speed fast", "or max"),
            ("--replay data --date 2013-10-07 --from 9", "write it as 09:30"),
        ];
        for (arguments, expected) in cases {
            let message = parse(arguments).unwrap_err();
            assert!(message.contains(expected), "{arguments}: {message}");
        }
    }
}
