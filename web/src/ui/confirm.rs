//! A button for what cannot be taken back: it asks once more.

use dioxus::prelude::*;

/// The button. Who looks elsewhere, or presses Escape, did not mean it.
#[component]
pub fn ConfirmButton(
    label: String,
    sure: String,
    #[props(default)] testid: Option<String>,
    #[props(default)] disabled: bool,
    onconfirm: EventHandler<()>,
) -> Element {
    let mut asked = use_signal(|| false);
    rsx! {
        button {
            r#type: "button",
            class: if asked() { "button button-danger button-asking" } else { "button button-danger" },
            "data-testid": testid,
            disabled,
            onclick: move |_| {
                if asked() {
                    onconfirm.call(());
                }
                asked.toggle();
            },
            onfocusout: move |_| asked.set(false),
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    asked.set(false);
                }
            },
            span { role: "status", if asked() { "{sure}" } else { "{label}" } }
        }
    }
}
