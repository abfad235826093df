//! Values that TA-Lib computes, written down.

use crate::indicator::{Candle, Indicator, IndicatorKind, Parameters};

/// A kind, the place of a bar, and TA-Lib's values of the lines there. The first place of each kind is the first at which
/// all lines have a value.
type Row = (IndicatorKind, usize, &'static [f64]);

/// What TA-Lib 0.8.1 says of the 300 bars of [`bars`], called from Python with the usual parameters:
/// `SMA(close, 20)`, `STOCH(high, low, close, 14, 3, 0, 3, 0)`, `STDDEV(close, 20, 1)` and so on. It has no channels:
/// Donchian's is `MAX(high, 20)` and `MIN(low, 20)`, Keltner's `EMA(close, 20)` and `ATR(high, low, close, 20)`.
#[rustfmt::skip]
#[allow(clippy::excessive_precision, clippy::unreadable_literal, reason = "as they were printed")]
const TA_LIB: &[Row] = &[
    (IndicatorKind::Sma, 19, &[100.06549999999999]),
    (IndicatorKind::Sma, 60, &[101.5065]),
    (IndicatorKind::Sma, 299, &[104.00099999999995]),
    (IndicatorKind::Ema, 19, &[100.06549999999999]),
    (IndicatorKind::Ema, 60, &[101.70448520770768]),
    (IndicatorKind::Ema, 299, &[104.0492923222967]),
    (IndicatorKind::Wma, 19, &[100.01690476190475]),
    (IndicatorKind::Wma, 60, &[102.11666666666666]),
    (IndicatorKind::Wma, 299, &[103.92319047619031]),
    (IndicatorKind::Rsi, 14, &[55.500000000000135]),
    (IndicatorKind::Rsi, 60, &[76.02518642495104]),
    (IndicatorKind::Rsi, 299, &[49.297045461747025]),
    (IndicatorKind::Macd, 33, &[-0.3119169837163156, -0.38110357174991805, 0.06918658803360245]),
    (IndicatorKind::Macd, 60, &[0.8836518359517527, 0.7170113204957511, 0.16664051545600156]),
    (IndicatorKind::Macd, 299, &[-0.164182503084092, -0.19904476996462903, 0.034862266880537035]),
    (IndicatorKind::Bollinger, 19, &[100.7256961829638, 100.06549999999999, 99.40530381703617]),
    (IndicatorKind::Bollinger, 60, &[103.79415622417356, 101.5065, 99.21884377582644]),
    (IndicatorKind::Bollinger, 299, &[104.52715206927277, 104.00099999999995, 103.47484793072712]),
    (IndicatorKind::Atr, 14, &[0.6407142857142857]),
    (IndicatorKind::Atr, 60, &[0.6099124356986675]),
    (IndicatorKind::Atr, 299, &[0.5705758279363619]),
    (IndicatorKind::Stochastic, 17, &[52.10970464135054, 65.25197727729406]),
    (IndicatorKind::Stochastic, 60, &[94.28257241547688, 93.87342925535135]),
    (IndicatorKind::Stochastic, 299, &[59.52380952381, 47.08994708994759]),
    (IndicatorKind::Adx, 27, &[31.637969650050568, 8.745215283918428, 26.433049142442062]),
    (IndicatorKind::Adx, 60, &[35.98057079445005, 31.223261329041797, 8.987297944067615]),
    (IndicatorKind::Adx, 299, &[27.961187107273844, 13.694804551266829, 18.962777627301755]),
    (IndicatorKind::Cci, 19, &[-115.57653405259862]),
    (IndicatorKind::Cci, 60, &[137.15728715728642]),
    (IndicatorKind::Cci, 299, &[17.2864778801385]),
    (IndicatorKind::Obv, 0, &[6294.0]),
    (IndicatorKind::Obv, 60, &[68375.0]),
    (IndicatorKind::Obv, 299, &[179461.0]),
    (IndicatorKind::Mfi, 14, &[60.137526651391646]),
    (IndicatorKind::Mfi, 60, &[89.76887364188958]),
    (IndicatorKind::Mfi, 299, &[48.21322743776547]),
    (IndicatorKind::Roc, 10, &[0.1098901098901095]),
    (IndicatorKind::Roc, 60, &[1.612903225806428]),
    (IndicatorKind::Roc, 299, &[0.21180321555791526]),
    (IndicatorKind::WilliamsR, 13, &[-27.922077922078252]),
    (IndicatorKind::WilliamsR, 60, &[-7.9037800687286675]),
    (IndicatorKind::WilliamsR, 299, &[-38.888888888888324]),
    (IndicatorKind::Donchian, 19, &[100.8, 100.00999999999999, 99.22]),
    (IndicatorKind::Donchian, 60, &[103.55, 101.225, 98.9]),
    (IndicatorKind::Donchian, 299, &[105.01, 104.16499999999999, 103.32]),
    (IndicatorKind::Keltner, 20, &[101.22964285714285, 99.99164285714285, 98.75364285714285]),
    (IndicatorKind::Keltner, 60, &[102.9294420919127, 101.70448520770768, 100.47952832350265]),
    (IndicatorKind::Keltner, 299, &[105.19694826433154, 104.0492923222967, 102.90163638026185]),
    (IndicatorKind::StandardDeviation, 19, &[0.3300980914819104]),
    (IndicatorKind::StandardDeviation, 60, &[1.1438281120867775]),
    (IndicatorKind::StandardDeviation, 299, &[0.2630760346364117]),
];

/// Bars made of whole numbers alone, so that everybody gets the same floats: a congruential generator
/// (state × 6364136223846793005 + 1442695040888963407 modulo 2^64, of which the upper 31 bits count), five numbers a bar.
pub(super) fn bars(count: usize) -> Vec<Candle> {
    let mut state = 42_u64;
    let mut draw = |range: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((state >> 33) % range).unwrap()
    };
    let mut price = 10_000;
    let mut next = || {
        let open = price + draw(41) - 20;
        let close = open + draw(101) - 50;
        let high = open.max(close) + draw(31);
        let low = open.min(close) - draw(31);
        let volume = f64::from(1_000 + draw(9_000));
        price = close;
        let [open, high, low, close] = [open, high, low, close].map(|cents| f64::from(cents) / 100.0);
        Candle { session: 1, open, high, low, close, volume }
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn values_are_those_of_ta_lib() {
    let bars = bars(300);
    let mut seen = Vec::new();
    for (kind, place, expected) in TA_LIB {
        let lines = Indicator::parse(*kind, Parameters::default()).unwrap().values(&bars);
        assert_eq!(lines.len(), expected.len(), "{kind:?}");
        for (line, expected) in lines.iter().zip(*expected) {
            let value = line.values().nth(*place).flatten().unwrap();
            let error = (value - expected).abs() / expected.abs().max(1e-9);
            assert!(error < 1e-9, "{kind:?} {} at {place}: {value}, not {expected}", line.name);
        }
        if !seen.contains(kind) {
            seen.push(*kind);
            let has_begun =
                |place: usize| lines.iter().all(|line| line.values().nth(place).flatten().is_some());
            assert!(*place == 0 || !has_begun(place - 1), "{kind:?} begins too early");
        }
    }
    let missing: Vec<_> = IndicatorKind::ALL.iter().filter(|(kind, _)| !seen.contains(kind)).collect();
    assert_eq!(missing, [&(IndicatorKind::Vwap, "VWAP")], "TA-Lib has no VWAP");
}
