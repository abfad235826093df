//! Rules that hold for every kind.

use proptest::prelude::*;
use rust_decimal::Decimal;
use time::macros::datetime;

use super::*;
use crate::bar::BarSize;
use crate::error::RefusalCode;

mod live;
mod reference;
mod session;

/// An exact number.
fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Every kind with its usual parameters.
fn usual() -> impl Iterator<Item = Indicator> {
    IndicatorKind::ALL.iter().map(|(kind, _)| Indicator::parse(*kind, Parameters::default()).unwrap())
}

/// A kind with every length as short or as long as it is told.
fn of_length(kind: IndicatorKind, length: i32) -> Indicator {
    let usual = Indicator::parse(kind, Parameters::default()).unwrap().parameters();
    let given = Parameters {
        length: usual.length.map(|_| length),
        fast: usual.fast.map(|_| length),
        slow: usual.slow.map(|_| length + 3),
        signal: usual.signal.map(|_| length),
        ..Parameters::default()
    };
    Indicator::parse(kind, given).unwrap()
}

fn flat(price: f64) -> Candle {
    Candle { session: 1, open: price, high: price, low: price, close: price, volume: 5.0 }
}

fn values(indicator: &Indicator, candles: &[Candle]) -> Vec<Vec<Option<f64>>> {
    indicator.values(candles).iter().map(|line| line.values().collect()).collect()
}

#[test]
fn parameters_are_checked_and_named() {
    use IndicatorKind::{Bollinger, Keltner, Macd, Obv, Rsi, Sma, Stochastic, Vwap};
    let none = Parameters::default();
    let length = |length| Parameters { length: Some(length), ..none };
    let deviations = |deviations| Parameters { deviations: Some(deviations), ..none };
    let good = [
        (Sma, none, "SMA 20"),
        (Sma, length(500), "SMA 500"),
        (Sma, Parameters { source: Some(PriceSource::Hl2), ..none }, "SMA 20 HL2"),
        (Macd, none, "MACD 12 26 9"),
        (Macd, Parameters { slow: Some(13), ..none }, "MACD 12 13 9"),
        (Bollinger, deviations(dec("2.50")), "Bollinger 20 2.5"),
        (Stochastic, none, "Stochastic 14 3 3"),
        (Vwap, Parameters { source: Some(PriceSource::Hlc3), ..none }, "VWAP"),
        (Obv, none, "OBV"),
    ];
    for (kind, given, name) in good {
        let parsed = Indicator::parse(kind, given).unwrap();
        assert_eq!(parsed.name(), name);
        assert_eq!(Indicator::parse(kind, parsed.parameters()).unwrap(), parsed, "{name}");
    }
    let bad = [
        (Sma, length(0), "length"),
        (Sma, length(501), "length"),
        (Sma, length(i32::MIN), "length"),
        (Rsi, length(1), "length"),
        (Rsi, deviations(dec("2")), "deviations"),
        (Rsi, Parameters { signal: Some(9), ..none }, "signal"),
        (Macd, length(14), "length"),
        (Macd, Parameters { fast: Some(26), ..none }, "fast"),
        (Macd, Parameters { slow: Some(12), ..none }, "fast"),
        (Obv, Parameters { source: Some(PriceSource::Close), ..none }, "source"),
        (Keltner, deviations(Decimal::ZERO), "deviations"),
        (Keltner, deviations(dec("-1")), "deviations"),
        (Keltner, deviations(dec("50.1")), "deviations"),
        (Keltner, deviations(dec("2.00001")), "deviations"),
    ];
    for (kind, given, field) in bad {
        let refusal = Indicator::parse(kind, given).unwrap_err();
        assert_eq!((refusal.field, refusal.code), (Some(field), RefusalCode::Invalid), "{kind:?} {given:?}");
        assert!(refusal.message.contains(field), "{}", refusal.message);
    }
}

#[test]
fn kinds_sources_and_lines_have_names() {
    for indicator in usual() {
        let kind = indicator.kind();
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(indicator.line(None), Ok(0));
        for (place, line) in indicator.lines().iter().enumerate() {
            assert_eq!(indicator.line(Some(line)), Ok(place));
        }
        assert_eq!(indicator.line(Some("OTHER")).unwrap_err().field, Some("line"));
    }
    for (source, name) in PriceSource::ALL {
        assert_eq!((name.parse(), source.as_str()), (Ok(*source), *name));
    }
    assert!("rsi".parse::<IndicatorKind>().is_err() && "".parse::<PriceSource>().is_err());
}

