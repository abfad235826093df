//! One panel in its frame: what it is, what it follows, and the buttons that change that.

use dioxus::html::input_data::MouseButton;
use dioxus::prelude::*;

use super::panel_body::PanelBody;
use super::panel_words;
use crate::browser;
use crate::preferences::use_text;
use crate::text::Text;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::menu::{Menu, MenuItem};
use crate::workspace::panel::{Colour, Panel, PanelId, PanelKind};
use crate::workspace::rect::Rect;
use crate::workspace::state::Workspace;

/// The element that takes the focus of a panel.
pub fn focus_id(panel: PanelId) -> String {
    format!("panel-{panel}")
}

/// Moves the focus to the panel that the keyboard is about, once that one is on the screen.
pub fn follow_focus(workspace: &Workspace) {
    let workspace = *workspace;
    workspace.run(async move {
        browser::next_frame().await;
        let here = *workspace.focused.peek();
        if let Some(here) = here {
            browser::focus(&focus_id(here));
        }
    });
}

/// Takes a panel away; the focus goes to another one.
pub fn close(workspace: &Workspace, panel: PanelId) {
    workspace.close(panel);
    follow_focus(workspace);
}

/// The frame.
#[component]
pub fn Tile(
    panel: Panel,
    rect: Rect,
    number: usize,
    hidden: bool,
    ontake: Callback<(PanelId, f64, f64)>,
) -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let mut focused = workspace.focused;
    let Panel { id, kind, link, .. } = panel;
    let here = focused() == Some(id);
    let kind_name = text.say(panel_words::name(kind));
    let symbol = workspace.instrument_of(id).map(|instrument| instrument.symbol);
    let titled = symbol.clone().filter(|_| !matches!(kind, PanelKind::Watchlist | PanelKind::Alerts));
    let label = match &titled {
        Some(symbol) => format!("{number}. {kind_name} {symbol}"),
        None => format!("{number}. {kind_name}"),
    };
    let code = panel_words::code(kind);
    let mut class = format!("tile tile-{code}");
    if here {
        class.push_str(" tile-focused");
    }
    if hidden {
        class.push_str(" tile-hidden");
    }
    rsx! {
        section {
            id: focus_id(id),
            class,
            tabindex: "-1",
            "aria-label": "{label}",
            "data-testid": "panel-{code}",
            "data-panel": "{id}",
            left: "{rect.x * 100.0}%",
            top: "{rect.y * 100.0}%",
            width: "{rect.width * 100.0}%",
            height: "{rect.height * 100.0}%",
            onfocusin: move |_| {
                if *focused.peek() != Some(id) {
                    focused.set(Some(id));
                }
            },
            onpointerdown: move |_| {
                if *focused.peek() != Some(id) {
                    focused.set(Some(id));
                }
            },
            div { class: "tile-frame",
                header {
                    class: "tile-head",
                    onpointerdown: move |event| {
                        let point = event.client_coordinates();
                        if event.trigger_button() == Some(MouseButton::Primary) {
                            ontake.call((id, point.x, point.y));
                        }
                    },
                    ondoubleclick: move |_| workspace.toggle_maximised(id),
                    if kind.has_instrument() {
                        LinkMenu { id, link }
                    }
                    h2 { class: "tile-title",
                        Icon { glyph: panel_words::glyph(kind) }
                        span { class: "tile-name", "{kind_name}" }
                        if let Some(symbol) = titled {
                            span { class: "tile-symbol", "{symbol}" }
                        }
                    }
                    TileButtons { id }
                }
                div { class: "tile-body",
                    PanelBody { panel }
                }
            }
        }
    }
}

/// The buttons at the end of the head.
#[component]
fn TileButtons(id: PanelId) -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let maximised = (workspace.maximised)() == Some(id);
    let grow = text.say(if maximised { Text::Restore } else { Text::Maximise });
    rsx! {
        div { class: "tile-buttons", onpointerdown: move |event| event.stop_propagation(),
            button {
                r#type: "button",
                class: "icon-button",
                title: "{grow} (M)",
                "aria-label": grow,
                "aria-pressed": if maximised { "true" } else { "false" },
                "data-testid": "panel-maximise",
                onclick: move |_| workspace.toggle_maximised(id),
                Icon { glyph: if maximised { Glyph::Restore } else { Glyph::Maximise } }
            }
            button {
                r#type: "button",
                class: "icon-button",
                title: text.say(Text::ClosePanel),
                "aria-label": text.say(Text::ClosePanel),
                "data-testid": "panel-close",
                onclick: move |_| close(&workspace, id),
                Icon { glyph: Glyph::Cross }
            }
        }
    }
}

/// The link of a panel, and the others that it could have.
#[component]
fn LinkMenu(id: PanelId, link: Option<Colour>) -> Element {
    let text = use_text();
    let workspace = use_context::<Workspace>();
    let label = format!("{}: {}", text.say(Text::LinkColour), panel_words::link(text, link));
    let links = Colour::ALL.into_iter().map(|(colour, _)| Some(colour)).chain([None]);
    rsx! {
        div { onpointerdown: move |event| event.stop_propagation(),
            Menu {
                id: "link-{id}",
                label,
                class: "menu-small",
                button: rsx! { Dot { link } },
                p { class: "menu-lead muted", {text.say(Text::LinkLead)} }
                for other in links {
                    MenuItem {
                        key: "{other:?}",
                        testid: other.map_or("link-none", Colour::class),
                        chosen: other == link,
                        onchoose: move |()| workspace.set_link(id, other),
                        Dot { link: other }
                        {panel_words::link(text, other)}
                        if other == link {
                            Icon { glyph: Glyph::Check }
                        }
                    }
                }
            }
        }
    }
}

/// A link as a coloured dot with its letter.
#[component]
pub fn Dot(link: Option<Colour>) -> Element {
    let class = link.map_or("link-none", Colour::class);
    let letter = link.map(|link| link.letter().to_string()).unwrap_or_default();
    rsx! {
        span { class: "dot {class}", "aria-hidden": "true", "{letter}" }
    }
}
