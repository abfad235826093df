//! A row of buttons of which one is chosen.

use dioxus::prelude::*;

use super::icon::{Glyph, Icon};

/// One of the buttons.
#[derive(Clone, PartialEq)]
pub struct Item<V: Clone + PartialEq + 'static> {
    /// What it stands for.
    pub value: V,
    /// What it says; where there is an icon, its label.
    pub label: String,
    /// Drawn instead of the text.
    pub glyph: Option<Glyph>,
}

/// The row.
#[component]
pub fn Choice<V: Clone + PartialEq + 'static>(
    label: String,
    items: Vec<Item<V>>,
    chosen: V,
    onchoose: EventHandler<V>,
) -> Element {
    rsx! {
        div { class: "choice", role: "group", "aria-label": "{label}",
            for (index, item) in items.into_iter().enumerate() {
                button {
                    key: "{index}",
                    r#type: "button",
                    "aria-pressed": if item.value == chosen { "true" } else { "false" },
                    "aria-label": item.glyph.map(|_| item.label.clone()),
                    title: item.glyph.map(|_| item.label.clone()),
                    onclick: {
                        let value = item.value.clone();
                        move |_| onchoose.call(value.clone())
                    },
                    if let Some(glyph) = item.glyph {
                        Icon { glyph }
                    } else {
                        "{item.label}"
                    }
                }
            }
        }
    }
}
