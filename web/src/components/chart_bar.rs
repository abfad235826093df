//! The choices over a chart: interval, style, indicators, comparison, alert, settings, picture.

use dioxus::prelude::*;

use super::chart_alerts::compose_at_pointer;
use super::chart_compare::CompareMenu;
use super::chart_panel::Board;
use crate::browser;
use crate::chart::library::Way;
use crate::chart::settings::{Clock, Scale, Style, Volume};
use crate::chart::study::MOST_STUDIES;
use crate::graphql::bar::BarSize;
use crate::graphql::instrument::Instrument;
use crate::graphql::scalar::DateTime;
use crate::preferences::{Preferences, use_text};
use crate::text::Text;
use crate::ui::choice::{Choice, Item};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::menu::Menu;

/// The choices.
#[component]
pub fn ChartBar(board: Board, instrument: Instrument) -> Element {
    let text = use_text();
    let mut editing = board.editing;
    let count = board.settings.read().studies.len();
    let asked = instrument.clone();
    rsx! {
        div { class: "chart-bar",
            Sizes { board }
            div { class: "chart-tools",
                StyleMenu { board }
                button {
                    r#type: "button",
                    class: "tool",
                    title: text.say(Text::AddIndicator),
                    "data-testid": "chart-indicators",
                    disabled: count >= MOST_STUDIES,
                    onclick: move |_| editing.set(Some(count)),
                    Icon { glyph: Glyph::Indicator }
                    span { class: "tool-words", {text.say(Text::Indicators)} }
                }
                CompareMenu { board, instrument: instrument.clone() }
                button {
                    r#type: "button",
                    class: "icon-button",
                    title: "{text.say(Text::CommandNewAlert)} (Alt+A)",
                    "aria-label": text.say(Text::CommandNewAlert),
                    "data-testid": "chart-new-alert",
                    onclick: move |_| compose_at_pointer(&board, &asked),
                    Icon { glyph: Glyph::Bell }
                }
                SettingsMenu { board }
                Picture { board, instrument }
            }
        }
    }
}

/// The intervals: those that are used most as buttons, every one in a menu.
#[component]
fn Sizes(board: Board) -> Element {
    let text = use_text();
    let size = board.settings.read().size;
    let mut shown = BarSize::FREQUENT.to_vec();
    if !shown.contains(&size) {
        shown.push(size);
    }
    let item = |value: BarSize| Item { value, label: value.short_name().to_owned(), glyph: None };
    rsx! {
        Choice {
            label: text.say(Text::BarSize),
            items: shown.into_iter().map(item).collect::<Vec<_>>(),
            chosen: size,
            onchoose: move |chosen| board.change(|settings| settings.size = chosen),
        }
        Menu {
            id: "chart-sizes-{board.panel}",
            label: text.say(Text::EveryBarSize),
            class: "menu-small",
            button: rsx! { Icon { glyph: Glyph::ChevronDown } },
            div { class: "size-grid", role: "group", "aria-label": text.say(Text::EveryBarSize),
                for (other, name) in BarSize::OFFERED {
                    button {
                        key: "{name}",
                        r#type: "button",
                        class: "menu-item",
                        "data-testid": "chart-size-{name}",
                        "aria-pressed": if other == size { "true" } else { "false" },
                        onclick: move |_| board.change(|settings| settings.size = other),
                        "{name}"
                    }
                }
            }
        }
    }
}

fn style_words(style: Style) -> Text {
    match style {
        Style::Candles => Text::StyleCandles,
        Style::Bars => Text::StyleBars,
        Style::Line => Text::StyleLine,
        Style::Area => Text::StyleArea,
    }
}

fn style_glyph(style: Style) -> Glyph {
    match style {
        Style::Candles => Glyph::Candles,
        Style::Bars => Glyph::Bars,
        Style::Line => Glyph::Line,
        Style::Area => Glyph::Area,
    }
}

#[component]
fn StyleMenu(board: Board) -> Element {
    let text = use_text();
    let style = board.settings.read().style;
    rsx! {
        Menu {
            id: "chart-style-{board.panel}",
            label: "{text.say(Text::ChartStyle)}: {text.say(style_words(style))}",
            class: "menu-small",
            button: rsx! { Icon { glyph: style_glyph(style) } },
            for other in Style::ALL {
                button {
                    key: "{other:?}",
                    r#type: "button",
                    class: "menu-item",
                    "data-testid": "chart-style-{other.code()}",
                    "aria-pressed": if other == style { "true" } else { "false" },
                    onclick: move |_| board.change(|settings| settings.style = other),
                    Icon { glyph: style_glyph(other) }
                    {text.say(style_words(other))}
                    if other == style {
                        Icon { glyph: Glyph::Check }
                    }
                }
            }
        }
    }
}

