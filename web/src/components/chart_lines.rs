//! The lines of a chart besides its prices, and of those the indicators, which the server computes.

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::chart_model::{AGAIN_MS, Key, Model};
use super::chart_others::Compared;
use crate::chart::plan::Group;
use crate::chart::series::Drawing;
use crate::chart::study::Study;
use crate::chart::values::{Reach, Values};
use crate::feed::batched;
use crate::graphql::bar::{MOST_BARS, Stretch, Wanted};
use crate::graphql::failure::Failure;
use crate::graphql::indicator::{
    self, IndicatorEvent, IndicatorKind, IndicatorUpdate, LiveIndicators, LiveIndicatorsVariables,
};
use crate::graphql::instrument::InstrumentId;
use crate::graphql::scalar::DateTime;
use crate::live::{Event, Live};
use crate::number;

/// Whose lines these are.
#[derive(Clone, Debug, PartialEq)]
pub struct Of<T> {
    /// Whose, and of which bars.
    pub key: Key,
    /// Which.
    pub what: T,
}

/// The lines.
#[derive(Clone, Copy, PartialEq)]
pub struct Lines {
    /// The indicators' values.
    pub values: Signal<Values>,
    /// Why they do not come.
    pub problem: Signal<Option<Failure>>,
    /// The other instruments.
    pub compared: Signal<Vec<Compared>>,
    studies_of: Signal<Option<Of<Vec<Study>>>>,
    /// Which instruments those are.
    pub compared_of: Signal<Option<Of<Vec<String>>>>,
    /// Counts the reasons to ask for the indicators' history again.
    pub asked: Signal<u32>,
}

impl Lines {
    /// None yet.
    pub fn new() -> Self {
        Self {
            values: Signal::new(Values::default()),
            problem: Signal::new(None),
            compared: Signal::new(Vec::new()),
            studies_of: Signal::new(None),
            compared_of: Signal::new(None),
            asked: Signal::new(0),
        }
    }
}

impl Model {
    // Drawing

    /// Draws every line anew.
    pub fn draw_lines(self, studies: &[Study], scale: u32) {
        let compared = self.lines.compared.peek();
        let others = compared.iter().enumerate().map(|(index, other)| {
            let scale = number::scale_of(other.instrument.price_increment);
            Group::compared(index, &other.instrument.symbol, scale)
        });
        let groups: Vec<_> = others.chain(studies.iter().map(|study| Group::study(study, scale))).collect();
        self.with_chart(|chart, _| chart.set_groups(&groups));
        for index in 0..compared.len() {
            self.draw_compared(index);
        }
        self.draw_values();
    }

    fn draw_values(self) {
        let first = self.lines.compared.peek().len();
        let values = self.lines.values.peek();
        self.with_chart(|chart, _| {
            for (study, lines) in values.shape().into_iter().enumerate() {
                for line in 0..lines {
                    chart.set_line(first + study, line, &values.numbers(study, line));
                }
            }
        });
    }

    // Indicators

    /// The indicators' history, as far back as the bars go.
    pub async fn fetch_studies(mut self, key: Key, studies: Vec<Study>, start: Option<DateTime>) {
        let of = Of { key: key.clone(), what: studies.clone() };
        if self.lines.studies_of.peek().as_ref() != Some(&of) {
            self.lines.studies_of.set(Some(of));
            self.lines.values.set(Values::default());
            self.lines.problem.set(None);
            self.draw_values();
        }
        let Some(start) = start.filter(|_| !studies.is_empty()) else { return };
        let inputs: Vec<_> = studies.iter().map(Study::input).collect();
        loop {
            let known = self.lines.values.peek().start();
            if known.is_some_and(|known| known <= start.seconds()) {
                return;
            }
            let wanted = self.wanted(&key.instrument, &key, known);
            match indicator::history(self.session, wanted, inputs.clone()).await {
                Ok(past) => {
                    self.lines.problem.set(None);
                    let reach = self.lines.values.write().prepend(past);
                    self.draw_values();
                    if reach == Reach::Same {
                        return;
                    }
                }
                // What is refused for its settings is refused again.
                Err(failure @ Failure::Refused { .. }) => return self.lines.problem.set(Some(failure)),
                Err(failure) => {
                    self.lines.problem.set(Some(failure));
                    TimeoutFuture::new(AGAIN_MS).await;
                }
            }
        }
    }

    /// As many bars up to there as the chart shows.
    pub fn wanted(self, instrument: &InstrumentId, key: &Key, until: Option<i64>) -> Wanted {
        let count = {
            let series = self.series.peek();
            let before = |until: i64| series.bars().partition_point(|bar| bar.time.seconds() < until);
            until.map_or(series.bars().len(), before)
        };
        let stretch =
            until.map_or(Stretch::Newest, |until| Stretch::Before(DateTime::from_millis(until * 1_000)));
        let count = i32::try_from(count).unwrap_or(MOST_BARS).clamp(1, MOST_BARS);
        Wanted { instrument: instrument.clone(), size: key.size, stretch, count }
    }

    /// Follows the indicators at the newest bar.
    pub async fn follow_studies(self, live: Live, key: Key, studies: Vec<Study>) {
        if studies.is_empty() {
            return;
        }
        let kinds: Vec<_> = studies.iter().map(|study| study.kind).collect();
        let indicators: Vec<_> = studies.iter().map(Study::input).collect();
        let mut epoch = None;
        loop {
            let variables = LiveIndicatorsVariables {
                instrument: key.instrument.clone(),
                size: key.size,
                indicators: indicators.clone(),
            };
            let mut waiting = Vec::new();
            batched(
                live.subscribe(&LiveIndicators::build(variables)),
                &mut waiting,
                |waiting: &mut Vec<IndicatorUpdate>, event| match event {
                    Event::Data(LiveIndicators { indicators: IndicatorEvent::IndicatorUpdate(update) }) => {
                        if epoch.replace(update.epoch).is_some_and(|before| before != update.epoch) {
                            self.ask_studies();
                        }
                        waiting.retain(|known| known.time != update.time);
                        waiting.push(update);
                    }
                    Event::Data(LiveIndicators { indicators: IndicatorEvent::StreamGap(_) })
                    | Event::Restarted => self.ask_studies(),
                    // The query of the same indicators tells why.
                    Event::Failed(_) | Event::Data(_) => {}
                },
                |waiting| self.apply_studies(&kinds, waiting),
            )
            .await;
            TimeoutFuture::new(AGAIN_MS).await;
            self.ask_studies();
        }
    }

    /// What is known of the indicators may have a hole: it is asked for anew.
    pub fn ask_studies(mut self) {
        self.lines.studies_of.set(None);
        self.lines.asked += 1;
    }

    fn apply_studies(mut self, kinds: &[IndicatorKind], waiting: &mut Vec<IndicatorUpdate>) {
        for update in waiting.drain(..) {
            let drawing = self.lines.values.write().apply(kinds, &update);
            match drawing {
                Drawing::Nothing => {}
                Drawing::All => self.ask_studies(),
                Drawing::Newest | Drawing::Earlier => self.draw_update(update.time.seconds()),
            }
        }
    }

    fn draw_update(self, time: i64) {
        let first = self.lines.compared.peek().len();
        let values = self.lines.values.peek();
        self.with_chart(|chart, _| {
            for study in 0..values.shape().len() {
                for (line, value) in values.at(study, Some(time)).into_iter().enumerate() {
                    chart.update_line(first + study, line, (time, value.unwrap_or(f64::NAN)));
                }
            }
        });
    }
}
