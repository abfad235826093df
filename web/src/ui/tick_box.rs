//! A box to tick, with what it means.

use dioxus::prelude::*;

/// The box.
#[component]
pub fn TickBox(
    id: String,
    label: String,
    #[props(default)] hint: String,
    ticked: ReadSignal<bool>,
    #[props(default)] disabled: bool,
    onchange: EventHandler<bool>,
) -> Element {
    rsx! {
        label { class: "tick", r#for: "{id}",
            input {
                id: "{id}",
                r#type: "checkbox",
                "data-testid": "{id}",
                checked: ticked(),
                disabled,
                onchange: move |event| onchange.call(event.checked()),
            }
            span { class: "tick-words",
                "{label}"
                if !hint.is_empty() {
                    span { class: "muted tick-hint", "{hint}" }
                }
            }
        }
    }
}
