//! The chart of the chosen instrument: history first, then each change of the newest bar.

use std::rc::Rc;

use cynic::SubscriptionBuilder;
use dioxus::prelude::*;
use dioxus::web::WebEventExt;
use futures::StreamExt;
use futures::channel::mpsc;
use gloo_timers::future::TimeoutFuture;

use super::bar_legend::{BarLegend, Shown};
use crate::browser;
use crate::chart::arrivals::{Arrivals, Continuity};
use crate::chart::library::{Chart, Format, Span};
use crate::chart::series::{Drawing, Seam, Series};
use crate::feed::batched;
use crate::graphql::bar::{self, Bar, BarSize, LiveBars, LiveBarsVariables, Stretch};
use crate::graphql::failure::Failure;
use crate::graphql::instrument::{Instrument, InstrumentId};
use crate::live::Live;
use crate::number;
use crate::preferences::Preferences;
use crate::session::Session;
use crate::text::Text;
use crate::ui::choice::{Choice, Item};
use crate::ui::notice::{Empty, Loading, Problem};

const SIZE_KEY: &str = "tickgraph.bar-size";

/// How long to wait before history that failed is asked for again, and a subscription that ended.
const AGAIN_MS: u32 = 5_000;

/// Which bars: whose, and how long each lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    instrument: InstrumentId,
    size: BarSize,
}

/// How far the history is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum History {
    Loading,
    Failed(Failure),
    Ready,
}

/// Whether there is anything before the oldest bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Older {
    Unknown,
    Asked,
    None,
}

/// The chart's state. The bars are never cloned: components see the legend and the history's state.
#[derive(Clone, Copy, PartialEq)]
struct Model {
    session: Session,
    key: Signal<Option<Key>>,
    series: Signal<Series>,
    history: Signal<History>,
    older: Signal<Older>,
    chart: Signal<Option<Rc<Chart>>>,
    broken: Signal<bool>,
    pointed: Signal<Option<i64>>,
    /// Counts the reasons to ask for the newest history again.
    asked: Signal<u32>,
}

