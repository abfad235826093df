//! The watchlists: one open, with the live quotes of what is in it.

use dioxus::prelude::*;

use super::board::{Board, Lists};
use super::entry::FormProblem;
use super::instrument_search::InstrumentSearch;
use super::watchlist_editor::WatchlistEditor;
use super::watchlist_row::WatchlistRow;
use super::watchlist_tabs::WatchlistTabs;
use crate::feed::Feed;
use crate::graphql::instrument::Instrument;
use crate::graphql::watchlist::Watchlist;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::{Empty, Loading, Problem};

/// The panel.
#[component]
pub fn WatchlistPanel(board: Board) -> Element {
    let text = use_text();
    let editing = board.editing;
    let open = board.open_list();
    rsx! {
        section { class: "panel watchlist-panel", "aria-label": text.say(Text::Watchlists),
            WatchlistTabs { board }
            InstrumentSearch { board }
            if let Some(list) = open.clone().filter(|_| editing()) {
                WatchlistEditor { key: "{list.id.inner()}", board, list }
            }
            FormProblem { refusal: (board.refusal)(), fields: vec![] }
            FeedProblem { instruments: open.as_ref().map(|list| list.instruments.clone()).unwrap_or_default() }
            div { id: "watchlist", class: "panel-body", role: "tabpanel",
                match (&*board.lists.read(), open) {
                    (Lists::Loading, _) => rsx! { Loading { label: text.say(Text::Loading) } },
                    (Lists::Failed(failure), _) => rsx! {
                        Problem {
                            title: text.say(Text::WatchlistsFailed),
                            message: text.failure(failure),
                            again: text.say(Text::TryAgain).to_owned(),
                            onagain: move |()| board.run(board.load()),
                        }
                    },
                    (Lists::Ready(_), None) => rsx! {
                        Empty { title: text.say(Text::NoWatchlist),
                            p { {text.say(Text::NoWatchlistHint)} }
                        }
                    },
                    (Lists::Ready(_), Some(list)) if list.instruments.is_empty() => rsx! {
                        Empty { title: text.say(Text::EmptyWatchlist),
                            p { {text.say(Text::EmptyWatchlistHint)} }
                        }
                    },
                    (Lists::Ready(_), Some(list)) => rsx! { Table { board, list, editing: editing() } },
                }
            }
        }
    }
}

/// Why some quotes of the open list do not come, where the server said so.
#[component]
fn FeedProblem(instruments: Vec<Instrument>) -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let refusals = feed.refusals.read();
    let told = refusals.told(&instruments);
    if told.is_empty() {
        return rsx! {};
    }
    rsx! {
        div { class: "form-problem feed-problem", role: "alert", "data-testid": "feed-problem",
            Icon { glyph: Glyph::Alert }
            ul {
                for (symbols, failure) in told {
                    li {
                        if !symbols.is_empty() {
                            strong { {symbols.join(", ")} }
                            " "
                        }
                        {text.failure(failure)}
                    }
                }
            }
        }
    }
}

#[component]
fn Table(board: Board, list: Watchlist, editing: bool) -> Element {
    let text = use_text();
    rsx! {
        table { class: "watchlist", "data-testid": "watchlist-table",
            caption { class: "hidden", "{list.name}" }
            thead {
                tr {
                    th { scope: "col", {text.say(Text::Symbol)} }
                    th { scope: "col", class: "col-last", {text.say(Text::Last)} }
                    if editing {
                        th { scope: "col", class: "col-buttons", colspan: "5", {text.say(Text::Order)} }
                    } else {
                        th { scope: "col", class: "col-change", {text.say(Text::Change)} }
                        th { scope: "col", class: "col-percent", {text.say(Text::ChangePercent)} }
                        th { scope: "col", class: "col-bid", {text.say(Text::Bid)} }
                        th { scope: "col", class: "col-ask", {text.say(Text::Ask)} }
                        th { scope: "col", class: "col-age", {text.say(Text::Age)} }
                    }
                }
            }
            tbody {
                for (index, instrument) in list.instruments.iter().enumerate() {
                    WatchlistRow {
                        key: "{instrument.id.inner()}",
                        board,
                        list: list.id.clone(),
                        instrument: instrument.clone(),
                        index,
                        editing,
                    }
                }
            }
        }
    }
}
