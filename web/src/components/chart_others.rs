//! The instruments that are compared with a chart's own.

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use futures::future::join_all;
use gloo_timers::future::TimeoutFuture;

use super::chart_lines::Of;
use super::chart_model::{AGAIN_MS, Key, Model};
use crate::chart::arrivals::{Arrivals, Continuity};
use crate::chart::library::{Chart, closes_beside};
use crate::chart::series::{Drawing, Series};
use crate::feed::batched;
use crate::graphql::bar::{self, LiveBars, LiveBarsVariables};
use crate::graphql::instrument::{self, Instrument, InstrumentId};
use crate::graphql::scalar::DateTime;
use crate::live::Live;

/// Another instrument and its bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Which.
    pub instrument: Instrument,
    /// Its bars.
    pub series: Series,
}

impl Model {
    /// Draws the closes of another instrument anew.
    pub fn draw_compared(self, index: usize) {
        let compared = self.lines.compared.peek();
        if let Some(other) = compared.get(index) {
            self.with_chart(|chart, own| chart.set_line(index, 0, &closes_beside(&other.series, own)));
        }
    }

    /// The other instruments' bars, as far back as the chart's own go.
    pub async fn fetch_compared(mut self, key: Key, ids: Vec<String>, start: Option<DateTime>) {
        let of = Of { key: key.clone(), what: ids.clone() };
        if self.lines.compared_of.peek().as_ref() != Some(&of) {
            if !self.lines.compared.peek().is_empty() {
                self.lines.compared.set(Vec::new());
            }
            let found = self.meet(&ids).await;
            let compared =
                found.into_iter().map(|instrument| Compared { instrument, series: Series::default() });
            self.lines.compared.set(compared.collect());
            // Not before: this may be begun anew while the server is asked.
            self.lines.compared_of.set(Some(of));
        }
        let Some(start) = start else { return };
        let count = self.lines.compared.peek().len();
        join_all((0..count).map(|index| self.fill_compared(&key, index, start))).await;
    }

    /// The instruments of these ids that are still known, asked for until the server answers.
    async fn meet(self, ids: &[String]) -> Vec<Instrument> {
        loop {
            let asked = ids.iter().map(|id| instrument::by_id(self.session, InstrumentId::new(id.clone())));
            let answers: Result<Vec<_>, _> = join_all(asked).await.into_iter().collect();
            match answers {
                Ok(found) => return found.into_iter().flatten().collect(),
                Err(_) => TimeoutFuture::new(AGAIN_MS).await,
            }
        }
    }

    async fn fill_compared(mut self, key: &Key, index: usize, start: DateTime) {
        loop {
            let Some((id, known)) = self
                .lines
                .compared
                .peek()
                .get(index)
                .map(|other| (other.instrument.id.clone(), other.series.start()))
            else {
                return;
            };
            if known.is_some_and(|known| known <= start) {
                return self.draw_compared(index);
            }
            let wanted = self.wanted(&id, key, known.map(DateTime::seconds));
            match bar::history(self.session, wanted).await {
                Ok(past) => {
                    if let Some(other) = self.lines.compared.write().get_mut(index) {
                        other.series.merge(&past.bars);
                    }
                    self.draw_compared(index);
                    let reached =
                        self.lines.compared.peek().get(index).and_then(|other| other.series.start());
                    if reached == known {
                        return;
                    }
                }
                Err(_) => TimeoutFuture::new(AGAIN_MS).await,
            }
        }
    }

    /// Follows the other instruments' newest bars.
    pub async fn follow_compared(self, live: Live, key: Key, ids: Vec<String>) {
        join_all(ids.into_iter().map(|id| self.follow_one(live.clone(), key.clone(), id))).await;
    }

    fn ask_compared(mut self) {
        self.lines.compared_of.set(None);
        self.lines.asked += 1;
    }

    async fn follow_one(self, live: Live, key: Key, id: String) {
        let mut arrivals = Arrivals::default();
        loop {
            let variables = LiveBarsVariables { instrument: InstrumentId::new(id.clone()), size: key.size };
            batched(
                live.subscribe(&LiveBars::build(variables)),
                &mut arrivals,
                |arrivals: &mut Arrivals, event| {
                    // A hole in one instrument's bars: all of them are asked for anew, which is rare.
                    if arrivals.take(event) == Continuity::Broken {
                        self.ask_compared();
                    }
                },
                |arrivals| self.apply_compared(&id, arrivals),
            )
            .await;
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }

    fn apply_compared(self, id: &str, arrivals: &mut Arrivals) {
        let mut signal = self.lines.compared;
        let mut compared = signal.write();
        let Some(index) = compared.iter().position(|other| other.instrument.id.inner() == id) else { return };
        let mut everything = false;
        for bar in arrivals.hand_over() {
            match compared[index].series.apply(bar) {
                Drawing::Nothing => {}
                Drawing::Newest if self.series.peek().at(bar.time.seconds()).is_some() => {
                    let point = (bar.time.seconds(), bar.close.for_drawing());
                    self.with_chart(|chart: &Chart, _| chart.update_line(index, 0, point));
                }
                _ => everything = true,
            }
        }
        drop(compared);
        if everything {
            self.draw_compared(index);
        }
    }
}
