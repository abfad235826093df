//! The first words on a socket: the client offers a range of versions, the gateway picks one.

use std::ops::RangeInclusive;

use time::OffsetDateTime;
use time::macros::format_description;
use time_tz::{OffsetDateTimeExt, timezones};

use crate::wire::Dialect;

/// What every client says first.
pub(super) const PREFIX: [u8; 4] = *b"API\0";

/// The versions in which every message is protobuf.
const PROTOBUF: RangeInclusive<i32> = 213..=226;

/// The versions in which every message is text. Those between mix the dialects, and are not spoken:
/// whoever offers them can speak an older one too, and is asked to.
const TEXT: RangeInclusive<i32> = 157..=178;

/// The version whose messages clients do not agree upon.
const DISPUTED: i32 = 158;

/// The version for a client that offers `v<min>..<max>[ <options>]`, the newest one where possible; `None`
/// where there is no common one.
pub(super) fn negotiate(offer: &str) -> Option<i32> {
    let range = offer.split(' ').next()?.strip_prefix('v')?;
    let (min, max) = range.split_once("..").unwrap_or((range, range));
    let (min, max): (i32, i32) = (min.parse().ok()?, max.parse().ok()?);
    if min > max {
        return None;
    }
    let newest = |known: &RangeInclusive<i32>| {
        let version = max.min(*known.end());
        (version >= min.max(*known.start())).then_some(version)
    };
    match newest(&PROTOBUF).or_else(|| newest(&TEXT))? {
        DISPUTED => (min < DISPUTED).then_some(DISPUTED - 1),
        version => Some(version),
    }
}

/// How messages are written in this version.
pub(super) fn dialect(version: i32) -> Dialect {
    if PROTOBUF.contains(&version) { Dialect::Protobuf } else { Dialect::Text(version) }
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
            ("v157..178", Some(178)),
            ("v157..176", Some(176)),
            ("v100..157", Some(157)),
            ("v100..158", Some(157)),
            ("v158..158", None),
            ("v158..159", Some(159)),
            ("v100..156", None),
            ("v176..193", Some(178)),
            ("v100..212", Some(178)),
            ("v179..212", None),
            ("v178..213", Some(213)),
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
