//! Stand-ins for this module's tests.

use domain::clock::Clock;
use time::OffsetDateTime;
use time::macros::datetime;

/// A clock that stands still.
pub struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-22 20:00 UTC)
    }
}
