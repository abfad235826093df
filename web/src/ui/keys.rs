//! Keys as they stand on the keyboard.

use dioxus::prelude::*;

/// A combination such as `Ctrl+K`.
#[component]
pub fn Keys(combination: String) -> Element {
    rsx! {
        span { class: "keys",
            for (index, key) in combination.split('+').enumerate() {
                kbd { key: "{index}", "{key}" }
            }
        }
    }
}
