//! The chart of the chosen instrument, with everything that was set in it.

use dioxus::prelude::*;
use dioxus::web::WebEventExt;

use super::bar_legend::BarLegend;
use super::chart_alerts::{DrawnAlerts, PlaceMenu};
use super::chart_bar::ChartBar;
use super::chart_history::History;
use super::chart_keys;
use super::chart_legend::{ComparedLegend, Place, StudyLegends, StudyProblem};
use super::chart_model::{Key, Model};
use super::chart_profile::ProfileLegend;
use super::chart_study::StudyForm;
use super::chart_trust::{Trust, use_trust};
use crate::chart::library::{Chart, Format, Span};
use crate::chart::settings::{Clock, Profile, Settings};
use crate::graphql::bar::BarSize;
use crate::graphql::instrument::Instrument;
use crate::live::Live;
use crate::number;
use crate::preferences::{Preferences, use_text};
use crate::session::Session;
use crate::text::Text;
use crate::ui::notice::{Empty, Loading, Problem};
use crate::workspace::panel::PanelId;
use crate::workspace::state::Workspace;

fn span(size: BarSize) -> Span {
    match size.seconds() {
        Some(seconds) if seconds < 60 => Span::Seconds,
        Some(_) => Span::Minutes,
        None => Span::Days,
    }
}

/// What every part of a chart needs to know.
#[derive(Clone, Copy, PartialEq)]
pub struct Board {
    /// Its panel.
    pub panel: PanelId,
    /// Its state.
    pub model: Model,
    /// What was set in it.
    pub settings: Memo<Settings>,
    /// Which of the indicators is being set; the one after the last is a new one.
    pub editing: Signal<Option<usize>>,
    workspace: Workspace,
}

impl Board {
    /// Changes what is set.
    pub fn change(self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.peek().clone();
        change(&mut settings);
        self.workspace.set(self.panel, |kept| kept.chart = settings.written());
    }

    /// The time zone in which times are told; the machine's where it is empty.
    pub fn zone(self, preferences: Preferences) -> String {
        match self.settings.read().clock {
            Clock::Preferred => preferences.zone().0.to_owned(),
            Clock::Exchange => self.model.zone.read().clone().unwrap_or_default(),
            Clock::Local => String::new(),
            Clock::Utc => "UTC".to_owned(),
        }
    }
}

/// The chart with its bar of choices and its legend.
#[component]
pub fn ChartPanel(panel: PanelId, instrument: Instrument) -> Element {
    let text = use_text();
    let preferences = use_context::<Preferences>();
    let (live, session) = (use_context::<Live>(), use_context::<Session>());
    let model = use_hook(|| Model::new(session));
    let workspace = use_context::<Workspace>();
    let settings = use_memo(move || Settings::read(&workspace.settings(panel).chart));
    let editing = use_signal(|| None);
    let board = Board { panel, model, settings, editing, workspace };
    let scale = number::scale_of(instrument.price_increment);
    let id = instrument.id.clone();
    let key = use_memo(use_reactive!(|id| Key { instrument: id, size: settings.read().size }));
    use_bars(&model, live.clone(), key);
    use_lines(&board, live, key, scale);
    use_look(&board, &instrument, preferences);
    let trust = use_trust(&instrument);
    let size = settings.read().size;
    let name = text.fill(Text::ChartOf, &[("symbol", &instrument.symbol), ("size", size.short_name())]);
    let last_bar = format!("chart-{panel}-last");

    rsx! {
        div { class: "panel chart-panel",
            ChartBar { board, instrument: instrument.clone() }
            div { class: if trust.is_stale() { "chart-box chart-stale" } else { "chart-box" },
                div {
                    class: "chart",
                    "data-testid": "chart",
                    role: "application",
                    tabindex: "0",
                    "aria-label": "{name}",
                    "aria-describedby": "{last_bar}",
                    onkeydown: {
                        let instrument = instrument.clone();
                        move |event| chart_keys::pressed(&event, &board, &instrument)
                    },
                    onmounted: move |event| {
                        spawn(model.open_chart(event.as_web_event()));
                    },
                }
                Legends { board, of: key, scale }
                StudyProblem { board }
                Trust { board, trust: trust.clone(), id: last_bar.clone(), scale }
                DrawnAlerts { board, instrument: instrument.clone() }
                PlaceMenu { board, instrument: instrument.clone() }
                Overlay { model }
            }
            if let Some(study) = editing() {
                StudyForm { key: "{study}", board, study }
            }
        }
    }
}

