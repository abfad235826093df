//! A row of tabs.

use dioxus::prelude::*;

/// One of the tabs.
#[derive(Clone, PartialEq)]
pub struct Tab<V: Clone + PartialEq + 'static> {
    /// What it stands for.
    pub value: V,
    /// What it says.
    pub label: String,
    /// How many things are in it, where that matters.
    pub count: Option<usize>,
}

/// The row. The arrow keys move between tabs.
#[component]
pub fn Tabs<V: Clone + PartialEq + 'static>(
    label: String,
    tabs: Vec<Tab<V>>,
    chosen: V,
    onchoose: EventHandler<V>,
) -> Element {
    let values: Vec<V> = tabs.iter().map(|tab| tab.value.clone()).collect();
    let here = values.iter().position(|value| *value == chosen);
    let onkeydown = move |event: KeyboardEvent| {
        let step = match event.key() {
            Key::ArrowLeft => values.len() - 1,
            Key::ArrowRight => 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = here.and_then(|here| values.get((here + step) % values.len())) {
            onchoose.call(next.clone());
        }
    };
    rsx! {
        div { class: "tabs", role: "tablist", "aria-label": "{label}", onkeydown,
            for (index, tab) in tabs.into_iter().enumerate() {
                button {
                    key: "{index}",
                    r#type: "button",
                    role: "tab",
                    tabindex: if tab.value == chosen { "0" } else { "-1" },
                    "aria-selected": if tab.value == chosen { "true" } else { "false" },
                    onclick: move |_| onchoose.call(tab.value.clone()),
                    "{tab.label}"
                    if let Some(count) = tab.count.filter(|count| *count > 0) {
                        span { class: "tab-count", "{count}" }
                    }
                }
            }
        }
    }
}
