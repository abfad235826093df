//! The first words on a socket: the client offers a range of versions, the gateway picks one.

use time::OffsetDateTime;
use time::macros::format_description;
use time_tz::{OffsetDateTimeExt, timezones};

/// What every client says first.
pub(super) const PREFIX: [u8; 4] = *b"API\0";

/// The first version in which every message is protobuf.
const OLDEST: i32 = 213;

/// The newest version that this gateway speaks.
const NEWEST: i32 = 226;

/// The version for a client that offers `v<min>..<max>[ <options>]`; `None` where there is no common one.
/// (Clients that speak only the older text dialect offer at most 212.)
pub(super) fn negotiate(offer: &str) -> Option<i32> {
    let range = offer.split(' ').next()?.strip_prefix('v')?;
    let (min, max) = range.split_once("..").unwrap_or((range, range));
    let (min, max): (i32, i32) = (min.parse().ok()?, max.parse().ok()?);
    (min <= max && max >= OLDEST && min <= NEWEST).then_some(max.min(NEWEST))
}

/// The gateway's answer: its version and its time, each ended by a zero.
pub(super) fn acknowledgement(version: i32, now: OffsetDateTime) -> String {
    format!("{version}\0{}\0", eastern(now))
}

/// A moment as the gateway writes it: `20261122 13:05:00 US/Eastern`.
pub(super) fn eastern(moment: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day] [hour]:[minute]:[second]");
    let local = moment.to_timezone(timezones::db::america::NEW_YORK);
    format!("{} US/Eastern", local.format(&format).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_newest_common_version_is_taken() {
        let cases = [
            ("v213..226", Some(226)),
            ("v100..225", Some(225)),
            ("v213..300 +PACEAPI", Some(226)),
            ("v226", Some(226)),
            ("v157..178", None),
            ("v100..212", None),
            ("v227..300", None),
            ("v226..213", None),
            ("213..226", None),
            ("v..", None),
            ("", None),
        ];
        for (offer, version) in cases {
            assert_eq!(negotiate(offer), version, "{offer:?}");
        }
    }

    #[test]
    fn the_answer_says_the_time_in_new_york() {
        let text = acknowledgement(226, datetime!(2026-07-01 12:00 UTC));
        assert_eq!(text, "226\x0020260701 08:00:00 US/Eastern\0");
    }
}