fn scale_words(scale: Scale) -> Text {
    match scale {
        Scale::Linear => Text::ScaleLinear,
        Scale::Logarithmic => Text::ScaleLogarithmic,
        Scale::Percent => Text::ScalePercent,
    }
}

fn clock_words(clock: Clock) -> Text {
    match clock {
        Clock::Preferred => Text::ClockPreferred,
        Clock::Exchange => Text::ClockExchange,
        Clock::Local => Text::ClockLocal,
        Clock::Utc => Text::ClockUtc,
    }
}

/// What is set less often.
#[component]
fn SettingsMenu(board: Board) -> Element {
    let text = use_text();
    let settings = board.settings.read().clone();
    let scales =
        Scale::ALL.map(|value| Item { value, label: text.say(scale_words(value)).to_owned(), glyph: None });
    let clocks =
        Clock::ALL.map(|value| Item { value, label: text.say(clock_words(value)).to_owned(), glyph: None });
    let shown = settings.volume == Volume::Shown;
    rsx! {
        Menu {
            id: "chart-settings-{board.panel}",
            label: text.say(Text::ChartSettings),
            class: "menu-right menu-small",
            button: rsx! { Icon { glyph: Glyph::Gear } },
            div { class: "chart-settings",
                p { class: "menu-title", {text.say(Text::PriceScale)} }
                Choice {
                    label: text.say(Text::PriceScale),
                    items: scales.to_vec(),
                    chosen: settings.shown_scale(),
                    onchoose: move |chosen| board.change(|settings| settings.scale = chosen),
                }
                p { class: "menu-title", {text.say(Text::ChartClock)} }
                Choice {
                    label: text.say(Text::ChartClock),
                    items: clocks.to_vec(),
                    chosen: settings.clock,
                    onchoose: move |chosen| board.change(|settings| settings.clock = chosen),
                }
                label { class: "box",
                    input {
                        r#type: "checkbox",
                        "data-testid": "chart-volume",
                        checked: shown,
                        onchange: move |_| {
                            let volume = if shown { Volume::Hidden } else { Volume::Shown };
                            board.change(|settings| settings.volume = volume);
                        },
                    }
                    span { class: "box-words", {text.say(Text::Volume)} }
                }
                GoTo { board }
                div { class: "row",
                    button {
                        r#type: "button",
                        class: "button",
                        "data-testid": "chart-fit",
                        onclick: move |_| board.model.with_chart(|chart, _| chart.navigate(Way::Fit)),
                        {text.say(Text::FitChart)}
                    }
                    button {
                        r#type: "button",
                        class: "button",
                        "data-testid": "chart-reset",
                        onclick: move |_| board.model.with_chart(|chart, _| chart.navigate(Way::Reset)),
                        {text.say(Text::ResetChart)}
                    }
                }
            }
        }
    }
}

/// A date to go to.
#[component]
fn GoTo(board: Board) -> Element {
    let text = use_text();
    let mut busy = use_signal(|| false);
    let id = format!("chart-date-{}", board.panel);
    let model = board.model;
    rsx! {
        label { class: "menu-title", r#for: "{id}", {text.say(Text::GoToDate)} }
        input {
            id: "{id}",
            class: "input",
            r#type: "date",
            "data-testid": "chart-date",
            disabled: busy(),
            onchange: move |event| {
                // Midnight of the reader's machine.
                let Some(moment) = browser::local_moment(&format!("{}T00:00", event.value())) else { return };
                spawn(async move {
                    busy.set(true);
                    model.go_to(DateTime::from_millis(moment)).await;
                    busy.set(false);
                });
            },
        }
    }
}

/// Saves the chart as a picture.
#[component]
fn Picture(board: Board, instrument: Instrument) -> Element {
    let text = use_text();
    let session = use_context::<crate::session::Session>();
    let preferences = use_context::<Preferences>();
    let save = move |_| {
        let size = board.settings.peek().size.short_name();
        let now = session.server_now();
        let zone = board.zone(preferences);
        let time = browser::date_time(now, preferences.language().tag(), &zone);
        let (symbol, market) = (&instrument.symbol, instrument.market());
        let heading = format!("{symbol} \u{00B7} {size} \u{00B7} {market} \u{00B7} {}", instrument.name);
        let detail = if zone.is_empty() { time } else { format!("{time} ({zone})") };
        let name = format!("{symbol}-{size}-{now}.png").replace('/', "-");
        board.model.with_chart(|chart, _| chart.screenshot(&name, &heading, &detail));
    };
    rsx! {
        button {
            r#type: "button",
            class: "icon-button",
            title: text.say(Text::Screenshot),
            "aria-label": text.say(Text::Screenshot),
            "data-testid": "chart-screenshot",
            onclick: save,
            Icon { glyph: Glyph::Camera }
        }
    }
}
