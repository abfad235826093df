//! What stands in a view that has nothing to show: it loads, it is empty, it failed.

use dioxus::prelude::*;

use super::icon::{Glyph, Icon};

/// A view that loads.
#[component]
pub fn Loading(label: String) -> Element {
    rsx! {
        div { class: "notice", role: "status",
            span { class: "spinner", "aria-hidden": "true" }
            p { "{label}" }
        }
    }
}

/// A view with nothing in it, and how to change that.
#[component]
pub fn Empty(title: String, children: Element) -> Element {
    rsx! {
        div { class: "notice",
            p { class: "notice-title", "{title}" }
            {children}
        }
    }
}

/// A view that failed.
#[component]
pub fn Problem(title: String, message: String, again: Option<String>, onagain: EventHandler<()>) -> Element {
    rsx! {
        div { class: "notice notice-problem", role: "alert",
            Icon { glyph: Glyph::Alert }
            p { class: "notice-title", "{title}" }
            p { "{message}" }
            if let Some(again) = again {
                button { r#type: "button", class: "button", onclick: move |_| onagain.call(()),
                    Icon { glyph: Glyph::Reload }
                    "{again}"
                }
            }
        }
    }
}
