//! Which trading session a bar belongs to: the VWAP begins anew with each.

use time::{Duration, OffsetDateTime};
use time_tz::{OffsetDateTimeExt as _, Tz, timezones};

use crate::bar::{Bar, BarSize};
use crate::indicator::Candle;
use crate::instrument::{AssetClass, Instrument};

/// The sessions of an instrument.
///
/// A session is a calendar day in the instrument's time zone. The trading day of futures in American time zones begins at
/// 17:00 of the day before, and so do their sessions. Each daily or longer bar is a session of its own. A time zone that
/// is not known counts as UTC.
#[derive(Clone, Copy)]
pub struct Sessions {
    zone: Option<&'static Tz>,
    early: Duration,
    size: BarSize,
}

impl Sessions {
    /// Those of an instrument's bars of this size.
    pub fn of(instrument: &Instrument, size: BarSize) -> Self {
        let name = instrument.time_zone.as_str();
        let is_american = name.starts_with("America/") || name.starts_with("US/");
        let is_early = is_american && instrument.asset_class == AssetClass::Future;
        let early = if is_early { Duration::hours(7) } else { Duration::ZERO };
        Self { zone: timezones::get_by_name(name), early, size }
    }

    /// How long the bars are.
    pub fn size(&self) -> BarSize {
        self.size
    }

    /// The session of a bar of this time.
    pub fn number(&self, time: OffsetDateTime) -> i32 {
        let local = match self.zone {
            Some(zone) if self.size < BarSize::Day1 => time.to_timezone(zone),
            _ => time,
        };
        (local + self.early).to_julian_day()
    }

    /// A bar with its session.
    pub fn candle(&self, bar: &Bar) -> Candle {
        Candle::new(bar, self.number(bar.time))
    }

    /// Bars with their sessions.
    pub fn candles<'b>(&self, bars: impl IntoIterator<Item = &'b Bar>) -> Vec<Candle> {
        bars.into_iter().map(|bar| self.candle(bar)).collect()
    }
}
