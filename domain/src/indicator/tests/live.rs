//! Live bars: forming, closed, corrected.

use rust_decimal::Decimal;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::dec;
use super::session::stock;
use crate::bar::{Bar, BarPhase, BarSize};
use crate::decimal::{Price, Quantity};
use crate::indicator::{
    HistoryRequest, Indicator, IndicatorKind, LiveIndicators, Parameters, Sessions, Wants,
};

const BEGUN: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);

pub(super) fn bar(time: OffsetDateTime, price: Decimal) -> Bar {
    let price = Price::new(price);
    Bar { time, open: price, high: price, low: price, close: price, volume: Quantity::new(dec("100")) }
}

fn at(minute: i64, price: i64) -> Bar {
    bar(BEGUN + Duration::minutes(minute), Decimal::from(price))
}

fn live() -> LiveIndicators {
    let length = |length| Parameters { length: Some(length), ..Parameters::default() };
    let indicators = [(IndicatorKind::Sma, 3), (IndicatorKind::Ema, 2)];
    let parse = |(kind, bars)| Indicator::parse(kind, length(bars)).unwrap();
    LiveIndicators::new(indicators.map(parse).to_vec(), Sessions::of(&stock("UTC"), BarSize::Min1))
}

/// Whether history is wanted before this bar.
fn wants_history(live: &LiveIndicators, bar: Bar) -> bool {
    live.wants(&bar, BEGUN) != Wants::Nothing
}

/// The value of the simple average of three.
fn told(live: &mut LiveIndicators, bar: Bar, phase: BarPhase) -> Option<f64> {
    live.apply(&bar, phase).expect("a bar that is not too old")[0][0]
}

#[test]
fn a_forming_bar_counts_and_leaves_no_trace() {
    let mut live = live();
    live.seed(&[at(0, 10), at(1, 20)], &at(2, 0));
    assert_eq!(told(&mut live, at(2, 30), BarPhase::Forming), Some(20.0));
    assert_eq!(told(&mut live, at(2, 60), BarPhase::Forming), Some(30.0));
    assert_eq!(told(&mut live, at(2, 90), BarPhase::Closed), Some(40.0));
    assert_eq!(told(&mut live, at(3, 10), BarPhase::Forming), Some(40.0));
    assert!(live.apply(&at(2, 1), BarPhase::Forming).is_none(), "it has closed");
}

#[test]
fn what_is_corrected_is_computed_again_with_all_that_came_after() {
    let mut live = live();
    live.seed(&[at(0, 10), at(1, 20)], &at(2, 0));
    told(&mut live, at(2, 30), BarPhase::Closed);
    told(&mut live, at(3, 40), BarPhase::Closed);
    assert_eq!(
        told(&mut live, at(2, 90), BarPhase::Corrected),
        Some(40.0),
        "the values of the corrected bar"
    );
    assert_eq!(told(&mut live, at(4, 20), BarPhase::Forming), Some(50.0));
    let mut anew = self::live();
    anew.seed(&[at(0, 10), at(1, 20), at(2, 90), at(3, 40)], &at(4, 0));
    assert_eq!(live.apply(&at(4, 7), BarPhase::Forming), anew.apply(&at(4, 7), BarPhase::Forming));
}

#[test]
fn the_history_can_be_corrected_too_until_it_is_old() {
    let mut live = live();
    live.seed(&[at(0, 10), at(1, 20), at(2, 30)], &at(3, 0));
    told(&mut live, at(1, 80), BarPhase::Corrected);
    assert_eq!(told(&mut live, at(3, 10), BarPhase::Forming), Some(40.0));
    for minute in 3..20 {
        told(&mut live, at(minute, 10), BarPhase::Closed);
    }
    assert!(live.apply(&at(2, 99), BarPhase::Corrected).is_none());
    assert_eq!(told(&mut live, at(20, 10), BarPhase::Forming), Some(10.0));
}

#[test]
fn a_bar_that_was_only_told_when_it_was_corrected_counts() {
    let mut live = live();
    live.seed(&[at(0, 10), at(1, 20)], &at(2, 0));
    assert_eq!(told(&mut live, at(2, 60), BarPhase::Corrected), Some(30.0));
    assert_eq!(live.indicators().len(), 2);
    live.seed(&[], &at(3, 0));
    assert_eq!(told(&mut live, at(3, 60), BarPhase::Forming), None, "it has begun anew");
}

#[test]
fn history_is_wanted_at_first_and_again_and_wherever_bars_are_missing() {
    let mut live = live();
    let request = HistoryRequest { count: 15, to: at(5, 60).time };
    assert_eq!(live.wants(&at(5, 60), BEGUN), Wants::History(request), "an exponential average of two");
    assert_eq!(told(&mut live, at(5, 60), BarPhase::Forming), None, "there is no history yet");
    assert!(wants_history(&live, at(5, 60)));
    // What is not before the bar that comes next is no history of it.
    live.seed(&[at(3, 10), at(4, 20), at(5, 99)], &at(5, 60));
    assert_eq!(told(&mut live, at(5, 60), BarPhase::Forming), Some(30.0));
    assert!(!wants_history(&live, at(5, 61)), "it is the same bar");
    assert!(wants_history(&live, at(90, 10)), "what was retained of the first may be old");
    live.seed(&[at(87, 10), at(88, 10), at(89, 10)], &at(90, 10));
    assert_eq!(told(&mut live, at(90, 10), BarPhase::Forming), Some(10.0));
    assert!(wants_history(&live, at(91, 10)), "it was not told how the bar before closed");
    told(&mut live, at(90, 40), BarPhase::Closed);
    assert!(!wants_history(&live, at(91, 10)));
    assert_eq!(told(&mut live, at(91, 10), BarPhase::Forming), Some(20.0));
    live.lose();
    assert!(wants_history(&live, at(91, 10)));
    assert_eq!(told(&mut live, at(91, 10), BarPhase::Closed), None);
}

#[test]
fn history_that_cannot_be_read_is_asked_for_again_after_a_while() {
    let mut live = live();
    live.fail(BEGUN);
    assert!(live.has_failed());
    live.lose();
    let after = |seconds| BEGUN + Duration::seconds(seconds);
    assert_eq!(live.wants(&at(5, 60), after(9)), Wants::Patience, "what is lost meanwhile changes nothing");
    assert_eq!(told(&mut live, at(5, 60), BarPhase::Forming), None);
    assert!(matches!(live.wants(&at(5, 60), after(10)), Wants::History(_)));
    live.seed(&[at(3, 10), at(4, 20)], &at(5, 60));
    assert!(!live.has_failed());
    assert_eq!(live.wants(&at(5, 60), after(10)), Wants::Nothing);
    assert_eq!(told(&mut live, at(5, 60), BarPhase::Forming), Some(30.0));
}
