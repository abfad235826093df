//! Moments as the reader wants to see them.

use dioxus::prelude::*;

use super::{Preferences, Zone};
use crate::browser;
use crate::text::Language;

/// Moments in the reader's zone and language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    zone: Zone,
    language: Language,
}

impl Clock {
    /// A time of day.
    pub fn time(self, millis: i64) -> String {
        browser::clock_time(millis, self.language.tag(), self.zone.0)
    }

    /// A time of day with its milliseconds.
    pub fn exact_time(self, millis: i64) -> String {
        format!("{}.{:03}", self.time(millis), millis.rem_euclid(1_000))
    }

    /// A day and its time.
    pub fn moment(self, millis: i64) -> String {
        browser::date_time(millis, self.language.tag(), self.zone.0)
    }
}

/// Moments in the reader's zone and language, for a component.
pub fn use_clock() -> Clock {
    let preferences = use_context::<Preferences>();
    Clock { zone: preferences.zone(), language: preferences.language() }
}
