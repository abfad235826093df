//! What a panel holds, by its kind.

use dioxus::prelude::*;

use super::alerts_panel::AlertsPanel;
use super::chart_panel::ChartPanel;
use super::depth_panel::DepthPanel;
use super::news_panel::NewsPanel;
use super::quote_header::QuoteHeader;
use super::trades_panel::TradesPanel;
use super::watchlist_panel::WatchlistPanel;
use crate::feed::Feed;
use crate::live::Live;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::notice::{Empty, Loading, Problem};
use crate::workspace::panel::{Panel, PanelId, PanelKind};
use crate::workspace::state::{Unmet, Workspace};

/// The content.
#[component]
pub fn PanelBody(panel: Panel) -> Element {
    match panel.kind {
        PanelKind::Watchlist => rsx! { WatchlistPanel { panel: panel.id } },
        PanelKind::Alerts => rsx! { AlertsPanel { panel: panel.id } },
        PanelKind::News => rsx! { NewsPanel {} },
        PanelKind::Chart | PanelKind::Quote | PanelKind::Depth | PanelKind::Trades => {
            rsx! { Following { panel } }
        }
    }
}

/// In place of an instrument: none is chosen, or the one that is chosen is not known.
#[component]
fn Lacking(panel: PanelId) -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    if workspace.arrangement.read().instrument_of(panel).is_none() {
        return rsx! {
            Empty { title: text.say(Text::NothingChosen),
                p { {text.say(Text::NothingChosenHint)} }
            }
        };
    }
    match workspace.unmet(panel) {
        None => rsx! { Loading { label: text.say(Text::Loading) } },
        Some(Unmet::Gone) => rsx! {
            div { class: "panel-body", "data-testid": "instrument-gone",
                Problem {
                    title: text.say(Text::InstrumentGone),
                    message: text.say(Text::InstrumentGoneHint),
                    onagain: |()| {},
                }
            }
        },
        Some(Unmet::Failed(failure)) => rsx! {
            Problem {
                title: text.say(Text::InstrumentFailed),
                message: text.failure(&failure),
                again: text.say(Text::TryAgain).to_owned(),
                onagain: move |()| workspace.run(workspace.meet()),
            }
        },
    }
}

/// A panel that shows one instrument; it asks for that one's quote too.
#[component]
fn Following(panel: Panel) -> Element {
    let workspace = use_context::<Workspace>();
    let (feed, live) = (use_context::<Feed>(), use_context::<Live>());
    let id = panel.id;
    let instrument = use_memo(move || workspace.instrument_of(id));
    let wanted = use_memo(move || instrument.read().as_ref().map(|instrument| instrument.id.clone()));
    use_resource(move || {
        let (live, wanted) = (live.clone(), wanted());
        async move { feed.follow_quotes(live, wanted.into_iter().collect()).await }
    });
    let Some(instrument) = instrument() else {
        return rsx! { Lacking { panel: id } };
    };
    match panel.kind {
        PanelKind::Quote => rsx! { QuoteHeader { instrument } },
        PanelKind::Depth => rsx! { DepthPanel { panel: id, instrument } },
        PanelKind::Trades => rsx! { TradesPanel { panel: id, instrument } },
        _ => rsx! { ChartPanel { panel: id, instrument } },
    }
}
