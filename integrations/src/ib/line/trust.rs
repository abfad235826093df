//! How far the values of a line can be trusted: one rule over all that is known.

use domain::quote::FeedState;

use crate::ib::tick::Timeliness;

/// What came through a subscription so far.
#[derive(Clone, Copy, Debug)]
pub(super) enum Heard {
    /// Nothing.
    Nothing,
    /// A part of what is told as a whole, and that anew.
    Part,
    /// Prices, and how late they are.
    Prices(Timeliness),
}

/// The state of a line, with the reason where it is not LIVE; `None` where nothing can be said yet.
/// `obstacle` says what is in the way, `heard` what came through the subscription, where there is one, and `said`
/// the state that was told last.
pub(super) fn trust(
    obstacle: Option<String>,
    heard: Option<Heard>,
    said: Option<FeedState>,
) -> Option<(FeedState, Option<String>)> {
    if obstacle.is_some() {
        return Some((FeedState::Stale, obstacle));
    }
    let (state, reason) = match heard? {
        Heard::Prices(Timeliness::Live) => return Some((FeedState::Live, None)),
        Heard::Prices(Timeliness::Delayed) => {
            (FeedState::Delayed, "delayed data: the account has no subscription to this market's live data")
        }
        Heard::Prices(Timeliness::Frozen) => {
            (FeedState::Closed, "the market is closed: its last known prices")
        }
        Heard::Part => {
            (FeedState::Recovering, "the gateway tells the book anew; waiting for the whole of it")
        }
        Heard::Nothing if matches!(said, Some(FeedState::Stale | FeedState::Recovering)) => {
            (FeedState::Recovering, "connected again; waiting for the first price")
        }
        Heard::Nothing => return None,
    };
    Some((state, Some(reason.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_follows_from_what_is_known() {
        use FeedState::{Closed, Delayed, Live, Recovering, Stale};
        use Heard::{Nothing, Part, Prices};
        let cases = [
            (None, None, None, None),
            (None, None, Some(Stale), None),
            (None, Some(Nothing), None, None),
            (None, Some(Nothing), Some(Live), None),
            (None, Some(Nothing), Some(Stale), Some(Recovering)),
            (None, Some(Nothing), Some(Recovering), Some(Recovering)),
            (None, Some(Part), Some(Live), Some(Recovering)),
            (Some("1100"), Some(Part), Some(Live), Some(Stale)),
            (None, Some(Prices(Timeliness::Live)), Some(Recovering), Some(Live)),
            (None, Some(Prices(Timeliness::Delayed)), None, Some(Delayed)),
            (None, Some(Prices(Timeliness::Frozen)), None, Some(Closed)),
            (Some("1100"), Some(Prices(Timeliness::Live)), Some(Live), Some(Stale)),
            (Some("1100"), Some(Nothing), None, Some(Stale)),
            (Some("1100"), None, None, Some(Stale)),
        ];
        for (obstacle, heard, said, expected) in cases {
            let told = trust(obstacle.map(ToOwned::to_owned), heard, said);
            assert_eq!(told.as_ref().map(|(state, _)| *state), expected, "{obstacle:?} {heard:?} {said:?}");
            if let Some((state, reason)) = told {
                assert_eq!(reason.is_none(), state == Live, "{state:?}");
            }
        }
    }
}
