//! The watchlists: one open, with the live quotes of what is in it.

use dioxus::prelude::*;

use super::board::{Board, Lists, Watchlists};
use super::entry::FormProblem;
use super::instrument_search::InstrumentSearch;
use super::watchlist_editor::WatchlistEditor;
use super::watchlist_table::WatchlistTable;
use super::watchlist_tabs::WatchlistTabs;
use crate::feed::Feed;
use crate::graphql::instrument::Instrument;
use crate::live::Live;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::{Empty, Loading, Problem};
use crate::workspace::panel::PanelId;

/// The panel.
#[component]
pub fn WatchlistPanel(panel: PanelId) -> Element {
    let text = use_text();
    let (feed, live) = (use_context::<Feed>(), use_context::<Live>());
    let shared = use_context::<Watchlists>();
    let board = use_hook(|| Board::new(&shared, panel));
    let wanted = use_memo(move || {
        let list = board.open_list();
        let instruments = list.iter().flat_map(|list| &list.instruments);
        instruments.map(|instrument| instrument.id.clone()).collect::<Vec<_>>()
    });
    use_resource(move || {
        let (live, wanted) = (live.clone(), wanted());
        async move { feed.follow_quotes(live, wanted).await }
    });
    use_effect(move || board.choose_something());
    let editing = board.editing;
    let open = board.open_list();
    rsx! {
        div { class: "panel watchlist-panel",
            WatchlistTabs { board }
            InstrumentSearch { board }
            if let Some(list) = open.clone().filter(|_| editing()) {
                WatchlistEditor { key: "{list.id.inner()}", board, list }
            }
            FormProblem { refusal: (board.refusal)(), fields: vec![] }
            FeedProblem { instruments: open.as_ref().map(|list| list.instruments.clone()).unwrap_or_default() }
            div { id: "watchlist-{panel}", class: "panel-body panel-frame", role: "tabpanel",
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
                    (Lists::Ready(_), Some(list)) => rsx! { WatchlistTable { board, list, editing: editing() } },
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
