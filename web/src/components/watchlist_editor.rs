//! Renaming and deleting the open watchlist.

use dioxus::prelude::*;

use super::board::Board;
use crate::graphql::watchlist::Watchlist;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::confirm::ConfirmButton;
use crate::ui::field::LineField;

/// The name in a field, and a delete button that asks once more.
#[component]
pub fn WatchlistEditor(board: Board, list: Watchlist) -> Element {
    let text = use_text();
    let name = use_signal(|| list.name.clone());
    let (id, gone) = (list.id.clone(), list.id.clone());
    let rename = move |event: FormEvent| {
        event.prevent_default();
        board.run(board.rename(id.clone(), name()));
    };
    let busy = (board.busy)();
    rsx! {
        form { class: "inline-form", onsubmit: rename,
            LineField {
                id: "watchlist-name-{board.panel}",
                testid: "watchlist-name",
                label: text.say(Text::WatchlistName),
                value: name,
            }
            button { r#type: "submit", class: "button", disabled: busy, {text.say(Text::Rename)} }
            ConfirmButton {
                label: text.say(Text::Delete),
                sure: text.say(Text::ReallyDelete),
                testid: "watchlist-delete",
                disabled: busy,
                onconfirm: move |()| board.run(board.delete(gone.clone())),
            }
        }
        p { class: "inline-hint muted", {text.say(Text::ReorderHint)} }
    }
}
