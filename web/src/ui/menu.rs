//! A button that opens a panel beneath it.

use dioxus::prelude::*;

/// The button and its panel. It closes by Escape and by a click elsewhere.
#[component]
pub fn Menu(
    id: String,
    label: String,
    #[props(default)] class: String,
    button: Element,
    children: Element,
) -> Element {
    let mut open = use_signal(|| false);
    let panel = format!("{id}-panel");
    rsx! {
        div {
            class: "menu {class}",
            onkeydown: move |event| {
                if event.key() == Key::Escape && open() {
                    open.set(false);
                }
            },
            button {
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
                div { class: "scrim", "aria-hidden": "true", onclick: move |_| open.set(false) }
                div { id: "{panel}", class: "menu-panel", {children} }
            }
        }
    }
}
