//! Finding an instrument and adding it to the open watchlist.

use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use super::board::Board;
use crate::browser;
use crate::graphql::failure::Failure;
use crate::graphql::instrument::{self, Instrument};
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::workspace::panel::PanelId;

/// How long to wait for the next letter before asking.
const DEBOUNCE_MS: u32 = 200;

/// What is known about the text that was typed.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Nothing,
    Searching,
    Failed(Failure),
    Instruments(Vec<Instrument>),
}

/// The search box with its list of results. It is the ARIA combobox pattern: the focus stays in the box, and
/// the arrow keys move through the list.
#[component]
pub fn InstrumentSearch(board: Board) -> Element {
    let text = use_text();
    let session = use_context::<Session>();
    let mut typed = use_signal(String::new);
    let mut open = use_signal(|| false);
    let mut active = use_signal(|| 0_usize);
    let mut found = use_signal(|| Found::Nothing);

    // A new letter drops the search that is under way, so that answers cannot overtake each other.
    use_resource(move || {
        let wanted = typed().trim().to_owned();
        async move {
            active.set(0);
            if wanted.is_empty() {
                return found.set(Found::Nothing);
            }
            TimeoutFuture::new(DEBOUNCE_MS).await;
            found.set(Found::Searching);
            found.set(match instrument::search(session, wanted).await {
                Ok(instruments) => Found::Instruments(instruments),
                Err(failure) => Found::Failed(failure),
            });
        }
    });

    let mut add = move |instrument: Instrument| {
        open.set(false);
        typed.set(String::new());
        let name = text.say(Text::Watchlist).to_owned();
        board.run(board.add(instrument, name));
    };
    let count = move || match &*found.read() {
        Found::Instruments(instruments) => instruments.len(),
        _ => 0,
    };
    let mut mark = move |index: usize| {
        active.set(index);
        browser::scroll_into_view(&option_id(board.panel, index));
    };
    let onkeydown = move |event: KeyboardEvent| {
        // Enter that takes what an input method offers is not ours.
        if event.is_composing() {
            return;
        }
        let count = count();
        match event.key() {
            Key::ArrowDown if count > 0 => {
                event.prevent_default();
                mark(if open() { (active() + 1) % count } else { active() });
                open.set(true);
            }
            Key::ArrowUp if count > 0 => {
                event.prevent_default();
                mark((active() + count - 1) % count);
            }
            Key::Enter => {
                event.prevent_default();
                let chosen = match &*found.read() {
                    Found::Instruments(instruments) if open() => instruments.get(active()).cloned(),
                    _ => None,
                };
                if let Some(instrument) = chosen {
                    add(instrument);
                }
            }
            Key::Escape if open() => open.set(false),
            Key::Escape => typed.set(String::new()),
            _ => {}
        }
    };
    let shown = open() && *found.read() != Found::Nothing;
    rsx! {
        div { class: "search",
            label { class: "hidden", r#for: "search-{board.panel}", {text.say(Text::AddInstrument)} }
            Icon { glyph: Glyph::Search }
            input {
                id: "search-{board.panel}",
                r#type: "text",
                role: "combobox",
                autocomplete: "off",
                autocapitalize: "characters",
                spellcheck: "false",
                "data-testid": "search-input",
                "aria-expanded": if shown { "true" } else { "false" },
                "aria-controls": "search-results-{board.panel}",
                "aria-autocomplete": "list",
                "aria-activedescendant": if shown && count() > 0 { option_id(board.panel, active()) },
                placeholder: text.say(Text::SearchPlaceholder),
                value: "{typed}",
                oninput: move |event| {
                    typed.set(event.value());
                    open.set(true);
                },
                onfocus: move |_| open.set(true),
                onkeydown,
            }
            if shown {
                div { class: "scrim", "aria-hidden": "true", onclick: move |_| open.set(false) }
                Results { board, found: found(), active: active(), onadd: add }
            }
        }
    }
}

fn option_id(panel: PanelId, index: usize) -> String {
    format!("search-{panel}-option-{index}")
}

#[component]
fn Results(board: Board, found: Found, active: usize, onadd: EventHandler<Instrument>) -> Element {
    let text = use_text();
    let list = board.open_list();
    let has = |instrument: &Instrument| {
        list.as_ref().is_some_and(|list| list.instruments.iter().any(|held| held.id == instrument.id))
    };
    rsx! {
        div { class: "search-panel", "data-testid": "search-results",
            match found {
                Found::Nothing | Found::Searching => rsx! {
                    p { class: "search-note", role: "status", {text.say(Text::Searching)} }
                },
                Found::Failed(failure) => rsx! {
                    p { class: "search-note down", role: "alert", {text.failure(&failure)} }
                },
                Found::Instruments(instruments) if instruments.is_empty() => rsx! {
                    p { class: "search-note", role: "status", {text.say(Text::NothingFound)} }
                },
                Found::Instruments(instruments) => rsx! {
                    ul { id: "search-results-{board.panel}", role: "listbox", "aria-label": text.say(Text::SearchResults),
                        for (index, instrument) in instruments.into_iter().enumerate() {
                            li {
                                key: "{instrument.id.inner()}",
                                id: option_id(board.panel, index),
                                role: "option",
                                "aria-selected": if index == active { "true" } else { "false" },
                                "data-testid": "search-result-{instrument.symbol}",
                                onclick: {
                                    let instrument = instrument.clone();
                                    move |_| onadd.call(instrument.clone())
                                },
                                span { class: "option-symbol", "{instrument.symbol}" }
                                span { class: "option-name", "{instrument.name}" }
                                span { class: "option-meta muted",
                                    "{instrument.market()} · {instrument.currency} · {text.asset_class(instrument.asset_class)}"
                                }
                                if has(&instrument) {
                                    span { class: "option-held", title: text.say(Text::InTheList),
                                        Icon { glyph: Glyph::Check }
                                        span { class: "hidden", {text.say(Text::InTheList)} }
                                    }
                                }
                            }
                        }
                    }
                },
            }
        }
    }
}