/// Whoever writes indicators down relies on it: a parameter that were left out would make two of them one.
#[test]
fn parameters_are_read_back_from_their_names() {
    let all = Parameters {
        source: Some(PriceSource::Hl2),
        length: Some(1),
        fast: Some(2),
        slow: Some(3),
        signal: Some(4),
        deviations: Some(dec("2.5")),
    };
    let wild = Indicator::parse(IndicatorKind::Macd, Parameters { fast: Some(5), ..Parameters::default() });
    for parameters in usual().chain(wild).map(|indicator| indicator.parameters()).chain([all]) {
        let read = parameters
            .named()
            .fold(Parameters::default(), |read, (name, value)| read.with(name, &value.to_string()).unwrap());
        assert_eq!(read, parameters);
    }
    for (name, value) in [("colour", "1"), ("length", "many"), ("source", "ASK"), ("deviations", "")] {
        assert_eq!(all.with(name, value), None, "{name}={value}");
    }
}

#[test]
fn history_is_long_enough_for_a_settled_value_and_bounded() {
    let warm_up = |kind, length, size| of_length(kind, length).warm_up(size);
    assert_eq!(warm_up(IndicatorKind::Sma, 20, BarSize::Min1), 20);
    assert_eq!(warm_up(IndicatorKind::Rsi, 14, BarSize::Min1), 14 + 187);
    assert_eq!(warm_up(IndicatorKind::Ema, 1, BarSize::Min1), 1);
    assert_eq!(warm_up(IndicatorKind::Adx, 500, BarSize::Min1), 2_000);
    assert_eq!(warm_up(IndicatorKind::Vwap, 1, BarSize::Min1), 1_441);
    assert_eq!(warm_up(IndicatorKind::Vwap, 1, BarSize::Sec1), 5_000);
    assert_eq!(warm_up(IndicatorKind::Vwap, 1, BarSize::Week1), 0);
    // Two histories of which only the beginning differs agree after it.
    let bars = reference::bars(1_000);
    for &(kind, _) in IndicatorKind::ALL {
        let indicator = of_length(kind, 20);
        // The one counts from the first bar, the other has no value in the only session of these bars.
        if matches!(kind, IndicatorKind::Obv | IndicatorKind::Vwap) {
            continue;
        }
        let warm_up = indicator.warm_up(BarSize::Day1);
        let (whole, part) = (values(&indicator, &bars), values(&indicator, &bars[900 - warm_up..]));
        for (whole, part) in whole.iter().zip(&part) {
            for (one, other) in whole[901..].iter().zip(&part[warm_up + 1..]) {
                let (one, other) = (one.unwrap(), other.unwrap());
                assert!((one - other).abs() <= 1e-4 * one.abs().max(1.0), "{kind:?} {one} {other}");
            }
        }
    }
}

#[test]
fn where_nothing_moves_an_oscillator_stands_in_its_middle() {
    let bars = vec![flat(101.7); 200];
    for indicator in usual() {
        let latest: Vec<f64> =
            values(&indicator, &bars).iter().map(|line| line[199].unwrap_or(f64::NAN)).collect();
        let expected = match indicator.kind() {
            IndicatorKind::Rsi | IndicatorKind::Mfi => vec![50.0],
            IndicatorKind::Stochastic => vec![50.0, 50.0],
            IndicatorKind::WilliamsR => vec![-50.0],
            IndicatorKind::Cci
            | IndicatorKind::Atr
            | IndicatorKind::Roc
            | IndicatorKind::StandardDeviation => {
                vec![0.0]
            }
            IndicatorKind::Macd | IndicatorKind::Adx => vec![0.0; 3],
            IndicatorKind::Obv => vec![5.0],
            // The first session may have begun before.
            IndicatorKind::Vwap => {
                assert!(latest[0].is_nan());
                continue;
            }
            _ => vec![101.7; latest.len()],
        };
        for (value, expected) in latest.iter().zip(&expected) {
            assert!((value - expected).abs() < 1e-6, "{:?} {latest:?}", indicator.kind());
        }
        assert_eq!(latest.len(), expected.len(), "{:?}", indicator.kind());
    }
}

