//! Choosing the instruments that are compared with the chart's own.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::chart_panel::Board;
use crate::chart::settings::MOST_COMPARED;
use crate::graphql::failure::Failure;
use crate::graphql::instrument::{self, Instrument};
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::menu::Menu;

/// How long to wait for the next letter before asking.
const DEBOUNCE_MS: u32 = 200;

/// The most results that are listed.
const MOST_RESULTS: usize = 8;

/// The button with its search.
#[component]
pub fn CompareMenu(board: Board, instrument: Instrument) -> Element {
    let text = use_text();
    rsx! {
        Menu {
            id: "chart-compare-{board.panel}",
            label: text.say(Text::Compare),
            class: "menu-small menu-right",
            button: rsx! { Icon { glyph: Glyph::Compare } },
            Search { board, instrument }
        }
    }
}

#[component]
fn Search(board: Board, instrument: Instrument) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut typed = use_signal(String::new);
    let mut found = use_signal(|| None::<Result<Vec<Instrument>, Failure>>);
    let field = format!("chart-compare-field-{}", board.panel);
    use_effect({
        let field = field.clone();
        move || crate::browser::focus(&field)
    });
    // A new letter drops the search that is under way, so that answers cannot overtake each other.
    use_resource(move || {
        let wanted = typed().trim().to_owned();
        async move {
            if wanted.is_empty() {
                return found.set(None);
            }
            TimeoutFuture::new(DEBOUNCE_MS).await;
            found.set(Some(instrument::search(session, wanted).await));
        }
    });
    let chosen = board.settings.read().compared.clone();
    let full = chosen.len() >= MOST_COMPARED;
    let is_new = |other: &&Instrument| {
        other.id != instrument.id && !chosen.iter().any(|known| known == other.id.inner())
    };
    rsx! {
        div { class: "chart-settings",
            label { class: "menu-title", r#for: "{field}", {text.say(Text::CompareWith)} }
            input {
                id: "{field}",
                class: "input",
                r#type: "search",
                autocomplete: "off",
                "data-testid": "chart-compare-field",
                placeholder: text.say(Text::SearchPlaceholder),
                disabled: full,
                value: "{typed}",
                oninput: move |event| typed.set(event.value()),
            }
            p { class: "menu-lead muted", {text.say(if full { Text::CompareFull } else { Text::CompareHint })} }
            match &*found.read() {
                None => rsx! {},
                Some(Err(failure)) => rsx! {
                    p { class: "form-problem", role: "alert", {text.failure(failure)} }
                },
                Some(Ok(list)) if !list.iter().any(|other| is_new(&other)) => rsx! {
                    p { class: "muted", role: "status", {text.say(Text::NothingFound)} }
                },
                Some(Ok(list)) => rsx! {
                    for other in list.iter().filter(is_new).take(MOST_RESULTS).cloned() {
                        button {
                            key: "{other.id.inner()}",
                            r#type: "button",
                            class: "menu-item",
                            "data-testid": "chart-compare-{other.symbol}",
                            disabled: full,
                            onclick: move |_| {
                                let id = other.id.inner().to_owned();
                                board.change(|settings| settings.compared.push(id));
                                typed.set(String::new());
                            },
                            strong { "{other.symbol}" }
                            span { class: "muted", "{other.market()} \u{00B7} {other.name}" }
                        }
                    }
                },
            }
            for other in board.model.lines.compared.read().iter() {
                Chosen { key: "{other.instrument.id.inner()}", board, instrument: other.instrument.clone() }
            }
        }
    }
}

#[component]
fn Chosen(board: Board, instrument: Instrument) -> Element {
    let text = use_text();
    rsx! {
        button {
            r#type: "button",
            class: "menu-item",
            title: text.say(Text::StopComparing),
            onclick: move |_| board.change(|settings| {
                settings.compared.retain(|known| known != instrument.id.inner());
            }),
            Icon { glyph: Glyph::Cross }
            strong { "{instrument.symbol}" }
            span { class: "muted", {text.say(Text::StopComparing)} }
        }
    }
}
