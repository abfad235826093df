//! The state of one chart: its bars, from history first and then with each change of the newest one.

use std::rc::Rc;

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use futures::StreamExt;
use futures::channel::mpsc;
use gloo_timers::future::TimeoutFuture;

use super::bar_legend::Shown;
use super::chart_history::{History, Older};
use super::chart_lines::Lines;
use crate::chart::arrivals::{Arrivals, Continuity};
use crate::chart::library::{Chart, Happening};
use crate::chart::series::{Drawing, Series};
use crate::feed::batched;
use crate::graphql::bar::{Bar, BarSize, LiveBars, LiveBarsVariables};
use crate::graphql::instrument::InstrumentId;
use crate::live::Live;
use crate::session::Session;

/// How long to wait before history that failed is asked for again, and a subscription that ended.
pub const AGAIN_MS: u32 = 5_000;

/// Which bars: whose, and how long each lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose.
    pub instrument: InstrumentId,
    /// How long each lasts.
    pub size: BarSize,
}

/// A place in the chart where the reader asked what can be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// Pixels from the left.
    pub x: f64,
    /// Pixels from the top.
    pub y: f64,
    /// The price there.
    pub price: f64,
    /// Which of the drawn alerts is there.
    pub alert: Option<usize>,
}

/// The chart's state. The bars are never cloned: components see the legend and the history's state.
#[derive(Clone, Copy, PartialEq)]
pub struct Model {
    pub(super) session: Session,
    /// Which bars these are.
    pub key: Signal<Option<Key>>,
    /// The bars.
    pub series: Signal<Series>,
    /// How far the history is.
    pub history: Signal<History>,
    /// Whether there is anything before the oldest bar.
    pub older: Signal<Older>,
    /// What draws, once it is loaded.
    pub chart: Signal<Option<Rc<Chart>>>,
    /// Whether it could not be loaded.
    pub broken: Signal<bool>,
    /// The second of the bar under the pointer.
    pub pointed: Signal<Option<i64>>,
    /// The seconds of the first and the last bar in sight.
    pub sight: Signal<Option<(i64, i64)>>,
    /// Where the reader asked what can be done.
    pub menu: Signal<Option<Asked>>,
    /// Which alert was let go where.
    pub moved: Signal<Option<(usize, f64)>>,
    /// The time zone of the exchange, once it is known.
    pub zone: Signal<Option<String>>,
    /// Counts the reasons to ask for the newest history again.
    pub asked: Signal<u32>,
    /// Indicators, and other instruments.
    pub lines: Lines,
}

impl Model {
    /// A chart that knows nothing yet.
    pub fn new(session: Session) -> Self {
        Self {
            session,
            key: Signal::new(None),
            series: Signal::new(Series::default()),
            history: Signal::new(History::Loading),
            older: Signal::new(Older::Unknown),
            chart: Signal::new(None),
            broken: Signal::new(false),
            pointed: Signal::new(None),
            sight: Signal::new(None),
            menu: Signal::new(None),
            moved: Signal::new(None),
            zone: Signal::new(None),
            asked: Signal::new(0),
            lines: Lines::new(),
        }
    }

    /// Both history and live bars begin here; whichever is first empties the chart.
    pub fn begin(mut self, key: &Key) {
        if self.key.peek().as_ref() == Some(key) {
            return;
        }
        self.key.set(Some(key.clone()));
        self.series.set(Series::default());
        self.history.set(History::Loading);
        self.older.set(Older::Unknown);
        self.pointed.set(None);
        self.menu.set(None);
        self.with_chart(Chart::start_over);
    }

    /// Does something with the drawn chart, where there is one.
    pub fn with_chart(self, draw: impl FnOnce(&Chart, &Series)) {
        if let Some(chart) = &*self.chart.peek() {
            draw(chart, &self.series.peek());
        }
    }

    /// Follows the newest bar. Whatever may have left a hole has the history fetched again.
    pub async fn follow(self, live: Live, key: Key) {
        self.begin(&key);
        let mut arrivals = Arrivals::default();
        loop {
            let variables = LiveBarsVariables { instrument: key.instrument.clone(), size: key.size };
            batched(
                live.subscribe(&LiveBars::build(variables)),
                &mut arrivals,
                |arrivals: &mut Arrivals, event| {
                    if arrivals.take(event) == Continuity::Broken {
                        self.ask();
                    }
                },
                |arrivals| self.apply(arrivals.hand_over()),
            )
            .await;
            TimeoutFuture::new(AGAIN_MS).await;
            self.ask();
        }
    }

    /// Has the newest history fetched again.
    pub fn ask(mut self) {
        self.series.write().interrupt();
        self.asked += 1;
    }

    fn apply(mut self, bars: impl Iterator<Item = Bar>) {
        let mut everything = false;
        for bar in bars {
            let drawing = self.series.write().apply(bar);
            match drawing {
                Drawing::All => everything = true,
                drawing => self.with_chart(|chart, series| chart.draw(series, bar, drawing)),
            }
        }
        if everything {
            self.with_chart(Chart::draw_all);
        }
    }

    /// Draws the chart into its place on the page, and listens to the reader.
    pub async fn open_chart(mut self, container: web_sys::Element) {
        let (told, mut happenings) = mpsc::unbounded();
        // The chart is taken down before the receiver, so that somebody always listens.
        let opened = Chart::open(container, move |happening| drop(told.unbounded_send(happening))).await;
        let Ok(chart) = opened else { return self.broken.set(true) };
        self.chart.set(Some(Rc::new(chart)));
        self.with_chart(Chart::start_over);
        while let Some(happening) = happenings.next().await {
            match happening {
                Happening::Pointed(point) if *self.pointed.peek() != point => self.pointed.set(point),
                Happening::NearOldest => {
                    spawn(async move {
                        self.fetch_older().await;
                    });
                }
                Happening::Sees(sight) if *self.sight.peek() != sight => self.sight.set(sight),
                Happening::Pointed(_) | Happening::Sees(_) => {}
                Happening::Menu { x, y, price, alert } => self.menu.set(Some(Asked { x, y, price, alert })),
                Happening::AlertMoved { alert, price } => self.moved.set(Some((alert, price))),
            }
        }
    }

    /// The bar that the legend shows.
    pub fn shown(self) -> Option<Shown> {
        let series = self.series.read();
        let last = series.last()?;
        let bar = self.pointed.read().and_then(|time| series.at(time)).unwrap_or(last);
        Some(Shown { bar, before: series.before(bar.time.seconds()), last })
    }
}