#[test]
fn a_bad_bar_has_no_value_and_changes_none() {
    let good = reference::bars(120);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        let mut bars = good.clone();
        bars.insert(70, Candle { high: bad, ..good[70] });
        bars.insert(0, Candle { close: bad, ..good[0] });
        for indicator in usual() {
            for (with, without) in values(&indicator, &bars).iter().zip(values(&indicator, &good)) {
                assert_eq!((with[0], with[71]), (None, None));
                let mut with = with.clone();
                with.remove(71);
                with.remove(0);
                assert_eq!(with, without, "{:?}", indicator.kind());
            }
        }
    }
    let mut bars = good.clone();
    bars.insert(70, Candle { volume: f64::NAN, ..good[70] });
    let mfi = Indicator::parse(IndicatorKind::Mfi, Parameters::default()).unwrap();
    let told = values(&mfi, &bars);
    assert_eq!((told[0][70], told[0][71]), (None, values(&mfi, &good)[0][70]));
}

#[test]
fn nothing_drifts_however_long_it_runs() {
    let mut bars = vec![flat(1e9); 50];
    bars.extend((0..100_000).map(|step| flat(if step % 3 == 0 { 0.013 } else { 7e8 })));
    bars.extend(vec![flat(0.5); 100]);
    for kind in [IndicatorKind::Sma, IndicatorKind::Wma, IndicatorKind::StandardDeviation, IndicatorKind::Cci]
    {
        let exact = if matches!(kind, IndicatorKind::Sma | IndicatorKind::Wma) { 0.5 } else { 0.0 };
        let told = values(&of_length(kind, 7), &bars)[0].last().copied().flatten().unwrap();
        assert!((told - exact).abs() < 1e-15, "{kind:?} {told}");
    }
}

/// Those whose prices could be prices.
fn sensible(bars: Vec<Candle>) -> Vec<Candle> {
    let is_sensible =
        |bar: &Candle| [bar.open, bar.high, bar.low, bar.close].iter().all(|price| price.abs() < 1e6);
    bars.into_iter().filter(is_sensible).collect()
}

/// Bars of any shape: also flat ones, jumps, zero and negative prices, and nonsense.
fn any_bars() -> impl Strategy<Value = Vec<Candle>> {
    let price = || {
        prop_oneof![
            8 => (-2_000_i32..20_000).prop_map(|cents| f64::from(cents) / 100.0),
            3 => Just(42.0),
            1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0), Just(1e99), Just(1e-300)],
        ]
    };
    let volume = prop_oneof![8 => 0.0..1e6, 1 => Just(0.0), 1 => Just(f64::NAN)];
    let bar = (price(), price(), price(), price(), volume, 0..40_i32).prop_map(
        |(open, one, two, close, volume, day)| {
            let high = one.max(two).max(open).max(close);
            let low = one.min(two).min(open).min(close);
            Candle { session: day / 20, open, high, low, close, volume }
        },
    );
    prop::collection::vec(bar, 0..150)
}

