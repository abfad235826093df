//! A button that opens a panel beneath it.

use dioxus::prelude::*;
use dioxus::web::WebEventExt;

use crate::browser;

/// Closes the menu around, and gives the focus back to its button.
#[derive(Clone, Copy, PartialEq)]
struct Close(Callback<()>);

/// The button and its panel. It closes by Escape, by a click elsewhere, and when the focus leaves it.
#[component]
pub fn Menu(
    id: String,
    label: String,
    #[props(default)] class: String,
    button: Element,
    children: Element,
) -> Element {
    let mut open = use_signal(|| false);
    let (panel, opener, whole) = (format!("{id}-panel"), format!("{id}-button"), format!("{id}-menu"));
    let (focused, left) = (opener.clone(), whole.clone());
    let close = use_callback(move |()| {
        open.set(false);
        browser::focus(&focused);
    });
    use_context_provider(|| Close(close));
    rsx! {
        div {
            id: "{whole}",
            class: "menu {class}",
            onfocusout: move |event| {
                if open() && browser::leaves(&event.as_web_event(), &left) {
                    open.set(false);
                }
            },
            onkeydown: move |event| {
                if event.key() == Key::Escape && open() {
                    close.call(());
                }
            },
            button {
                id: "{opener}",
                r#type: "button",
                class: "menu-button",
                "data-testid": "{id}",
                "aria-label": "{label}",
                "aria-expanded": if open() { "true" } else { "false" },
                "aria-controls": "{panel}",
                onclick: move |_| open.toggle(),
                {button}
            }
            if open() {
                div { class: "scrim", "aria-hidden": "true", onclick: move |_| close.call(()) }
                div { id: "{panel}", class: "menu-panel", {children} }
            }
        }
    }
}

/// Something to choose in a menu, which is closed by that.
#[component]
pub fn MenuItem(
    #[props(default)] testid: Option<String>,
    /// Whether it is what was chosen last, where the menu has such a thing.
    #[props(default)]
    chosen: Option<bool>,
    onchoose: EventHandler<()>,
    children: Element,
) -> Element {
    let Close(close) = use_context();
    rsx! {
        button {
            r#type: "button",
            class: "menu-item",
            "data-testid": testid,
            "aria-pressed": chosen.map(|chosen| if chosen { "true" } else { "false" }),
            onclick: move |_| {
                close.call(());
                onchoose.call(());
            },
            {children}
        }
    }
}