impl Model {
    fn new(session: Session) -> Self {
        Self {
            session,
            key: Signal::new(None),
            series: Signal::new(Series::default()),
            history: Signal::new(History::Loading),
            older: Signal::new(Older::Unknown),
            chart: Signal::new(None),
            broken: Signal::new(false),
            pointed: Signal::new(None),
            asked: Signal::new(0),
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
        self.with_chart(Chart::start_over);
    }

    fn with_chart(self, draw: impl FnOnce(&Chart, &Series)) {
        if let Some(chart) = &*self.chart.peek() {
            draw(chart, &self.series.peek());
        }
    }

    /// Fetches the newest history, again and again until it comes.
    async fn fetch(mut self, key: Key) {
        self.begin(&key);
        loop {
            match bar::history(self.session, key.instrument.clone(), key.size, Stretch::Newest).await {
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

    /// Fetches what is before the oldest bar.
    async fn fetch_older(mut self) {
        let (key, start) = (self.key.peek().clone(), self.series.peek().start());
        let (Some(key), Some(start)) = (key, start) else { return };
        if *self.history.peek() != History::Ready || *self.older.peek() != Older::Unknown {
            return;
        }
        self.older.set(Older::Asked);
        let bars = bar::history(self.session, key.instrument.clone(), key.size, Stretch::Before(start)).await;
        if self.key.peek().as_ref() != Some(&key) {
            return;
        }
        if self.series.peek().start() != Some(start) {
            // The bars that these would adjoin are gone.
            return self.older.set(Older::Unknown);
        }
        match bars {
            Ok(bars) => {
                self.series.write().merge(&bars);
                let grew = self.series.peek().start() < Some(start);
                self.older.set(if grew { Older::Unknown } else { Older::None });
                if grew {
                    self.with_chart(Chart::draw_all);
                }
            }
            // The reader's next move towards the past asks again.
            Err(_) => self.older.set(Older::Unknown),
        }
    }

    /// Follows the newest bar. Whatever may have left a hole has the history fetched again.
    async fn follow(self, live: Live, key: Key) {
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
    fn ask(mut self) {
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

    /// Draws the chart into its place on the page, and listens to the pointer.
    async fn open_chart(mut self, container: web_sys::Element) {
        let (pointed, mut points) = mpsc::unbounded();
        let (older, mut wishes) = mpsc::unbounded();
        // The chart is taken down before these receivers, so that somebody always listens.
        let opened = Chart::open(
            container,
            move |time| drop(pointed.unbounded_send(time)),
            move || drop(older.unbounded_send(())),
        )
        .await;
        let Ok(chart) = opened else { return self.broken.set(true) };
        self.chart.set(Some(Rc::new(chart)));
        self.with_chart(Chart::start_over);
        loop {
            futures::select! {
                point = points.next() => match point {
                    Some(point) if *self.pointed.peek() != point => self.pointed.set(point),
                    Some(_) => {}
                    None => return,
                },
                wish = wishes.next() => if wish.is_some() {
                    spawn(self.fetch_older());
                },
            }
        }
    }

    /// The bar that the legend shows.
    fn shown(self) -> Option<Shown> {
        let series = self.series.read();
        let last = series.last()?;
        let bar = self.pointed.read().and_then(|time| series.at(time)).unwrap_or(last);
        Some(Shown { bar, before: series.before(bar.time.seconds()), last })
    }
}

fn span(size: BarSize) -> Span {
    match size {
        BarSize::Sec5 | BarSize::Sec15 | BarSize::Sec30 => Span::Seconds,
        BarSize::Day1 => Span::Days,
        _ => Span::Minutes,
    }
}

/// The chart with its row of bar sizes.
#[component]
pub fn ChartPanel(instrument: Instrument) -> Element {
    let preferences = use_context::<Preferences>();
    let text = preferences.text();
    let session = use_context::<Session>();
    let live = use_context::<Live>();
    let model = use_hook(|| Model::new(session));
    let size = use_signal(|| {
        browser::remembered(SIZE_KEY)
            .and_then(|name| BarSize::from_short_name(&name))
            .unwrap_or(BarSize::Min1)
    });
    let scale = number::scale_of(instrument.price_increment);
    let id = instrument.id.clone();
    let key = use_memo(use_reactive!(|id| Key { instrument: id, size: size() }));

    use_resource(move || {
        let (live, key) = (live.clone(), key());
        async move { model.follow(live, key).await }
    });
    use_resource(move || {
        let key = key();
        let _again = (model.asked)();
        async move { model.fetch(key).await }
    });
    use_effect(use_reactive!(|scale| {
        let format = Format { scale, span: span(size()), language: preferences.language().tag() };
        if let Some(chart) = &*model.chart.read() {
            chart.set_format(&format);
        }
    }));
    use_effect(move || {
        let _theme = preferences.theme();
        if let Some(chart) = &*model.chart.read() {
            chart.restyle();
        }
    });

    rsx! {
        section { class: "chart-panel", "aria-label": text.say(Text::Chart),
            div { class: "chart-bar",
                Sizes { size }
            }
            div { class: "chart-box",
                div {
                    class: "chart",
                    "data-testid": "chart",
                    role: "img",
                    "aria-label": text.fill(
                        Text::ChartOf,
                        &[("symbol", &instrument.symbol), ("size", size().short_name())],
                    ),
                    onmounted: move |event| {
                        spawn(model.open_chart(event.as_web_event()));
                    },
                }
                if let Some(shown) = model.shown() {
                    BarLegend { shown, scale }
                }
                Overlay { model }
            }
        }
    }
}

#[component]
fn Sizes(size: Signal<BarSize>) -> Element {
    let text = crate::preferences::use_text();
    let items = BarSize::OFFERED
        .into_iter()
        .map(|(value, name)| Item { value, label: name.to_owned(), glyph: None })
        .collect::<Vec<_>>();
    rsx! {
        Choice {
            label: text.say(Text::BarSize),
            items,
            chosen: size(),
            onchoose: move |chosen: BarSize| {
                browser::remember(SIZE_KEY, chosen.short_name());
                size.set(chosen);
            },
        }
    }
}

/// What covers the chart while there is nothing to draw.
#[component]
fn Overlay(model: Model) -> Element {
    let text = crate::preferences::use_text();
    if (model.broken)() {
        return rsx! {
            div { class: "chart-overlay",
                Problem {
                    title: text.say(Text::ChartBroken),
                    message: text.say(Text::ChartBrokenHint),
                    onagain: |()| {},
                }
            }
        };
    }
    let empty = model.series.read().is_empty();
    match &*model.history.read() {
        History::Loading => rsx! {
            div { class: "chart-overlay", Loading { label: text.say(Text::LoadingHistory) } }
        },
        History::Ready if empty => rsx! {
            div { class: "chart-overlay", Empty { title: text.say(Text::NoBars) } }
        },
        History::Ready => rsx! {},
        History::Failed(failure) if empty => rsx! {
            div { class: "chart-overlay", "data-testid": "chart-problem",
                Problem {
                    title: text.say(Text::HistoryFailed),
                    message: text.failure(failure),
                    again: text.say(Text::TryAgain).to_owned(),
                    onagain: move |()| model.ask(),
                }
            }
        },
        History::Failed(failure) => rsx! {
            p { class: "chart-strip", role: "status", "data-testid": "chart-problem",
                {text.say(Text::HistoryIncomplete)}
                " "
                {text.failure(failure)}
            }
        },
    }
}