proptest! {
    #[test]
    fn bar_by_bar_is_the_same_as_all_at_once(bars in any_bars(), length in 2_i32..40) {
        for &(kind, _) in IndicatorKind::ALL {
            let indicator = of_length(kind, length);
            let lines = values(&indicator, &bars);
            let mut running = indicator.begin();
            for (place, candle) in bars.iter().enumerate() {
                let peeked = running.peek(candle);
                let other = running.peek(&flat(3.0));
                let pushed = running.push(candle);
                prop_assert_eq!(peeked, pushed, "{:?}: {:?}", kind, other);
                let at: Vec<_> = lines.iter().map(|line| line[place]).collect();
                prop_assert_eq!(pushed.to_vec(), at, "{:?}", kind);
                prop_assert!(pushed.iter().flatten().all(|value| value.is_finite()));
            }
        }
    }

    #[test]
    fn oscillators_and_bands_stay_in_their_bounds(bars in any_bars(), length in 2_i32..40) {
        let bars = sensible(bars);
        let within = |kind, least: f64, most: f64| {
            let lines = values(&of_length(kind, length), &bars);
            lines.iter().flatten().flatten().all(|value| (least - 1e-9..=most + 1e-9).contains(value))
        };
        prop_assert!(within(IndicatorKind::Rsi, 0.0, 100.0));
        prop_assert!(within(IndicatorKind::Stochastic, 0.0, 100.0));
        prop_assert!(within(IndicatorKind::Mfi, 0.0, 100.0));
        prop_assert!(within(IndicatorKind::WilliamsR, -100.0, 0.0));
        prop_assert!(within(IndicatorKind::Adx, 0.0, 100.0));
        for kind in [IndicatorKind::Bollinger, IndicatorKind::Keltner, IndicatorKind::Donchian] {
            let lines = values(&of_length(kind, length), &bars);
            let [upper, middle, lower] = lines.as_slice() else { panic!("three lines") };
            for ((upper, middle), lower) in upper.iter().zip(middle).zip(lower) {
                prop_assert!(lower <= middle && middle <= upper, "{:?}", kind);
            }
        }
    }

    #[test]
    fn windows_agree_with_their_definition(bars in any_bars(), length in 2_u16..40) {
        let bars = sensible(bars);
        let told = |kind| values(&of_length(kind, i32::from(length)), &bars);
        let (sma, wma, donchian) = (told(IndicatorKind::Sma), told(IndicatorKind::Wma), told(IndicatorKind::Donchian));
        let deviation = told(IndicatorKind::StandardDeviation);
        let count = f64::from(length);
        for (place, window) in bars.windows(usize::from(length)).enumerate() {
            let at = place + usize::from(length) - 1;
            let mean = window.iter().map(|bar| bar.close).sum::<f64>() / count;
            let weights = (1..=length).map(f64::from);
            let weighted = window.iter().zip(weights).map(|(bar, weight)| weight * bar.close).sum::<f64>();
            let squares = window.iter().map(|bar| (bar.close - mean).powi(2)).sum::<f64>();
            let near = |one: Option<f64>, other: f64| (one.unwrap() - other).abs() < 1e-6 * (1.0 + other.abs());
            prop_assert!(near(sma[0][at], mean));
            prop_assert!(near(wma[0][at], weighted / (count * (count + 1.0) / 2.0)));
            // A square root makes much of little.
            prop_assert!((deviation[0][at].unwrap().powi(2) - squares / count).abs() < 1e-6 * (1.0 + squares));
            let highest = window.iter().map(|bar| bar.high).fold(f64::NEG_INFINITY, f64::max);
            let lowest = window.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min);
            prop_assert_eq!((donchian[0][at], donchian[2][at]), (Some(highest), Some(lowest)));
        }
    }
}

#[test]
fn a_vwap_begins_with_each_whole_session() {
    let of = |session, price, volume| Candle { session, volume, ..flat(price) };
    let bars = [of(1, 9.0, 9.0), of(2, 10.0, 0.0), of(2, 10.0, 1.0), of(2, 20.0, 3.0), of(3, 5.0, 2.0)];
    let vwap = Indicator::parse(IndicatorKind::Vwap, Parameters::default()).unwrap();
    assert_eq!(values(&vwap, &bars)[0], [None, None, Some(10.0), Some(17.5), Some(5.0)]);
}

#[test]
fn what_rounding_leaves_of_equal_prices_is_no_flow_of_money() {
    // The typical price of the last two is 204.40, and differs in its last digits.
    let of = |high, low, close| Candle { session: 1, open: close, high, low, close, volume: 10.0 };
    let bars = [of(203.0, 203.0, 203.0), of(204.6, 204.24, 204.36), of(204.75, 204.17, 204.28)];
    assert_ne!(bars[1].typical().to_bits(), bars[2].typical().to_bits());
    let mfi = of_length(IndicatorKind::Mfi, 2);
    assert_eq!(values(&mfi, &bars)[0], [None, None, Some(100.0)]);
}

#[test]
fn nothing_is_left_of_what_has_gone() {
    let jumps = |step: i32| if step % 2 == 0 { 13.37 } else { 9e6 + f64::from(step) / 7.0 };
    for flat_for in [14, 20, 33] {
        let bars: Vec<Candle> =
            (0..51).map(|step| flat(jumps(step))).chain(vec![flat(13.37); flat_for]).collect();
        let latest = |kind| values(&of_length(kind, 14), &bars)[0].last().copied().flatten();
        assert_eq!(latest(IndicatorKind::StandardDeviation), Some(0.0));
        assert_eq!(latest(IndicatorKind::Cci), Some(0.0));
        assert_eq!(latest(IndicatorKind::Mfi), Some(50.0));
    }
}

#[test]
fn bars_are_read_as_floats() {
    let bar = live::bar(datetime!(2026-11-22 14:30 UTC), dec("101.25"));
    let candle = Candle::new(&bar, 7);
    assert_eq!((candle.close, candle.session, candle.volume), (101.25, 7, 100.0));
    assert!(Candle::new(&crate::bar::Bar { volume: None, ..bar }, 7).volume.is_nan());
}