/// What stands over the bars. It is made anew at each change of the newest one, and the rest of the panel is not.
#[component]
fn Legends(board: Board, of: ReadSignal<Key>, scale: u32) -> Element {
    let Board { model, settings, .. } = board;
    let profiled = use_memo(move || (settings.read().profile == Profile::Shown).then(|| of.cloned()));
    let Some(shown) = model.shown() else { return rsx! {} };
    rsx! {
        div { class: "legends",
            BarLegend { shown, scale }
            ComparedLegend { board }
            StudyLegends { board, scale, place: Place::OverPrices }
            if let Some(of) = profiled() {
                ProfileLegend { key: "{of:?}", board, of, scale }
            }
        }
        StudyLegends { board, scale, place: Place::Below }
    }
}

/// History and live bars.
fn use_bars(model: &Model, live: Live, key: Memo<Key>) {
    let model = *model;
    use_resource(move || {
        let (live, key) = (live.clone(), key());
        async move { model.follow(live, key).await }
    });
    use_resource(move || {
        let key = key();
        let _again = (model.asked)();
        async move { model.fetch(key).await }
    });
}

/// Indicators and other instruments.
fn use_lines(board: &Board, live: Live, key: Memo<Key>, scale: u32) {
    let Board { model, settings, .. } = *board;
    let studies = use_memo(move || settings.read().studies.clone());
    let compared = use_memo(move || settings.read().compared.clone());
    let others_known = use_memo(move || model.lines.compared.read().len());
    let start = use_memo(move || model.series.read().start());
    use_effect(use_reactive!(|scale| {
        let _others = others_known();
        let _drawn = model.chart.read().is_some();
        model.draw_lines(&studies.read(), scale);
    }));
    let others = live.clone();
    use_resource(move || {
        let (live, key, studies) = (live.clone(), key(), studies());
        async move { model.follow_studies(live, key, studies).await }
    });
    use_resource(move || {
        let (key, studies, start, _again) = (key(), studies(), start(), (model.lines.asked)());
        async move { model.fetch_studies(key, studies, start).await }
    });
    use_resource(move || {
        let (live, key, ids) = (others.clone(), key(), compared());
        async move { model.follow_compared(live, key, ids).await }
    });
    use_resource(move || {
        let (key, ids, start, _again) = (key(), compared(), start(), (model.lines.asked)());
        async move { model.fetch_compared(key, ids, start).await }
    });
}

/// How everything is drawn.
fn use_look(board: &Board, instrument: &Instrument, preferences: Preferences) {
    let board = *board;
    let Board { model, settings, .. } = board;
    let scale = number::scale_of(instrument.price_increment);
    let step = instrument.price_increment.for_drawing();
    let size = use_memo(move || settings.read().size);
    let style = use_memo(move || settings.read().style);
    let shown_scale = use_memo(move || settings.read().shown_scale());
    let volume = use_memo(move || settings.read().volume);
    let zone = use_memo(move || board.zone(preferences));
    use_effect(use_reactive!(|scale, step| {
        let format =
            Format { scale, step, span: span(size()), language: preferences.language().tag(), zone: zone() };
        if let Some(chart) = &*model.chart.read() {
            chart.set_format(&format);
            // The days of the axis begin elsewhere in another zone.
            chart.clear();
        }
        model.with_chart(Chart::draw_all);
        model.draw_lines(&settings.peek().studies, scale);
    }));
    use_effect(move || {
        let style = style();
        if let Some(chart) = &*model.chart.read() {
            chart.set_style(style);
        }
        model.with_chart(Chart::draw_all);
    });
    use_effect(move || {
        if let Some(chart) = &*model.chart.read() {
            chart.set_scale(shown_scale());
            chart.set_volume(volume());
        }
    });
    use_effect(move || {
        let _colours = (preferences.theme(), preferences.rising());
        if let Some(chart) = &*model.chart.read() {
            chart.restyle();
        }
    });
}

/// What covers the chart while there is nothing to draw.
#[component]
fn Overlay(model: Model) -> Element {
    let text = use_text();
    let empty = use_memo(move || model.series.read().is_empty())();
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
