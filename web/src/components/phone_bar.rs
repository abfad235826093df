//! The way between panels on a narrow screen, which shows one at a time.

use dioxus::prelude::*;

use super::panel_words;
use super::surface::Narrow;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::Icon;
use crate::workspace::panel::{PanelId, PanelKind};
use crate::workspace::state::Workspace;

/// The bar at the bottom; nothing where there is room for all.
#[component]
pub fn PhoneBar() -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let narrow = use_context::<Narrow>().0;
    let mut focused = workspace.focused;
    if !narrow() {
        return rsx! {};
    }
    let arrangement = workspace.arrangement.read();
    let order = arrangement.order();
    let panels: Vec<(PanelId, PanelKind)> =
        order.iter().filter_map(|id| arrangement.panel(*id)).map(|panel| (panel.id, panel.kind)).collect();
    let lists = panels.iter().find(|(_, kind)| *kind == PanelKind::Watchlist);
    let first = lists.or(panels.first()).map(|(id, _)| *id);
    let here = focused().filter(|id| arrangement.panel(*id).is_some()).or(first);
    rsx! {
        nav { class: "phone-bar", "aria-label": text.say(Text::Panels), "data-testid": "phone-bar",
            for (id, kind) in panels {
                button {
                    key: "{id}",
                    r#type: "button",
                    "aria-current": if here == Some(id) { "true" },
                    "aria-label": text.say(panel_words::name(kind)),
                    "data-testid": "phone-{panel_words::code(kind)}",
                    onclick: move |_| focused.set(Some(id)),
                    Icon { glyph: panel_words::glyph(kind) }
                    span { {text.say(panel_words::short_name(kind))} }
                }
            }
        }
    }
}
