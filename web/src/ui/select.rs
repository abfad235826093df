//! A list to choose one thing from, with its label.

use dioxus::prelude::*;

/// The list.
#[component]
pub fn Select<V: Clone + PartialEq + 'static>(
    id: String,
    label: String,
    items: Vec<(V, String)>,
    chosen: V,
    onchoose: EventHandler<V>,
) -> Element {
    let values: Vec<_> = items.iter().map(|(value, _)| value.clone()).collect();
    rsx! {
        div { class: "field",
            label { r#for: "{id}", "{label}" }
            select {
                id: "{id}",
                name: "{id}",
                "data-testid": "{id}",
                onchange: move |event| {
                    let index = event.value().parse::<usize>().ok();
                    if let Some(value) = index.and_then(|index| values.get(index)) {
                        onchoose.call(value.clone());
                    }
                },
                for (index, (value, words)) in items.into_iter().enumerate() {
                    option { key: "{index}", value: "{index}", selected: value == chosen, "{words}" }
                }
            }
        }
    }
}
