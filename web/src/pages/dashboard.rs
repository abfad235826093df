//! The dashboard: watchlists with live quotes, and the chart of the chosen instrument.

use dioxus::prelude::*;

use super::gate::Gate;
use crate::app::Route;
use crate::components::banner::Banner;
use crate::components::board::{Board, Lists};
use crate::components::chart_panel::ChartPanel;
use crate::components::quote_header::QuoteHeader;
use crate::components::status::ConnectionLight;
use crate::components::top_bar::TopBar;
use crate::components::watchlist_panel::WatchlistPanel;
use crate::feed::Feed;
use crate::live::Live;
use crate::live::connection::Connection;
use crate::preferences::use_text;
use crate::session::Session;
use crate::text::Text;
use crate::ui::notice::Empty;

/// The dashboard, for who is logged in.
#[component]
pub fn Dashboard() -> Element {
    rsx! {
        Gate { page: Route::Dashboard {}, LiveDashboard {} }
    }
}

/// Holds what lives as long as somebody is logged in: the websocket, the feed, the board.
#[component]
fn LiveDashboard() -> Element {
    let session = use_context::<Session>();
    let feed = use_context_provider(Feed::new);
    let live = use_context_provider(|| {
        let (live, commands) = Live::new();
        spawn(Connection::new(session, feed.link, commands).run());
        spawn(feed.tick(session));
        spawn(feed.follow_system(live.clone(), session));
        live
    });
    let board = use_hook(|| Board::new(session));
    use_hook(|| spawn(board.load()));

    let renewed = live.clone();
    use_effect(move || {
        if session.token().is_some() {
            renewed.token_renewed();
        }
    });
    let wanted = use_memo(move || board.wanted());
    use_resource(move || {
        let (live, wanted) = (live.clone(), wanted());
        async move { feed.follow_quotes(live, wanted).await }
    });
    rsx! {
        TopBar { ConnectionLight {} }
        Banner {}
        main { class: "board",
            WatchlistPanel { board }
            Market { board }
        }
    }
}

#[component]
fn Market(board: Board) -> Element {
    let text = use_text();
    let chosen = board.chosen.read().clone();
    rsx! {
        section { class: "panel market-panel", "aria-label": text.say(Text::Market),
            if let Some(instrument) = chosen {
                QuoteHeader { instrument: instrument.clone() }
                ChartPanel { instrument }
            } else if *board.lists.read() != Lists::Loading {
                Empty { title: text.say(Text::NothingChosen),
                    p { {text.say(Text::NothingChosenHint)} }
                }
            }
        }
    }
}
