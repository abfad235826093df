//! The state of one chart: its bars, from history first and then with each change of the newest one.

use std::rc::Rc;

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use futures::StreamExt;
use futures::channel::mpsc;
use gloo_timers::future::TimeoutFuture;

use super::bar_legend::Shown;
use super::chart_lines::Lines;
use crate::chart::arrivals::{Arrivals, Continuity};
use crate::chart::library::{Chart, Happening};
use crate::chart::series::{Drawing, Seam, Series};
use crate::feed::batched;
use crate::graphql::bar::{
    self, Bar, BarSize, LiveBars, LiveBarsVariables, MOST_BARS, Past, Stretch, Wanted,
};
use crate::graphql::failure::Failure;
use crate::graphql::instrument::InstrumentId;
use crate::graphql::scalar::DateTime;
use crate::live::Live;
use crate::session::Session;

/// How long to wait before history that failed is asked for again, and a subscription that ended.
pub const AGAIN_MS: u32 = 5_000;

/// How many bars are asked for when a chart is opened.
const FIRST_BARS: i32 = 500;

/// How many more when the reader comes near the oldest.
const OLDER_BARS: i32 = 1_000;

/// How long to wait while another page is read.
const BUSY_MS: u32 = 250;

/// The most pages that are read to reach a date.
const MOST_PAGES: usize = 60;

/// Which bars: whose, and how long each lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose.
    pub instrument: InstrumentId,
    /// How long each lasts.
    pub size: BarSize,
}

/// How far the history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum History {
    /// Asked for.
    Loading,
    /// Could not be read; it is asked for again.
    Failed(Failure),
    /// Is there.
    Ready,
}

/// Whether there is anything before the oldest bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Older {
    Unknown,
    Asked,
    None,
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
    key: Signal<Option<Key>>,
    /// The bars.
    pub series: Signal<Series>,
    /// How far the history is.
    pub history: Signal<History>,
    older: Signal<Older>,
    /// What draws, once it is loaded.
    pub chart: Signal<Option<Rc<Chart>>>,
    /// Whether it could not be loaded.
    pub broken: Signal<bool>,
    /// The second of the bar under the pointer.
    pub pointed: Signal<Option<i64>>,
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
            menu: Signal::new(None),
            moved: Signal::new(None),
            zone: Signal::new(None),
            asked: Signal::new(0),
            lines: Lines::new(),
        }
    }

    /// Both history and live bars begin here; whichever is first empties the chart.
    fn begin(mut self, key: &Key) {
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

    async fn past(mut self, key: &Key, stretch: Stretch, count: i32) -> Result<Vec<Bar>, Failure> {
        let wanted = Wanted { instrument: key.instrument.clone(), size: key.size, stretch, count };
        let Past { bars, zone } = bar::history(self.session, wanted).await?;
        if self.zone.peek().as_ref() != Some(&zone) {
            self.zone.set(Some(zone));
        }
        Ok(bars)
    }

    /// Fetches the newest history, again and again until it comes.
    pub async fn fetch(mut self, key: Key) {
        self.begin(&key);
        loop {
            match self.past(&key, Stretch::Newest, FIRST_BARS).await {
                Ok(bars) => {
                    let seam = self.series.write().merge_newest(&bars);
                    if seam == Seam::Cut {
                        self.older.set(Older::Unknown);
                    }
                    let stays = seam == Seam::Closed && *self.history.peek() == History::Ready;
                    self.history.set(History::Ready);
                    return self.with_chart(if stays { Chart::draw_all } else { Chart::start_over });
                }
                Err(failure) => self.history.set(History::Failed(failure)),
            }
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }

    /// Fetches what is before the oldest bar, and says whether there was anything.
    async fn fetch_older(mut self, count: i32) -> bool {
        let (key, start) = (self.key.peek().clone(), self.series.peek().start());
        let (Some(key), Some(start)) = (key, start) else { return false };
        if *self.history.peek() != History::Ready || *self.older.peek() != Older::Unknown {
            return false;
        }
        self.older.set(Older::Asked);
        let bars = self.past(&key, Stretch::Before(start), count).await;
        if self.key.peek().as_ref() != Some(&key) {
            return false;
        }
        if self.series.peek().start() != Some(start) {
            // The bars that these would adjoin are gone.
            self.older.set(Older::Unknown);
            return false;
        }
        // After a failure the reader's next move towards the past asks again.
        let Ok(bars) = bars else {
            self.older.set(Older::Unknown);
            return false;
        };
        self.series.write().merge(&bars);
        let grew = self.series.peek().start() < Some(start);
        self.older.set(if grew { Older::Unknown } else { Older::None });
        if grew {
            self.with_chart(Chart::draw_all);
        }
        grew
    }

    /// Shows the bars of a moment, however far back; the oldest ones where history does not reach.
    pub async fn go_to(self, moment: DateTime) {
        let key = self.key.peek().clone();
        for _ in 0..MOST_PAGES {
            let reached = self.series.peek().start().is_none_or(|start| start <= moment);
            if reached || *self.older.peek() == Older::None {
                break;
            }
            if !self.fetch_older(MOST_BARS).await {
                // Somebody else is asking, or the server did not answer.
                TimeoutFuture::new(BUSY_MS).await;
            }
            if *self.key.peek() != key {
                return;
            }
        }
        let bar = self.series.peek().from(moment.seconds());
        if let Some(bar) = bar {
            self.with_chart(|chart, _| chart.go_to(bar.time.seconds()));
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
                Happening::Pointed(_) => {}
                Happening::NearOldest => {
                    spawn(async move {
                        self.fetch_older(OLDER_BARS).await;
                    });
                }
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
