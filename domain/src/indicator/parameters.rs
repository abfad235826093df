//! An indicator: a kind with parameters that fit it.

use std::fmt::{self, Write as _};

use rust_decimal::Decimal;

use crate::bar::{BarSize, MAX_BARS};
use crate::error::{Refusal, RefusalCode};
use crate::indicator::kind::{Shape, Whole};
use crate::indicator::{Candle, IndicatorKind, Line, PriceSource, Running, Values, formula};

/// The most bars that a parameter may span.
const MAX_LENGTH: i32 = 500;

/// The most deviations that a band may be away.
const MAX_DEVIATIONS: i64 = 50;

/// The most bars of history that an average is given to forget how it began.
const MAX_WARM_UP: usize = 2_000;

/// What is left of the first bars in an average that has settled.
const SETTLED: f64 = 1e-6;

/// The parameters of an indicator; what is absent is the kind's usual one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// Which price is looked at.
    pub source: Option<PriceSource>,
    /// How many bars it spans.
    pub length: Option<i32>,
    /// The bars of the fast average of a MACD.
    pub fast: Option<i32>,
    /// The bars of the slow average of a MACD, or of the smoothing of a stochastic oscillator's %K.
    pub slow: Option<i32>,
    /// The bars of the signal line.
    pub signal: Option<i32>,
    /// How many standard deviations (Keltner: average true ranges) a band is away from its middle.
    pub deviations: Option<Decimal>,
}

/// The value of one parameter; shown as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterValue {
    /// Which price.
    Price(PriceSource),
    /// How many bars.
    Bars(i32),
    /// How many deviations.
    Deviations(Decimal),
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(source) => formatter.write_str(source.as_str()),
            Self::Bars(bars) => bars.fmt(formatter),
            Self::Deviations(deviations) => deviations.fmt(formatter),
        }
    }
}

impl Parameters {
    /// Those that there are, by their names in the database and the API.
    pub fn named(self) -> impl Iterator<Item = (&'static str, ParameterValue)> {
        use ParameterValue::{Bars, Deviations, Price};
        let Self { source, length, fast, slow, signal, deviations } = self;
        let all = [
            ("source", source.map(Price)),
            ("length", length.map(Bars)),
            ("fast", fast.map(Bars)),
            ("slow", slow.map(Bars)),
            ("signal", signal.map(Bars)),
            ("deviations", deviations.map(Deviations)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// Sets the one of this name to a value that was written down; nothing where there is no such name or value.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Option<Self> {
        let bars = || value.parse().ok().map(Some);
        Some(match name {
            "source" => Self { source: Some(value.parse().ok()?), ..self },
            "length" => Self { length: bars()?, ..self },
            "fast" => Self { fast: bars()?, ..self },
            "slow" => Self { slow: bars()?, ..self },
            "signal" => Self { signal: bars()?, ..self },
            "deviations" => Self { deviations: Some(value.parse().ok()?), ..self },
            _ => return None,
        })
    }
}

/// A kind of indicator with parameters that fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Indicator {
    kind: IndicatorKind,
    parameters: Parameters,
}

impl Indicator {
    /// Checks the parameters, and fills in what is usual where one is absent.
    pub fn parse(kind: IndicatorKind, given: Parameters) -> Result<Self, Refusal> {
        let shape = kind.shape();
        let foreign = |field| invalid(field, format!("{} has no '{field}'; leave it out", kind.as_str()));
        let source = match (shape.source, given.source) {
            (None, Some(_)) => return Err(foreign("source")),
            (usual, given) => given.or(usual),
        };
        let whole = |field, shape: Option<Whole>, given: Option<i32>| match (shape, given) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(foreign(field)),
            (Some(shape), given) => within(field, shape.least, given.unwrap_or(shape.usual)).map(Some),
        };
        let deviations = match (shape.deviations, given.deviations) {
            (None, None) => None,
            (None, Some(_)) => return Err(foreign("deviations")),
            (Some(usual), given) => Some(parse_deviations(given.unwrap_or(usual.into()))?),
        };
        let parameters = Parameters {
            source,
            length: whole("length", shape.length, given.length)?,
            fast: whole("fast", shape.fast, given.fast)?,
            slow: whole("slow", shape.slow, given.slow)?,
            signal: whole("signal", shape.signal, given.signal)?,
            deviations,
        };
        if parameters.fast.is_some() && parameters.fast >= parameters.slow {
            return Err(invalid("fast", "'fast' must be less than 'slow'".into()));
        }
        Ok(Self { kind, parameters })
    }

    /// Which statistic.
    pub fn kind(&self) -> IndicatorKind {
        self.kind
    }

