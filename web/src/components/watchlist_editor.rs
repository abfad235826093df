//! Renaming and deleting the open watchlist.

use dioxus::prelude::*;

use super::board::Board;
use crate::graphql::watchlist::Watchlist;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};

/// The name in a field, and a delete button that asks once more.
#[component]
pub fn WatchlistEditor(board: Board, list: Watchlist) -> Element {
    let text = use_text();
    let mut name = use_signal(|| list.name.clone());
    let mut sure = use_signal(|| false);
    let id = list.id.clone();
    let rename = move |event: FormEvent| {
        event.prevent_default();
        board.run(board.rename(id.clone(), name()));
    };
    let id = list.id.clone();
    let delete = move |_| {
        if !sure() {
            return sure.set(true);
        }
        board.run(board.delete(id.clone()));
    };
    let busy = (board.busy)();
    rsx! {
        form { class: "inline-form", onsubmit: rename,
            label { class: "hidden", r#for: "watchlist-name-{board.panel}", {text.say(Text::WatchlistName)} }
            input {
                id: "watchlist-name-{board.panel}",
                "data-testid": "watchlist-name",
                autocomplete: "off",
                value: "{name}",
                oninput: move |event| name.set(event.value()),
            }
            button { r#type: "submit", class: "button", disabled: busy, {text.say(Text::Rename)} }
            button {
                r#type: "button",
                class: "button button-danger",
                "data-testid": "watchlist-delete",
                disabled: busy,
                onclick: delete,
                onblur: move |_| sure.set(false),
                Icon { glyph: Glyph::Trash }
                {text.say(if sure() { Text::ReallyDelete } else { Text::Delete })}
            }
        }
        p { class: "inline-hint muted", {text.say(Text::ReorderHint)} }
    }
}
