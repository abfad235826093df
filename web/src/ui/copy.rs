//! Text that is to be taken elsewhere.

use dioxus::prelude::*;

use super::icon::{Glyph, Icon};
use crate::browser;

/// What the button says before and after.
#[derive(Clone, PartialEq)]
pub struct CopyWords {
    /// Before.
    pub copy: &'static str,
    /// After.
    pub copied: &'static str,
    /// Where the browser did not let us.
    pub failed: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Copied {
    NotYet,
    Done,
    Failed,
}

/// A button that puts a text on the clipboard.
#[component]
pub fn CopyButton(value: String, words: CopyWords, testid: String) -> Element {
    let mut copied = use_signal(|| Copied::NotYet);
    let says = match copied() {
        Copied::NotYet => words.copy,
        Copied::Done => words.copied,
        Copied::Failed => words.failed,
    };
    let copy = move |_| {
        let done = browser::copy(&value);
        spawn(async move { copied.set(if done.await { Copied::Done } else { Copied::Failed }) });
    };
    rsx! {
        button { r#type: "button", class: "button", "data-testid": "{testid}-copy", onclick: copy,
            Icon { glyph: if copied() == Copied::Done { Glyph::Check } else { Glyph::Copy } }
            span { role: "status", "{says}" }
        }
    }
}

/// A text in a field that cannot be changed, with a button to copy it.
#[component]
pub fn CopyField(id: String, label: String, value: String, words: CopyWords) -> Element {
    rsx! {
        div { class: "field",
            label { r#for: "{id}", "{label}" }
            div { class: "copy-row",
                input {
                    id: "{id}",
                    class: "code",
                    r#type: "text",
                    readonly: true,
                    autocomplete: "off",
                    spellcheck: "false",
                    "data-testid": "{id}",
                    value: "{value}",
                }
                CopyButton { value: value.clone(), words, testid: id.clone() }
            }
        }
    }
}
