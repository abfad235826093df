//! The values of a chart's indicators: history from the past backwards, and the newest as it changes.

use super::series::Drawing;
use crate::graphql::indicator::{IndicatorKind, IndicatorSeries, IndicatorUpdate};

/// One indicator's name and lines, each with a value for every time; not a number where there is none.
#[derive(Clone, Debug, Default, PartialEq)]
struct Named {
    name: String,
    lines: Vec<Vec<f64>>,
    /// How far the live values stand above history's, of an indicator whose level means nothing.
    offset: Option<f64>,
}

/// The values of several indicators over the same bars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    times: Vec<i64>,
    studies: Vec<Named>,
}

fn number(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

impl Values {
    /// Takes in a stretch of history that ends where the known one begins; whether it reaches further back.
    pub fn prepend(&mut self, past: IndicatorSeries) -> Reach {
        let start = self.start();
        let count =
            past.times.iter().take_while(|time| start.is_none_or(|start| time.seconds() < start)).count();
        if count == 0 {
            return Reach::Same;
        }
        self.times.splice(..0, past.times.iter().take(count).map(|time| time.seconds()));
        self.studies.resize(past.indicators.len(), Named::default());
        for (study, past) in self.studies.iter_mut().zip(past.indicators) {
            study.name = past.name;
            study.lines.resize(past.lines.len(), Vec::new());
            for (line, past) in study.lines.iter_mut().zip(past.lines) {
                line.splice(..0, past.values.into_iter().take(count).map(number));
            }
        }
        Reach::Further
    }

    /// Takes in what came live; nothing before there is history to add it to.
    pub fn apply(&mut self, kinds: &[IndicatorKind], update: &IndicatorUpdate) -> Drawing {
        let time = update.time.seconds();
        let Some(newest) = self.times.last().copied() else { return Drawing::Nothing };
        let place = self.times.partition_point(|known| *known < time);
        let drawing = if time >= newest { Drawing::Newest } else { Drawing::Earlier };
        if self.times.get(place) != Some(&time) {
            if time < newest {
                return Drawing::All;
            }
            self.times.push(time);
            for line in self.studies.iter_mut().flat_map(|study| &mut study.lines) {
                line.push(f64::NAN);
            }
        }
        for ((study, now), kind) in self.studies.iter_mut().zip(&update.indicators).zip(kinds) {
            for (line, now) in study.lines.iter_mut().zip(&now.lines) {
                let mut value = number(now.value);
                if *kind == IndicatorKind::Obv {
                    let known = line[place];
                    let offset = *study.offset.get_or_insert(known - value);
                    value += offset;
                }
                line[place] = value;
            }
        }
        drawing
    }

    /// The oldest time.
    pub fn start(&self) -> Option<i64> {
        self.times.first().copied()
    }

    /// The name of an indicator with its settings, once it is known.
    pub fn name(&self, study: usize) -> Option<&str> {
        self.studies.get(study).map(|study| study.name.as_str())
    }

    /// How many lines each indicator has.
    pub fn shape(&self) -> Vec<usize> {
        self.studies.iter().map(|study| study.lines.len()).collect()
    }

    /// The values of an indicator's lines at a time; at the newest where there is none.
    pub fn at(&self, study: usize, time: Option<i64>) -> Vec<Option<f64>> {
        let place = match time {
            Some(time) => self.times.binary_search(&time).ok(),
            None => self.times.len().checked_sub(1),
        };
        let Some((place, study)) = place.zip(self.studies.get(study)) else { return Vec::new() };
        study.lines.iter().map(|line| line.get(place).copied().filter(|value| value.is_finite())).collect()
    }

    /// A line as time and value by turns.
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    pub fn numbers(&self, study: usize, line: usize) -> Vec<f64> {
        let Some(line) = self.studies.get(study).and_then(|study| study.lines.get(line)) else {
            return Vec::new();
        };
        self.times.iter().zip(line).flat_map(|(time, value)| [*time as f64, *value]).collect()
    }
}

/// Whether history reaches further back than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It does.
    Further,
    /// There is nothing before.
    Same,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::indicator::{Indicator, IndicatorLine, IndicatorNow, IndicatorValue};
    use crate::graphql::scalar::DateTime;

    const SMA: &[IndicatorKind] = &[IndicatorKind::Sma];

    fn time(seconds: i64) -> DateTime {
        DateTime::from_millis(seconds * 1_000)
    }

    fn past(points: &[(i64, Option<f64>)]) -> IndicatorSeries {
        let values = points.iter().map(|(_, value)| *value).collect();
        let line = IndicatorLine { name: "SMA".into(), values };
        let indicators = vec![Indicator { name: "SMA 2".into(), lines: vec![line] }];
        IndicatorSeries { times: points.iter().map(|(at, _)| time(*at)).collect(), indicators }
    }

    fn update(at: i64, value: f64) -> IndicatorUpdate {
        let indicators = vec![IndicatorNow { lines: vec![IndicatorValue { value: Some(value) }] }];
        IndicatorUpdate { time: time(at), indicators, epoch: "1".parse().unwrap() }
    }

    #[test]
    fn history_grows_backwards_without_doubles() {
        let mut values = Values::default();
        assert_eq!(values.prepend(past(&[(120, Some(2.0)), (180, Some(3.0))])), Reach::Further);
        assert_eq!(values.prepend(past(&[(0, None), (60, Some(1.0)), (120, Some(9.0))])), Reach::Further);
        assert_eq!(values.prepend(past(&[(0, None)])), Reach::Same);
        assert_eq!(values.start(), Some(0));
        assert_eq!(values.at(0, Some(120)), [Some(2.0)]);
        assert_eq!(values.at(0, Some(0)), [None]);
        assert_eq!(values.at(0, None), [Some(3.0)]);
        assert_eq!(values.at(0, Some(61)), Vec::new());
        assert_eq!(values.numbers(0, 0)[2..], [60.0, 1.0, 120.0, 2.0, 180.0, 3.0]);
        assert_eq!((values.name(0), values.shape()), (Some("SMA 2"), vec![1]));
    }

    #[test]
    fn live_values_replace_and_follow() {
        let mut values = Values::default();
        assert_eq!(values.apply(SMA, &update(60, 1.0)), Drawing::Nothing);
        values.prepend(past(&[(60, Some(1.0)), (120, Some(2.0))]));
        let mut check = |at: i64, expect: Drawing| {
            assert_eq!(values.apply(SMA, &update(at, 7.0)), expect, "{at}");
        };
        check(120, Drawing::Newest);
        check(180, Drawing::Newest);
        check(60, Drawing::Earlier);
        check(90, Drawing::All);
        assert_eq!(values.numbers(0, 0), [60.0, 7.0, 120.0, 7.0, 180.0, 7.0]);
    }

    #[test]
    fn a_level_that_means_nothing_is_joined_to_history() {
        let mut values = Values::default();
        values.prepend(past(&[(60, Some(1_000.0))]));
        values.apply(&[IndicatorKind::Obv], &update(60, 10.0));
        values.apply(&[IndicatorKind::Obv], &update(120, 25.0));
        assert_eq!(values.numbers(0, 0), [60.0, 1_000.0, 120.0, 1_015.0]);
    }
}