    /// All parameters that the kind has.
    pub fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// The name on a chart: `MACD 12 26 9`. The price is in it where it is not the usual one: `SMA 20 HL2`.
    pub fn name(&self) -> String {
        let Parameters { source, length, fast, slow, signal, deviations } = self.parameters;
        let mut name = self.shape().label.to_owned();
        for number in [length, fast, slow, signal].into_iter().flatten() {
            let _ = write!(name, " {number}");
        }
        if let Some(deviations) = deviations {
            let _ = write!(name, " {deviations}");
        }
        if let Some(source) = source.filter(|_| source != self.shape().source) {
            let _ = write!(name, " {}", source.as_str());
        }
        name
    }

    /// The names of its lines, in the order of the values.
    pub fn lines(&self) -> &'static [&'static str] {
        self.shape().lines
    }

    /// The place of a line among the values; the first where none is named.
    pub fn line(&self, name: Option<&str>) -> Result<usize, Refusal> {
        let Some(name) = name else { return Ok(0) };
        self.lines().iter().position(|line| *line == name).ok_or_else(|| {
            let known = self.lines().join(", ");
            invalid("line", format!("{} has no line of this name; it has {known}", self.kind.as_str()))
        })
    }

    /// How many bars of history before a bar make its value a settled one: as many as a window spans; for an average that
    /// never forgets, as many as leave a millionth of its beginning, at most 2,000; for the VWAP those of a whole day.
    pub fn warm_up(&self, size: BarSize) -> usize {
        let [length, slow, signal] = [self.length(), self.slow(), self.signal()].map(usize::from);
        let exponential = |length: u16| usize::from(length) + settles(2.0 / (f64::from(length) + 1.0));
        let wilder = |length: u16| usize::from(length) + settles(1.0 / f64::from(length));
        let bars = match self.kind {
            IndicatorKind::Obv => 0,
            IndicatorKind::Vwap if size >= BarSize::Day1 => 0,
            IndicatorKind::Vwap => {
                let day = 86_400 / size.duration().whole_seconds();
                return usize::try_from(day).map_or(MAX_BARS, |bars| (bars + 1).min(MAX_BARS));
            }
            IndicatorKind::Ema => exponential(self.length()),
            IndicatorKind::Macd => exponential(self.slow()) + exponential(self.signal()),
            IndicatorKind::Rsi | IndicatorKind::Atr => wilder(self.length()),
            IndicatorKind::Keltner => exponential(self.length()).max(wilder(self.length())),
            IndicatorKind::Adx => 2 * wilder(self.length()),
            IndicatorKind::Stochastic => length + slow + signal,
            _ => length,
        };
        bars.min(MAX_WARM_UP)
    }

    /// Its lines over these bars, oldest first.
    pub fn values(&self, candles: &[Candle]) -> Vec<Line> {
        self.begin().run(candles)
    }

    /// Begins to compute it bar by bar.
    pub fn begin(&self) -> Running {
        formula::begin(self)
    }

    /// The values at a bar before which too little is known.
    pub fn no_values(&self) -> Values {
        Values::nothing(self.lines().len())
    }

    pub(super) fn source(&self) -> PriceSource {
        self.parameters.source.unwrap_or(PriceSource::Close)
    }

    pub(super) fn length(&self) -> u16 {
        bars(self.parameters.length)
    }

    pub(super) fn fast(&self) -> u16 {
        bars(self.parameters.fast)
    }

    pub(super) fn slow(&self) -> u16 {
        bars(self.parameters.slow)
    }

    pub(super) fn signal(&self) -> u16 {
        bars(self.parameters.signal)
    }

    pub(super) fn deviations(&self) -> f64 {
        use rust_decimal::prelude::ToPrimitive as _;
        self.parameters.deviations.and_then(|deviations| deviations.to_f64()).unwrap_or(1.0)
    }

    fn shape(&self) -> Shape {
        self.kind.shape()
    }
}

/// A parameter that was checked; one that the kind does not have counts as 1.
fn bars(parameter: Option<i32>) -> u16 {
    parameter.and_then(|bars| u16::try_from(bars).ok()).unwrap_or(1)
}

/// After how many bars a smoothing with this weight for the newest has forgotten how it began.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
fn settles(weight: f64) -> usize {
    (SETTLED.ln() / (1.0 - weight).ln()).ceil() as usize
}

fn within(field: &'static str, least: i32, given: i32) -> Result<i32, Refusal> {
    if (least..=MAX_LENGTH).contains(&given) {
        return Ok(given);
    }
    Err(invalid(field, format!("'{field}' must be from {least} to {MAX_LENGTH}")))
}

fn parse_deviations(given: Decimal) -> Result<Decimal, Refusal> {
    if given > Decimal::ZERO && given <= MAX_DEVIATIONS.into() && given.normalize().scale() <= 4 {
        return Ok(given.normalize());
    }
    let message = format!(
        "'deviations' must be more than 0 and at most {MAX_DEVIATIONS}, with at most 4 decimal places"
    );
    Err(invalid("deviations", message))
}

fn invalid(field: &'static str, message: String) -> Refusal {
    Refusal::of(field, RefusalCode::Invalid, message)
}
