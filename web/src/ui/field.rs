//! A text field with its label, and what is wrong with it beneath.

use dioxus::prelude::*;

use super::icon::{Glyph, Icon};

/// What a field is for, as the browser needs to know it.
#[derive(Clone, PartialEq)]
pub struct FieldKind {
    /// The element's id and name.
    pub id: &'static str,
    /// `text` or `password`.
    pub input: &'static str,
    /// What a password manager may fill in.
    pub autocomplete: &'static str,
}

/// A text field.
#[component]
pub fn Field(
    kind: FieldKind,
    label: String,
    value: Signal<String>,
    #[props(default)] hint: String,
    #[props(default)] error: Option<String>,
    #[props(default)] focused: bool,
    #[props(default = true)] required: bool,
    #[props(default)] reveal: Option<String>,
) -> Element {
    let mut shown = use_signal(|| false);
    let note = format!("{}-note", kind.id);
    let wrong = error.is_some();
    let input_type = if shown() { "text" } else { kind.input };
    let id = kind.id;
    use_effect(move || {
        if focused {
            crate::browser::focus(id);
        }
    });
    rsx! {
        div { class: "field",
            label { r#for: kind.id, "{label}" }
            div { class: "field-box",
                input {
                    id: kind.id,
                    name: kind.id,
                    r#type: input_type,
                    autocomplete: kind.autocomplete,
                    autocapitalize: "none",
                    spellcheck: "false",
                    required,
                    "data-testid": kind.id,
                    "aria-invalid": if wrong { "true" } else { "false" },
                    "aria-describedby": "{note}",
                    value: "{value}",
                    oninput: move |event| value.set(event.value()),
                }
                if let Some(label) = reveal {
                    button {
                        r#type: "button",
                        class: "icon-button field-reveal",
                        title: "{label}",
                        "aria-label": "{label}",
                        "aria-pressed": if shown() { "true" } else { "false" },
                        onclick: move |_| shown.toggle(),
                        Icon { glyph: Glyph::Eye }
                    }
                }
            }
            p { id: "{note}", class: if wrong { "field-note field-error" } else { "field-note" },
                {error.unwrap_or(hint)}
            }
        }
    }
}

/// The field of a form of one line. Its label is for screen readers; others see it while nothing is typed.
#[component]
pub fn LineField(id: String, testid: String, label: String, value: Signal<String>) -> Element {
    rsx! {
        label { class: "hidden", r#for: "{id}", "{label}" }
        input {
            id: "{id}",
            "data-testid": "{testid}",
            autocomplete: "off",
            maxlength: "60",
            placeholder: "{label}",
            value: "{value}",
            oninput: move |event| value.set(event.value()),
        }
    }
}
