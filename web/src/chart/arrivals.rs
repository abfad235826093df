//! The bars that came live and wait for the next frame.

use std::collections::BTreeMap;

use crate::graphql::bar::{Bar, BarEvent, LiveBars};
use crate::graphql::scalar::Decimal;
use crate::live::Event;

/// Whether something may have been missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// Nothing.
    Kept,
    /// Perhaps: history has to be asked.
    Broken,
}

/// What waits, and which run of the producer it is from.
#[derive(Debug, Default)]
pub struct Arrivals {
    bars: BTreeMap<i64, Bar>,
    epoch: Option<Decimal>,
}

impl Arrivals {
    /// Takes in an event.
    pub fn take(&mut self, event: Event<LiveBars>) -> Continuity {
        match event {
            Event::Data(LiveBars { bars: BarEvent::BarUpdate(update) }) => {
                self.bars.insert(update.bar.time.seconds(), update.bar);
                let before = self.epoch.replace(update.epoch);
                // A producer that restarted has not seen what happened meanwhile.
                if before.is_some_and(|before| before != update.epoch) {
                    return Continuity::Broken;
                }
                Continuity::Kept
            }
            Event::Data(LiveBars { bars: BarEvent::StreamGap(_) }) => Continuity::Broken,
            Event::Restarted => {
                self.bars.clear();
                Continuity::Broken
            }
            // The quote of the same instrument tells why.
            Event::Failed(_) | Event::Data(_) => Continuity::Kept,
        }
    }

    /// Hands over what waits, oldest first.
    pub fn hand_over(&mut self) -> impl Iterator<Item = Bar> + use<> {
        std::mem::take(&mut self.bars).into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::bar::BarUpdate;
    use crate::graphql::failure::Failure;
    use crate::graphql::quote::{FeedState, InstrumentKey, StreamGap};
    use crate::graphql::scalar::DateTime;

    fn update(seconds: i64, epoch: &str) -> Event<LiveBars> {
        let price: Decimal = "1".parse().unwrap();
        let time = DateTime::from_millis(seconds * 1_000);
        let bar = Bar { time, open: price, high: price, low: price, close: price, volume: None };
        let update = BarUpdate { bar, state: FeedState::Live, epoch: epoch.parse().unwrap() };
        Event::Data(LiveBars { bars: BarEvent::BarUpdate(update) })
    }

    #[test]
    fn history_is_asked_after_whatever_may_have_left_a_hole() {
        let mut arrivals = Arrivals::default();
        let mut check = |event: Event<LiveBars>, expect: Continuity| assert_eq!(arrivals.take(event), expect);
        let gap = StreamGap { instrument: InstrumentKey { id: "i".into() } };
        check(update(0, "1"), Continuity::Kept);
        check(update(60, "1"), Continuity::Kept);
        check(update(60, "2"), Continuity::Broken);
        check(update(60, "2"), Continuity::Kept);
        check(Event::Data(LiveBars { bars: BarEvent::StreamGap(gap) }), Continuity::Broken);
        check(Event::Data(LiveBars { bars: BarEvent::Other }), Continuity::Kept);
        check(Event::Failed(Failure::Unreachable), Continuity::Kept);
        check(Event::Restarted, Continuity::Broken);
        check(update(60, "3"), Continuity::Broken);
    }

    #[test]
    fn what_waits_from_before_a_restart_is_thrown_away() {
        let mut arrivals = Arrivals::default();
        arrivals.take(update(0, "1"));
        arrivals.take(Event::Restarted);
        arrivals.take(update(60, "1"));
        let times = |arrivals: &mut Arrivals| -> Vec<i64> {
            arrivals.hand_over().map(|bar| bar.time.seconds()).collect()
        };
        assert_eq!(times(&mut arrivals), [60]);
        assert!(times(&mut arrivals).is_empty());
    }
}
