//! The watchlists by name, and a new one.

use dioxus::prelude::*;

use super::board::{Board, Lists};
use super::column_menu::ColumnMenu;
use crate::browser;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::field::LineField;
use crate::ui::icon::{Glyph, Icon};

/// A tab for each list, and the field for the name of a new one.
#[component]
pub fn WatchlistTabs(board: Board) -> Element {
    let text = use_text();
    let (mut naming, mut editing) = (board.naming, board.editing);
    let lists = match &*board.lists.read() {
        Lists::Ready(lists) => lists.clone(),
        _ => Vec::new(),
    };
    let open = board.open_list().map(|list| list.id);
    rsx! {
        div { class: "tabs-row",
            div { class: "tabs", role: "tablist", "aria-label": text.say(Text::Watchlists),
                for list in lists {
                    button {
                        key: "{list.id.inner()}",
                        r#type: "button",
                        role: "tab",
                        "data-testid": "watchlist-tab",
                        "aria-selected": if Some(&list.id) == open.as_ref() { "true" } else { "false" },
                        "aria-controls": "watchlist-{board.panel}",
                        onclick: {
                            let id = list.id.clone();
                            move |_| board.open(&id)
                        },
                        "{list.name}"
                    }
                }
            }
            button {
                id: opener_id(&board),
                r#type: "button",
                class: "icon-button",
                "data-testid": "watchlist-new",
                title: text.say(Text::NewWatchlist),
                "aria-label": text.say(Text::NewWatchlist),
                "aria-expanded": if naming() { "true" } else { "false" },
                onclick: move |_| naming.toggle(),
                Icon { glyph: Glyph::Plus }
            }
            if open.is_some() {
                button {
                    r#type: "button",
                    class: "icon-button",
                    "data-testid": "watchlist-edit",
                    title: text.say(Text::EditWatchlist),
                    "aria-label": text.say(Text::EditWatchlist),
                    "aria-pressed": if editing() { "true" } else { "false" },
                    onclick: move |_| editing.toggle(),
                    Icon { glyph: Glyph::Pencil }
                }
            }
            ColumnMenu { board }
        }
        if naming() {
            NewList { board }
        }
    }
}

/// The button that opens the field for a new list.
fn opener_id(board: &Board) -> String {
    format!("watchlist-{}-new", board.panel)
}

#[component]
fn NewList(board: Board) -> Element {
    let text = use_text();
    let mut naming = board.naming;
    let name = use_signal(String::new);
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let name = name();
        board.run(async move {
            board.create(name).await;
        });
    };
    let field = format!("new-watchlist-{}", board.panel);
    let focused = field.clone();
    use_effect(move || browser::focus(&focused));
    let opener = opener_id(&board);
    rsx! {
        form {
            class: "inline-form",
            onsubmit: submit,
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    naming.set(false);
                    browser::focus(&opener);
                }
            },
            LineField {
                id: field,
                testid: "watchlist-new-name",
                label: text.say(Text::WatchlistName),
                value: name,
            }
            button { r#type: "submit", class: "button button-primary", disabled: (board.busy)(),
                {text.say(Text::Create)}
            }
        }
    }
}
